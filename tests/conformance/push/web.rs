//! Web Push: web-push-testing takes it and reads it, http-ece decrypts it, py-vapid knows us.

use super::{EC_KEY, judge, notification, open, script, stand, target};
use crate::doors::way_out;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use channels::push::{Notification, PushProvider, PushSettings, Pushed, Urgency};
use domain::PushProvider::WebPush;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tests::cloud::{Answered, Asked, Cloud};
use tests::networks::push::web::Web;
use tests::peer::Peer;
use tests::peers;
use tokio::process::Command;

const SUBJECT: &str = "mailto:desk@city.cn";

fn settings() -> Value {
    json!({ "web_push": { "subject": SUBJECT, "private_key": EC_KEY } })
}

fn service() -> Arc<dyn PushProvider> {
    open(&settings(), &way_out::means())
}

fn public_key() -> String {
    let settings = PushSettings::of(&json!({ "push": settings() })).unwrap().unwrap();
    settings.web_push_key().unwrap()
}

/// A subscription of the judge's, at a path of a service.
async fn subscribed(judge: &mut Peer, cloud: &Cloud, path: &str) -> String {
    let mut subscription = judge.ask(&json!({ "do": "subscribe" })).await;
    subscription["endpoint"] = format!("{}{path}", cloud.url()).into();
    subscription.to_string()
}

/// What the judge reads in a request.
async fn read(judge: &mut Peer, asked: &Asked) -> Value {
    let authorization = asked.headers.get("authorization").unwrap();
    let body = URL_SAFE_NO_PAD.encode(&asked.body);
    judge.ask(&json!({ "do": "read", "body": body, "authorization": authorization })).await
}

#[tokio::test]
async fn a_service_that_others_wrote_takes_and_reads_it_until_the_browser_is_gone() {
    let mut node = Command::new("node");
    node.arg(script("browser.cjs")).env("NODE_PATH", peers::packages("push"));
    let mut browser = Peer::start("web-push-testing", &mut node);
    let subscription = browser.ask(&json!({ "do": "subscribe", "key": public_key() })).await;
    let hash = subscription["clientHash"].clone();
    let (service, to) = (service(), target(WebPush, &subscription.to_string()));
    assert_eq!(service.admit(&to.token), Ok(()));

    assert_eq!(service.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    assert_eq!(service.push(&to, &notification("dlv_2")).await, Pushed::Sent);
    let told = browser.ask(&json!({ "do": "read", "clientHash": hash })).await;
    let read = |place: usize| -> Value {
        serde_json::from_str(told["messages"][place].as_str().unwrap()).unwrap()
    };
    let expected = json!({
        "id": "dlv_1", "conversation": "conv_01jc", "channel": "city_app", "kind": "answer",
        "seq": 7, "title": "政务服务中心", "body": "您的申请已受理。", "badge": 3,
    });
    assert_eq!((read(0), &read(1)["id"]), (expected, &json!("dlv_2")));

    // It knows the key that it subscribed with, and no other.
    let other = json!({ "web_push": { "subject": SUBJECT, "private_key":
        "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw" } });
    let refused = open(&other, &way_out::means()).push(&to, &notification("dlv_3")).await;
    assert!(matches!(refused, Pushed::Rejected(_)), "{refused:?}");

    browser.ask(&json!({ "do": "expire", "clientHash": hash })).await;
    let gone = service.push(&to, &notification("dlv_4")).await;
    assert_eq!(gone, Pushed::Gone { since: None });
}

#[tokio::test]
async fn others_decrypt_it_know_us_and_learn_nothing_from_lengths() {
    let (mut judge, (web, cloud), service) = (judge(), stand::<Web>(), service());
    let short = Notification { body: String::new(), ..notification("dlv_1") };
    let long = Notification { body: "字\"".repeat(5_000), ..notification("dlv_2") };
    let private = Notification { urgency: Urgency::Normal, ..notification("dlv_3") };
    // UnifiedPush's distributors have queries in their endpoints (ntfy's `?up=1`).
    let to = target(WebPush, &subscribed(&mut judge, &cloud, "/upAbCd?up=1").await);
    for notification in [&short, &long, &private] {
        assert_eq!(service.push(&to, notification).await, Pushed::Sent);
    }
    let asked = web.seen.look(|seen| seen.asked.clone());
    assert_eq!((asked.len(), asked[0].query["up"].as_str()), (3, "1"));
    let mut topics = BTreeSet::new();
    for (asked, urgency) in asked.iter().zip(["high", "high", "normal"]) {
        let header = |name: &str| asked.headers[name].as_str();
        assert_eq!((header("ttl"), header("urgency")), ("3600", urgency));
        assert_eq!(header("content-type"), "application/octet-stream");
        topics.insert(header("topic").to_owned());
        let said = read(&mut judge, asked).await;
        assert_eq!((&said["signed"], &said["key"]), (&json!(true), &json!(public_key())));
        assert_eq!(
            (&said["claims"]["aud"], &said["claims"]["sub"]),
            (&json!(cloud.url()), &json!(SUBJECT))
        );
        let left = said["claims"]["exp"].as_i64().unwrap() - way_out::means().clock.now().0 / 1_000;
        assert!((39_600..=43_200).contains(&left), "{left} s");
        let plain: Value = serde_json::from_str(said["plain"].as_str().unwrap()).unwrap();
        assert_eq!(plain["conversation"], "conv_01jc");
    }
    assert_eq!(topics.len(), 1, "one conversation has one topic");
    let lengths: Vec<usize> = asked.iter().map(|asked| asked.body.len()).collect();
    assert_eq!(lengths, [1_126, 1_126, 1_126], "whatever is said");
    let tokens: BTreeSet<&str> =
        asked.iter().map(|asked| asked.headers["authorization"].as_str()).collect();
    assert_eq!(tokens.len(), 1, "a service gets one token for half a day");
}

#[tokio::test]
async fn pywebpush_makes_the_same_request() {
    let (mut judge, (web, cloud)) = (judge(), stand::<Web>());
    let words = json!({
        "do": "pushes", "endpoint": format!("{}/theirs", cloud.url()), "words": "a word",
        "subject": SUBJECT, "ttl": 3_600,
        "private_key": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    });
    assert_eq!(judge.ask(&words).await, json!({ "status": 201 }));
    let to = target(WebPush, &subscribed(&mut judge, &cloud, "/ours").await);
    assert_eq!(service().push(&to, &notification("dlv_1")).await, Pushed::Sent);
    let asked = web.seen.look(|seen| seen.asked.clone());
    for name in ["content-encoding", "ttl"] {
        assert_eq!(asked[0].headers[name], asked[1].headers[name], "{name}");
    }
    for asked in &asked {
        let said = read(&mut judge, asked).await;
        assert_eq!((&said["signed"], &said["claims"]["aud"]), (&json!(true), &json!(cloud.url())));
    }
}

#[tokio::test]
async fn a_service_in_trouble_is_tried_again_and_one_in_a_hurry_is_waited_for() {
    let (mut judge, (web, cloud), service) = (judge(), stand::<Web>(), service());
    let to = target(WebPush, &subscribed(&mut judge, &cloud, "/a").await);
    let pause = |status| Answered::With(status, ("Retry-After", "17".to_owned()), Value::Null);
    for (answered, waits) in [
        (pause(429), true),
        (pause(503), true),
        (Answered::Json(500, Value::Null), false),
        (Answered::Cut, false),
        (Answered::Bytes(vec![b'x'; 20_000]), false),
    ] {
        web.seen.change(|seen| seen.instead.push_back(("/a", answered)));
        let pushed = service.push(&to, &notification("dlv_1")).await;
        let is_so = match &pushed {
            Pushed::RateLimited(pause) => waits && *pause == Duration::from_secs(17),
            Pushed::Unavailable(_) => !waits,
            _ => false,
        };
        assert!(is_so, "{pushed:?}");
    }
    web.seen.change(|seen| seen.dead.insert("/a".to_owned()));
    assert_eq!(service.push(&to, &notification("dlv_1")).await, Pushed::Gone { since: None });
    drop(cloud);
    let away = service.push(&to, &notification("dlv_1")).await;
    assert!(matches!(away, Pushed::Unavailable(_)), "{away:?}");
    assert!(!format!("{away:?}").contains("127.0.0.1"), "{away:?}");
}

/// A redirect would lead past what was checked.
#[tokio::test]
async fn no_redirect_is_followed() {
    let (mut judge, (web, cloud), service) = (judge(), stand::<Web>(), service());
    let to = target(WebPush, &subscribed(&mut judge, &cloud, "/a").await);
    for status in [301, 302, 307, 308] {
        let there = ("Location", format!("{}/inside", cloud.url()));
        let answered = Answered::With(status, there, Value::Null);
        web.seen.change(|seen| seen.instead.push_back(("/a", answered)));
        let pushed = service.push(&to, &notification("dlv_1")).await;
        assert!(matches!(pushed, Pushed::Rejected(_)), "{pushed:?}");
    }
    assert_eq!(web.seen.look(|seen| seen.calls("/inside")), 0);
}
