//! What an agent (or a supervisor) does with a conversation: the same transitions as on the socket.

use super::read::find;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, Code};
use crate::api::extract::{Body, at_most, id};
use crate::app::App;
use crate::auth::access::Staff;
use crate::clock::mint;
use crate::pipeline::entries;
use crate::pipeline::letters::reply::Addressees;
use crate::pipeline::outbound::{AgentWord, say};
use crate::socket::protocol::DescribeConversation;
use actix_web::{HttpResponse, web};
use domain::limits::TEXT_BYTES_MAX;
use domain::{
    AgentId, Author, ConversationId, FileId, Message, MessageContent, MessageKind, OfferToken,
    QueueId, Role, State, Timestamp,
};
use routing::command::{Closer, Holder, SendMessage, Standing};
use routing::reply::{Accepted, Assigned, Closed, Declined, Moved, Sent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The furthest rest, in milliseconds (30 days).
const SNOOZE_MS_MAX: i64 = 30 * 86_400_000;

/// A message to the contact, or a note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// Minted by the client; the same one again is the same message.
    client_id: String,
    /// The text.
    #[serde(default)]
    text: String,
    /// Files uploaded before.
    #[serde(default)]
    files: Vec<FileId>,
    /// Is it a note among agents?
    #[serde(default)]
    note: bool,
    /// To whom, where it leaves as a letter; simply to the last writer when absent.
    #[serde(default)]
    mail: Option<Addressees>,
}

/// Where a message stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentMessage {
    /// Its place in the log.
    seq: u64,
    /// The message.
    message: Message,
}

/// Says something to the contact, or writes a note.
#[utoipa::path(post, path = "/v1/conversations/{id}/messages", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = NewMessage,
    responses((status = 200, body = SentMessage), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn send(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<NewMessage>,
) -> Result<web::Json<SentMessage>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (agent, conversation) = (staff.person()?.clone(), id(&path, "conversation")?);
    let Body(body) = body;
    // Who may not write here must not learn of it either.
    find(&app, &staff, &conversation).await?;
    let word = AgentWord {
        tenant: &staff.tenant,
        agent: &agent,
        role: staff.role,
        conversation: &conversation,
        client_id: &body.client_id,
        text: &body.text,
        files: &body.files,
        note: body.note,
        mail: body.mail.as_ref(),
    };
    let (seq, _) = say(&app, &word).await?;
    let after = seq.saturating_sub(1);
    let stored = app.router.messages_after(&staff.tenant, &conversation, after, 1).await?;
    let message = stored.into_iter().next().ok_or_else(|| ApiError::unknown("message"))?;
    Ok(web::Json(SentMessage { seq, message }))
}

pub(crate) fn not_yours() -> ApiError {
    ApiError::new(Code::NotAssigned, "the conversation is not held by this agent")
}

/// An offer to be taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    /// The offer's token.
    token: OfferToken,
}

/// Takes an offer.
#[utoipa::path(post, path = "/v1/conversations/{id}/accept", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Accept,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn accept(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Accept>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (agent, conversation) = (staff.person()?, id::<ConversationId>(&path, "conversation")?);
    let _turn = app.admit().await?;
    match app.router.accept_offer(&staff.tenant, &conversation, agent, &body.0.token).await? {
        Accepted::Assigned => Ok(done()),
        Accepted::Stale => Err(stale(&app, &staff, &conversation).await),
    }
}

/// An offer to be refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decline {
    /// The offer's token.
    token: OfferToken,
    /// Why, at most 200 characters.
    #[serde(default)]
    reason: String,
}

/// Refuses an offer.
#[utoipa::path(post, path = "/v1/conversations/{id}/decline", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Decline,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn decline(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Decline>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (agent, conversation) = (staff.person()?, id::<ConversationId>(&path, "conversation")?);
    let Body(Decline { token, reason }) = body;
    at_most("reason", &reason, 200)?;
    let _turn = app.admit().await?;
    match app.router.decline_offer(&staff.tenant, &conversation, agent, &token, &reason).await? {
        Declined::Requeued => Ok(done()),
        Declined::Stale => Err(stale(&app, &staff, &conversation).await),
    }
}

/// A stale offer of a conversation that the agent knows; of any other one, it is unknown.
async fn stale(app: &App, staff: &Staff, conversation: &ConversationId) -> ApiError {
    match app.router.conversation(&staff.tenant, conversation).await {
        Ok(Some(_)) => ApiError::new(Code::StaleOffer, "the offer expired, was withdrawn or taken"),
        Ok(None) => ApiError::unknown("conversation"),
        Err(error) => error.into(),
    }
}

/// Where a conversation goes: to a queue or to a colleague, not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The queue.
    #[serde(default)]
    queue: Option<QueueId>,
    /// The colleague.
    #[serde(default)]
    agent: Option<AgentId>,
    /// What the next agent should know; becomes a note.
    #[serde(default)]
    note: String,
}

/// Passes a conversation on. A supervisor may pass on anybody's.
#[utoipa::path(post, path = "/v1/conversations/{id}/transfer", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Transfer,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn transfer(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Transfer>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let conversation_id = id(&path, "conversation")?;
    let Body(Transfer { queue, agent: colleague, note }) = body;
    if note.len() > TEXT_BYTES_MAX {
        return Err(ApiError::field("note", format!("must have at most {TEXT_BYTES_MAX} bytes")));
    }
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &conversation_id).await?;
    let (view, now) = (app.settings.desk(&staff.tenant), app.clock.now());
    let entry = match (&queue, &colleague) {
        (Some(queue), None) => entries::in_queue(&view, &conversation, queue, now)?,
        (None, Some(colleague)) => entries::for_colleague(&view, &conversation, colleague, now)?,
        _ => return Err(ApiError::field("queue", "give a queue or an agent, not both")),
    };
    let holds = staff.agent.is_some() && conversation.agent == staff.agent;
    if holds && !note.trim().is_empty() {
        leave_note(&app, &staff, &conversation.id, note).await?;
    }
    let holder = match &staff.agent {
        Some(agent) if holds || staff.role < Role::Supervisor => Holder::Agent(agent),
        None if staff.role < Role::Supervisor => return Err(not_yours()),
        _ => Holder::Anyone,
    };
    let waits = matches!(conversation.state, State::Queued | State::Offered | State::Scheduled);
    let moved = if waits && staff.role >= Role::Supervisor {
        app.router.change_queue(&staff.tenant, &conversation.id, &entry, "queue_changed").await?
    } else {
        app.router.transfer(&staff.tenant, &conversation.id, &holder, &entry, false).await?
    };
    if matches!(moved, Moved::Moved(_)) && !holds {
        note_act(&app, &staff, "conversation_transferred", &conversation.id).await?;
    }
    moved_or(moved)
}

/// Who did it to a conversation of others: the stream says what happened, not by whose hand.
async fn note_act(
    app: &App,
    staff: &Staff,
    action: &'static str,
    conversation: &ConversationId,
) -> Result<(), ApiError> {
    let object = format!("conversation:{conversation}");
    app.note_surely(&staff.tenant, &staff.name, action, &object).await
}

/// The note is written while the agent still holds the conversation.
async fn leave_note(
    app: &App,
    staff: &Staff,
    conversation: &ConversationId,
    text: String,
) -> Result<(), ApiError> {
    let agent = staff.person()?;
    let content = MessageContent {
        id: mint::message(),
        author: Author::Agent { id: agent.clone() },
        kind: MessageKind::Note,
        text,
        files: Vec::new(),
        notice: None,
        client_id: None,
        mail: None,
    };
    let standing = Standing::Holder;
    let message = SendMessage {
        conversation,
        agent,
        standing,
        content: &content,
        deliveries: &[],
        unread_after_ms: None,
    };
    match app.router.send_message(&staff.tenant, &message).await? {
        Sent::Appended(_) | Sent::Duplicate(_) => Ok(()),
        Sent::NotAssigned => Err(not_yours()),
        Sent::Unknown => Err(ApiError::unknown("conversation")),
    }
}

/// How a conversation ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Close {
    /// The request type, if it was not known or is another one.
    #[serde(default)]
    request_type: Option<String>,
    /// What came of it: `solved`, `unsolved`, `forwarded`, `no_answer`.
    #[serde(default)]
    resolution: Option<String>,
}

/// What follows on closing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClosedConversation {
    /// Has the agent time to finish notes?
    wrap_up: bool,
}

/// Ends a conversation. A supervisor may end anybody's.
#[utoipa::path(post, path = "/v1/conversations/{id}/close", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Close,
    responses((status = 200, body = ClosedConversation), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn close(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Close>,
) -> Result<web::Json<ClosedConversation>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let Body(Close { request_type, resolution }) = body;
    let known = ["solved", "unsolved", "forwarded", "no_answer"];
    if resolution.as_deref().is_some_and(|resolution| !known.contains(&resolution)) {
        return Err(ApiError::field("resolution", format!("must be one of {}", known.join(", "))));
    }
    check_request_type(&app, &staff, request_type.as_deref())?;
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let mut info = conversation.info.clone();
    info.request_type = request_type.or(info.request_type);
    info.resolution = resolution.or(info.resolution);
    // The switchboard, not what was read above, decides whether an agent still holds it.
    let holds = staff.agent.is_some() && conversation.agent == staff.agent;
    let closer = match &staff.agent {
        Some(agent) if holds || staff.role < Role::Supervisor => Closer::Agent(agent),
        None if staff.role < Role::Supervisor => return Err(not_yours()),
        _ => Closer::System,
    };
    let closed = app.router.close(&staff.tenant, &conversation.id, &closer, Some(&info)).await?;
    let wrap_up = match closed {
        Closed::WrapUp => true,
        Closed::Closed | Closed::Already => false,
        Closed::NotAssigned => return Err(not_yours()),
        Closed::Unknown => return Err(ApiError::unknown("conversation")),
    };
    if matches!(closer, Closer::System) && closed != Closed::Already {
        note_act(&app, &staff, "conversation_closed", &conversation.id).await?;
    }
    Ok(web::Json(ClosedConversation { wrap_up }))
}

fn check_request_type(app: &App, staff: &Staff, name: Option<&str>) -> Result<(), ApiError> {
    let view = app.settings.desk(&staff.tenant);
    match name {
        Some(name) if !view.desk.request_types.iter().any(|known| known.id == name) => {
            Err(ApiError::field("request_type", "no request type has this name"))
        }
        _ => Ok(()),
    }
}

/// Ends the time for notes.
#[utoipa::path(post, path = "/v1/conversations/{id}/end_wrap_up", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn end_wrap_up(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (agent, conversation) = (staff.person()?, id::<ConversationId>(&path, "conversation")?);
    let _turn = app.admit().await?;
    match app.router.end_wrap_up(&staff.tenant, &conversation, agent).await? {
        Closed::WrapUp | Closed::Closed | Closed::Already => Ok(done()),
        Closed::NotAssigned => Err(not_yours()),
        Closed::Unknown => Err(ApiError::unknown("conversation")),
    }
}

/// How long a conversation rests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snooze {
    /// Until then, or the contact's next word.
    until: Timestamp,
}

/// Lets a conversation rest.
#[utoipa::path(post, path = "/v1/conversations/{id}/snooze", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Snooze,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn snooze(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Snooze>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (agent, until) = (staff.person()?, body.0.until);
    let now = app.clock.now();
    if until <= now || until.ms_since(now) > SNOOZE_MS_MAX {
        return Err(ApiError::field("until", "must be in the next 30 days"));
    }
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let view = app.settings.desk(&staff.tenant);
    let (until, entry) = entries::after_rest(&view, &conversation, agent, until)?;
    let moved = app.router.snooze(&staff.tenant, &conversation.id, agent, until, &entry).await?;
    moved_or(moved)
}

/// Changes what is known of a conversation.
#[utoipa::path(post, path = "/v1/conversations/{id}/describe", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = DescribeConversation,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn describe(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<DescribeConversation>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let Body(DescribeConversation { request_type, contact_name }) = body;
    check_request_type(&app, &staff, request_type.as_deref())?;
    if let Some(name) = &contact_name {
        at_most("contact_name", name, 100)?;
    }
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let holds = staff.agent.is_some() && conversation.agent == staff.agent;
    if !holds && staff.role < Role::Supervisor {
        return Err(not_yours());
    }
    if conversation.state == State::Closed {
        // It goes to the archive as it was closed, or is there already.
        return Err(ApiError::new(Code::WrongState, "the conversation is over"));
    }
    let mut info = conversation.info.clone();
    info.request_type = request_type.or(info.request_type);
    info.contact_name = contact_name.unwrap_or(info.contact_name);
    if !app.router.describe(&staff.tenant, &conversation.id, &info).await? {
        return Err(ApiError::unknown("conversation"));
    }
    note_act(&app, &staff, "conversation_described", &conversation.id).await?;
    Ok(done())
}

/// To whom a conversation is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assign {
    /// The agent.
    agent: AgentId,
}

/// Gives a conversation to an agent by hand, within capacity.
#[utoipa::path(post, path = "/v1/conversations/{id}/assign", tag = "supervisors",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Assign,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn assign(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<Assign>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let conversation: ConversationId = id(&path, "conversation")?;
    let _turn = app.admit().await?;
    match app.router.assign(&staff.tenant, &conversation, &body.0.agent).await? {
        Assigned::Assigned => {
            note_act(&app, &staff, "conversation_assigned", &conversation).await?;
            Ok(done())
        }
        Assigned::OverCapacity => {
            Err(ApiError::new(Code::OverCapacity, "it does not fit into the agent's capacity"))
        }
        Assigned::AgentUnavailable => {
            Err(ApiError::new(Code::AgentUnavailable, "the agent is not signed in, or unknown"))
        }
        Assigned::NotAssignable => {
            Err(ApiError::new(Code::WrongState, "it is closed, or in wrap-up"))
        }
        Assigned::Unknown => Err(ApiError::unknown("conversation")),
    }
}

fn moved_or(moved: Moved) -> Result<HttpResponse, ApiError> {
    match moved {
        Moved::Moved(_) => Ok(done()),
        Moved::NotAssigned => Err(not_yours()),
        Moved::Unknown => Err(ApiError::unknown("conversation")),
    }
}

pub(crate) fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
