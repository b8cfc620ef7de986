//! What agents say: into the log, by one transition. Doors that read from the log (web chat) need no
//! delivery; letters go into the outbox by the same transition.

use super::chats;
use super::deliveries::Parcel;
use super::inbound::message_id;
use super::letters::reply::{Addressees, problems};
use super::letters::send::{self, Ready};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use domain::limits::{CLIENT_ID_BYTES_MAX, FILES_PER_MESSAGE_MAX, TEXT_BYTES_MAX};
use domain::{
    AgentId, Author, Channel, ConversationId, FileId, FileRef, MessageContent, MessageId,
    MessageKind, Role, TenantId,
};
use records::files::Uploader;
use routing::command::{NewDelivery, SendMessage, Standing};
use routing::reply::Sent;

/// What an agent says.
#[derive(Debug, Clone)]
pub struct AgentWord<'a> {
    /// Which tenant.
    pub tenant: &'a TenantId,
    /// Who says it.
    pub agent: &'a AgentId,
    /// The agent's role: supervisors may write notes everywhere.
    pub role: Role,
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// Minted by the client: the dedupe key within the conversation and the agent.
    pub client_id: &'a str,
    /// The text.
    pub text: &'a str,
    /// Files uploaded before.
    pub files: &'a [FileId],
    /// A note that only agents see?
    pub note: bool,
    /// To whom, where it leaves as a letter; simply to the last writer when absent.
    pub mail: Option<&'a Addressees>,
}

/// Says it. Gives its place and its id; the same client id again gives the same.
///
/// # Errors
/// `invalid` for a word that cannot be, `not_assigned` when the agent does not hold the
/// conversation, `not_found`, `unavailable`.
pub async fn say(app: &App, word: &AgentWord<'_>) -> Result<(u64, MessageId), ApiError> {
    check(word)?;
    let _turn = app.admit().await?;
    let uploader = Uploader::Agent(word.agent.clone());
    let files = own_files(app, word.tenant, word.files, &uploader, Some(word.conversation)).await?;
    let names =
        [word.tenant.as_str(), word.conversation.as_str(), word.agent.as_str(), word.client_id];
    let id = message_id(&names);
    let way = way(app, word, &id, &files).await?;
    let (letter, unread_after_ms) = match &way {
        Way::Log { unread_after_ms } => (None, *unread_after_ms),
        Way::Letter(letter) => (Some(letter), None),
        Way::Chat(_) => (None, None),
    };
    let deliveries = way.deliveries();
    let content = MessageContent {
        id,
        author: Author::Agent { id: word.agent.clone() },
        kind: if word.note { MessageKind::Note } else { MessageKind::Text },
        text: word.text.to_owned(),
        files,
        notice: None,
        client_id: Some(word.client_id.to_owned()),
        mail: letter.map(|letter| Box::new(letter.head.clone())),
    };
    let command = SendMessage {
        conversation: word.conversation,
        agent: word.agent,
        standing: Standing::of(word.role),
        content: &content,
        deliveries: &deliveries,
        unread_after_ms,
    };
    match app.router.send_message(word.tenant, &command).await? {
        Sent::Appended(seq) | Sent::Duplicate(seq) => {
            attach(app, word.tenant, word.files, word.conversation).await?;
            Ok((seq, content.id))
        }
        Sent::NotAssigned => {
            Err(ApiError::new(Code::NotAssigned, "you do not hold this conversation"))
        }
        Sent::Unknown => Err(ApiError::unknown("conversation")),
    }
}

/// How a word reaches the contact.
enum Way {
    /// The contact reads the log; what stays unread for so long goes by mail, where that is offered.
    Log { unread_after_ms: Option<u64> },
    /// By this letter.
    Letter(Box<Ready>),
    /// In these parts, through a messenger.
    Chat(Vec<Parcel>),
}

impl Way {
    fn deliveries(&self) -> Vec<NewDelivery<'_>> {
        match self {
            Self::Log { .. } => Vec::new(),
            Self::Letter(letter) => vec![letter.parcel.new_delivery()],
            Self::Chat(parts) => parts.iter().map(Parcel::new_delivery).collect(),
        }
    }
}

async fn way(
    app: &App,
    word: &AgentWord<'_>,
    id: &MessageId,
    files: &[FileRef],
) -> Result<Way, ApiError> {
    let view = app.settings.desk(word.tenant);
    let leaves = |channel: &Channel| !channel.kind.is_chat();
    if word.note || !view.desk.channels.iter().any(leaves) {
        return Ok(Way::Log { unread_after_ms: None });
    }
    let known = app.router.conversation(word.tenant, word.conversation).await?;
    let Some((conversation, _)) = known else { return Err(ApiError::unknown("conversation")) };
    let line = chats::send::line(app, word.tenant, (&view, &conversation)).await?;
    if let Some(line) = line {
        let said = chats::send::Word {
            conversation: &conversation.id,
            message: Some(id),
            name: id.as_str(),
            author: Author::Agent { id: word.agent.clone() },
            text: word.text,
            files,
            choices: Vec::new(),
        };
        let parts = chats::send::parts((word.tenant, &line), said, app.clock.now())?;
        return Ok(Way::Chat(parts));
    }
    let Some(channel) = send::channel_of(&view, &conversation) else {
        let by_mail = view.by_mail(&conversation.channel);
        return Ok(Way::Log { unread_after_ms: by_mail.map(|(_, after_ms)| after_ms) });
    };
    let name = view.agent(word.agent).map_or("", |agent| agent.name.as_str());
    let letter = send::Word {
        conversation: &conversation,
        message: Some(id),
        author: Author::Agent { id: word.agent.clone() },
        from_name: name.to_owned(),
        text: word.text,
        files,
        asked: word.mail,
    };
    let composed = send::compose(app, word.tenant, channel, &letter).await;
    let composed = composed.map_err(|error| {
        ApiError::unavailable("the letter cannot be composed just now").because(error)
    })?;
    let cannot = "there is no letter of a person to answer, or the channel's settings are wrong";
    let letter = composed.ok_or_else(|| ApiError::new(Code::WrongState, cannot))?;
    Ok(Way::Letter(Box::new(letter)))
}

fn check(word: &AgentWord<'_>) -> Result<(), ApiError> {
    check_client_id(word.client_id)?;
    if word.text.trim().is_empty() && word.files.is_empty() {
        return Err(ApiError::field("text", "a message needs text or a file"));
    }
    if let Some((path, problem)) = word.mail.and_then(|mail| problems(mail).into_iter().next()) {
        return Err(ApiError::field(&path, problem));
    }
    if word.text.len() > TEXT_BYTES_MAX {
        return Err(ApiError::field("text", format!("has more than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(())
}

/// Is it an id that a client may mint?
///
/// # Errors
/// `invalid`.
pub fn check_client_id(client_id: &str) -> Result<(), ApiError> {
    let fits = (1..=CLIENT_ID_BYTES_MAX).contains(&client_id.len())
        && client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    let problem = || format!("has 1 to {CLIENT_ID_BYTES_MAX} characters of A-Z a-z 0-9 - _ . :");
    if fits { Ok(()) } else { Err(ApiError::field("client_id", problem())) }
}

/// The files that a word carries: the speaker's own uploads, which no other conversation has.
///
/// # Errors
/// `invalid` naming the file, without telling a foreign one from none.
pub async fn own_files(
    app: &App,
    tenant: &TenantId,
    files: &[FileId],
    uploader: &Uploader,
    conversation: Option<&ConversationId>,
) -> Result<Vec<FileRef>, ApiError> {
    if files.len() > FILES_PER_MESSAGE_MAX {
        return Err(ApiError::field(
            "files",
            format!("has more than {FILES_PER_MESSAGE_MAX} files"),
        ));
    }
    let mut found = Vec::with_capacity(files.len());
    for (n, id) in files.iter().enumerate() {
        let file = app.records.files().get(tenant, id).await?;
        let own = file.filter(|file| {
            file.uploaded_by == *uploader
                && file.conversation.as_ref().is_none_or(|of| Some(of) == conversation)
        });
        let file =
            own.ok_or_else(|| ApiError::field(&format!("files[{n}]"), "there is no such file"))?;
        found.push(FileRef {
            id: file.id,
            name: file.name,
            media_type: file.media_type,
            bytes: file.bytes,
            pending: false,
        });
    }
    Ok(found)
}

/// Notes that a conversation carries these files, after its message is in the log. Repeating is safe,
/// and so is a crash in between: the sender has no ack and sends again.
///
/// # Errors
/// `unavailable`: the sender sends again.
pub async fn attach(
    app: &App,
    tenant: &TenantId,
    files: &[FileId],
    conversation: &ConversationId,
) -> Result<(), ApiError> {
    for id in files {
        app.records.files().attach(tenant, id, conversation).await?;
    }
    Ok(())
}
