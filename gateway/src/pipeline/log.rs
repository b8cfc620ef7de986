//! A conversation's log, wherever it lies: the part since the last archiving in Redis, the part
//! before in the records. Redis is read first: archiving writes the records before it lets go.

use crate::api::error::ApiError;
use crate::app::App;
use domain::{ConversationId, Message, TenantId};
use records::history::{MessagePage, MessagesFrom};

/// No log is so long: what is asked after this is beyond every end, and no number of the stores.
const SEQ_MAX: u64 = 1 << 53;

/// Messages with a seq after `after`, in order, at most `limit` (200 at the most).
///
/// # Errors
/// When Redis or the records cannot be read.
pub async fn after(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    after: u64,
    limit: usize,
) -> Result<Vec<Message>, ApiError> {
    if after >= SEQ_MAX {
        return Ok(Vec::new());
    }
    let recent = app.router.messages_after(tenant, id, after, limit).await?;
    if recent.first().is_some_and(|first| first.seq <= after + 1) {
        return Ok(recent);
    }
    let page = MessagePage { from: MessagesFrom::After(after), limit: count(limit) };
    let mut messages = app.records.history().messages(tenant, id, page).await?;
    let known = messages.last().map_or(after, |last| last.seq);
    messages.extend(recent.into_iter().filter(|message| message.seq > known));
    messages.truncate(limit);
    Ok(messages)
}

/// Messages with a seq before `before`, in order, the last `limit` of them (200 at the most).
///
/// # Errors
/// When Redis or the records cannot be read.
pub async fn before(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    before: u64,
    limit: usize,
) -> Result<Vec<Message>, ApiError> {
    let recent = app.router.messages_before(tenant, id, before, limit).await?;
    let first = recent.first().map_or(before, |first| first.seq);
    let missing = limit.saturating_sub(recent.len());
    if first <= 1 || missing == 0 {
        return Ok(recent);
    }
    let page = MessagePage { from: MessagesFrom::Before(first), limit: count(missing) };
    let mut messages = app.records.history().messages(tenant, id, page).await?;
    messages.extend(recent);
    Ok(messages)
}

fn count(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
