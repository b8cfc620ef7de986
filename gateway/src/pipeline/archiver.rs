//! Moves closed conversations from Redis to the records: memory follows open work, not history.
//! The records are written first; only then Redis lets go, and only if nothing was added meanwhile.

use super::duty::{DutyWork, Passed};
use crate::app::App;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{ConversationId, Message, State, TenantId, Timestamp};
use futures_util::FutureExt;
use records::history::ClosedConversation;
use std::sync::Arc;
use std::time::Duration;

/// How many conversations one pass moves.
const BATCH: usize = 32;
/// So many conversations that cannot be moved are passed over; then all of them are tried again.
const FAILING_MAX: usize = 256;
/// After so long those that could not be moved are tried again, in milliseconds.
const TRY_AGAIN_AFTER_MS: i64 = 5 * 60_000;

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
    let passed_over = failing.ids.len();
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
                failing.ids.push(id.to_string());
            }
        }
    }
    let full = closed.len() == BATCH + passed_over;
    *note = failing.write();
    // When nothing of a full batch could be moved, the next pass would find the same.
    Ok(full && moved > 0)
}

fn is_away(error: &(dyn std::error::Error + 'static)) -> bool {
    let routing = error.downcast_ref::<routing::RoutingError>();
    let records = error.downcast_ref::<records::RecordsError>();
    routing.is_some_and(routing::RoutingError::is_unavailable)
        || records.is_some_and(records::RecordsError::may_retry)
}

/// The conversations that could not be moved, until they are tried again.
struct Failing {
    since: Timestamp,
    ids: Vec<String>,
}

impl Failing {
    /// From a pass's note: the time of the first failure, then the ids.
    fn read(note: &str, now: Timestamp) -> Self {
        let mut words = note.split(' ');
        let since = words.next().and_then(|ms| ms.parse().ok()).map_or(now, Timestamp);
        let ids: Vec<String> = words.map(str::to_owned).collect();
        if now.ms_since(since) >= TRY_AGAIN_AFTER_MS || ids.len() >= FAILING_MAX {
            return Self { since: now, ids: Vec::new() };
        }
        Self { since, ids }
    }

    fn has(&self, id: &ConversationId) -> bool {
        self.ids.iter().any(|failing| failing == id.as_str())
    }

    fn write(&self) -> String {
        if self.ids.is_empty() {
            return String::new();
        }
        format!("{} {}", self.since.0, self.ids.join(" "))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_moved_is_passed_over_for_a_while() {
        let id: ConversationId = "conv_1".parse().unwrap();
        let mut failing = Failing::read("", Timestamp(7));
        assert_eq!(failing.write(), "", "nothing fails yet");
        failing.ids.push(id.to_string());
        let later = Failing::read(&failing.write(), Timestamp(7 + TRY_AGAIN_AFTER_MS - 1));
        assert!(later.has(&id));
        let again = Failing::read(&failing.write(), Timestamp(7 + TRY_AGAIN_AFTER_MS));
        assert!(!again.has(&id), "it is tried again");
    }
}
