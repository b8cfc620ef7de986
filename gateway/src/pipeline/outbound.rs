//! What agents say: into the log, by one transition. Doors that read from the log (web chat) need no
//! delivery; every door that there is today does.

use super::inbound::message_id;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use domain::limits::{CLIENT_ID_BYTES_MAX, FILES_PER_MESSAGE_MAX, TEXT_BYTES_MAX};
use domain::{
    AgentId, Author, ConversationId, FileId, FileRef, MessageContent, MessageId, MessageKind, Role,
    TenantId,
};
use records::files::Uploader;
use routing::command::{SendMessage, Standing};
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
    let content = MessageContent {
        id: message_id(&names),
        author: Author::Agent { id: word.agent.clone() },
        kind: if word.note { MessageKind::Note } else { MessageKind::Text },
        text: word.text.to_owned(),
        files,
        notice: None,
        client_id: Some(word.client_id.to_owned()),
        mail: None,
    };
    let command = SendMessage {
        conversation: word.conversation,
        agent: word.agent,
        standing: Standing::of(word.role),
        content: &content,
        delivery: None,
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

fn check(word: &AgentWord<'_>) -> Result<(), ApiError> {
    check_client_id(word.client_id)?;
    if word.text.trim().is_empty() && word.files.is_empty() {
        return Err(ApiError::field("text", "a message needs text or a file"));
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
