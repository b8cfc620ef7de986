//! Those who are due first are matched first, also when many become free at one moment.

use super::desk::*;
use super::server::RedisServer;
use crate::router::Router;
use domain::{Presence, State, Timestamp};

const T0: i64 = 1_000_000_000;

/// Who is asked for which conversation.
async fn offered(router: &Router, n: u32) -> Option<String> {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    (found.state == State::Offered).then(|| found.agent.unwrap().to_string())
}

async fn accept(router: &Router, n: u32) {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    let (agent, token) = (found.agent.unwrap(), found.offer_token.unwrap());
    router.accept_offer(&tenant(), &conv(n), &agent, &token).await.unwrap();
}

#[tokio::test]
async fn at_the_opening_the_first_due_is_matched_first_whatever_its_name() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    for (n, target) in [(1, 90_000), (2, 60_000), (3, 30_000)] {
        let mut closed = entry("tax:3", T0, target);
        closed.not_before = Some(Timestamp(T0 + 10_000));
        says(&router, n, n, &closed).await;
    }
    let opening = router.at(T0 + 10_000);
    opening.run_timers(&tenant(), 1).await.unwrap();
    assert_eq!(offered(&router, 3).await.as_deref(), Some("li"), "also when a batch ends between");
    opening.run_timers(&tenant(), 10).await.unwrap();
    accept(&opening, 3).await;
    assert_eq!(offered(&router, 2).await.as_deref(), Some("li"));
    assert_eq!(router.fsck(&tenant(), false).await.unwrap().discrepancies, []);
}

#[tokio::test]
async fn what_a_lost_agent_held_is_matched_in_order_of_due_time() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    for (n, target) in [(1, 90_000), (2, 60_000), (3, 30_000)] {
        says(&router, n, n, &entry("tax:3", T0, target)).await;
        accept(&router, n).await;
    }
    ready(&router, &agent("wang", "tax:4", 3)).await;
    let li = agent_id("li");
    router.set_presence(&tenant(), &li, Presence::Offline, "agent", 1).await.unwrap();
    assert_eq!(offered(&router, 3).await.as_deref(), Some("wang"));
}

#[tokio::test]
async fn rests_that_end_together_are_matched_in_order_of_due_time() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    let li = agent_id("li");
    for (n, target) in [(1, 90_000), (2, 30_000)] {
        says(&router, n, n, &entry("tax:3", T0, target)).await;
        accept(&router, n).await;
        let rest = entry("tax:3", T0, target);
        let until = Timestamp(T0 + 20_000);
        router.snooze(&tenant(), &conv(n), &li, until, &rest).await.unwrap();
    }
    assert_eq!(router.fsck(&tenant(), false).await.unwrap().discrepancies, []);
    router.at(T0 + 20_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(offered(&router, 2).await.as_deref(), Some("li"));
}

async fn state(router: &Router, n: u32) -> (State, Option<String>) {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    (found.state, found.agent.map(|agent| agent.to_string()))
}

/// What the newest commits say, by name.
async fn said(router: &Router, cursor: &str) -> Vec<&'static str> {
    let read = router.commits_after(&tenant(), cursor, 1000).await.unwrap();
    let crate::events::Read::Commits(commits) = read else { panic!("nothing was trimmed") };
    commits.iter().flat_map(|commit| commit.events.iter().map(|event| event.name())).collect()
}

#[tokio::test]
async fn an_absent_agent_is_not_waited_for_also_when_it_is_overdue_on_arrival() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    // Due at once: the plan says so before the lane that follows the absent colleague.
    let urgent = entry("tax:3", T0, 0).reserved_for(&agent_id("wang"), 30_000);
    says(&router, 1, 1, &urgent).await;
    assert_eq!(state(&router, 1).await, (State::Offered, Some("li".to_owned())));
}

#[tokio::test]
async fn leaving_an_absent_agent_out_moves_the_lanes_and_not_the_overflow() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let mut ladder = entry("tax:3", T0, 600_000);
    let step = |after_ms, action| domain::PlanStep { after_ms, action };
    ladder.plan.insert(1, step(40_000, domain::PlanAction::Lane(need("tax:1", None))));
    ladder.plan.insert(2, step(50_000, domain::PlanAction::Overflow));
    says(&router, 1, 1, &ladder.reserved_for(&agent_id("wang"), 30_000)).await;
    let relaxed = router.at(T0 + 40_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!((relaxed.ran, relaxed.next_due), (1, Some(Timestamp(T0 + 50_000))));
    let plan = async || router.plan(&tenant(), &conv(1)).await.unwrap().unwrap();
    let left = "0 L tax:3|;40000 L tax:1|;50000 O;600000 D;600000 R".to_owned();
    assert_eq!(plan().await, (left.clone(), false));
    let cursor = router.newest_cursor(&tenant()).await.unwrap();
    router.at(T0 + 50_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(plan().await, (left, true));
    assert_eq!(said(&router, &cursor).await, ["conversation_overflowed"]);
    assert_eq!(router.fsck(&tenant(), false).await.unwrap().discrepancies, []);
}

#[tokio::test]
async fn a_due_time_far_away_holds_up_no_step_that_comes_before_it() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:1", 3)).await;
    ready(&router, &agent("wang", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 30_000)).await;
    accept(&router, 1).await;
    // Computed for now, with the due time counted in opening hours: it is much later than the plan
    // says when the rest ends outside of them.
    let wang = agent_id("wang");
    let mut rest = entry("tax:3", T0, 30_000);
    let lane = domain::PlanAction::Lane(need("tax:1", None));
    rest.plan.insert(2, domain::PlanStep { after_ms: 60_000, action: lane });
    rest.due_at = Timestamp(T0 + 54_000_000);
    router.snooze(&tenant(), &conv(1), &wang, Timestamp(T0 + 10_000), &rest).await.unwrap();
    router.set_presence(&tenant(), &wang, Presence::Away, "agent", 600_000).await.unwrap();
    router.at(T0 + 10_000).run_timers(&tenant(), 1).await.unwrap();
    assert_eq!(state(&router, 1).await.0, State::Queued);
    router.at(T0 + 70_000).run_timers(&tenant(), 2).await.unwrap();
    assert_eq!(state(&router, 1).await, (State::Offered, Some("li".to_owned())));
}
