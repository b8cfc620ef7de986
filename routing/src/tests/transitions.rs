//! Each transition by name, on a real Redis with a clock of the test's own.

use super::desk::*;
use super::server::RedisServer;
use crate::command::{Closer, SendMessage, Standing};
use crate::events::Read;
use crate::reply::*;
use crate::router::Router;
use domain::{Author, OfferToken, Presence, State, Timestamp};

const T0: i64 = 1_000_000_000;

async fn state(router: &Router, n: u32) -> (State, Option<String>) {
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    (found.state, found.agent.map(|agent| agent.to_string()))
}

async fn event_names(router: &Router) -> Vec<&'static str> {
    let Read::Commits(commits) = router.commits_after(&tenant(), "0-0", 1000).await.unwrap() else {
        panic!("nothing was trimmed");
    };
    commits.iter().flat_map(|commit| commit.events.iter().map(|event| event.name())).collect()
}

fn wrong(report: &crate::fsck::Report) -> Vec<String> {
    report.discrepancies.iter().map(|d| format!("{} {}", d.key, d.member)).collect()
}

fn token(n: u32) -> OfferToken {
    format!("ofr_{n}").parse().unwrap()
}

#[tokio::test]
async fn a_first_word_opens_a_conversation_and_reaches_the_agent_with_the_skill() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("wang", "tax:2", 3)).await;
    ready(&router, &agent("li", "tax:4", 3)).await;
    let received = says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    assert_eq!(
        received,
        Received::Appended { conversation: conv(1), seq: 1, entered: true, state: State::Offered }
    );
    assert_eq!(state(&router, 1).await, (State::Offered, Some("li".to_owned())));
    let again = says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    assert_eq!(again, Received::Duplicate { conversation: conv(1), seq: 1 });
    let more = says(&router, 1, 2, &entry("tax:3", T0, 60_000)).await;
    assert_eq!(
        more,
        Received::Appended { conversation: conv(1), seq: 2, entered: false, state: State::Offered }
    );
}

#[tokio::test]
async fn an_accepted_offer_is_served_answered_closed_and_archived() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    let li = agent_id("li");
    let stale = router.accept_offer(&tenant(), &conv(1), &li, &token(9)).await.unwrap();
    assert_eq!(stale, Accepted::Stale);
    for _repeated in 0..2 {
        let accepted = router.accept_offer(&tenant(), &conv(1), &li, &token(1)).await.unwrap();
        assert_eq!(accepted, Accepted::Assigned);
    }
    let answer = content(7, Author::Agent { id: li.clone() });
    let (first, wang) = (conv(1), agent_id("wang"));
    let send = SendMessage {
        conversation: &first,
        agent: &li,
        standing: Standing::Holder,
        content: &answer,
        deliveries: &[],
        unread_after_ms: None,
    };
    assert_eq!(router.send_message(&tenant(), &send).await.unwrap(), Sent::Appended(3));
    assert_eq!(router.send_message(&tenant(), &send).await.unwrap(), Sent::Duplicate(3));
    let foreign = SendMessage { agent: &wang, ..send.clone() };
    assert_eq!(router.send_message(&tenant(), &foreign).await.unwrap(), Sent::NotAssigned);
    let mut words = content(8, Author::Agent { id: wang.clone() });
    words.kind = domain::MessageKind::Note;
    let note = SendMessage { content: &words, ..foreign };
    assert_eq!(router.send_message(&tenant(), &note).await.unwrap(), Sent::NotAssigned);
    let closed = router.close(&tenant(), &conv(1), &Closer::Agent(&li), None).await.unwrap();
    assert_eq!(closed, Closed::Closed);
    assert_eq!(router.closed(&tenant(), 10).await.unwrap(), [conv(1)]);
    let log = router.messages_after(&tenant(), &conv(1), 0, 100).await.unwrap();
    assert_eq!(log.iter().map(|m| m.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(!router.archive(&tenant(), &conv(1), 3).await.unwrap(), "it has four");
    assert!(router.archive(&tenant(), &conv(1), 4).await.unwrap());
    assert_eq!(router.messages_after(&tenant(), &conv(1), 0, 100).await.unwrap(), []);
    // The next word within the window reopens the same conversation, and its seq goes on; it is
    // nobody's until it is offered again.
    let cursor = router.newest_cursor(&tenant()).await.unwrap();
    let back = says(&router, 1, 8, &entry("tax:3", T0, 60_000)).await;
    let Read::Commits(commits) = router.commits_after(&tenant(), &cursor, 10).await.unwrap() else {
        panic!("nothing was trimmed");
    };
    for event in &commits[0].events {
        if let domain::Event::MessageAppended { agent, .. } = event {
            assert_eq!(*agent, None);
        }
    }
    assert_eq!(
        back,
        Received::Appended { conversation: conv(1), seq: 5, entered: true, state: State::Offered }
    );
}

#[tokio::test]
async fn a_declined_offer_goes_to_the_next_agent_and_not_back() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    ready(&router.at(T0 + 1), &agent("wang", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    let declined = router
        .decline_offer(&tenant(), &conv(1), &agent_id("li"), &token(1), "busy")
        .await
        .unwrap();
    assert_eq!(declined, Declined::Requeued);
    assert_eq!(state(&router, 1).await, (State::Offered, Some("wang".to_owned())));
    router.decline_offer(&tenant(), &conv(1), &agent_id("wang"), &token(2), "").await.unwrap();
    assert_eq!(state(&router, 1).await, (State::Queued, None));
    let (found, _) = router.conversation(&tenant(), &conv(1)).await.unwrap().unwrap();
    assert_eq!(found.due_at, Timestamp(T0 + 60_000), "its place is the old one");
}

#[tokio::test]
async fn ignored_offers_expire_and_make_an_agent_not_answering() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    says(&router, 2, 2, &entry("tax:3", T0, 61_000)).await;
    let ran = router.at(T0 + 29_999).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!((ran.ran, ran.next_due), (0, Some(Timestamp(T0 + 30_000))), "none early");
    router.at(T0 + 30_000).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(state(&router, 1).await.0, State::Queued);
    assert_eq!(state(&router, 2).await, (State::Offered, Some("li".to_owned())));
    // The plan of the second has come due as well: at most these two.
    router.at(T0 + 60_000).run_timers(&tenant(), 10).await.unwrap();
    let li = router.agent_state(&tenant(), &agent_id("li")).await.unwrap().unwrap();
    assert_eq!(li.presence, Presence::NotAnswering);
    assert_eq!((li.used, li.held), (0, 0));
}

#[tokio::test]
async fn a_silent_agents_conversations_return_with_their_original_waiting_time() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    router.accept_offer(&tenant(), &conv(1), &agent_id("li"), &token(1)).await.unwrap();
    let later = router.at(T0 + 30_000);
    assert_eq!(later.heartbeat(&tenant(), &[agent_id("li")], 60_000).await.unwrap(), []);
    router.at(T0 + 89_999).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!(state(&router, 1).await.0, State::Active);
    router.at(T0 + 90_000).run_timers(&tenant(), 10).await.unwrap();
    let (found, _) = router.conversation(&tenant(), &conv(1)).await.unwrap().unwrap();
    assert_eq!((found.state, found.arrived_at), (State::Queued, Timestamp(T0)));
    let lost = router.heartbeat(&tenant(), &[agent_id("li")], 60_000).await.unwrap();
    assert_eq!(lost, [agent_id("li")], "the gateway is told that the agent counts as offline");
}

#[tokio::test]
async fn every_transition_leaves_a_commit_that_readers_find() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    let Read::Commits(commits) = router.commits_after(&tenant(), "0-0", 100).await.unwrap() else {
        panic!("nothing was trimmed");
    };
    assert_eq!(
        event_names(&router).await,
        [
            "agent_changed",
            "presence_changed",
            "conversation_opened",
            "message_appended",
            "conversation_queued",
            "offer_made"
        ]
    );
    let mut reader = crate::EventReader::new(router.store(), &tenant(), "0-0");
    let Read::Commits(read) = reader.next(100, 10).await.unwrap() else { panic!("nothing is cut") };
    assert_eq!(read, commits);
    let Read::Commits(read) = reader.next(100, 10).await.unwrap() else { panic!("nothing is cut") };
    assert_eq!(read, []);
}

#[tokio::test]
async fn the_wait_is_estimated_over_the_agents_who_could_take_it() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4,zh:3", 1)).await;
    ready(&router, &agent("wang", "fault:4", 2)).await;
    for n in 1..4 {
        says(&router, n, n, &entry("tax:3", T0 + i64::from(n), 60_000)).await;
    }
    says(&router, 4, 4, &entry("zh:1", T0, 60_000)).await;
    says(&router, 5, 5, &entry("physics:1", T0, 60_000)).await;
    let estimate = router.estimate(&tenant(), &conv(3)).await.unwrap().unwrap();
    assert_eq!((estimate.before_min, estimate.before_max), (1, 2), "the zh lane needs li as well");
    assert_eq!((estimate.agents, estimate.slots), (1, 1));
    let dark = router.estimate(&tenant(), &conv(5)).await.unwrap().unwrap();
    assert_eq!((dark.agents, dark.slots, dark.before_max), (0, 0, 0));
    assert_eq!(router.estimate(&tenant(), &conv(1)).await.unwrap(), None, "it is offered");
}

#[tokio::test]
async fn tokens_run_out_and_come_back() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    let take = async |now: i64| router.at(now).take_tokens(&tenant(), "ip", 3, 1000).await.unwrap();
    for _ in 0..3 {
        assert_eq!(take(T0).await, Rate::Allowed);
    }
    assert_eq!(take(T0).await, Rate::RetryAfterMs(1000));
    assert_eq!(take(T0 + 999).await, Rate::RetryAfterMs(1));
    assert_eq!(take(T0 + 1000).await, Rate::Allowed);
}

#[tokio::test]
async fn an_idempotent_request_is_done_once() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    let begin = async |print: &str| router.begin_idempotent(&tenant(), "k1", print).await.unwrap();
    assert_eq!(begin("a").await, Idempotency::Fresh);
    assert_eq!(begin("a").await, Idempotency::InProgress);
    assert_eq!(begin("b").await, Idempotency::Mismatch);
    router.finish_idempotent(&tenant(), "k1", "{\"status\":201}").await.unwrap();
    assert_eq!(begin("a").await, Idempotency::Done("{\"status\":201}".to_owned()));
    router.finish_idempotent(&tenant(), "k2", "").await.unwrap();
}

#[tokio::test]
async fn a_library_of_the_same_version_with_another_text_is_refused() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    let changed = crate::library::text().replace("-- digest", "-- changed");
    let load = redis::cmd("FUNCTION").arg("LOAD").arg("REPLACE").arg(changed).clone();
    router.store().run("load", &load).await.unwrap();
    let refused = crate::library::load(router.store()).await;
    assert!(matches!(refused, Err(crate::RoutingError::Unsuitable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_server_weaker_than_promised_is_refused_in_plain_words() {
    let redis = RedisServer::start();
    redis.router().await;
    let strict = crate::RedisConfig { durability: crate::Durability::Strict, ..redis.config() };
    let refused = Router::open(&strict).await.unwrap().prepare().await.unwrap_err().to_string();
    assert!(refused.contains("appendfsync is `off`"), "{refused}");
    let relaxed = Router::open(&redis.config()).await.unwrap();
    assert!(relaxed.prepare().await.is_err(), "relaxed needs an append-only file too");
}

#[tokio::test]
async fn fifty_first_words_at_once_open_one_conversation() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let mut words = tokio::task::JoinSet::new();
    for n in 0..50 {
        let router = router.clone();
        words.spawn(
            async move { try_says_as(&router, 1, 100 + n, n, &entry("tax:1", T0, 1)).await },
        );
    }
    let mut seqs = Vec::new();
    let mut conversations = std::collections::BTreeSet::new();
    while let Some(received) = words.join_next().await {
        if let Received::Appended { conversation, seq, .. } = received.unwrap().unwrap() {
            conversations.insert(conversation);
            seqs.push(seq);
        }
    }
    seqs.sort_unstable();
    assert_eq!(conversations.len(), 1);
    assert_eq!(seqs, (1..=50).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_server_that_refuses_writes_and_a_foreign_key_are_told_apart() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let foreign = redis::cmd("SET").arg("{t1}:lane:w|tax:3||").arg("not a lane").clone();
    router.store().run("set", &foreign).await.unwrap();
    let broken = try_says(&router, 1, 1, &entry("tax:3", T0, 1)).await.unwrap_err();
    assert!(
        matches!(&broken, crate::RoutingError::Script { place, .. } if place.contains("shared/c_conversation.lua")),
        "{broken}"
    );
    // Everything before the failure was written, so the message is in a conversation that exists.
    let again = says(&router, 1, 1, &entry("tax:3", T0, 1)).await;
    assert_eq!(again, Received::Duplicate { conversation: conv(1), seq: 1 });
    assert_eq!(state(&router, 1).await, (State::Queued, None));
    let log = router.messages_after(&tenant(), &conv(1), 0, 10).await.unwrap();
    assert_eq!(log.len(), 1);
    let names = event_names(&router).await;
    assert_eq!(names, ["conversation_opened", "message_appended", "conversation_queued"]);
    let damaged = router.fsck(&tenant(), false).await.unwrap();
    assert_eq!(
        wrong(&damaged),
        [
            "heads w|tax:3||",
            "lane:w|tax:3|| (another type)",
            "lane:w|tax:3|| conv_0001",
            "timers w:1000001000000001:conv_0001",
            "waiting:q conv_0001"
        ]
    );
    router.repair(&tenant(), &damaged).await.unwrap();
    assert_eq!(wrong(&router.fsck(&tenant(), false).await.unwrap()), [""; 0]);
    ready(&router, &agent("li", "tax:4", 3)).await;
    assert_eq!(state(&router, 1).await.0, State::Offered);
    let full = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1").clone();
    router.store().run("config", &full).await.unwrap();
    let refused = try_says(&router, 2, 2, &entry("zh:1", T0, 1)).await.unwrap_err();
    assert!(matches!(refused, crate::RoutingError::Refused { .. }), "{refused:?}");
    assert!(refused.is_unavailable());
}

#[tokio::test]
async fn a_timer_that_fails_is_put_aside_and_the_others_run() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 3)).await;
    says(&router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    for (at, timer) in [(1, "h:nobody"), (2, "w:conv_none"), (3, "?:what")] {
        let poison = redis::cmd("ZADD").arg("{t1}:timers").arg(at).arg(timer).clone();
        router.store().run("damage", &poison).await.unwrap();
    }
    let ran = router.at(T0 + 30_000).run_timers(&tenant(), 10).await.unwrap();
    let failed: Vec<&str> = ran.failed.iter().map(|failed| failed.timer.as_str()).collect();
    assert_eq!((ran.ran, failed), (4, vec!["h:nobody", "w:conv_none", "?:what"]));
    assert!(ran.failed[0].why.starts_with("shared/d_agent.lua:"), "{:?}", ran.failed);
    assert_eq!(state(&router, 1).await, (State::Queued, None), "the offer's time was over");
    assert!(event_names(&router).await.contains(&"offer_expired"));
    let again = router.at(T0 + 30_001).run_timers(&tenant(), 10).await.unwrap();
    assert_eq!((again.ran, again.failed), (0, Vec::new()), "it is not tried for ever");
    let told = router.fsck(&tenant(), false).await.unwrap();
    assert_eq!(
        wrong(&told),
        ["timers_failed ?:what", "timers_failed h:nobody", "timers_failed w:conv_none"]
    );
    router.repair(&tenant(), &told).await.unwrap();
    assert_eq!(wrong(&router.fsck(&tenant(), false).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn a_call_with_very_many_events_loses_none_of_them() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    // Sixty-four agents with ten chats each, all of whom fall silent at once.
    let mut chats = entry("tax:1", T0, 60_000);
    (chats.kind, chats.auto_accept) = (domain::ChannelKind::Im, true);
    let cost = domain::KindCapacity { cost: 4, limit: 10 };
    for n in 0..64 {
        let mut agent = agent(&format!("a{n}"), "tax:1", 1);
        agent.capacity.kinds.insert(domain::ChannelKind::Im, cost);
        ready(&router, &agent).await;
    }
    for n in 0..640 {
        says(&router, n, n, &chats).await;
    }
    let before = event_names(&router).await.len();
    let later = router.at(T0 + 600_000);
    let mut calls = 0;
    while later.run_timers(&tenant(), 64).await.unwrap().ran > 0 {
        calls += 1;
        assert!(calls < 100, "the batches come to an end");
    }
    let names = event_names(&router).await.split_off(before);
    let requeued = names.iter().filter(|name| **name == "conversation_queued").count();
    let assigned = names.iter().filter(|name| **name == "conversation_assigned").count();
    let released = names.iter().filter(|name| **name == "conversation_released").count();
    assert_eq!((requeued, released), (640 + assigned, 640 + assigned));
    assert_eq!(wrong(&router.fsck(&tenant(), false).await.unwrap()), [""; 0]);
}
