//! Two gateways on one Redis: equal, and either may die at any moment.

use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tests::eventually::{eventually_within, holds};
use tests::{DeskFile, House, TestAgent, TestVisitor};

#[tokio::test]
async fn a_visitor_and_an_agent_on_different_gateways_talk() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 1).await;
    let mut visitor = house.visitor_at(0).await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    ming.says(&conversation, "hello from the other side").await;
    visitor.hears("hello from the other side").await;
    visitor.says("I hear you").await;
    ming.hears(&conversation, "I hear you").await;
    visitor.sends(&json!({ "type": "typing" })).await;
    ming.seen().until("typing crosses gateways", |seen| seen.typing.first().cloned()).await;
    house.ends_well();
}

#[tokio::test]
async fn a_gateway_killed_mid_conversation_loses_and_doubles_nothing() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 0).await;
    let mut visitor = house.visitor_at(0).await;
    let conversation = visitor.asks("tax", "one").await.conversation;
    ming.accepts_next_offer().await;
    ming.says(&conversation, "two").await;
    visitor.hears("two").await;

    // The visitor has a word on its way when the gateway dies: its outcome is unknown.
    let unsure = visitor.word("three", json!({}));
    visitor.sends(&unsure).await;
    house.gateways[0].kill();
    let other = house.gateways[1].port();
    visitor.moves_to(other);
    ming.moves_to(other);
    visitor.connects().await;
    visitor.gets_ack(&unsure).await;
    ming.connects().await;
    ming.holds(&conversation).await;
    ming.hears(&conversation, "three").await;
    ming.says(&conversation, "four").await;
    visitor.hears("four").await;
    visitor.says("five").await;
    ming.hears(&conversation, "five").await;
    visitor.hears("five").await;

    assert_eq!(
        visitor.seen().look(|seen| seen.transcript.texts()),
        ["one", "two", "three", "four", "five"]
    );
    assert_eq!(
        ming.seen().look(|seen| seen.transcripts[&conversation].texts()),
        ["one", "two", "three", "four", "five"]
    );
    assert_eq!(ming.reads(&conversation).await["agent"], "ming");

    // And the dead one comes back as if nothing was.
    house.gateways[0].start().await;
    visitor.moves_to(house.gateways[0].port());
    visitor.connects().await;
    visitor.says("six").await;
    ming.hears(&conversation, "six").await;
    house.ends_well();
}

#[tokio::test]
async fn an_offer_expires_although_the_gateway_that_made_it_died() {
    let desk = DeskFile::small()
        .with_all_queues(json!({ "offer": { "timeout_secs": 5, "misses_max": 1 } }));
    let mut house = House::of(desk).with_gateways(2).start().await;
    let ming = house.ready_agent_at("ming", 0).await;
    let li = house.ready_agent_at("li", 1).await;
    let mut visitor = house.visitor_at(0).await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let first = ming
        .seen()
        .within(Duration::from_secs(2), |seen| seen.offers.get(&conversation).cloned())
        .await;
    house.gateways[0].kill();
    // Whoever had it first: li has it now, or gets it when ming's expires or ming counts as lost.
    let offer = li.gets_offer_of(&conversation).await;
    assert!(first.is_none_or(|first| first.token != offer.token));
    house.ends_well();
}

#[tokio::test]
async fn a_gateway_that_drains_tells_its_sockets_to_come_back() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 0).await;
    let mut visitor = house.visitor_at(0).await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    house.gateways[0].signal(rustix::process::Signal::TERM);
    assert_eq!(visitor.is_closed().await, 1012);
    assert_eq!(ming.is_closed().await, 1012);
    visitor.moves_to(house.gateways[1].port());
    ming.moves_to(house.gateways[1].port());
    visitor.connects().await;
    ming.connects().await;
    visitor.says("still here").await;
    ming.hears(&conversation, "still here").await;
    let code = tests::eventually("it ends", async || {
        house.gateways[0].ended().ok_or("still there".to_owned())
    })
    .await;
    assert_eq!(code, 0, "{}", house.gateways[0].output());
    assert_eq!(ming.reads(&conversation).await["agent"], "ming", "nobody was moved");
    house.ends_well();
}

#[tokio::test]
async fn a_frozen_gateway_does_not_keep_what_it_held() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 0).await;
    let mut visitor = house.visitor_at(1).await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = ming.gets_offer_of(&conversation).await;
    ming.accepts(&offer).await;
    house.freezes(0).await;
    visitor.says("anyone?").await;
    let mut li = ready_at_second(&mut house, "li").await;
    let offer = li.gets_offer_of(&conversation).await;
    li.accepts(&offer).await;
    house.gateways[0].signal(rustix::process::Signal::CONT);
    li.says(&conversation, "I am here").await;
    visitor.hears("I am here").await;
    // The one who was frozen learns the truth, and cannot act on what he held.
    ming.seen().until("ming lost it", |seen| seen.held.is_empty().then_some(())).await;
    let refused =
        ming.posts(&conversation, "messages", json!({ "client_id": "late", "text": "late" })).await;
    assert!([403, 404, 409].contains(&refused.status), "{refused:?}");
    house.ends_well();
}

/// Signs in at the second gateway, since the first answers nobody.
async fn ready_at_second(house: &mut House, name: &str) -> TestAgent {
    let password = house.password(name);
    let mut agent = TestAgent::signs_in(&house.gateways[1].api(), name, &password).await;
    agent.connects().await;
    agent.is_ready().await;
    agent
}

/// The duty's hash, in which the owner and the end of its time stand.
const AUDIT_DUTY: &str = "{main}:duty:audit";

async fn owner(house: &House) -> String {
    house.redis.ask(&["HGET", AUDIT_DUTY, "owner"]).await
}

/// Ends the owner's time until another gateway was the first to ask.
async fn changes_hands(house: &House, from: &str) {
    eventually_within(Duration::from_secs(30), "the duty changes hands", async || {
        let now = owner(house).await;
        if now == from {
            let _: i64 = house.redis.ask(&["HSET", AUDIT_DUTY, "until", "0"]).await;
        }
        holds(now != from, now.as_str())
    })
    .await;
}

/// Says something and waits until the trail has it; gives the trail's rows of the conversation.
async fn is_written_down(root: &TestAgent, visitor: &mut TestVisitor, text: &str) -> String {
    let acked = visitor.asks("tax", text).await;
    let path = format!("/v1/audit?conversation={}&limit=200", acked.conversation);
    eventually_within(Duration::from_secs(20), "the word is in the trail", async || {
        let rows = root.api().get(&path).await.ok();
        let seq = |row: &serde_json::Value| row["details"]["message"]["seq"].as_u64();
        let is_there =
            rows.as_array().unwrap().iter().any(|row| seq(row).is_some_and(|n| n >= acked.seq));
        holds(is_there, rows.to_string())
    })
    .await;
    path
}

#[tokio::test]
async fn the_trail_has_each_row_once_when_its_writer_changes_and_comes_back() {
    let mut house = House::of(DeskFile::small()).with_gateways(2).start().await;
    let (root, mut visitor) = (house.signs_in("root").await, house.visitor().await);
    is_written_down(&root, &mut visitor, "the first writes").await;
    let first = owner(&house).await;
    changes_hands(&house, &first).await;
    let second = owner(&house).await;
    // The first believes for a moment that it still is; what comes later, the second alone has read.
    for n in 0..6 {
        is_written_down(&root, &mut visitor, &format!("the second writes {n}")).await;
    }
    changes_hands(&house, &second).await;
    let path = is_written_down(&root, &mut visitor, "the first writes again").await;
    let rows = root.api().get(&path).await.ok();
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        if let Some(seq) = row["details"]["message"]["seq"].as_u64() {
            *places.entry(seq).or_default() += 1;
        }
    }
    assert!(places.len() >= 3 && places.values().all(|rows| *rows == 1), "{places:?}");
    house.ends_well();
}
