//! Who declined or missed an offer is asked again only after everyone else, but is asked again.

use super::desk::*;
use super::server::RedisServer;
use crate::router::Router;
use domain::{Presence, State};

const T0: i64 = 1_000_000_000;

/// Who is asked now, and by which token.
async fn asked(router: &Router, n: u32) -> Option<String> {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    (found.state == State::Offered).then(|| found.agent.unwrap().to_string())
}

/// Whoever is asked says no; gives who that was.
async fn decline(router: &Router, n: u32) -> String {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    let (agent, token) = (found.agent.unwrap(), found.offer_token.unwrap());
    router.decline_offer(&tenant(), &conv(n), &agent, &token, "busy").await.unwrap();
    agent.to_string()
}

async fn says_presence(router: &Router, name: &str, presence: Presence) {
    let id = agent_id(name);
    router.set_presence(&tenant(), &id, presence, "agent", 9_000_000).await.unwrap();
}

#[tokio::test]
async fn an_only_agent_who_missed_an_offer_gets_it_again_when_ready_again() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    let mut once = entry("tax:3", T0, 60_000);
    once.misses_max = 1;
    says(&router, 1, 1, &once).await;
    router.at(T0 + 30_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(asked(&router, 1).await, None, "li is not answering");
    says_presence(&router.at(T0 + 31_000), "li", Presence::Ready).await;
    assert_eq!(asked(&router, 1).await.as_deref(), Some("li"));
}

#[tokio::test]
async fn an_only_agent_who_stays_ready_is_asked_again_at_the_next_step_and_each_reminder() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says_presence(&router, "li", Presence::Away).await;
    says_presence(&router, "li", Presence::Ready).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    decline(&router, 1).await;
    assert_eq!(asked(&router, 1).await, None, "not in the same breath");
    router.at(T0 + 60_000).run_timers(&tenant(), 1).await.unwrap();
    assert_eq!(asked(&router, 1).await.as_deref(), Some("li"), "it is overdue");
    decline(&router.at(T0 + 61_000), 1).await;
    router.at(T0 + 660_999).run_timers(&tenant(), 1).await.unwrap();
    assert_eq!(asked(&router, 1).await, None);
    router.at(T0 + 661_000).run_timers(&tenant(), 1).await.unwrap();
    assert_eq!(asked(&router, 1).await.as_deref(), Some("li"), "it still waits");
}

#[tokio::test]
async fn who_declined_is_not_asked_again_before_a_colleague_who_is_busy() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    ready(&router, &agent("wang", "tax:3", 1)).await;
    says(&router, 9, 9, &entry("", T0, 1)).await;
    let wang = agent_id("wang");
    router.assign(&tenant(), &conv(9), &wang).await.unwrap();
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    assert_eq!(decline(&router, 1).await, "li");
    for agent in ["li", "wang"] {
        says_presence(&router, agent, Presence::Ready).await;
    }
    router.at(T0 + 60_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(asked(&router, 1).await, None, "wang was not asked yet");
    let estimate = router.estimate(&tenant(), &conv(1)).await.unwrap().unwrap();
    assert_eq!((estimate.agents, estimate.slots), (1, 1), "li is not counted");
    let closer = crate::command::Closer::Agent(&wang);
    router.at(T0 + 61_000).close(&tenant(), &conv(9), &closer, None).await.unwrap();
    assert_eq!(asked(&router, 1).await.as_deref(), Some("wang"));
}

#[tokio::test]
async fn of_more_than_sixteen_who_declined_the_oldest_is_forgiven() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    // The order of names is not the order in which they are asked.
    let names: Vec<String> = (0..18).map(|n| format!("a{:02}", (n * 7 + 5) % 18)).collect();
    for (n, name) in names.iter().enumerate() {
        ready(&router.at(T0 + n as i64), &agent(name, "tax:4", 3)).await;
    }
    let router = router.at(T0 + 100);
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    let mut order = Vec::new();
    for _ in 0..17 {
        order.push(decline(&router, 1).await);
    }
    assert_eq!(order, names[..17], "each once, by idleness");
    assert_eq!(asked(&router, 1).await.as_ref(), names.first(), "the oldest is forgiven");
    assert_eq!(router.fsck(&tenant(), false).await.unwrap().discrepancies, []);
}

#[tokio::test]
async fn the_wait_for_one_agent_is_estimated_by_that_agent() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 2)).await;
    ready(&router, &agent("wang", "tax:4", 2)).await;
    for (n, name) in [(8, "li"), (9, "wang")] {
        // Both look at an offer, and nobody is asked beside it.
        says(&router, n, n, &entry("", T0, 1).reserved_for(&agent_id(name), 10_000)).await;
    }
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    let sticky = entry("tax:3", T0, 61_000).reserved_for(&agent_id("li"), 10_000);
    says(&router, 2, 2, &sticky).await;
    let estimate = router.estimate(&tenant(), &conv(2)).await.unwrap().unwrap();
    assert_eq!((estimate.agents, estimate.slots), (1, 2));
    assert_eq!((estimate.before_min, estimate.before_max), (0, 1), "li may take the other first");
}
