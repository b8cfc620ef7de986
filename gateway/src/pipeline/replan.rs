//! Whoever waits already waits by the plan that was computed on entry. When a queue's ladder or
//! overflow is changed, this duty gives them the new one, from its first rung; their due time stays.

use super::duty::{DutyWork, Passed};
use super::entries;
use crate::app::App;
use crate::settings::DeskView;
use domain::{ConversationId, QueueId, State, TenantId};
use futures_util::FutureExt;
use routing::router::plan_text;
use std::sync::Arc;
use std::time::Duration;

/// So many of a queue are looked at, those who are due first; the others come to their own time.
const WAITING_MAX: usize = 1_000;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "replan",
        pause: Duration::from_secs(1),
        pass: |app, tenant, _, note| pass(app, tenant, note).boxed(),
    }
    .spawn(app);
}

/// The note is the version of the settings that was carried out. A new owner looks once: who waits by
/// the plan that there is, is left alone.
async fn pass(app: &App, tenant: &TenantId, note: &mut String) -> Passed {
    let view = app.settings.desk(tenant);
    let version = view.version.to_string();
    if *note == version {
        return Ok(false);
    }
    let mut changed = 0;
    for queue in &view.desk.queues {
        for id in app.router.waiting(tenant, &queue.id, WAITING_MAX).await? {
            changed += u32::from(replan(app, tenant, &view, &queue.id, &id).await?);
        }
    }
    if changed > 0 {
        tracing::info!(tenant.id = %tenant, changed, "conversations wait by their queue's new plan");
    }
    *note = version;
    Ok(false)
}

/// Gives one conversation its queue's plan, if it waits by another.
async fn replan(
    app: &App,
    tenant: &TenantId,
    view: &DeskView,
    queue: &QueueId,
    id: &ConversationId,
) -> Result<bool, routing::RoutingError> {
    let Some((conversation, _)) = app.router.conversation(tenant, id).await? else {
        return Ok(false);
    };
    if conversation.state != State::Queued || conversation.queue != *queue {
        return Ok(false);
    }
    let Some((plan, _)) = app.router.plan(tenant, id).await? else { return Ok(false) };
    let Ok(mut entry) = entries::in_queue(view, &conversation, queue, app.clock.now()) else {
        return Ok(false);
    };
    if essence(&plan) == essence(&plan_text(&entry)) {
        return Ok(false);
    }
    // Who waits already is not put away because the desk has closed meanwhile.
    entry.not_before = None;
    app.router.change_queue(tenant, id, &entry, "queue_changed").await?;
    Ok(true)
}

/// What of a plan the queue decides: its rungs and when they follow the first, and the overflow. The
/// preference for one agent before them, and the due time, are the conversation's own.
fn essence(plan: &str) -> Vec<(i64, &str)> {
    let mut first_rung = None;
    let steps = plan.split(';').filter_map(|step| {
        let (after, action) = step.split_once(' ')?;
        let after: i64 = after.parse().ok()?;
        match action.split_once(' ') {
            Some(("L", need)) if need.ends_with('|') => {
                Some((after - *first_rung.get_or_insert(after), need))
            }
            None if action == "O" => Some((after, "O")),
            _ => None,
        }
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_another_one_when_its_rungs_or_its_overflow_are() {
        let plan = "0 L tax:4|;30000 L tax:3|;60000 D;120000 O;600000 R";
        let sticky = "0 L tax:3|li;20000 L tax:4|;50000 L tax:3|;61000 D;120000 O;600000 R";
        assert_eq!(essence(plan), essence(sticky), "who is preferred, and when it is due");
        for other in [
            "0 L tax:5|;30000 L tax:3|;60000 D;120000 O;600000 R",
            "0 L tax:4|;40000 L tax:3|;60000 D;120000 O;600000 R",
            "0 L tax:4|;60000 D;120000 O;600000 R",
            "0 L tax:4|;30000 L tax:3|;60000 D;600000 R",
        ] {
            assert_ne!(essence(plan), essence(other), "{other}");
        }
    }
}
