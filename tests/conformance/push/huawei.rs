//! Huawei's Push Kit: a kit after Huawei's own takes the stand-in for it and words the same message.

use super::{judge, notification, open, stand, target};
use crate::doors::way_out;
use channels::Passed;
use channels::push::{PushProvider, Pushed};
use domain::PushProvider as Provider;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::cloud::{Answered, Cloud};
use tests::networks::push::huawei::{APP, Huawei, SECRET, SEND, TOKEN, says};

const DEVICE: &str = "IQAAAACy0tEjAgABrU-CANARY==";

fn settings(cloud: &Cloud, secret: &str) -> Value {
    json!({ "huawei": {
        "app_id": APP, "client_secret": secret, "base_url": cloud.url(),
        "token_url": format!("{}{TOKEN}", cloud.url()),
    }})
}

fn service(cloud: &Cloud) -> Arc<dyn PushProvider> {
    open(&settings(cloud, SECRET), &way_out::means())
}

/// What the kit is told to say.
fn words(what: &str, more: &Value) -> Value {
    let mut question = json!({
        "do": what, "app": APP, "secret": SECRET, "tag": "conv_01jc", "ttl": "3600s",
        "title": "政务服务中心", "body": "您的申请已受理。", "data": "{}",
    });
    for (key, value) in more.as_object().unwrap() {
        question[key] = value.clone();
    }
    question
}

#[tokio::test]
async fn huaweis_kit_takes_the_stand_in_for_push_kit() {
    let (mut judge, (huawei, cloud)) = (judge(), stand::<Huawei>());
    huawei.seen.change(|seen| seen.dead.insert("gone".to_owned()));
    let groups = json!([["here"], ["here", "gone"], ["gone"]]);
    let question = words("huawei", &json!({ "url": cloud.url(), "tokens": groups }));
    let said = judge.ask(&question).await["said"].clone();
    let partly = json!({ "success": 1, "failure": 1, "illegal_tokens": ["gone"] }).to_string();
    let expected = json!([
        ["80000000", "Success"],
        ["80100000", partly],
        ["80300007", "All the tokens are invalid"],
    ]);
    assert_eq!(said, expected);
    assert_eq!(huawei.seen.look(|seen| seen.calls(TOKEN)), 1);
    let more = json!({ "url": cloud.url(), "tokens": [["here"]], "secret": "other" });
    let refused = judge.try_ask(&words("huawei", &more)).await;
    assert!(refused["error"].as_str().unwrap().contains("access token"), "{refused}");
}

#[tokio::test]
async fn huaweis_kit_words_the_same_message() {
    let (mut judge, (huawei, cloud)) = (judge(), stand::<Huawei>());
    let to = target(Provider::Huawei, DEVICE);
    assert_eq!(service(&cloud).push(&to, &notification("dlv_1")).await, Pushed::Sent);
    let ours = huawei.seen.look(|seen| seen.shown[0].clone());
    let data: Value = serde_json::from_str(ours["data"].as_str().unwrap()).unwrap();
    assert_eq!((&data["id"], &data["seq"]), (&json!("dlv_1"), &json!("7")));
    let more = json!({ "token": DEVICE, "data": ours["data"] });
    let theirs = judge.ask(&words("huawei_message", &more)).await["message"].clone();
    // It writes defaults out; whatever we write stands so in its words too.
    assert_within(&ours, &theirs, "message");
}

fn assert_within(ours: &Value, theirs: &Value, path: &str) {
    match ours.as_object() {
        Some(fields) => {
            for (key, value) in fields {
                assert_within(value, &theirs[key], &format!("{path}.{key}"));
            }
        }
        None => assert_eq!(ours, theirs, "{path}"),
    }
}

#[tokio::test]
async fn access_is_asked_for_once_and_anew_when_it_is_refused() {
    let ((huawei, cloud), to) = (stand::<Huawei>(), target(Provider::Huawei, DEVICE));
    let service = service(&cloud);
    assert_eq!(service.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    assert_eq!(service.push(&to, &notification("dlv_2")).await, Pushed::Sent);
    huawei.seen.change(|seen| seen.is_revoked = true);
    assert_eq!(service.push(&to, &notification("dlv_3")).await, Pushed::Sent);
    assert_eq!(huawei.seen.look(|seen| (seen.calls(TOKEN), seen.shown.len())), (2, 3));
    // It may say so under 200, too.
    huawei.seen.change(|seen| seen.instead.push_back((SEND, says(200, "80200001", "Oauth"))));
    assert_eq!(service.push(&to, &notification("dlv_4")).await, Pushed::Sent);
    assert_eq!(huawei.seen.look(|seen| (seen.calls(TOKEN), seen.shown.len())), (3, 4));
}

#[tokio::test]
async fn dead_devices_limits_and_troubles_are_told_apart() {
    let ((huawei, cloud), to) = (stand::<Huawei>(), target(Provider::Huawei, DEVICE));
    let service = service(&cloud);
    let push = async || service.push(&to, &notification("dlv_1")).await;
    huawei.seen.change(|seen| {
        seen.instead.push_back((TOKEN, Answered::Json(500, Value::Null)));
        seen.instead.push_back((SEND, Answered::Json(503, Value::Null)));
        seen.instead.push_back((SEND, says(500, "81000001", "internal")));
        seen.instead.push_back((SEND, says(400, "80300002", "no permission")));
    });
    assert!(matches!(push().await, Pushed::Unavailable(_)), "no token");
    assert_eq!(push().await, Pushed::RateLimited(Duration::from_secs(60)));
    assert!(matches!(push().await, Pushed::Unavailable(_)));
    assert!(matches!(push().await, Pushed::Rejected(why) if why.contains("AppGallery")));
    huawei.seen.change(|seen| seen.dead.insert(DEVICE.to_owned()));
    assert_eq!(push().await, Pushed::Gone { since: None });
    assert_eq!(huawei.seen.look(|seen| seen.shown.len()), 0);
}

#[tokio::test]
async fn a_check_wakes_nobody_and_says_what_huawei_refuses() {
    let (huawei, cloud) = stand::<Huawei>();
    let findings = service(&cloud).check().await;
    assert!(findings.iter().all(|finding| finding.passed == Passed::Yes), "{findings:?}");
    let wrong = open(&settings(&cloud, "CANARY-other"), &way_out::means());
    let findings = wrong.check().await;
    assert!(findings[0].passed == Passed::No, "{findings:?}");
    assert!(findings[0].detail.contains("client_secret"), "{findings:?}");
    assert!(!format!("{findings:?}").contains("CANARY"), "{findings:?}");
    assert_eq!(huawei.seen.look(|seen| seen.shown.len()), 0);
}
