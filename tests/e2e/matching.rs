//! Who gets whom: by skill, by due time, by capacity, by ladder, by memory.

use serde_json::{Value, json};
use tests::{DeskFile, House, TestVisitor};

async fn asks_as(house: &House, topic: &str, kind: &str, text: &str) -> (TestVisitor, String) {
    let mut visitor = house.visitor().await;
    let word = visitor.word(text, json!({ "topic": topic, "request_type": kind }));
    let conversation = visitor.gets_ack(&word).await.conversation;
    (visitor, conversation)
}

#[tokio::test]
async fn the_earliest_due_time_comes_first_whatever_the_order_of_arrival() {
    let desk = DeskFile::small().with_only(&["ming"]).with_queue(
        "tax",
        json!({ "ladder": [{ "skills": { "tax": 3 } }],
            "priority": { "request_types": { "complaint": 50, "fault": 20 } } }),
    );
    let mut house = House::of(desk).start().await;
    let (_a, plain) = asks_as(&house, "tax", "consultation", "plain").await;
    let (_b, fault) = asks_as(&house, "tax", "fault", "fault").await;
    let (_c, complaint) = asks_as(&house, "tax", "complaint", "complaint").await;

    let mut ming = house.ready_agent("ming").await;
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(ming.accepts_next_offer().await);
    }
    assert_eq!(order, [complaint, fault, plain]);
}

#[tokio::test]
async fn an_agent_is_never_over_capacity() {
    let desk = DeskFile::small().with_only(&["ming"]).with_agent_changed(
        "ming",
        json!({ "capacity": { "units": 60, "kinds": { "web_chat": { "cost": 30, "limit": 5 } } } }),
    );
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut people = Vec::new();
    for n in 0..3 {
        people.push(asks_as(&house, "tax", "consultation", &format!("person {n}")).await);
    }
    let first = ming.accepts_next_offer().await;
    ming.accepts_next_offer().await;
    let sun = house.watching("sun").await;
    let agents = sun.api().get("/v1/agents/state").await.ok();
    let state = agents.as_array().unwrap().iter().find(|agent| agent["agent"] == "ming").unwrap();
    assert_eq!(state["used"], 60, "{state}");
    assert_eq!(sun.api().get("/v1/queues/tax/waiting").await.ok().as_array().unwrap().len(), 1);
    assert!(ming.seen().look(|seen| seen.offers.is_empty()));

    ming.closes(&first).await;
    assert_eq!(ming.accepts_next_offer().await, people[2].1);
    house.ends_well();
}

#[tokio::test]
async fn a_need_relaxes_step_by_step() {
    let ladder = json!([{ "skills": { "tax": 5 } }, { "after_secs": 1, "skills": { "tax": 3 } }]);
    let desk = DeskFile::small().with_only(&["li"]).with_queue("tax", json!({ "ladder": ladder }));
    let mut house = House::of(desk).start().await;
    let li = house.ready_agent("li").await;
    let mut sun = house.watching("sun").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = li.gets_offer_of(&conversation).await;
    assert_eq!(offer.why["trigger"], "need_relaxed", "{}", offer.why);
    assert!(offer.why["waited_ms"].as_i64().unwrap() >= 900, "{}", offer.why);
    sun.sees_event("need_relaxed", &conversation).await;
    sun.loses_connection();
}

#[tokio::test]
async fn who_helped_before_is_asked_first() {
    let desk = DeskFile::small()
        .with_agent("hua", "agent", json!({ "tax": 5 }))
        .with_all_queues(json!({ "sticky_secs": 20, "rule": "longest_idle", "reopen_hours": 0 }));
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let first = visitor.asks("tax", "first").await.conversation;
    ming.accepts_next_offer().await;
    ming.closes(&first).await;
    visitor.sees_state("closed").await;
    // Someone who is idle for longer comes to work; still the known one is asked.
    let hua = house.ready_agent("hua").await;
    ming.becomes("away").await;
    ming.is_ready().await;
    let second = visitor.asks("tax", "me again").await.conversation;
    assert_ne!(first, second);
    let offer = ming.gets_offer_of(&second).await;
    assert!(offer.why["lane"].as_str().unwrap().contains("ming"), "{}", offer.why);
    assert!(hua.seen().look(|seen| seen.offers.is_empty()));
}

#[tokio::test]
async fn the_longest_idle_is_asked_first() {
    let desk = DeskFile::small()
        .with_agent("hua", "agent", json!({ "tax": 5, "zh": 5 }))
        .with_only(&["ming", "hua"]);
    let mut house = House::of(desk).start().await;
    let mut hua = house.ready_agent("hua").await;
    let ming = house.ready_agent("ming").await;
    let (_a, first) = asks_as(&house, "tax", "consultation", "first").await;
    assert_eq!(hua.gets_offer().await.conversation, first);
    let offer = hua.gets_offer_of(&first).await;
    hua.accepts(&offer).await;
    hua.closes(&first).await;
    let (_b, second) = asks_as(&house, "tax", "consultation", "second").await;
    assert_eq!(ming.gets_offer().await.conversation, second);
}

#[tokio::test]
async fn changed_skills_make_a_match_at_once() {
    let mut house = House::of(DeskFile::small().with_only(&["wang"])).start().await;
    let wang = house.ready_agent("wang").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let desk =
        DeskFile::small().with_only(&["wang"]).with_agent("wang", "agent", json!({ "tax": 4 }));
    house.apply(&desk);
    wang.gets_offer_of(&conversation).await;
    house.ends_well();
}

#[tokio::test]
async fn a_plan_can_be_tried_without_a_conversation() {
    let mut house = House::small().await;
    let _ming = house.ready_agent("ming").await;
    let root = house.signs_in("root").await;
    let tried = root
        .api()
        .post("/v1/settings/try", json!({ "channel": "website", "topic": "tax" }))
        .await
        .ok();
    assert!(tried["lane"].is_string(), "{tried}");
    assert!(tried.to_string().contains("ming"), "{tried}");
    let waiting = root.api().get("/v1/queues/state").await.ok();
    let total: u64 =
        waiting.as_array().unwrap().iter().map(|q: &Value| q["waiting"].as_u64().unwrap()).sum();
    assert_eq!(total, 0, "trying opens nothing");
}
