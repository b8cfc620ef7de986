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
