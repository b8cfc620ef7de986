//! Tells visitors who wait what is before them: at most every two seconds, only when something
//! moved, and only those who are connected here.

use crate::app::App;
use crate::hub::{Item, Sign, WaitingVisitor};
use crate::socket::protocol::Position;
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use routing::reply::Estimate;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often positions are told.
const EVERY: Duration = Duration::from_secs(2);
/// For how many visitors of a tenant at once; the others get their turn in the next round.
const VISITORS_MAX: usize = 256;

pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("estimates", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut rounds: HashMap<TenantId, Round> = HashMap::new();
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if !app.accepts_work() {
            continue;
        }
        for desk in app.hub.desks() {
            let waiting = desk.waiting_visitors();
            let round = rounds.entry(desk.tenant().clone()).or_default();
            for visitor in round.choose(waiting, desk.waiting_changes()) {
                match app.router.estimate(desk.tenant(), &visitor.conversation).await {
                    Ok(Some(estimate)) => {
                        visitor.outbox.sign(Sign::Position, Item::Position(position(&estimate)));
                    }
                    // It is held out to an agent, or served already, which its state tells.
                    Ok(None) => {
                        visitor.outbox.sign(Sign::Position, Item::Position(next_in_line()));
                    }
                    Err(error) => {
                        tracing::debug!(error = %error, "no estimate");
                        break;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Where the rounds of one tenant stand.
#[derive(Default)]
struct Round {
    changes: u64,
    next: usize,
}

impl Round {
    /// Whom to tell now: all in turn while something moves, none otherwise.
    fn choose(&mut self, mut waiting: Vec<WaitingVisitor>, changes: u64) -> Vec<WaitingVisitor> {
        if self.next == 0 {
            if changes == self.changes {
                return Vec::new();
            }
            self.changes = changes;
        }
        waiting.sort_by(|a, b| a.conversation.cmp(&b.conversation));
        let from = self.next.min(waiting.len());
        let to = from.saturating_add(VISITORS_MAX).min(waiting.len());
        self.next = if to == waiting.len() { 0 } else { to };
        waiting.drain(from..to).collect()
    }
}

/// What is told while a conversation is held out to an agent: nobody is before it.
pub fn next_in_line() -> Position {
    Position { before_min: 0, before_max: 0, wait_secs_min: None, wait_secs_max: None, agents: 1 }
}

/// What is told of an estimate: a range, and no time when nothing honest can be said.
pub fn position(estimate: &Estimate) -> Position {
    let wait = |before: u64| -> Option<u64> {
        let handling_ms = u64::try_from(estimate.handling_ms).ok().filter(|ms| *ms > 0)?;
        let slots = Some(estimate.slots).filter(|slots| *slots > 0)?;
        Some(before.saturating_mul(handling_ms) / slots / 1000)
    };
    Position {
        before_min: estimate.before_min,
        before_max: estimate.before_max,
        wait_secs_min: wait(estimate.before_min),
        // Whoever is first still waits until a place is free.
        wait_secs_max: wait(estimate.before_max.saturating_add(1)),
        agents: estimate.agents,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(slots: u64, handling_ms: i64) -> Estimate {
        Estimate { before_min: 2, before_max: 5, agents: 1, slots, handling_ms }
    }

    #[test]
    fn a_wait_is_told_only_when_it_is_known() {
        let told = position(&estimate(3, 60_000));
        assert_eq!((told.wait_secs_min, told.wait_secs_max), (Some(40), Some(120)));
        assert_eq!(position(&estimate(0, 60_000)).wait_secs_max, None, "nobody is at work");
        assert_eq!(position(&estimate(3, 0)).wait_secs_max, None, "nothing is known yet");
    }

    #[test]
    fn everybody_gets_a_turn_and_then_silence() {
        let visitor = |n: usize| WaitingVisitor {
            conversation: format!("conv_{n:04}").parse().unwrap(),
            outbox: Arc::default(),
        };
        let all: Vec<WaitingVisitor> = (0..VISITORS_MAX + 10).map(visitor).collect();
        let mut round = Round::default();
        assert!(round.choose(all.clone(), 0).is_empty(), "nothing moved");
        assert_eq!(round.choose(all.clone(), 1).len(), VISITORS_MAX);
        assert_eq!(round.choose(all.clone(), 1).len(), 10);
        assert!(round.choose(all, 1).is_empty());
    }
}
