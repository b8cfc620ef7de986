//! Offers: declined, expired, withdrawn, too late.

use serde_json::{Value, json};
use tests::agent::accept;
use tests::{DeskFile, House, eventually};

fn quick_offers() -> DeskFile {
    DeskFile::small().with_all_queues(json!({ "offer": { "timeout_secs": 5, "misses_max": 1 } }))
}

#[tokio::test]
async fn whoever_is_only_offered_a_conversation_neither_closes_nor_transfers_it() {
    let mut house = House::small().await;
    let ming = house.ready_agent("ming").await;
    let sun = house.signs_in("sun").await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    let offer = ming.gets_offer().await;
    let closed = ming.posts(&offer.conversation, "close", json!({ "resolution": "solved" })).await;
    closed.problem(409);
    let moved = ming.posts(&offer.conversation, "transfer", json!({ "queue": "insurance" })).await;
    moved.problem(409);
    let now = ming.reads(&offer.conversation).await;
    assert_eq!((&now["state"], &now["queue"]), (&json!("offered"), &json!("tax")));
    sun.posts(&offer.conversation, "close", json!({ "resolution": "solved" })).await.ok();
    house.ends_well();
}

#[tokio::test]
async fn a_declined_offer_goes_to_the_next_agent_and_never_back() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = ming.gets_offer_of(&conversation).await;
    let before = ming.reads(&conversation).await;
    ming.declines(&offer, "not mine").await;

    let mut li = house.ready_agent("li").await;
    let second = li.gets_offer_of(&conversation).await;
    assert_ne!(second.token, offer.token);
    li.declines(&second, "nor mine").await;
    // Both are excluded now: it waits, although both are ready.
    let sun = house.signs_in("sun").await;
    let state = eventually("it waits", async || {
        let found = sun.api().get(&format!("/v1/conversations/{conversation}")).await;
        if found.body["state"] == "queued" { Ok(found.body) } else { Err(format!("{found:?}")) }
    })
    .await;
    assert_eq!(
        (&state["due_at"], &state["arrived_at"]),
        (&before["due_at"], &before["arrived_at"]),
        "its old place"
    );
    house.ends_well();
}

#[tokio::test]
async fn an_ignored_offer_expires_goes_on_and_the_agent_counts_as_not_answering() {
    let mut house = House::of(quick_offers()).start().await;
    let ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.gets_offer_of(&conversation).await;
    let mut li = house.ready_agent("li").await;

    let offer = li.gets_offer_of(&conversation).await;
    ming.sees_event("offer_expired", &conversation).await;
    ming.seen()
        .until("ming is not answering", |seen| (seen.presence == "not_answering").then_some(()))
        .await;
    let passed: Vec<Value> = offer.why["passed_over"].as_array().unwrap().clone();
    assert!(
        passed.iter().any(|p| p["agent"] == "ming"),
        "the reason names who was passed over: {passed:?}"
    );
    li.accepts(&offer).await;
    house.ends_well();
}

#[tokio::test]
async fn an_agent_who_did_not_answer_can_come_back() {
    let mut house = House::of(quick_offers().with_only(&["ming"])).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let missed = visitor.asks("tax", "hello").await.conversation;
    ming.gets_offer_of(&missed).await;
    ming.seen()
        .until("not answering", |seen| (seen.presence == "not_answering").then_some(()))
        .await;
    // Who says ready again is asked anew, also for what was missed, and in due order.
    ming.is_ready().await;
    assert_eq!(ming.accepts_next_offer().await, missed);
    let mut other = house.visitor().await;
    let next = other.asks("tax", "hello too").await.conversation;
    assert_eq!(ming.accepts_next_offer().await, next);
}

#[tokio::test]
async fn a_late_or_second_accept_changes_nothing() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let stale = ming.gets_offer_of(&conversation).await;
    ming.declines(&stale, "").await;
    let mut li = house.ready_agent("li").await;
    let live = li.gets_offer_of(&conversation).await;

    let refused = ming.gets_answer(accept(&stale)).await;
    assert_eq!(refused["type"], "refused", "{refused}");
    // Another agent's token does not help either.
    let refused = ming.gets_answer(accept(&live)).await;
    assert_eq!(refused["type"], "refused", "{refused}");
    li.accepts(&live).await;
    // The one who has it may say so again: the first answer may have been lost.
    assert_eq!(li.gets_answer(accept(&live)).await["type"], "ack");
    let refused = ming.posts(&conversation, "accept", json!({ "token": live.token })).await;
    assert!([404, 409].contains(&refused.status), "{refused:?}");
    assert_eq!(li.reads(&conversation).await["agent"], "li");
    house.ends_well();
}

#[tokio::test]
async fn going_away_gives_the_offer_back_at_once() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.gets_offer_of(&conversation).await;
    let li = house.ready_agent("li").await;
    ming.becomes("away").await;
    li.gets_offer_of(&conversation).await;
    ming.sees_event("offer_withdrawn", &conversation).await;
}

#[tokio::test]
async fn offers_can_be_answered_by_http() {
    let mut house = House::small().await;
    let ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = ming.gets_offer_of(&conversation).await;
    ming.posts(&conversation, "accept", json!({ "token": offer.token })).await.ok();
    ming.holds(&conversation).await;
    let sent = ming
        .posts(&conversation, "messages", json!({ "client_id": "h-1", "text": "by HTTP" }))
        .await
        .ok();
    let again = ming
        .posts(&conversation, "messages", json!({ "client_id": "h-1", "text": "by HTTP" }))
        .await
        .ok();
    assert_eq!(sent["seq"], again["seq"]);
    visitor.hears("by HTTP").await;
    house.ends_well();
}
