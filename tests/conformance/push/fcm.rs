//! FCM: firebase-admin takes the stand-in for Google and words the same message, google-auth accepts how we
//! ask for access tokens.

use super::{RSA_KEY, RSA_PUBLIC, judge, notification, open, stand, target};
use crate::doors::way_out;
use channels::Passed;
use channels::push::{PushProvider, Pushed};
use domain::PushProvider as Provider;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tests::cloud::{Answered, Cloud};
use tests::networks::push::fcm::{Fcm, PROJECT, SEND, TOKEN, error};

const DEVICE: &str = "fGwEb_l2S-a:APA91b_CANARY-x";

fn account(cloud: &Cloud) -> Value {
    json!({
        "type": "service_account", "project_id": PROJECT, "private_key_id": "k1",
        "private_key": RSA_KEY, "client_email": "push@city-desk.iam.gserviceaccount.com",
        "client_id": "1", "token_uri": format!("{}{TOKEN}", cloud.url()),
    })
}

fn service(cloud: &Cloud) -> Arc<dyn PushProvider> {
    let account = account(cloud).to_string();
    let push = json!({ "fcm": { "base_url": cloud.url(), "service_account": account } });
    open(&push, &way_out::means())
}

#[tokio::test]
async fn googles_kit_takes_the_stand_in_for_fcm() {
    let (mut judge, (fcm, cloud)) = (judge(), stand::<Fcm>());
    fcm.seen.change(|seen| {
        seen.dead.insert("gone".to_owned());
        let other = error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH");
        let limited = error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
        seen.instead.extend([(SEND, other), (SEND, limited)]);
    });
    let tokens = ["a", "b", "here", "gone"];
    let question = json!({
        "do": "fcm", "url": cloud.url(), "account": account(&cloud), "tokens": tokens,
    });
    let said = judge.ask(&question).await["said"].clone();
    let sent = format!("projects/{PROJECT}/messages/0:1");
    let expected = ["SenderIdMismatchError", "QuotaExceededError", &sent, "UnregisteredError"];
    assert_eq!(said, json!(expected));
    // It asks for access as we do.
    let form = fcm.seen.look(|seen| String::from_utf8(seen.asked[0].body.clone()).unwrap());
    assert!(form.contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"));
}

#[tokio::test]
async fn access_is_asked_for_once_as_google_wants_it_and_anew_when_it_is_refused() {
    let (mut judge, (fcm, cloud)) = (judge(), stand::<Fcm>());
    let (service, to) = (service(&cloud), target(Provider::Fcm, DEVICE));
    assert_eq!(service.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    assert_eq!(service.push(&to, &notification("dlv_2")).await, Pushed::Sent);
    assert_eq!(fcm.seen.look(|seen| (seen.calls(TOKEN), seen.shown.len())), (1, 2));

    let form = fcm.seen.look(|seen| String::from_utf8(seen.asked[0].body.clone()).unwrap());
    let jwt = form.split("assertion=").nth(1).unwrap();
    let audience = format!("{}{TOKEN}", cloud.url());
    let question = json!({
        "do": "assertion", "jwt": jwt, "public": RSA_PUBLIC, "audience": audience,
    });
    let said = judge.ask(&question).await;
    assert_eq!(said["head"], json!({ "typ": "JWT", "alg": "RS256", "kid": "k1" }));
    let claims = &said["claims"];
    assert_eq!(claims["iss"], "push@city-desk.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/firebase.messaging");

    fcm.seen.change(|seen| seen.is_revoked = true);
    assert_eq!(service.push(&to, &notification("dlv_3")).await, Pushed::Sent);
    assert_eq!(fcm.seen.look(|seen| (seen.calls(TOKEN), seen.shown.len())), (2, 3));
    // Refused with a new one too, it is a person's business.
    fcm.seen.change(|seen| {
        let refused = || json!({ "error": { "status": "UNAUTHENTICATED", "message": "no" } });
        seen.instead.extend([
            (SEND, Answered::Json(401, refused())),
            (SEND, Answered::Json(401, refused())),
        ]);
    });
    let refused = service.push(&to, &notification("dlv_4")).await;
    assert!(matches!(refused, Pushed::Rejected(_)), "{refused:?}");
}

#[tokio::test]
async fn googles_kit_words_the_same_message() {
    let (mut judge, (fcm, cloud)) = (judge(), stand::<Fcm>());
    let to = target(Provider::Fcm, DEVICE);
    assert_eq!(service(&cloud).push(&to, &notification("dlv_1")).await, Pushed::Sent);
    let ours = fcm.seen.look(|seen| seen.shown[0].clone());
    let question = json!({
        "do": "fcm_message", "token": DEVICE,
        "notification": { "title": "政务服务中心", "body": "您的申请已受理。" },
        "data": {
            "id": "dlv_1", "conversation": "conv_01jc", "channel": "city_app", "kind": "answer",
            "seq": "7", "title": "政务服务中心", "body": "您的申请已受理。", "badge": "3",
        },
        "android": {
            "collapse_key": "conv_01jc", "priority": "high", "ttl": 3_600, "tag": "conv_01jc",
            "badge": 3,
        },
    });
    let mut theirs = judge.ask(&question).await["message"].clone();
    // Google's own kit writes the enum in small letters; the REST reference names `HIGH`, both are taken.
    theirs["android"]["priority"] = "HIGH".into();
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn dead_devices_limits_and_troubles_are_told_apart() {
    let ((fcm, cloud), to) = (stand::<Fcm>(), target(Provider::Fcm, DEVICE));
    let service = service(&cloud);
    fcm.seen.change(|seen| {
        let limited = ("Retry-After", "17".to_owned());
        seen.instead.push_back((SEND, Answered::With(429, limited, Value::Null)));
        seen.instead.push_back((SEND, error(500, "INTERNAL", "INTERNAL")));
        seen.instead.push_back((SEND, Answered::Cut));
    });
    let limited = service.push(&to, &notification("dlv_1")).await;
    assert_eq!(limited, Pushed::RateLimited(Duration::from_secs(17)));
    for _ in 0..2 {
        let away = service.push(&to, &notification("dlv_1")).await;
        assert!(matches!(away, Pushed::Unavailable(_)), "{away:?}");
    }
    fcm.seen.change(|seen| seen.dead.insert(DEVICE.to_owned()));
    let gone = service.push(&to, &notification("dlv_1")).await;
    assert_eq!(gone, Pushed::Gone { since: None });
    assert_eq!(fcm.seen.look(|seen| seen.shown.len()), 0);
}

#[tokio::test]
async fn a_check_wakes_nobody_and_says_what_google_refuses() {
    let (fcm, cloud) = stand::<Fcm>();
    let findings = service(&cloud).check().await;
    assert!(findings.iter().all(|finding| finding.passed == Passed::Yes), "{findings:?}");
    assert_eq!(fcm.seen.look(|seen| (seen.shown.len(), seen.calls(SEND))), (0, 1));
    let refused =
        json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." });
    fcm.seen.change(|seen| seen.instead.push_back((TOKEN, Answered::Json(400, refused))));
    let findings = service(&cloud).check().await;
    assert!(findings[0].passed == Passed::No && findings[0].detail.contains("Invalid JWT"));
    let denied = json!({ "error": { "status": "PERMISSION_DENIED", "message": "no API" } });
    fcm.seen.change(|seen| seen.instead.push_back((SEND, Answered::Json(403, denied))));
    let findings = service(&cloud).check().await;
    assert_eq!(findings[1].passed, Passed::No, "{findings:?}");
}
