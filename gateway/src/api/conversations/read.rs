//! Reading conversations, open ones from Redis and earlier ones from the archive, as one.

use crate::api::caller::Caller;
use crate::api::error::{ApiError, Code};
use crate::api::extract::{Params, id};
use crate::app::App;
use crate::auth::access::{Staff, may_read, may_read_archived};
use crate::pipeline::log;
use crate::socket::protocol::ConversationSummary;
use actix_web::web;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{
    ContactId, Conversation, ConversationId, Message, MessageKind, Role, State, TenantId,
};
use records::history::{HistoryCursor, HistoryFilter, MessagesFrom};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Conversations on one page when nothing else is said.
const PAGE: u32 = 50;
/// The most conversations on one page.
const PAGE_MAX: u32 = 200;
/// Among how many of the last entries somebody's last words are looked for.
const WORDS_WITHIN_MAX: usize = 20;

/// A conversation that a member of the desk may read, from Redis or from the archive.
///
/// # Errors
/// 404 for one that does not exist, is another tenant's, or is not for this member.
pub(crate) async fn find(
    app: &App,
    staff: &Staff,
    id: &ConversationId,
) -> Result<(Conversation, Option<Message>), ApiError> {
    let unknown = || ApiError::unknown("conversation");
    if let Some((conversation, last)) = app.router.conversation(&staff.tenant, id).await? {
        let serves = conversation.state == State::Closed
            && serves_contact(app, staff, &conversation.contact).await?;
        if !serves {
            may_read(staff, &conversation).map_err(|_denied| unknown())?;
        }
        return Ok((conversation, last));
    }
    let archived = app.records.history().conversation(&staff.tenant, id).await?;
    let archived = archived.ok_or_else(unknown)?;
    let serves = serves_contact(app, staff, &archived.contact).await?;
    may_read_archived(staff, archived.agent.as_ref(), serves).map_err(|_denied| unknown())?;
    Ok((archived, None))
}

/// Does the agent hold, or is the agent offered, an open conversation of this contact, or of the same
/// person on another channel? Then earlier ones help to serve the person.
///
/// # Errors
/// When Redis or the archive cannot be asked.
pub(crate) async fn serves_contact(
    app: &App,
    staff: &Staff,
    contact: &ContactId,
) -> Result<bool, ApiError> {
    if staff.role >= Role::Supervisor {
        return Ok(true);
    }
    let Some(agent) = &staff.agent else { return Ok(false) };
    let mut served = Vec::new();
    for id in app.router.held(&staff.tenant, agent).await? {
        if let Some((held, _)) = app.router.conversation(&staff.tenant, &id).await? {
            served.push(held.contact);
        }
    }
    if served.is_empty() || served.contains(contact) {
        return Ok(!served.is_empty());
    }
    let fellows = app.records.persons().fellows(&staff.tenant, contact).await?;
    Ok(fellows.iter().any(|fellow| served.contains(&fellow.contact)))
}

/// Summaries of open conversations; those that went away meanwhile are left out.
///
/// # Errors
/// When Redis cannot be asked.
pub(crate) async fn summaries(
    app: &App,
    staff: &Staff,
    ids: &[ConversationId],
) -> Result<Vec<ConversationSummary>, ApiError> {
    let mut summaries = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some((conversation, last_message)) =
            app.router.conversation(&staff.tenant, id).await?
        {
            let last_message = last_words(app, &staff.tenant, &conversation, last_message).await?;
            summaries.push(ConversationSummary { conversation, last_message });
        }
    }
    Ok(summaries)
}

/// The last words of a person, where notes and facts stand after them: a list and an offer show what
/// somebody said, not that somebody joined. The last entry itself, where no words are near.
async fn last_words(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    last: Option<Message>,
) -> Result<Option<Message>, ApiError> {
    let is_words = |message: &Message| message.content.kind == MessageKind::Text;
    if last.as_ref().is_none_or(is_words) {
        return Ok(last);
    }
    let end = conversation.last_seq.saturating_add(1);
    let near = app.router.messages_before(tenant, &conversation.id, end, WORDS_WITHIN_MAX).await?;
    Ok(near.into_iter().rev().find(is_words).or(last))
}

/// One conversation.
#[utoipa::path(get, path = "/v1/conversations/{id}", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ConversationSummary),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn one(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<ConversationSummary>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, last) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let last_message = last_words(&app, &staff.tenant, &conversation, last).await?;
    note_read(&app, &staff, &conversation, "conversation_read").await?;
    Ok(web::Json(ConversationSummary { conversation, last_message }))
}

/// Whoever reads what is not in their own hands stands in the audit trail.
///
/// # Errors
/// When the trail cannot be written.
pub(crate) async fn note_read(
    app: &App,
    staff: &Staff,
    conversation: &Conversation,
    action: &'static str,
) -> Result<(), ApiError> {
    if staff.agent.is_some() && conversation.agent == staff.agent {
        return Ok(());
    }
    let object = format!("conversation:{}", conversation.id);
    app.note_surely(&staff.tenant, &staff.name, action, &object).await
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Messages {
    /// Those after this seq, in order.
    #[serde(default)]
    after_seq: Option<u64>,
    /// The last ones before this seq, in order.
    #[serde(default)]
    before_seq: Option<u64>,
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<usize>,
}

/// Messages of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageList {
    /// In the order of their seqs.
    pub(crate) messages: Vec<Message>,
    /// The highest seq in the log.
    pub(crate) last_seq: u64,
}

/// A page of a conversation's log.
#[utoipa::path(get, path = "/v1/conversations/{id}/messages", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path), Messages),
    responses((status = 200, body = MessageList),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn messages(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    query: Params<Messages>,
) -> Result<web::Json<MessageList>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    note_read(&app, &staff, &conversation, "messages_read").await?;
    let Params(query) = query;
    let limit = query.limit.unwrap_or(PAGE_MESSAGES_MAX).clamp(1, PAGE_MESSAGES_MAX);
    let from = match (query.after_seq, query.before_seq) {
        (Some(_), Some(_)) => {
            return Err(ApiError::field("before_seq", "give after_seq or before_seq, not both"));
        }
        (Some(after), None) => MessagesFrom::After(after),
        (None, Some(before)) => MessagesFrom::Before(before),
        (None, None) => MessagesFrom::After(0),
    };
    let messages = page(&app, &staff.tenant, &conversation, from, limit).await?;
    Ok(web::Json(MessageList { messages, last_seq: conversation.last_seq }))
}

/// A page of a log whose older part may be in the archive and whose younger part in Redis.
///
/// # Errors
/// When a store cannot be asked.
pub(crate) async fn page(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    from: MessagesFrom,
    limit: usize,
) -> Result<Vec<Message>, ApiError> {
    let id = &conversation.id;
    let end = conversation.last_seq.saturating_add(1);
    match from {
        MessagesFrom::After(after) => log::after(app, tenant, id, after, limit).await,
        // And the last ones are those before the end.
        MessagesFrom::Before(before) => log::before(app, tenant, id, before.min(end), limit).await,
        MessagesFrom::End => log::before(app, tenant, id, end, limit).await,
    }
}

/// Which earlier conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// Only `closed` is kept here.
    #[serde(default)]
    state: Option<State>,
    /// Of one contact.
    #[serde(default)]
    contact: Option<ContactId>,
    /// Words in their messages.
    #[serde(default)]
    q: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    before: Option<String>,
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<u32>,
}

/// Earlier conversations, the last closed first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationList {
    /// The conversations.
    conversations: Vec<ConversationSummary>,
    /// What to give as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Earlier conversations. An agent sees their own, and those of a contact whom they serve.
#[utoipa::path(get, path = "/v1/conversations", tag = "conversations", security(("bearer" = [])),
    params(Earlier), responses((status = 200, body = ConversationList),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn list(
    app: web::Data<App>,
    caller: Caller,
    query: Params<Earlier>,
) -> Result<web::Json<ConversationList>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let Params(query) = query;
    if query.state.is_some_and(|state| state != State::Closed) {
        return Err(ApiError::field("state", "only closed conversations are listed here"));
    }
    let before = query.before.as_deref().map(str::parse::<HistoryCursor>).transpose();
    let before = before.map_err(|_bad| ApiError::field("before", "is not a `next` of ours"))?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let contacts = query.contact.into_iter().collect();
    let mut filter = HistoryFilter { contacts, queue: None, agent: None, before, limit };
    if staff.role < Role::Supervisor {
        let serves = match filter.contacts.first() {
            Some(contact) => serves_contact(&app, &staff, contact).await?,
            None => false,
        };
        if !serves {
            let person = staff.agent.clone();
            filter.agent =
                Some(person.ok_or_else(|| ApiError::new(Code::Forbidden, "not for this role"))?);
        }
    }
    let words = query.q.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let (found, next) = match words {
        Some(words) => search(&app, &staff, words, &filter).await?,
        None => {
            let found = app.records.history().list(&staff.tenant, &filter).await?;
            let next = next_page(found.last(), found.len(), limit);
            (found.into_iter().map(|found| (found, None)).collect(), next)
        }
    };
    app.note_surely(&staff.tenant, &staff.name, "conversations_listed", "").await?;
    let conversations = found
        .into_iter()
        .map(|(conversation, last_message)| ConversationSummary { conversation, last_message })
        .collect();
    Ok(web::Json(ConversationList { conversations, next }))
}

type Found = Vec<(Conversation, Option<Message>)>;

/// Finds words in what the filter lets through.
async fn search(
    app: &App,
    staff: &Staff,
    words: &str,
    filter: &HistoryFilter,
) -> Result<(Found, Option<String>), ApiError> {
    let history = app.records.history();
    let hits = history.search(&staff.tenant, words, filter).await?;
    let next = next_page(hits.last().map(|hit| &hit.conversation), hits.len(), filter.limit);
    let found = hits.into_iter();
    Ok((found.map(|hit| (hit.conversation, Some(hit.message))).collect(), next))
}

fn next_page(last: Option<&Conversation>, found: usize, limit: u32) -> Option<String> {
    let full = found >= usize::try_from(limit).unwrap_or(usize::MAX);
    last.filter(|_| full).map(|last| HistoryCursor::of(last).to_string())
}
