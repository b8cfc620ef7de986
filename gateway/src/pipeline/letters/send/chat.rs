//! Letters of a chat: sealed for the outbox by whoever composed them.

use super::super::{LetterError, token};
use super::{ENDPOINT_PREFIX, Packed, endpoint_error};
use crate::app::App;
use crate::pipeline::deliveries::Parcel;
use crate::pipeline::inbound::named_uuid;
use channels::{AutoSubmitted, OutgoingMail};
use domain::{
    Author, Channel, ConversationId, DeliveryId, FileRef, Locale, MailAddress, MessageId, TenantId,
};

/// A letter of a chat. Texts and addresses are personal data.
pub(in crate::pipeline) struct ChatLetter<'a> {
    /// Of which conversation.
    pub conversation: &'a ConversationId,
    /// To whom.
    pub to: &'a str,
    /// In which language.
    pub locale: Locale,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What it is.
    pub sort: Sort<'a>,
}

/// What a letter of a chat is.
pub(in crate::pipeline) enum Sort<'a> {
    /// What agents said and nobody read.
    Words {
        /// The last message that it tells: a bounce names it.
        last: &'a MessageId,
        /// Who said it.
        author: Author,
        /// The agent's name; empty when there are several.
        from_name: String,
        /// The files that go along.
        files: Vec<FileRef>,
        /// The contact's letters so far, by their message ids, the oldest first.
        earlier: Vec<String>,
    },
    /// What was said in the whole chat.
    Transcript {
        /// What stands for the address in the ids.
        name: &'a str,
    },
}

/// Seals a letter: the same one gets the same ids. `None` when the mailbox cannot write just now: its
/// settings are wrong, or the keys are not there yet.
pub(in crate::pipeline) fn seal(
    app: &App,
    tenant: &TenantId,
    mailbox: &Channel,
    letter: ChatLetter<'_>,
) -> Result<Option<Parcel>, LetterError> {
    let Ok(adapter) = app.doors.adapter(tenant, mailbox) else { return Ok(None) };
    let (own, keys) = (adapter.own_addresses(), app.auth.keys_of(tenant));
    let (Some(from), Some(keys)) = (own.first(), keys) else { return Ok(None) };
    let id = letter.conversation;
    let Some(token) = token::of(keys.letters(), (tenant, &mailbox.id), id) else {
        return Ok(None);
    };
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let auto_submitted = match letter.sort {
        Sort::Words { .. } => AutoSubmitted::No,
        Sort::Transcript { .. } => AutoSubmitted::Generated,
    };
    let to_left = matches!(letter.sort, Sort::Words { .. });
    let root = format!("{token}.chat@{domain}");
    let parts = Parts::of(letter.sort, root);
    let mail = OutgoingMail {
        message_id: format!("{token}.{}@{domain}", parts.name),
        in_reply_to: parts.earlier.last().cloned(),
        references: parts.earlier,
        to: vec![MailAddress { address: letter.to.to_owned(), name: String::new() }],
        cc: Vec::new(),
        subject: letter.subject,
        reply_token: token,
        from_name: parts.from_name,
        auto_submitted,
        locale: letter.locale,
    };
    let packed = Packed {
        channel: mailbox.id.clone(),
        conversation: id.clone(),
        message: parts.message,
        text: letter.text,
        files: parts.files,
        author: parts.author,
        mail,
        to_left,
    };
    let names = [tenant.as_str(), id.as_str(), &parts.name, "chat letter"];
    Ok(Some(Parcel {
        id: DeliveryId::from_uuid(named_uuid(&names)),
        endpoint: format!("{ENDPOINT_PREFIX}{id}").parse().map_err(endpoint_error)?,
        payload: serde_json::to_string(&packed).map_err(std::io::Error::other)?,
    }))
}

/// What the two sorts differ in.
struct Parts {
    /// What stands in the message id behind the token.
    name: String,
    message: Option<MessageId>,
    author: Author,
    from_name: String,
    files: Vec<FileRef>,
    earlier: Vec<String>,
}

impl Parts {
    /// The letters of one chat hang together by a first one that was never sent (`root`): its words in
    /// the chat were the beginning.
    fn of(sort: Sort<'_>, root: String) -> Self {
        match sort {
            Sort::Words { last, author, from_name, files, earlier } => Self {
                name: last.as_str().strip_prefix("msg_").unwrap_or("words").to_owned(),
                message: Some(last.clone()),
                author,
                from_name,
                files,
                earlier: std::iter::once(root).chain(earlier).collect(),
            },
            Sort::Transcript { name } => Self {
                name: format!("transcript-{name}"),
                message: None,
                author: Author::System,
                from_name: String::new(),
                files: Vec::new(),
                earlier: Vec::new(),
            },
        }
    }
}
