//! Services that hang, ask for a pause and forget; gateways that die with a notification in hand.

use super::{Services, nothing_waits, plan, served, user};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::cloud::Answered;
use tests::networks::push::Seen;
use tests::networks::push::fcm::{SEND, error};
use tests::networks::push::jpush;

#[tokio::test]
async fn a_service_that_is_down_delays_only_its_own() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (_wang, conversation) = served(&house, &mut ming, "token-1").await;
    let more = user(&house.api(), "wang").await;
    for n in 0..12 {
        let (id, token) = (format!("device-of-many-{n:04}"), format!("jpush{n:06}"));
        let wish = json!({ "provider": "jpush", "token": token, "locale": "zh-CN" });
        let answer = more.api().put(&format!("/v1/chat/devices/{id}"), wish).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    // JPush takes every call and never answers.
    services.jpush.seen.change(|seen| {
        seen.instead.extend((0..64).map(|_| (jpush::CID, Answered::Held)));
    });
    ming.says(&conversation, "别等").await;
    services.shows("token-1", "别等").await;
    house.ends_well();
}

#[tokio::test]
async fn a_service_that_asks_for_a_pause_gets_it_and_then_the_word() {
    let services = Services::start();
    let mut house = plan(&services, 0).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (_wang, conversation) = served(&house, &mut ming, "token-1").await;
    services.shows("token-1", "坐席已受理您的咨询").await;
    services.fcm.seen.change(|seen| {
        seen.instead.push_back((SEND, error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")));
    });
    let asked = services.fcm.seen.look(|seen| seen.calls(SEND));
    ming.says(&conversation, "过一会儿").await;
    services.fcm.seen.until("FCM was asked", |seen| (seen.calls(SEND) > asked).then_some(())).await;
    let waiting: u64 = house.redis.ask(&["ZCARD", "{main}:boxes:fcm"]).await;
    assert_eq!(waiting, 1, "it waits for FCM");
    house.ends_well();
}

/// Every answer reaches the device under one id, whatever dies in between.
#[tokio::test]
async fn what_a_gateway_had_in_hand_when_it_died_is_pushed_by_another_under_the_same_id() {
    let services = Services::start();
    let mut house = plan(&services, 0).with_gateways(2).start().await;
    let mut ming = house.ready_agent("ming").await;
    let (mut wang, conversation) = served(&house, &mut ming, "token-1").await;
    wang.loses_connection();
    // FCM takes the notification and its answer is lost with the gateway.
    services.shows("token-1", "坐席已受理您的咨询").await;
    services.fcm.seen.change(|seen| seen.instead.push_back((SEND, Answered::Held)));
    let asked = services.fcm.seen.look(|seen| seen.calls(SEND));
    ming.says(&conversation, "不会丢").await;
    services.fcm.seen.until("FCM holds it", |seen| (seen.calls(SEND) > asked).then_some(())).await;
    // Whichever has it in hand dies; nobody knows which, so both do, one after the other.
    for gateway in &mut house.gateways {
        gateway.kill();
        gateway.start().await;
    }
    // Its claim ends after twenty seconds.
    let within = Duration::from_secs(45);
    let is_shown = |seen: &Seen| {
        let words = seen.shown.iter().map(|message| &message["data"]);
        words.into_iter().find(|data| data["body"] == "不会丢").cloned()
    };
    let data = services.fcm.seen.within(within, is_shown).await;
    let data = data.unwrap();
    nothing_waits(&house).await;
    let held = services.fcm.seen.look(|seen| {
        let bodies = seen.asked.iter().filter(|asked| asked.path == SEND);
        bodies.map(|asked| asked.json()["message"]["data"].clone()).collect::<Vec<Value>>()
    });
    let mut ids: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for data in held {
        ids.entry(data["body"].to_string()).or_default().push(data["id"].clone());
    }
    let tried = &ids["\"不会丢\""];
    assert!(tried.len() >= 2 && tried.iter().all(|id| *id == data["id"]), "{tried:?}");
    assert_eq!(services.shown_on("token-1").iter().filter(|it| it["body"] == "不会丢").count(), 1);
    house.ends_well();
}
