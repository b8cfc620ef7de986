//! What supervisors read of callbacks once their conversations are closed: exactly what happened.

use super::{DIALLED, NUMBER, Town, asks_for_call, has_fact, sees_call};
use serde_json::{Value, json};
use tests::agent::TestAgent;
use tests::eventually;
use tests::eventually::holds;

const REPORT: &str = "/v1/reports/callbacks";

impl Town {
    /// The newest order to ring somebody, once there are so many.
    async fn places(&self, count: usize) -> String {
        self.exchange
            .known()
            .until("an order", |known| {
                let placed: Vec<&Value> =
                    known.orders.iter().filter(|order| order["type"] == "call.place").collect();
                assert!(placed.len() <= count, "nobody is rung twice: {placed:?}");
                placed.get(count - 1).map(|order| order["id"].as_str().unwrap().to_owned())
            })
            .await
    }
}

/// The report, once it counts so many requests.
async fn report(sun: &TestAgent, requested: u64) -> Value {
    eventually("the report has them all", async || {
        let report = sun.api().get(REPORT).await.ok();
        let lines = report.as_array().unwrap();
        let [line] = lines.as_slice() else { return Err(report.to_string()) };
        if line["requested"] == requested { Ok(line.clone()) } else { Err(report.to_string()) }
    })
    .await
}

/// All desks together, which here is one.
async fn has_metrics(town: &Town) {
    let metrics = String::from_utf8(town.house.api().get("/metrics").await.bytes).unwrap();
    for said in [
        "hutong_callbacks_over_total{ending=\"connected\"} 2",
        "hutong_callbacks_over_total{ending=\"abandoned\"} 1",
        "hutong_callback_wait_seconds_count 2",
        "hutong_agent_answer_seconds_count 2",
        "hutong_agent_rings_total{answered=\"no\"} 1",
    ] {
        assert!(metrics.contains(said), "{said} is not in the metrics");
    }
}

#[tokio::test]
async fn the_report_of_callbacks_says_exactly_what_happened() {
    let mut town = Town::open(1).await;
    let sun = town.house.signs_in("sun").await;
    assert_eq!(sun.api().get(REPORT).await.ok(), json!([]), "nothing was asked for");

    let (mut first, second, mut third) = (
        town.waits("发票系统打不开").await,
        town.waits("我要投诉").await,
        town.waits("发票").await,
    );
    let until = tests::token::now_secs() * 1_000 + 3_600_000;
    asks_for_call(&first, json!({ "number": NUMBER, "until": until })).await;
    asks_for_call(&second, json!({ "number": "139 0013 9000" })).await;
    asks_for_call(&third, json!({ "number": "137 0013 7000" })).await;

    // Connected at the first try, within the time that was named.
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let call = town.places(1).await;
    town.connects(&call).await;
    town.ends(&call, "completed").await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert!(ended["connected_at"].is_i64() && ended["agent_rung_at"].is_i64(), "{ended}");
    assert!(ended["agent_rang_ms"].as_u64().is_some_and(|ms| ms < 15_000), "{ended}");
    // That is the desk's own: the person is not told.
    let heard = eventually("the person hears that the call is over", async || {
        let heard = first.seen().look(|seen| format!("{seen:?}"));
        if heard.contains("call_ended") { Ok(heard) } else { Err(heard) }
    })
    .await;
    assert!(!heard.contains("agent_rung_at") && !heard.contains("agent_rang_ms"), "{heard}");
    // Open conversations are not counted yet.
    assert_eq!(sun.api().get(REPORT).await.ok(), json!([]));
    ming.closes(&conversation).await;
    first.loses_connection();

    // Busy: it rests until it is tried again.
    let to_be_tried_again = ming.accepts_next_offer().await;
    let busy = town.places(2).await;
    town.ends(&busy, "busy").await;
    sees_call(&second, "it is tried again", |callback| callback["next_at"].is_i64()).await;
    second.sees_state("snoozed").await;

    // Cancelled by the person while the agent's telephone rings, which is never answered.
    let conversation = ming.accepts_next_offer().await;
    let rings = town.places(3).await;
    town.tells(0, json!({ "type": "call.ringing", "id": rings, "leg": "agent" })).await;
    assert_eq!(third.api().delete("/v1/chat/callback").await.status, 204);
    town.exchange.gets("call.hang_up", Some(&rings)).await;
    town.ends(&rings, "cancelled").await;
    has_fact(&ming, &conversation, "call_ended").await;
    third.ends().await;

    // Who was busy is there now, and is connected by the second try.
    asks_for_call(&second, json!({ "number": "139 0013 9000" })).await;
    assert_eq!(ming.accepts_next_offer().await, to_be_tried_again);
    let again = town.places(4).await;
    town.connects(&again).await;
    town.ends(&again, "completed").await;
    sees_call(&second, "it is over", |callback| callback["state"] == "over").await;
    ming.closes(&to_be_tried_again).await;

    let line = report(&sun, 3).await;
    let exactly = json!({
        "line": "hotline", "requested": 3, "connected": 2, "tried": 2, "first_try": 1, "with_window": 1, "in_window": 1,
        "abandoned": 1, "given_up": 0, "withdrawn": 0, "attempts": 3, "agent_rung": 3, "agent_answered_in_time": 2,
        "within_secs": 15, "first_try_rate": 0.5, "in_window_rate": 1.0, "agent_answer_rate": 2.0 / 3.0,
        "abandonment_rate": 1.0 / 3.0,
    });
    for (key, value) in exactly.as_object().unwrap() {
        assert_eq!(&line[key], value, "{key} of {line}");
    }
    let (mean, longest) = (line["mean_wait_ms"].as_i64(), line["longest_wait_ms"].as_i64());
    assert!(mean > Some(0) && mean <= longest, "{line}");
    assert!(!line.to_string().contains(DIALLED), "{line}");
    has_metrics(&town).await;
    town.house.ends_well();
}

#[tokio::test]
async fn only_supervisors_of_the_desk_read_its_measures() {
    let mut town = Town::open(1).await;
    town.house.gateways[0].runs(&["admin", "create-tenant", "other", "The other desk"]);
    town.house.apply_for("other", &tests::DeskFile::small().without_channels());
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    town.places(1).await;
    ming.closes(&conversation).await;
    let (sun, root) = (town.house.signs_in("sun").await, town.house.signs_in("root").await);
    report(&sun, 1).await;
    report(&root, 1).await;
    assert_eq!(ming.api().get(REPORT).await.problem(403), "forbidden");
    assert_eq!(town.house.api().get(REPORT).await.status, 401);
    assert_eq!(visitor.api().get(REPORT).await.status, 403);
    let other = super::super::tenants::sign_in(&town.house, "sun").await;
    assert_eq!(other.api().get(REPORT).await.ok(), json!([]), "another desk's");

    let now = tests::token::now_secs() * 1_000;
    for query in [
        "since=x".to_owned(),
        "since=-1".to_owned(),
        "since=1.5".to_owned(),
        "since=99999999999999999999".to_owned(),
        "sinse=1".to_owned(),
        "since=5&since=6".to_owned(),
        "since=0".to_owned(),
        format!("since={}", now + 86_400_000),
        format!("since={now}&until={now}"),
        format!("since={now}&until=-9223372036854775808"),
        format!("since={}&until={now}", now - 367 * 86_400_000),
    ] {
        let refused = sun.api().get(&format!("{REPORT}?{query}")).await;
        assert_eq!(refused.problem(422), "invalid", "{query}: {refused:?}");
    }
    let before = format!("{REPORT}?since={}&until={}", now - 7_200_000, now - 3_600_000);
    assert_eq!(sun.api().get(&before).await.ok(), json!([]), "it was asked for later");
    eventually("the period up to now has it", async || {
        let since = sun.api().get(&format!("{REPORT}?since={}", now - 3_600_000)).await.ok();
        holds(since[0]["abandoned"] == 1, since.to_string())
    })
    .await;
    town.house.ends_well();
}
