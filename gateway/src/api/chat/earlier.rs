//! A visitor's own earlier conversations, from the archive: on another device of somebody for whom
//! the website vouches, or after the time in which the last one would be reopened.

use crate::api::caller::Caller;
use crate::api::conversations::MessageList;
use crate::api::error::ApiError;
use crate::api::extract::{Params, id};
use crate::app::App;
use crate::auth::access::visitor_may_read;
use crate::hub::fact::for_contact;
use actix_web::web;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{ConversationId, MessageKind, Timestamp};
use records::history::{HistoryCursor, HistoryFilter, MessagePage, MessagesFrom};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};

/// Conversations on one page when nothing else is said.
const PAGE: u32 = 10;
/// The most conversations on one page.
const PAGE_MAX: u32 = 50;
/// So many characters of the first words are told.
const WORDS_CHARS_MAX: usize = 120;
/// Among so many of the first entries the first words are looked for.
const WORDS_WITHIN_MAX: u32 = 5;

/// Which earlier conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    /// The `next` of the page before.
    #[serde(default)]
    before: Option<String>,
    /// At most so many, 1 to 50.
    #[serde(default)]
    limit: Option<u32>,
}

/// An earlier conversation, as its own visitor sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierConversation {
    /// Which.
    id: ConversationId,
    /// When the first word came.
    opened_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    /// Who answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_name: Option<String>,
    /// The first words, cut short.
    words: String,
}

/// Earlier conversations, the last closed first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierConversations {
    /// The conversations.
    conversations: Vec<EarlierConversation>,
    /// What to give as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The visitor's own earlier conversations on this channel; the present one is not among them.
#[utoipa::path(get, path = "/v1/chat/conversations", tag = "chat", security(("bearer" = [])),
    params(Before),
    responses((status = 200, body = EarlierConversations),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn earlier(
    app: web::Data<App>,
    caller: Caller,
    query: Params<Before>,
) -> Result<web::Json<EarlierConversations>, ApiError> {
    let visitor = caller.visitor()?;
    let before = query.0.before.as_deref().map(str::parse::<HistoryCursor>).transpose();
    let before = before.map_err(|_bad| ApiError::field("before", "is not a `next` of ours"))?;
    let limit = query.0.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    // Never those of the same person on other channels: who holds this token proved no more than this one.
    let contacts = vec![visitor.contact.clone()];
    let filter = HistoryFilter { contacts, before, limit, ..HistoryFilter::default() };
    let own = app.router.contact_conversation(&visitor.tenant, &visitor.channel, &visitor.contact);
    let present = own.await?;
    let found = app.records.history().list(&visitor.tenant, &filter).await?;
    let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| full).map(|last| HistoryCursor::of(last).to_string());
    let view = app.settings.desk(&visitor.tenant);
    let mut conversations = Vec::with_capacity(found.len());
    for one in found {
        if visitor_may_read(visitor, &one).is_err() || present.as_ref() == Some(&one.id) {
            continue;
        }
        let first = MessagePage { from: MessagesFrom::After(0), limit: WORDS_WITHIN_MAX };
        let first = app.records.history().messages(&visitor.tenant, &one.id, first).await?;
        let text = first.into_iter().find(|message| message.content.kind == MessageKind::Text);
        let words = text.map_or_else(String::new, |message| message.content.text);
        let agent = one.agent.as_ref().and_then(|agent| view.agent(agent));
        conversations.push(EarlierConversation {
            id: one.id,
            opened_at: one.opened_at,
            closed_at: one.closed_at,
            agent_name: agent.map(|agent| agent.name.clone()),
            words: words.chars().take(WORDS_CHARS_MAX).collect(),
        });
    }
    Ok(web::Json(EarlierConversations { conversations, next }))
}

/// The messages of an earlier conversation of the visitor's own; of anybody else's there are none.
#[utoipa::path(get, path = "/v1/chat/conversations/{id}/messages", tag = "chat",
    security(("bearer" = [])), params(("id" = String, Path), super::Earlier),
    responses((status = 200, body = MessageList),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn earlier_messages(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    query: Params<super::Earlier>,
) -> Result<web::Json<MessageList>, ApiError> {
    let visitor = caller.visitor()?;
    let wanted: ConversationId = id(&path, "conversation")?;
    let unknown = || ApiError::unknown("conversation");
    let found = app.records.history().conversation(&visitor.tenant, &wanted).await?;
    let found = found.ok_or_else(unknown)?;
    visitor_may_read(visitor, &found).map_err(|_denied| unknown())?;
    let limit = query.0.limit.unwrap_or(50).clamp(1, PAGE_MESSAGES_MAX);
    let from = query.0.before_seq.map_or(MessagesFrom::End, MessagesFrom::Before);
    let page = MessagePage { from, limit: u32::try_from(limit).unwrap_or(u32::MAX) };
    let messages = app.records.history().messages(&visitor.tenant, &wanted, page).await?;
    let messages = messages.iter().filter_map(for_contact).map(Cow::into_owned).collect();
    Ok(web::Json(MessageList { messages, last_seq: found.last_seq }))
}
