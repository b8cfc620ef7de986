//! What supervisors see and may do.

use serde_json::json;
use tests::{DeskFile, House, eventually};

#[tokio::test]
async fn a_supervisor_sees_the_queue_and_assigns_by_hand_within_capacity() {
    let desk = DeskFile::small()
        .with_agent_changed("wang", json!({ "capacity": { "units": 30 } }))
        .with_only(&["wang"]);
    let mut house = House::of(desk).start().await;
    let mut wang = house.ready_agent("wang").await;
    let mut sun = house.watching("sun").await;
    let (mut first, mut second) = (house.visitor().await, house.visitor().await);
    let a = first.asks("tax", "first").await.conversation;
    let b = second.asks("tax", "second").await.conversation;
    sun.sees_event("conversation_queued", &b).await;
    let queues = sun.api().get("/v1/queues/state").await.ok();
    let tax = queues.as_array().unwrap().iter().find(|q| q["queue"] == "tax").unwrap();
    assert_eq!(tax["waiting"], 2, "{tax}");
    let waiting = sun.api().get("/v1/queues/tax/waiting?limit=10").await.ok();
    let order: Vec<&str> =
        waiting.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(order, [a.as_str(), b.as_str()], "in due order");

    sun.posts(&a, "assign", json!({ "agent": "wang" })).await.ok();
    wang.holds(&a).await;
    let refused = sun.posts(&b, "assign", json!({ "agent": "wang" })).await;
    assert_eq!(refused.status, 409, "over capacity: {refused:?}");
    let refused = wang.posts(&b, "assign", json!({ "agent": "wang" })).await;
    refused.problem(403);
    wang.says(&a, "hello").await;
    first.hears("hello").await;
    let held = sun.api().get("/v1/agents/wang/conversations").await.ok();
    assert!(held.to_string().contains(&a), "{held}");
    sun.loses_connection();
    house.ends_well();
}

#[tokio::test]
async fn a_supervisor_sends_an_agent_away() {
    let mut house = House::small().await;
    let ming = house.ready_agent("ming").await;
    let sun = house.signs_in("sun").await;
    sun.api().post("/v1/agents/ming/presence", json!({ "presence": "away" })).await.ok();
    ming.seen().until("ming is away", |seen| (seen.presence == "away").then_some(())).await;
    let agents = sun.api().get("/v1/agents/state").await.ok();
    let state = agents.as_array().unwrap().iter().find(|agent| agent["agent"] == "ming").unwrap();
    assert_eq!(state["presence"], "away");
}

#[tokio::test]
async fn an_agent_hears_only_what_concerns_that_agent() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let wang = house.ready_agent("wang").await;
    let sun = house.watching("sun").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "CANARY").await.conversation;
    ming.accepts_next_offer().await;
    visitor.says("CANARY two").await;
    ming.hears(&conversation, "CANARY two").await;
    sun.sees_event("conversation_assigned", &conversation).await;
    // Something that wang does hear comes after all of it, so what came before is all there is.
    let mut other = house.visitor().await;
    let own = other.asks("insurance", "for wang").await.conversation;
    wang.gets_offer_of(&own).await;
    let heard = wang.seen().look(|seen| serde_json::to_string(&seen.events).unwrap());
    assert!(!heard.contains("CANARY"), "{heard}");
    // Nor may a colleague read it by its id.
    let refused = wang.api().get(&format!("/v1/conversations/{conversation}/messages")).await;
    assert!([200, 403, 404].contains(&refused.status), "{refused:?}");
    if refused.status == 200 {
        // Where colleagues may read, the read is in the audit trail.
        let root = house.signs_in("root").await;
        eventually("the read is in the trail", async || {
            let trail = root
                .api()
                .get(&format!("/v1/audit?conversation={conversation}&limit=100"))
                .await
                .ok()
                .to_string();
            if trail.contains("wang") { Ok(()) } else { Err(trail) }
        })
        .await;
    }
}

#[tokio::test]
async fn the_report_of_today_counts_what_happened() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    ming.closes(&conversation).await;
    let mut gone = house.visitor().await;
    gone.asks("insurance", "hello").await;
    gone.ends().await;
    let sun = house.signs_in("sun").await;
    eventually("the report has both", async || {
        let report = sun.api().get("/v1/reports/today").await.ok();
        let rows =
            report.as_array().or_else(|| report["queues"].as_array()).cloned().unwrap_or_default();
        let of = |queue: &str, key: &str| {
            rows.iter()
                .find(|row| row["queue"] == queue)
                .map_or(0, |row| row[key].as_u64().unwrap_or(0))
        };
        let is_so = of("tax", "answered") == 1 && of("insurance", "abandoned") == 1;
        if is_so { Ok(()) } else { Err(report.to_string()) }
    })
    .await;
}
