//! Moves conversations that waited too long to the queue that takes over. Reads the stream from a
//! cursor of its own, so none is passed over when a gateway dies. One that is held out to an agent at
//! that moment is looked at again when it comes back to the queue.

use super::commits;
use super::duty::{DutyWork, Passed};
use super::entries;
use crate::app::App;
use domain::{ConversationId, Event, QueueId, State, TenantId};
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Duration;

const DUTY: &str = "overflow";
/// How many commits one pass reads.
const COMMITS_AT_ONCE: usize = 256;

/// Why a conversation comes back from an offer to its old place, its plan going on.
const COMES_BACK: [&str; 3] = ["declined", "expired", "withdrawn"];

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: DUTY,
        pause: Duration::from_millis(200),
        pass: |app, tenant, epoch, note| pass(app, tenant, epoch, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, epoch: u64, done: &mut String) -> Passed {
    // Whoever waited too long unseen is reminded of by the reminders of its plan.
    let unread = commits::unread(app, tenant, (DUTY, epoch), done, COMMITS_AT_ONCE);
    let Some(commits) = unread.await? else { return Ok(false) };
    let Some(last) = commits.last() else { return Ok(false) };
    let cursor = last.cursor.to_string();
    for event in commits.iter().flat_map(|commit| commit.events()) {
        match event {
            Event::ConversationOverflowed { conversation, queue } => {
                take_over(app, tenant, conversation, queue).await?;
            }
            Event::ConversationQueued { conversation, queue, reason, .. }
                if COMES_BACK.contains(&reason.as_str())
                    && overflows(app, tenant, queue)
                    && has_overflowed(app, tenant, conversation).await? =>
            {
                take_over(app, tenant, conversation, queue).await?;
            }
            _ => {}
        }
    }
    let more = commits.len() == COMMITS_AT_ONCE;
    if app.router.dispatch(tenant, DUTY, epoch, &cursor, &[]).await? {
        *done = cursor;
        return Ok(more);
    }
    // Somebody else owns the duty now: what was done here is done again there, to no effect.
    done.clear();
    Ok(false)
}

/// Does another queue take over from this one after a time?
fn overflows(app: &App, tenant: &TenantId, queue: &QueueId) -> bool {
    let view = app.settings.desk(tenant);
    let queue = view.queue(queue);
    queue.is_some_and(|queue| queue.overflow.to.is_some() && queue.overflow.wait_secs_max > 0)
}

/// Has its plan said already that it waited too long?
async fn has_overflowed(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<bool, routing::RoutingError> {
    Ok(app.router.plan(tenant, id).await?.is_some_and(|(_, overflowed)| overflowed))
}

/// Moves one conversation, if it still waits where it overflowed.
async fn take_over(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    from: &QueueId,
) -> Result<(), routing::RoutingError> {
    let Some((conversation, _)) = app.router.conversation(tenant, id).await? else { return Ok(()) };
    let waits = conversation.state == State::Queued && conversation.queue == *from;
    let view = app.settings.desk(tenant);
    if let Some(entry) =
        entries::overflowed(&view, &conversation, app.clock.now()).filter(|_| waits)
    {
        app.router.change_queue(tenant, id, &entry, "overflow").await?;
        tracing::info!(conversation.id = %id, queue.id = %entry.queue, "waited too long: another queue takes over");
    }
    Ok(())
}
