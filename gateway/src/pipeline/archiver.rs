//! Moves closed conversations from Redis to the records: memory follows open work, not history.
//! The records are written first; only then Redis lets go, and only if nothing was added meanwhile.

use super::duty::{DutyWork, Passed};
use crate::app::App;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{ConversationId, Message, State, TenantId};
use futures_util::FutureExt;
use records::history::ClosedConversation;
use std::sync::Arc;
use std::time::Duration;

/// How many conversations one pass moves.
const BATCH: usize = 32;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "archive",
        pause: Duration::from_secs(1),
        pass: |app, tenant, _, _| pass(app, tenant).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId) -> Passed {
    let closed = app.router.closed(tenant, BATCH).await?;
    let mut moved = 0;
    for id in &closed {
        if archive(app, tenant, id).await? {
            moved += 1;
        }
    }
    // When nothing of a full batch could be moved, the next pass would find the same.
    Ok(closed.len() == BATCH && moved > 0)
}

async fn archive(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let Some((conversation, _)) = app.router.conversation(tenant, id).await? else {
        return Ok(app.router.archive(tenant, id, 0).await?);
    };
    if conversation.state != State::Closed {
        return Ok(false);
    }
    let messages = whole_log(app, tenant, id).await?;
    let last_seq = messages.last().map_or(conversation.last_seq, |last| last.seq);
    let closed = ClosedConversation { conversation, messages, archived_at: app.clock.now() };
    app.records.history().store_closed(tenant, &closed).await?;
    Ok(app.router.archive(tenant, id, last_seq).await?)
}

/// Every message that Redis holds.
async fn whole_log(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<Vec<Message>, routing::RoutingError> {
    let mut messages: Vec<Message> = Vec::new();
    loop {
        let after = messages.last().map_or(0, |last| last.seq);
        let page = app.router.messages_after(tenant, id, after, PAGE_MESSAGES_MAX).await?;
        let full = page.len() == PAGE_MESSAGES_MAX;
        messages.extend(page);
        if !full {
            return Ok(messages);
        }
    }
}
