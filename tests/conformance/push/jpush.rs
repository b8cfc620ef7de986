//! JPush: its own kit takes the stand-in for it.

use super::{judge, notification, open, stand, target};
use crate::doors::way_out;
use channels::push::{PushProvider, Pushed};
use channels::{Means, Passed};
use domain::PushProvider as Provider;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::cloud::{Answered, Cloud};
use tests::networks::push::jpush::{APP, CID, Jpush, PUSH, SECRET, error};

const DEVICE: &str = "170976fa8a8ecb56e6d";

fn service(cloud: &Cloud, means: &Means) -> Arc<dyn PushProvider> {
    let push = json!({ "jpush": {
        "app_key": APP, "master_secret": SECRET, "base_url": cloud.url(), "apns_production": false,
    }});
    open(&push, means)
}

#[tokio::test]
async fn jpushs_kit_takes_the_stand_in_for_jpush() {
    let (mut judge, (jpush, cloud)) = (judge(), stand::<Jpush>());
    jpush.seen.change(|seen| seen.dead.insert("gone".to_owned()));
    let mut question = json!({
        "do": "jpush", "url": cloud.url(), "app": APP, "secret": SECRET,
        "tokens": ["a", "b", "gone"],
    });
    // What has the same cid is one.
    let said = judge.ask(&question).await["said"].clone();
    assert_eq!(said, json!(["1828256758", "1828256758", "1828256759", 1011]));
    jpush
        .seen
        .change(|seen| seen.instead.push_back((CID, error(429, 2002, "Rate limit exceeded"))));
    assert!(judge.try_ask(&question).await["error"].is_string());
    question["secret"] = "other".into();
    assert!(judge.ask(&question).await["refused"].as_str().unwrap().contains("Secret"));
}

#[tokio::test]
async fn a_notification_arrives_once_however_often_it_is_pushed() {
    let ((jpush, cloud), means) = (stand::<Jpush>(), way_out::means());
    let to = target(Provider::Jpush, DEVICE);
    let (one, other) = (service(&cloud, &means), service(&cloud, &means));
    assert_eq!(one.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    // A gateway that dies after it pushed leaves it to another.
    assert_eq!(other.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    assert_eq!(one.push(&to, &notification("dlv_2")).await, Pushed::Sent);
    jpush.seen.look(|seen| {
        assert_eq!((seen.shown.len(), seen.calls(PUSH), seen.calls(CID)), (2, 3, 1));
        assert_eq!(seen.shown[0]["audience"], json!({ "registration_id": [DEVICE] }));
        let options = &seen.shown[0]["options"];
        assert_eq!(
            (&options["apns_production"], &options["time_to_live"]),
            (&json!(false), &json!(3_600))
        );
        let extras = &seen.shown[0]["notification"]["android"]["extras"];
        assert_eq!(
            (&extras["conversation"], &extras["id"]),
            (&json!("conv_01jc"), &json!("dlv_1"))
        );
    });
}

#[tokio::test]
async fn jpushs_kit_words_the_same_push() {
    let (mut judge, (jpush, cloud)) = (judge(), stand::<Jpush>());
    let to = target(Provider::Jpush, DEVICE);
    let service = service(&cloud, &way_out::means());
    assert_eq!(service.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    let ours = jpush.seen.look(|seen| seen.shown[0].clone());
    let question = json!({
        "do": "jpush_message", "app": APP, "secret": SECRET, "token": DEVICE, "cid": ours["cid"],
        "title": "政务服务中心", "body": "您的申请已受理。", "thread": "conv_01jc",
        "options": {
            "time_to_live": 3_600, "apns_production": false, "apns_collapse_id": "conv_01jc",
        },
        "extras": {
            "id": "dlv_1", "conversation": "conv_01jc", "channel": "city_app", "kind": "answer",
            "seq": "7", "title": "政务服务中心", "body": "您的申请已受理。", "badge": "3",
        },
    });
    assert_eq!(ours, judge.ask(&question).await["message"]);
}

#[tokio::test]
async fn dead_devices_limits_and_troubles_are_told_apart() {
    let ((jpush, cloud), to) = (stand::<Jpush>(), target(Provider::Jpush, DEVICE));
    let service = service(&cloud, &way_out::means());
    let push = async || service.push(&to, &notification("dlv_1")).await;
    let told = json!({ "error": { "code": 2002, "message": "Rate limit exceeded" } });
    let limited = || Answered::With(429, ("X-Rate-Limit-Reset", "17".to_owned()), told.clone());
    jpush.seen.change(|seen| {
        seen.instead.push_back((CID, limited()));
        seen.instead.push_back((CID, Answered::Json(200, json!({ "cidlist": [] }))));
        seen.instead.push_back((PUSH, limited()));
        seen.instead.push_back((PUSH, error(503, 1030, "timeout")));
        seen.instead.push_back((PUSH, Answered::Cut));
    });
    assert_eq!(push().await, Pushed::RateLimited(Duration::from_secs(17)));
    assert!(matches!(push().await, Pushed::Unavailable(_)), "no cid");
    assert_eq!(push().await, Pushed::RateLimited(Duration::from_secs(17)));
    for _ in 0..2 {
        let away = push().await;
        assert!(matches!(away, Pushed::Unavailable(_)), "{away:?}");
    }
    jpush.seen.change(|seen| seen.dead.insert(DEVICE.to_owned()));
    assert_eq!(push().await, Pushed::Gone { since: None });
    let shown: Vec<Value> = jpush.seen.look(|seen| seen.shown.clone());
    assert_eq!(shown, Vec::<Value>::new());
}

#[tokio::test]
async fn a_check_wakes_nobody_and_says_what_jpush_refuses() {
    let (jpush, cloud) = stand::<Jpush>();
    let findings = service(&cloud, &way_out::means()).check().await;
    assert_eq!(findings[0].passed, Passed::Yes, "{findings:?}");
    let wrong = json!({ "jpush": {
        "app_key": APP, "master_secret": "CANARY-other", "base_url": cloud.url(),
    }});
    let findings = open(&wrong, &way_out::means()).check().await;
    assert!(
        findings[0].passed == Passed::No && findings[0].detail.contains("1004"),
        "{findings:?}"
    );
    assert_eq!(jpush.seen.look(|seen| seen.calls(PUSH)), 0);
}
