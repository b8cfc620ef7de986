//! Conversations that move: to another agent, another queue, to sleep, back from a lost agent.

use serde_json::json;
use tests::eventually::holds;
use tests::{DeskFile, House, eventually};

async fn held_by_ming(house: &mut House) -> (tests::TestAgent, tests::TestVisitor, String) {
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = ming.gets_offer_of(&conversation).await;
    ming.accepts(&offer).await;
    (ming, visitor, conversation)
}

#[tokio::test]
async fn a_transfer_to_an_agent_reaches_that_agent_with_the_whole_log() {
    let mut house = House::small().await;
    let (ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    let mut wang = house.ready_agent("wang").await;
    ming.posts(&conversation, "transfer", json!({ "agent": "wang", "note": "please take over" }))
        .await
        .ok();
    let offer = wang.gets_offer_of(&conversation).await;
    wang.accepts(&offer).await;
    let texts: Vec<String> = wang
        .log(&conversation)
        .await
        .iter()
        .map(|message| message["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(
        texts.contains(&"hello".to_owned()) && texts.contains(&"please take over".to_owned()),
        "{texts:?}"
    );
    wang.says(&conversation, "I am wang").await;
    visitor.hears("I am wang").await;
    visitor.says("and I am still here").await;
    let refused =
        ming.posts(&conversation, "messages", json!({ "client_id": "x", "text": "me too" })).await;
    assert!([403, 404, 409].contains(&refused.status), "{refused:?}");
    house.ends_well();
}

#[tokio::test]
async fn a_transfer_to_a_queue_finds_an_agent_of_that_queue() {
    let mut house = House::small().await;
    let (ming, visitor, conversation) = held_by_ming(&mut house).await;
    let mut wang = house.ready_agent("wang").await;
    ming.posts(&conversation, "transfer", json!({ "queue": "insurance" })).await.ok();
    let offer = wang.gets_offer_of(&conversation).await;
    wang.accepts(&offer).await;
    assert_eq!(wang.reads(&conversation).await["queue"], "insurance");
    wang.says(&conversation, "insurance here").await;
    visitor.hears("insurance here").await;
    house.ends_well();
}

#[tokio::test]
async fn a_transfer_to_nobody_is_refused_and_changes_nothing() {
    let mut house = House::small().await;
    let (ming, _visitor, conversation) = held_by_ming(&mut house).await;
    for body in [
        json!({ "agent": "nobody" }),
        json!({ "queue": "nowhere" }),
        json!({}),
        json!({ "agent": "li", "queue": "tax" }),
    ] {
        let refused = ming.posts(&conversation, "transfer", body.clone()).await;
        assert!((400..500).contains(&refused.status), "{body}: {refused:?}");
    }
    assert_eq!(ming.reads(&conversation).await["agent"], "ming");
    assert_eq!(ming.reads(&conversation).await["state"], "active");
}

#[tokio::test]
async fn a_snoozed_conversation_wakes_when_the_contact_writes() {
    let mut house = House::small().await;
    let (mut ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    let until = (tests::token::now_secs() + 3_600) * 1_000;
    ming.posts(&conversation, "snooze", json!({ "until": until })).await.ok();
    let sun = house.signs_in("sun").await;
    assert_eq!(sun.reads(&conversation).await["state"], "snoozed");
    let word = visitor.says("one more thing").await;
    assert_eq!(word.conversation, conversation);
    let offer = ming.gets_offer_of(&conversation).await;
    ming.accepts(&offer).await;
    house.ends_well();
}

#[tokio::test]
async fn a_snoozed_conversation_wakes_at_its_time() {
    let mut house = House::small().await;
    let (ming, _visitor, conversation) = held_by_ming(&mut house).await;
    let until = (tests::token::now_secs() + 2) * 1_000;
    ming.posts(&conversation, "snooze", json!({ "until": until })).await.ok();
    let offer = ming.gets_offer_of(&conversation).await;
    assert_eq!(offer.conversation, conversation);
}

#[tokio::test]
async fn a_lost_agents_conversation_goes_back_with_its_old_place() {
    let desk = DeskFile::small().with_all_queues(json!({ "sticky_secs": 0 }));
    let mut house = House::of(desk).start().await;
    let (mut ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    let before = ming.reads(&conversation).await;
    ming.loses_connection();
    visitor.says("are you there?").await;
    let mut li = house.ready_agent("li").await;
    let offer = li.gets_offer_of(&conversation).await;
    li.accepts(&offer).await;
    let after = li.reads(&conversation).await;
    assert_eq!(
        (&after["due_at"], &after["arrived_at"]),
        (&before["due_at"], &before["arrived_at"])
    );
    li.says(&conversation, "I took over").await;
    visitor.hears("I took over").await;
    house.ends_well();
}

#[tokio::test]
async fn an_agent_who_reloads_the_page_keeps_the_conversation() {
    let mut house = House::small().await;
    let (mut ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    ming.loses_connection();
    ming.connects().await;
    ming.holds(&conversation).await;
    visitor.says("still me").await;
    ming.hears(&conversation, "still me").await;
    assert_eq!(ming.reads(&conversation).await["agent"], "ming");
}

fn closed_now() -> DeskFile {
    DeskFile::small()
        .with_calendar_closed_now("never")
        .with_all_queues(json!({ "calendar": "never", "closed": { "do": "leave_message" } }))
}

#[tokio::test]
async fn in_closed_hours_a_live_chat_still_goes_to_a_colleague_at_once() {
    let mut house = House::small().await;
    let (ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    let mut li = house.ready_agent("li").await;
    house.apply(&closed_now());
    eventually("the desk is closed", async || {
        let channel = house.api().get("/v1/chat/website").await.ok();
        holds(channel["topics"][0]["open"] == false, channel.to_string())
    })
    .await;
    let myself = ming.posts(&conversation, "transfer", json!({ "agent": "ming" })).await;
    assert_eq!(myself.status, 409, "{myself:?}");
    ming.posts(&conversation, "transfer", json!({ "agent": "li" })).await.ok();
    let offer = li.gets_offer_of(&conversation).await;
    li.accepts(&offer).await;
    visitor.says("still here").await;
    house.ends_well();
}

#[tokio::test]
async fn a_rest_that_would_end_in_closed_hours_goes_on_until_the_opening() {
    let mut house = House::small().await;
    let (ming, mut visitor, conversation) = held_by_ming(&mut house).await;
    house.apply(&closed_now());
    eventually("the desk is closed", async || {
        let channel = house.api().get("/v1/chat/website").await.ok();
        holds(channel["topics"][0]["open"] == false, channel.to_string())
    })
    .await;
    let soon = (tests::token::now_secs() + 60) * 1_000;
    ming.posts(&conversation, "snooze", json!({ "until": soon })).await.ok();
    let resting = ming.reads(&conversation).await;
    assert!(resting["until"].as_i64().unwrap() > soon + 3_600_000, "{resting}");
    visitor.says("I am back").await;
    let offer = ming.gets_offer_of(&conversation).await;
    let due = ming.reads(&conversation).await["due_at"].as_i64().unwrap();
    let budget_ms = due - tests::token::now_secs() * 1_000;
    assert!(
        (0..=120_000).contains(&budget_ms),
        "due as the target says: {budget_ms} ms; {offer:?}"
    );
    house.ends_well();
}

#[tokio::test]
async fn what_rests_can_be_read_and_ended_by_its_agent() {
    let mut house = House::small().await;
    let (ming, _visitor, conversation) = held_by_ming(&mut house).await;
    let until = (tests::token::now_secs() + 3_600) * 1_000;
    ming.posts(&conversation, "snooze", json!({ "until": until })).await.ok();
    assert_eq!(ming.reads(&conversation).await["state"], "snoozed");
    assert_eq!(ming.log(&conversation).await[0]["text"], "hello");
    let desk = ming.api().get("/v1/desk").await.ok();
    let own = &desk["conversations"][0];
    assert_eq!((&own["id"], &own["state"]), (&json!(conversation), &json!("snoozed")), "{desk}");
    let li = house.signs_in("li").await;
    let foreign = li.api().get(&format!("/v1/conversations/{conversation}")).await;
    assert_eq!(foreign.status, 404, "{foreign:?}");
    ming.closes(&conversation).await;
    let sun = house.signs_in("sun").await;
    assert_eq!(sun.reads(&conversation).await["state"], "closed");
    let late = json!({ "request_type": "complaint" });
    let refused = sun.posts(&conversation, "describe", late).await;
    assert_eq!(refused.status, 409, "what is over is described no more: {refused:?}");
    house.ends_well();
}
