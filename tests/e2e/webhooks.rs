//! Webhooks out: signed, in order, tried again, and never silently gone.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::eventually::eventually_within;
use tests::{DeskFile, House, WebhookSink, eventually};

async fn house_with(sink: &WebhookSink, events: &[&str]) -> House {
    House::of(DeskFile::small().with_webhook("crm", &sink.url(), events)).start().await
}

async fn secret(house: &mut House) -> String {
    let root = house.signs_in("root").await;
    let answer = root.api().post("/v1/webhooks/crm/rotate_secret", json!({})).await.ok();
    answer["secret"].as_str().unwrap_or_else(|| panic!("no secret: {answer}")).to_owned()
}

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let sink = WebhookSink::start().await;
    let mut house =
        house_with(&sink, &["conversation_opened", "conversation_assigned", "conversation_closed"])
            .await;
    let secret = secret(&mut house).await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    ming.closes(&conversation).await;
    sink.gets("the close", |call| call.body.to_string().contains("conversation_closed")).await;
    let received = sink.sink().look(|sink| sink.received.clone());
    let kinds: Vec<&str> =
        received.iter().map(|call| call.body["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["conversation_opened", "conversation_assigned", "conversation_closed"]);
    for call in &received {
        assert!(call.is_signed_by(&secret), "{call:?}");
        assert!(!call.is_signed_by("whsec_bm90IHRoaXMgb25l"));
        let sent: i64 = call.headers["webhook-timestamp"].parse().unwrap();
        assert!((sent - tests::token::now_secs()).abs() < 60);
    }
    let ids: BTreeSet<&str> = received.iter().map(tests::webhook::Received::id).collect();
    assert_eq!(ids.len(), received.len(), "one id for each");
    house.ends_well();
}

#[tokio::test]
async fn a_failing_endpoint_is_tried_again_with_the_same_id_and_order() {
    let sink = WebhookSink::start().await;
    let mut house = house_with(&sink, &["conversation_opened", "conversation_closed"]).await;
    sink.answers_next(&[500]);
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    visitor.ends().await;
    eventually_within(Duration::from_secs(30), "all arrived", async || {
        let statuses = sink
            .sink()
            .look(|sink| sink.received.iter().map(|call| call.status).collect::<Vec<_>>());
        if statuses.len() == 3 { Ok(()) } else { Err(format!("{statuses:?}")) }
    })
    .await;
    let received = sink.sink().look(|sink| sink.received.clone());
    assert_eq!(received[0].id(), received[1].id(), "the same delivery");
    assert_eq!(received[1].body["type"], "conversation_opened");
    assert_eq!(received[2].body["type"], "conversation_closed", "the second waited for the first");
    let _root = house.signs_in("root").await;
}

#[tokio::test]
async fn what_is_refused_for_good_lies_visibly_dead_and_can_be_tried_again() {
    let sink = WebhookSink::start().await;
    let mut house = house_with(&sink, &["conversation_opened"]).await;
    let root = house.signs_in("root").await;
    sink.answers_always(Some(410));
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    let dead: Value = eventually("it lies dead", async || {
        let dead = root.api().get("/v1/deliveries/dead").await.ok();
        let list =
            dead.as_array().or_else(|| dead["deliveries"].as_array()).cloned().unwrap_or_default();
        list.first().cloned().ok_or(dead.to_string())
    })
    .await;
    sink.answers_always(None);
    let id = dead["id"].as_str().unwrap();
    let again = root.api().post(&format!("/v1/deliveries/{id}/retry"), json!({})).await;
    assert!((200..300).contains(&again.status), "{again:?}");
    let call = sink.gets("it arrives", |call| call.status == 204).await;
    assert_eq!(call.id(), sink.sink().look(|sink| sink.received[0].id().to_owned()));
    eventually("nothing is dead", async || {
        let dead = root.api().get("/v1/deliveries/dead").await.ok().to_string();
        if dead.contains(id) { Err(dead) } else { Ok(()) }
    })
    .await;
    house.ends_well();
}

#[tokio::test]
async fn inner_addresses_are_never_called() {
    let sink = WebhookSink::start().await;
    let desk = DeskFile::small().with_webhook("crm", &sink.url(), &["conversation_opened"]);
    let mut house = House::of(desk).with("webhooks.allow_inner", json!([])).start().await;
    let root = house.signs_in("root").await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    eventually("it is refused and visible", async || {
        let dead = root.api().get("/v1/deliveries/dead").await.ok().to_string();
        if dead.contains("crm") { Ok(()) } else { Err(dead) }
    })
    .await;
    assert_eq!(sink.sink().look(|sink| sink.received.len()), 0);
    // Addresses that no webhook may have are refused where they are written.
    for url in [
        "ftp://example.com/",
        "http://user:pass@example.com/",
        "file:///etc/passwd",
        "nonsense",
        "",
    ] {
        let body = json!({ "value": { "id": "bad", "url": url, "events": [], "enabled": true } });
        let refused = root.api().put("/v1/settings/webhooks/bad", body).await;
        assert!([400, 422].contains(&refused.status), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_gateway_killed_between_sending_and_recording_repeats_with_the_same_id() {
    let sink = WebhookSink::start().await;
    let desk = DeskFile::small().with_webhook("crm", &sink.url(), &["conversation_opened"]);
    let mut house = House::of(desk).with_gateways(2).start().await;
    let mut people = Vec::new();
    for _ in 0..10 {
        let mut visitor = house.visitor_at(1).await;
        visitor.asks("tax", "hello").await;
        people.push(visitor);
    }
    house.gateways[0].kill();
    eventually_within(Duration::from_secs(30), "every event arrives", async || {
        let ids = sink.sink().look(|sink| {
            sink.received.iter().map(|call| call.id().to_owned()).collect::<BTreeSet<_>>()
        });
        if ids.len() == 10 { Ok(()) } else { Err(format!("{} of 10", ids.len())) }
    })
    .await;
    let calls = sink.sink().look(|sink| sink.received.len());
    assert!(calls <= 11, "at most one repeats for one crash: {calls} calls");
    house.ends_well();
}

#[tokio::test]
async fn a_duty_that_was_held_up_for_long_misses_nothing() {
    let sink = WebhookSink::start().await;
    let house = house_with(&sink, &["conversation_opened"]).await;
    let redis = &house.redis;
    let mut first = house.visitor().await;
    first.asks("tax", "hello").await;
    sink.gets("the first", |call| call.status == 204).await;
    // Another gateway holds the duty and does nothing, while far more happens than is kept for
    // sockets.
    let duty = "{main}:duty:webhooks";
    let _: i64 = redis
        .ask(&["HSET", duty, "owner", "nobody", "epoch", "99", "until", "99999999999999"])
        .await;
    let mut second = house.visitor().await;
    second.asks("tax", "hello").await;
    let event = r#"{"type":"settings_changed","kind":"queues"}"#;
    let fill = "for _ = 1, 12000 do redis.call('XADD', KEYS[1], '*', 'e', ARGV[1]) end";
    drop::<redis::Value>(redis.ask(&["EVAL", fill, "1", "{main}:events", event]).await);
    // The other duties go on meanwhile, and the stream is trimmed behind them.
    eventually_within(Duration::from_secs(30), "the others have read on", async || {
        let newest: Vec<(String, Vec<String>)> =
            redis.ask(&["XREVRANGE", "{main}:events", "+", "-", "COUNT", "1"]).await;
        let read: Option<String> = redis.ask(&["HGET", "{main}:cursors", "overflow"]).await;
        let end = newest.first().map(|(id, _)| id.clone());
        if read == end { Ok(()) } else { Err(format!("{read:?} of {end:?}")) }
    })
    .await;
    let _: i64 = redis.ask(&["HSET", duty, "until", "0"]).await;
    eventually_within(Duration::from_secs(30), "the second arrives", async || {
        let count = sink.sink().look(|sink| sink.received.len());
        if count == 2 { Ok(()) } else { Err(format!("{count} of 2")) }
    })
    .await;
    eventually_within(Duration::from_secs(30), "the stream is short again", async || {
        let length: i64 = redis.ask(&["XLEN", "{main}:events"]).await;
        if length < 11_000 { Ok(()) } else { Err(format!("{length}")) }
    })
    .await;
}

#[tokio::test]
async fn a_tarpit_of_one_tenant_holds_up_nobody_else() {
    let sink = WebhookSink::start().await;
    // It takes connections and never answers.
    let tarpit = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tar = format!("http://{}/hook", tarpit.local_addr().unwrap());
    let desk = DeskFile::small()
        .with_webhook("crm", &sink.url(), &["settings_changed"])
        .with_webhook("tar", &tar, &["settings_changed"]);
    let house = House::of(desk).start().await;
    house.gateways[0].runs(&["admin", "create-tenant", "other", "The other desk"]);
    let stuck =
        DeskFile::small().without_channels().with_webhook("tar", &tar, &["settings_changed"]);
    house.apply_for("other", &stuck);
    let event = r#"{"type":"settings_changed","kind":"queues"}"#;
    let fill = "for _ = 1, 100 do redis.call('XADD', KEYS[1], '*', 'e', ARGV[1]) end";
    for stream in ["{other}:events", "{main}:events"] {
        drop::<redis::Value>(house.redis.ask(&["EVAL", fill, "1", stream, event]).await);
    }
    eventually("all of the others arrive", async || {
        let count = sink.sink().look(|sink| sink.received.len());
        if count >= 100 { Ok(()) } else { Err(format!("{count} of 100")) }
    })
    .await;
}

#[tokio::test]
async fn after_a_rotation_both_secrets_hold() {
    let sink = WebhookSink::start().await;
    let mut house = house_with(&sink, &["conversation_opened"]).await;
    let before = secret(&mut house).await;
    let after = secret(&mut house).await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    let call = sink.gets("the call", |call| call.status == 204).await;
    assert!(call.is_signed_by(&before) && call.is_signed_by(&after), "{call:?}");
    assert!(!call.is_signed_by("whsec_bm90IHRoaXMgb25l"));
}
