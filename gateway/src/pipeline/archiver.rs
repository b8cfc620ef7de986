//! Moves closed conversations from Redis to the records: memory follows open work, not history.
//! The records are written first; only then Redis lets go, and only if nothing was added meanwhile.

use super::duty::{DutyWork, Passed};
use super::failing::{Failing, is_away};
use crate::app::App;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{ConversationId, Message, State, TenantId};
use futures_util::FutureExt;
use records::history::ClosedConversation;
use std::sync::Arc;
use std::time::Duration;

/// How many conversations one pass moves.
const BATCH: usize = 32;

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "archive",
        pause: Duration::from_secs(1),
        pass: |app, tenant, _, note| pass(app, tenant, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, note: &mut String) -> Passed {
    let mut failing = Failing::read(note, app.clock.now());
    let passed_over = failing.count();
    let closed = app.router.closed(tenant, BATCH + passed_over).await?;
    let mut moved = 0;
    for id in &closed {
        if failing.has(id) {
            continue;
        }
        match archive(app, tenant, id).await {
            Ok(true) => moved += 1,
            Ok(false) => {}
            // Nothing can be moved now, or nobody can say whether it was.
            Err(error) if is_away(error.as_ref()) => return Err(error),
            Err(error) => {
                crate::metrics::archiving_failed();
                let error = crate::telemetry::chain(error.as_ref());
                tracing::error!(tenant.id = %tenant, conversation.id = %id, error, "a conversation cannot be archived; the others go on");
                failing.add(id);
            }
        }
    }
    let full = closed.len() == BATCH + passed_over;
    *note = failing.write();
    // When nothing of a full batch could be moved, the next pass would find the same.
    Ok(full && moved > 0)
}

async fn archive(app: &App, tenant: &TenantId, id: &ConversationId) -> Result<bool, Failure> {
    let Some((conversation, _)) = app.router.conversation(tenant, id).await? else {
        return Ok(app.router.archive(tenant, id, 0).await?);
    };
    if conversation.state != State::Closed {
        return Ok(false);
    }
    let messages = whole_log(app, tenant, id).await?;
    let last_seq = messages.last().map_or(conversation.last_seq, |last| last.seq);
    let closed = ClosedConversation { conversation, messages, archived_at: app.clock.now() };
    let stored = app.records.history().store_closed(tenant, &closed).await?;
    stored.callbacks.iter().for_each(crate::metrics::callback_over);
    if stored.replaced_messages > 0 {
        let count = stored.replaced_messages;
        tracing::warn!(conversation.id = %id, count, "Redis had lost its end after it was archived: messages that it no longer knew gave way to later ones");
    }
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
