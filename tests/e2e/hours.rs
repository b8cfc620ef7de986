//! Closed hours and full queues: spoken, never a silent drop.

use serde_json::json;
use tests::{DeskFile, House, eventually};

#[tokio::test]
async fn outside_opening_hours_a_message_is_kept_and_waits_for_the_opening() {
    let desk = DeskFile::small()
        .with_calendar_closed_now("never")
        .with_all_queues(json!({ "calendar": "never" }));
    let mut house = House::of(desk).start().await;
    let ming = house.ready_agent("ming").await;
    let channel = house.api().get("/v1/chat/website").await.ok();
    let topic = channel["topics"].as_array().unwrap().iter().find(|t| t["id"] == "tax").unwrap();
    assert_eq!(topic["open"], false, "{topic}");
    assert!(topic["opens_at"].as_i64().unwrap() > 0, "{topic}");
    let mut visitor = house.visitor().await;
    let word = visitor.asks("tax", "please call me back").await;
    let state = visitor.sees_state("scheduled").await;
    assert!(state["opens_at"].as_i64().unwrap() > 0, "{state}");
    let sun = house.signs_in("sun").await;
    assert_eq!(sun.reads(&word.conversation).await["state"], "scheduled");
    assert!(ming.seen().look(|seen| seen.offers.is_empty()));
    visitor.says("and one more thing").await;
    house.ends_well();
}

#[tokio::test]
async fn a_queue_may_go_on_taking_in_closed_hours() {
    let desk = DeskFile::small()
        .with_calendar_closed_now("never")
        .with_all_queues(json!({ "calendar": "never", "closed": { "do": "queue" } }));
    let mut house = House::of(desk).start().await;
    let ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.gets_offer_of(&conversation).await;
}

#[tokio::test]
async fn a_full_queue_that_nobody_takes_over_still_drops_nobody() {
    let desk = DeskFile::small().with_all_queues(json!({ "overflow": { "waiting_max": 2 } }));
    let mut house = House::of(desk).start().await;
    let mut people = Vec::new();
    for n in 0..3 {
        let mut visitor = house.visitor().await;
        let conversation = visitor.asks("tax", &format!("person {n}")).await.conversation;
        people.push((visitor, conversation));
    }
    let sun = house.signs_in("sun").await;
    for (_visitor, conversation) in &people {
        assert_eq!(sun.reads(conversation).await["state"], "queued");
    }
    people[0].0.says("I wait").await;
    house.ends_well();
}

#[tokio::test]
async fn a_full_queue_may_send_people_to_another() {
    let desk = DeskFile::small().with_queue("tax",
        json!({ "ladder": [{ "skills": { "tax": 3 } }], "overflow": { "waiting_max": 1, "to": "insurance" } }));
    let mut house = House::of(desk).start().await;
    let mut first = house.visitor().await;
    first.asks("tax", "first").await;
    let mut second = house.visitor().await;
    second.asks("tax", "second").await;
    let sun = house.signs_in("sun").await;
    let waiting = sun.api().get("/v1/queues/insurance/waiting").await.ok();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    house.ends_well();
}

#[tokio::test]
async fn too_long_a_wait_overflows_to_the_other_queue() {
    let desk = DeskFile::small().with_queue("tax",
        json!({ "ladder": [{ "skills": { "tax": 3 } }], "overflow": { "wait_secs_max": 1, "to": "insurance" } }));
    let mut house = House::of(desk).start().await;
    let wang = house.ready_agent("wang").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    wang.gets_offer_of(&conversation).await;
    house.ends_well();
}

#[tokio::test]
async fn an_overflow_that_is_read_during_an_offer_is_made_up_for() {
    let desk = DeskFile::small().with_queue("tax",
        json!({ "ladder": [{ "skills": { "tax": 3 } }], "overflow": { "wait_secs_max": 1, "to": "insurance" } }));
    let mut house = House::of(desk).start().await;
    let sun = house.watching("sun").await;
    // The duty is held up, so that it reads of the long wait when the offer is out.
    let duty = "{main}:duty:overflow";
    let hold = ["HSET", duty, "owner", "nobody", "epoch", "99", "until", "99999999999999"];
    let _: i64 = house.redis.ask(&hold).await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    sun.sees_event("conversation_overflowed", &conversation).await;
    let mut ming = house.ready_agent("ming").await;
    let wang = house.ready_agent("wang").await;
    let offer = ming.gets_offer_of(&conversation).await;
    let _: i64 = house.redis.ask(&["HSET", duty, "until", "0"]).await;
    eventually("the duty has read it", async || {
        let newest: Vec<(String, Vec<String>)> =
            house.redis.ask(&["XREVRANGE", "{main}:events", "+", "-", "COUNT", "1"]).await;
        let read: Option<String> = house.redis.ask(&["HGET", "{main}:cursors", "overflow"]).await;
        let end = newest.first().map(|(id, _)| id.clone());
        if read == end { Ok(()) } else { Err(format!("{read:?} of {end:?}")) }
    })
    .await;
    ming.declines(&offer, "not mine").await;
    wang.gets_offer_of(&conversation).await;
    house.ends_well();
}

#[tokio::test]
async fn a_mended_ladder_helps_those_who_wait_already() {
    let nobody = json!({ "ladder": [{ "skills": { "tax": 5, "en": 5 } }] });
    let mut house = House::of(DeskFile::small().with_queue("tax", nobody)).start().await;
    let ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let sun = house.signs_in("sun").await;
    let before = sun.reads(&conversation).await;
    assert_eq!(before["state"], "queued");
    house.apply(&DeskFile::small());
    ming.gets_offer_of(&conversation).await;
    assert_eq!(sun.reads(&conversation).await["due_at"], before["due_at"], "its place is its own");
    house.ends_well();
}
