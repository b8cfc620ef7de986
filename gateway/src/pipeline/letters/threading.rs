//! Which conversation a letter answers: by our own token, then by the letters that it names; either
//! way only if its sender belongs to that conversation.

use super::{LetterError, name_of, token};
use crate::app::App;
use crate::pipeline::log;
use channels::inbound::NewMessage;
use channels::{Assurance, Inbound, Sender};
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{
    Conversation, ConversationId, Identity, MailAddress, MailHead, MailVerdict, MailWarning, State,
    TenantId,
};

/// So many conversations are looked at before a letter is a new matter.
const CANDIDATES_MAX: usize = 8;
/// So many message ids are looked up.
const IDS_MAX: usize = 50;

/// Where a letter belongs.
#[derive(Debug)]
pub(super) struct Thread {
    /// The conversation that it answers.
    pub(super) into: Option<Conversation>,
    /// The conversation that its token names, where that is over for so long that Redis forgot it.
    pub(super) gone: Option<ConversationId>,
    /// Its own name in the index of threads.
    pub(super) name: Option<String>,
    /// What its agent should know.
    pub(super) warning: Option<MailWarning>,
}

impl Thread {
    /// The conversation that it answers, if that is over.
    pub(super) fn over(&self) -> Option<&ConversationId> {
        let is_over = |one: &&Conversation| matches!(one.state, State::Closed | State::WrapUp);
        match &self.into {
            Some(into) => Some(into).filter(is_over).map(|one| &one.id),
            None => self.gone.as_ref(),
        }
    }
}

pub(super) async fn find(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    message: &NewMessage,
) -> Result<Thread, LetterError> {
    let message_id = message.mail.as_ref().map_or("", |mail| mail.message_id.as_str());
    let name = Some(message_id).filter(|id| !id.is_empty()).map(name_of);
    let (mut is_stranger, mut gone) = (false, None);
    for (id, proof) in candidates(app, tenant, inbound, message).await? {
        // What left the switchboard is over for good: the answer to it is a new matter.
        let Some((conversation, _)) = app.router.conversation(tenant, &id).await? else {
            gone = gone.or(Some(id).filter(|_| proof == Proof::Token));
            continue;
        };
        let is_at_home = conversation.channel == inbound.channel;
        let belongs = match proof {
            _ if is_forged(message) => false,
            _ if is_at_home => belongs(app, tenant, &conversation, inbound).await?,
            Proof::Token => left_here(app, tenant, &conversation, inbound).await?,
            Proof::Hearsay => false,
        };
        if belongs {
            return Ok(Thread { into: Some(conversation), gone: None, name, warning: None });
        }
        is_stranger = true;
    }
    let warning = is_stranger.then_some(MailWarning::Stranger);
    Ok(Thread { into: None, gone, name, warning })
}

/// How a letter points to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// By our own token.
    Token,
    /// By letters that it names.
    Hearsay,
}

/// The conversations that the letter points to, the surest first.
async fn candidates(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    message: &NewMessage,
) -> Result<Vec<(ConversationId, Proof)>, LetterError> {
    let answers = &message.answers;
    let place = (tenant, &inbound.channel);
    let mut found: Vec<(ConversationId, Proof)> = Vec::new();
    if let Some(keys) = app.auth.keys_of(tenant) {
        let ids = answers.message_ids.iter().filter_map(|id| token::in_message_id(id));
        let addresses = answers.recipients.iter().filter_map(|to| token::in_address(to));
        let tokens = ids.chain(addresses).take(IDS_MAX);
        let ids = tokens.filter_map(|text| token::conversation(keys.letters(), place, text));
        found.extend(ids.map(|id| (id, Proof::Token)));
    }
    let names: Vec<String> =
        answers.message_ids.iter().take(IDS_MAX).map(|id| name_of(id)).collect();
    let heard = app.router.threads(tenant, &inbound.channel, &names).await?;
    found.extend(heard.into_iter().map(|id| (id, Proof::Hearsay)));
    let mut each: Vec<(ConversationId, Proof)> = Vec::new();
    for (id, proof) in found {
        let is_known = each.iter().any(|(known, _)| *known == id);
        if !is_known && each.len() < CANDIDATES_MAX {
            each.push((id, proof));
        }
    }
    Ok(each)
}

/// A letter that its own domain calls forged is nobody's.
fn is_forged(message: &NewMessage) -> bool {
    message.mail.as_ref().is_some_and(|mail| mail.trust.dmarc == MailVerdict::Fail)
}

/// Did the contact of a chat leave the sender's address in it? Nobody else belongs to a chat.
async fn left_here(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    inbound: &Inbound,
) -> Result<bool, LetterError> {
    let left = app.router.left_address(tenant, &conversation.id).await?;
    Ok(left.is_some_and(|left| left.address.eq_ignore_ascii_case(&inbound.sender.value)))
}

/// Does the sender belong to the conversation: as its contact, or as one whom a letter of it names?
async fn belongs(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    inbound: &Inbound,
) -> Result<bool, LetterError> {
    if is_contact(app, tenant, conversation, inbound).await? {
        return Ok(true);
    }
    let address = &inbound.sender.value;
    let contact = app.records.contacts().get(tenant, &conversation.contact).await?;
    let known = contact.is_some_and(|contact| {
        contact.identities.iter().any(|one| one.value.eq_ignore_ascii_case(address))
    });
    if known {
        return Ok(true);
    }
    let end = conversation.last_seq.saturating_add(1);
    let log = log::before(app, tenant, &conversation.id, end, PAGE_MESSAGES_MAX).await?;
    let heads = log.iter().filter_map(|message| message.content.mail.as_deref());
    Ok(heads.flat_map(everyone).any(|one| one.is(address)))
}

async fn is_contact(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    inbound: &Inbound,
) -> Result<bool, LetterError> {
    let Sender { kind, value, assurance, .. } = &inbound.sender;
    let identity = Identity {
        channel: inbound.channel.clone(),
        kind: kind.clone(),
        value: value.clone(),
        verified: *assurance == Assurance::Proved,
    };
    let found = app.records.contacts().find_by_identity(tenant, &identity).await?;
    Ok(found.is_some_and(|contact| contact.id == conversation.contact))
}

fn everyone(head: &MailHead) -> impl Iterator<Item = &MailAddress> {
    std::iter::once(&head.from).chain(&head.reply_to).chain(&head.to).chain(&head.cc)
}
