//! Letters that leave: composed when the word is said, carried by the outbox, and told to the agent
//! when they do not arrive.

pub(in crate::pipeline) mod chat;

use super::reply::{Addressees, Correspondence, correspondence};
use super::undelivered::{self, Failure, Told};
use super::{LetterError, name_of, token};
use crate::app::App;
use crate::pipeline::deliveries::{Parcel, Tried};
use crate::pipeline::inbound::named_uuid;
use channels::{Action, AutoSubmitted, Command, Missed, Outcome, OutgoingFile, OutgoingMail};
use domain::{
    Author, Channel, ChannelId, ChannelKind, Conversation, ConversationId, DeliveryId, FileRef,
    MailAddress, MailHead, MailTrust, MessageId, TenantId,
};
use routing::reply::ClaimedDelivery;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the boxes of letters are named: a conversation each, so that an address that does not work
/// holds up nobody else.
pub use domain::desk::LETTER_BOX_PREFIX as ENDPOINT_PREFIX;
/// How long a provider's limit is waited for before the try counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one letter may take on its way to the mail server: longer than the adapter waits for the
/// server's last word, or a letter that was taken would be sent again.
const LETTER_WITHIN: Duration = Duration::from_secs(330);

/// A letter as it lies in the outbox.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::pipeline) struct Packed {
    channel: ChannelId,
    conversation: ConversationId,
    message: Option<MessageId>,
    text: String,
    files: Vec<FileRef>,
    author: Author,
    mail: OutgoingMail,
    /// Goes to the address that a visitor left, as long as it is left.
    #[serde(default)]
    to_left: bool,
}

/// A delivery that is ready for the outbox.
#[derive(Debug)]
pub struct Ready {
    /// What the outbox keeps, under the same id whenever the same letter is composed.
    pub parcel: Parcel,
    /// What the log keeps.
    pub head: MailHead,
}

/// Through which door the words of a conversation leave as letters; `None` when its contact reads the
/// log.
pub fn channel_of<'a>(
    view: &'a crate::settings::DeskView,
    conversation: &Conversation,
) -> Option<&'a Channel> {
    view.channel(&conversation.channel).filter(|channel| channel.kind == ChannelKind::Email)
}

/// What somebody of the desk, or the desk itself, writes.
#[derive(Debug)]
pub struct Word<'a> {
    /// In which conversation.
    pub conversation: &'a Conversation,
    /// Its id in the log; the desk's own acknowledgement has none.
    pub message: Option<&'a MessageId>,
    /// Who writes.
    pub author: Author,
    /// The writer's name; empty for the desk itself.
    pub from_name: String,
    /// The text.
    pub text: &'a str,
    /// The files.
    pub files: &'a [FileRef],
    /// To whom, if not simply to the last writer.
    pub asked: Option<&'a Addressees>,
}

/// Composes a letter. `None` when there is nobody to write to: no letter came yet.
///
/// # Errors
/// When the log cannot be read.
pub async fn compose(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    word: &Word<'_>,
) -> Result<Option<Ready>, LetterError> {
    let Ok(adapter) = app.doors.adapter(tenant, channel) else { return Ok(None) };
    let own = adapter.own_addresses();
    let known = correspondence(app, tenant, word.conversation, own).await?;
    let (Some(from), Some(known)) = (own.first(), known) else { return Ok(None) };
    let Some(keys) = app.auth.keys_of(tenant) else { return Ok(None) };
    let id = &word.conversation.id;
    let Some(token) = token::of(keys.letters(), (tenant, &channel.id), id) else {
        return Ok(None);
    };
    let mail = addressed(known, word, (from, token));
    let head = MailHead {
        subject: mail.subject.clone(),
        from: MailAddress { address: from.clone(), name: mail.from_name.clone() },
        reply_to: None,
        to: mail.to.clone(),
        cc: mail.cc.clone(),
        message_id: mail.message_id.clone(),
        trust: MailTrust::default(),
        warning: None,
        automatic: mail.auto_submitted != AutoSubmitted::No,
        important: false,
        has_html: false,
        has_rest: false,
        is_cut: false,
        original: None,
    };
    let packed = Packed {
        channel: channel.id.clone(),
        conversation: id.clone(),
        message: word.message.cloned(),
        text: word.text.to_owned(),
        files: word.files.to_vec(),
        author: word.author.clone(),
        mail,
        to_left: false,
    };
    let name = word.message.map_or("acknowledgement", MessageId::as_str);
    let parcel = Parcel {
        id: DeliveryId::from_uuid(named_uuid(&[tenant.as_str(), id.as_str(), name, "letter"])),
        endpoint: format!("{ENDPOINT_PREFIX}{id}").parse().map_err(endpoint_error)?,
        payload: serde_json::to_string(&packed).map_err(std::io::Error::other)?,
    };
    Ok(Some(Ready { parcel, head }))
}

fn endpoint_error(error: domain::id::IdError) -> std::io::Error {
    std::io::Error::other(error)
}

fn addressed(
    known: Correspondence,
    word: &Word<'_>,
    (from, token): (&str, String),
) -> OutgoingMail {
    let asked = word.asked.cloned().unwrap_or_else(|| known.reply.clone());
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let name = word.message.and_then(|id| id.as_str().strip_prefix("msg_")).unwrap_or("ack");
    let is_desk = word.author == Author::System;
    OutgoingMail {
        message_id: format!("{token}.{name}@{domain}"),
        in_reply_to: known.in_reply_to,
        references: known.references,
        to: asked.to,
        cc: asked.cc,
        subject: asked.subject.or(known.reply.subject).unwrap_or_default(),
        reply_token: token,
        from_name: word.from_name.clone(),
        auto_submitted: if is_desk { AutoSubmitted::Replied } else { AutoSubmitted::No },
        locale: word.conversation.info.locale,
    }
}

/// The message that our message id names (`TOKEN.NAME@domain`).
pub(super) fn message_of(message_id: &str) -> Option<MessageId> {
    let (local, _) = message_id.split_once('@')?;
    let (_, name) = local.split_once('.')?;
    format!("msg_{name}").parse().ok()
}

/// Carries a letter out of the outbox to its mail server.
pub(in crate::pipeline) async fn attempt(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
) -> Tried {
    let Ok(packed) = serde_json::from_str::<Packed>(&delivery.payload) else {
        return Tried::hopeless("what the outbox holds cannot be read");
    };
    if packed.to_left && is_withdrawn(app, tenant, &packed.conversation).await {
        return Tried::Withdrawn;
    }
    let view = app.settings.desk(tenant);
    let Some(channel) = view.channel(&packed.channel) else {
        return Tried::hopeless("the channel was removed");
    };
    if !channel.enabled {
        return Tried::failed("the channel is switched off");
    }
    let adapter = match app.doors.adapter(tenant, channel) {
        Ok(adapter) => adapter,
        Err(_problems) => return Tried::failed("the channel's settings are wrong"),
    };
    let resends = adapter.descriptor().capabilities.resends_in_doubt;
    let (conversation, message) = (packed.conversation.clone(), packed.message.clone());
    let command = match command(app, tenant, delivery, packed).await {
        Ok(command) => command,
        Err(error) => {
            let error = crate::telemetry::chain(&error);
            tracing::error!(delivery.id = %delivery.id, error, "a letter's files cannot be read");
            return Tried::failed("its files cannot be read");
        }
    };
    let carried = tokio::time::timeout(LETTER_WITHIN, async {
        loop {
            match adapter.deliver(&command).await {
                Outcome::RateLimited(pause) if pause <= PATIENCE => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
        }
    });
    match carried.await {
        Ok(Outcome::SentInPart { missed, .. }) => {
            let of = (&conversation, message.as_ref());
            tell_missed(app, tenant, (of, delivery), missed).await;
            Tried::Sent
        }
        Ok(outcome) => judge(outcome, resends),
        Err(_elapsed) => Tried::failed("the mail server took too long"),
    }
}

/// Did the contact take the address back? Whose conversation is forgotten, or when nobody can say, did not.
async fn is_withdrawn(app: &App, tenant: &TenantId, conversation: &ConversationId) -> bool {
    let known = app.router.conversation(tenant, conversation).await;
    let left = app.router.left_address(tenant, conversation).await;
    matches!((known, left), (Ok(Some(_)), Ok(None)))
}

async fn command(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
    packed: Packed,
) -> Result<Command, std::io::Error> {
    let mut files = Vec::with_capacity(packed.files.len());
    for file in packed.files {
        let bytes = tokio::fs::read(app.files.path(tenant, &file.id)).await?;
        files.push(OutgoingFile { file, bytes: bytes.into() });
    }
    let recipient = packed.mail.to.first().map_or_else(String::new, |to| to.address.clone());
    let action = Action::Send {
        text: packed.text,
        files,
        author: packed.author,
        mail: Some(Box::new(packed.mail)),
        choices: Vec::new(),
    };
    Ok(Command {
        id: delivery.id.to_string(),
        recipient,
        external_conversation: None,
        answers: None,
        action,
    })
}

fn judge(outcome: Outcome, resends: bool) -> Tried {
    match outcome {
        Outcome::Sent(_) | Outcome::SentInPart { .. } => Tried::Sent,
        Outcome::RateLimited(pause) => Tried::Failed {
            reason: "the provider's limit is reached".to_owned(),
            not_before_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        },
        Outcome::Unavailable(why) => Tried::failed(&why),
        Outcome::InDoubt(why) if resends => Tried::failed(&why),
        Outcome::InDoubt(why) | Outcome::Rejected(why) => Tried::hopeless(&why),
        Outcome::WindowClosed => Tried::hopeless("the time to answer is over"),
        Outcome::RecipientGone => Tried::hopeless("there is no such mailbox"),
    }
}

/// The letter is on its way, but not to everybody: the agent is told whom it does not reach. It is not
/// sent again for a notice that could not be written.
async fn tell_missed(
    app: &App,
    tenant: &TenantId,
    ((conversation, message), delivery): ((&ConversationId, Option<&MessageId>), &ClaimedDelivery),
    missed: Vec<Missed>,
) {
    let name = format!("missed.{}", name_of(delivery.id.as_str()));
    let Some(notice) = undelivered::notice(message.cloned(), Failure::ForGood, missed) else {
        return;
    };
    if let Err(error) = undelivered::tell(app, tenant, conversation, &name, &notice).await {
        let error = crate::telemetry::chain(&error);
        tracing::warn!(conversation.id = %conversation, error, "a recipient was refused, and nobody was told");
    }
}

/// A letter is given up: its agent is told in the conversation.
pub(in crate::pipeline) async fn given_up(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
    reason: &str,
) -> Result<(), LetterError> {
    let Ok(packed) = serde_json::from_str::<Packed>(&delivery.payload) else { return Ok(()) };
    // All of them are in the same case: the letter was never taken.
    let everybody = packed.mail.to.iter().chain(&packed.mail.cc);
    let missed = everybody
        .map(|to| Missed { recipient: to.address.clone(), reason: reason.to_owned() })
        .collect();
    let Some(notice) = undelivered::notice(packed.message, Failure::ForGood, missed) else {
        return Ok(());
    };
    let name = format!("dead.{}", name_of(delivery.id.as_str()));
    if undelivered::tell(app, tenant, &packed.conversation, &name, &notice).await? == Told::Nowhere
    {
        tracing::warn!(
            conversation.id = %packed.conversation, delivery.id = %delivery.id,
            "a letter was given up whose conversation nobody knows: only the dead letters show it"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_message_ids_name_their_message() {
        let id = message_of("0abc.01hmessage@city.example");
        assert_eq!(id.map(|id| id.to_string()).as_deref(), Some("msg_01hmessage"));
        assert_eq!(message_of("0abc@city.example"), None);
        assert_eq!(message_of("0abc.a b@city.example"), None);
    }

    #[test]
    fn a_letter_in_doubt_is_sent_again_and_a_dead_address_is_not() {
        assert!(matches!(judge(Outcome::InDoubt("cut".to_owned()), true), Tried::Failed { .. }));
        assert!(matches!(judge(Outcome::InDoubt("cut".to_owned()), false), Tried::Hopeless(_)));
        assert!(matches!(judge(Outcome::RecipientGone, true), Tried::Hopeless(_)));
        let late = judge(Outcome::RateLimited(Duration::from_secs(60)), true);
        assert!(matches!(late, Tried::Failed { not_before_ms: 60_000, .. }));
    }
}
