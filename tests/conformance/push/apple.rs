//! Apple's service: aioapns takes the stand-in for it, which speaks HTTP/2 and checks tokens by PyJWT.

use super::{EC_KEY, EC_PUBLIC, judge, notification, open, script, target};
use crate::doors::way_out;
use channels::push::{PushProvider, Pushed};
use channels::{Means, Passed};
use domain::{Clock, PushProvider as Provider, Timestamp};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tests::cloud::{Answered, Asked, Cloud, Line, Network};
use tests::mail_server::Authority;
use tests::peer::Peer;
use tests::peers;
use tokio::process::Command;

const TEAM: &str = "DEF123GHIJ";
const KEY_ID: &str = "ABC123DEFG";
const TOPIC: &str = "cn.city.desk";
/// The milliseconds since which one device is gone.
const GONE_AT: i64 = 1_792_398_600_123;

/// The time since which tokens are dated as they are now, and a second more whenever somebody looks: no
/// test meets the end of that time.
#[derive(Debug)]
struct Ticking(AtomicI64);

impl Ticking {
    fn start() -> Self {
        let now = way_out::means().clock.now().0;
        Self(AtomicI64::new(now - now % (40 * 60 * 1_000)))
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_000, Ordering::SeqCst))
    }
}

/// The stand-in, and those who trust it.
struct Apple {
    peer: Peer,
    url: String,
    authority: Authority,
    _folder: TempDir,
}

fn device(digit: char) -> String {
    digit.to_string().repeat(64)
}

impl Apple {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::make(folder.path());
        let mut python = Command::new(peers::python());
        python.arg(script("apple.py")).arg(&authority.certificate).arg(&authority.key);
        let mut peer = Peer::start("the stand-in for Apple", &mut python);
        let url = peer.ask(&json!({ "do": "url" })).await["url"].as_str().unwrap().to_owned();
        let devices = json!({ device('a'): null, device('b'): GONE_AT });
        let takes = json!({
            "do": "take", "key_id": KEY_ID, "public": EC_PUBLIC, "team_id": TEAM, "topic": TOPIC,
            "devices": devices,
        });
        peer.ask(&takes).await;
        Self { peer, url, authority, _folder: folder }
    }

    fn means(&self) -> Means {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.authority.ca).unwrap()).unwrap();
        Means { clock: Arc::new(Ticking::start()), ..way_out::means_trusting(roots) }
    }

    fn settings(&self) -> Value {
        settings(&self.url)
    }

    fn service(&self) -> Arc<dyn PushProvider> {
        open(&self.settings(), &self.means())
    }

    async fn says(&mut self, answers: Value) {
        self.peer.ask(&json!({ "do": "say", "answers": answers })).await;
    }

    async fn asked(&mut self) -> Vec<Value> {
        self.peer.ask(&json!({ "do": "told" })).await["asked"].as_array().unwrap().clone()
    }
}

fn settings(url: &str) -> Value {
    json!({ "apns": {
        "team_id": TEAM, "key_id": KEY_ID, "private_key": EC_KEY, "topic": TOPIC, "base_url": url,
    }})
}

#[tokio::test]
async fn a_kit_of_the_community_takes_the_stand_in_for_apple() {
    let (mut judge, mut apple) = (judge(), Apple::start().await);
    let port: u16 = apple.url.rsplit(':').next().unwrap().parse().unwrap();
    apple.says(json!([[429, "TooManyRequests", null]])).await;
    let mut question = json!({
        "do": "apns", "port": port, "ca": apple.authority.ca, "key": EC_KEY, "key_id": KEY_ID,
        "team_id": TEAM, "topic": TOPIC,
        "tokens": [device('c'), device('a'), device('b'), device('c')],
    });
    let expected = json!([
        ["429", "TooManyRequests", null],
        ["200", null, null],
        ["410", "Unregistered", GONE_AT],
        ["400", "BadDeviceToken", null],
    ]);
    assert_eq!(judge.ask(&question).await["said"], expected);
    question["tokens"] = json!([device('a')]);
    question["team_id"] = "OTHERTEAM0".into();
    let refused = judge.ask(&question).await;
    assert_eq!(refused["said"], json!([["403", "InvalidProviderToken", null]]));
}

#[tokio::test]
async fn a_notification_arrives_over_http_2_with_all_that_apple_wants() {
    let mut apple = Apple::start().await;
    let (service, to) = (apple.service(), target(Provider::Apns, &device('a')));
    let before = Ticking::start().now().0 / 1_000;
    for id in ["dlv_1", "dlv_1", "dlv_2"] {
        assert_eq!(service.push(&to, &notification(id)).await, Pushed::Sent);
    }
    let asked = apple.asked().await;
    let header = |place: usize, name: &str| asked[place]["headers"][name].as_str().unwrap();
    assert!(asked.iter().all(|asked| asked["version"] == "2"), "{asked:?}");
    assert_eq!(asked[0]["path"], format!("/3/device/{}", device('a')));
    assert_eq!(
        [header(0, "apns-priority"), header(0, "apns-push-type"), header(0, "apns-topic")],
        ["10", "alert", TOPIC]
    );
    assert_eq!(header(0, "apns-collapse-id"), "conv_01jc");
    let expires: i64 = header(0, "apns-expiration").parse().unwrap();
    assert!((3_600..3_660).contains(&(expires - before)), "{expires}");
    // The same is the same to Apple, and another is another.
    assert_eq!(header(0, "apns-id"), header(1, "apns-id"));
    assert_ne!(header(0, "apns-id"), header(2, "apns-id"));
    // One token, however often it pushes.
    assert_eq!(header(0, "authorization"), header(2, "authorization"));
    let body = json!({
        "id": "dlv_1", "conversation": "conv_01jc", "channel": "city_app", "kind": "answer",
        "seq": "7", "title": "政务服务中心", "body": "您的申请已受理。", "badge": "3",
        "aps": {
            "alert": { "title": "政务服务中心", "body": "您的申请已受理。" },
            "badge": 3, "sound": "default", "thread-id": "conv_01jc",
        },
    });
    assert_eq!(asked[0]["body"], body);
}

#[tokio::test]
async fn channels_of_one_key_have_one_token() {
    let (mut apple, to) = (Apple::start().await, target(Provider::Apns, &device('a')));
    // Each with a shelf of its own.
    for id in ["dlv_1", "dlv_2"] {
        assert_eq!(apple.service().push(&to, &notification(id)).await, Pushed::Sent);
    }
    let asked = apple.asked().await;
    let token = |place: usize| asked[place]["headers"]["authorization"].as_str().unwrap();
    assert_eq!(token(0), token(1));
}

#[tokio::test]
async fn gateways_share_one_token_and_renew_it_once() {
    let mut apple = Apple::start().await;
    let (means, to) = (apple.means(), target(Provider::Apns, &device('a')));
    let (one, other) = (open(&apple.settings(), &means), open(&apple.settings(), &means));
    assert_eq!(one.push(&to, &notification("dlv_1")).await, Pushed::Sent);
    assert_eq!(other.push(&to, &notification("dlv_2")).await, Pushed::Sent);
    apple.says(json!([[403, "ExpiredProviderToken", null]])).await;
    assert_eq!(one.push(&to, &notification("dlv_3")).await, Pushed::Sent);
    assert_eq!(other.push(&to, &notification("dlv_4")).await, Pushed::Sent);
    let tokens: Vec<String> = apple
        .asked()
        .await
        .iter()
        .map(|asked| asked["headers"]["authorization"].to_string())
        .collect();
    assert!(tokens.len() == 5 && tokens[0] == tokens[1] && tokens[1] == tokens[2], "{tokens:?}");
    assert!(tokens[3] == tokens[4] && tokens[3] != tokens[0], "{tokens:?}");
    // Refused again and again, it is a person's business.
    let expired = json!([403, "ExpiredProviderToken", null]);
    apple.says(json!([expired, expired])).await;
    let refused = one.push(&to, &notification("dlv_5")).await;
    assert!(matches!(&refused, Pushed::Rejected(why) if why.contains("clock")), "{refused:?}");
}

#[tokio::test]
async fn dead_devices_limits_and_troubles_are_told_apart() {
    let mut apple = Apple::start().await;
    let service = apple.service();
    let push = async |digit: char| {
        service.push(&target(Provider::Apns, &device(digit)), &notification("dlv_1")).await
    };
    assert_eq!(push('b').await, Pushed::Gone { since: Some(Timestamp(GONE_AT)) });
    assert_eq!(push('c').await, Pushed::Gone { since: None });
    let troubles = json!([
        [429, "TooManyProviderTokenUpdates", null],
        [503, "Shutdown", null],
        [400, "DeviceTokenNotForTopic", null],
    ]);
    apple.says(troubles).await;
    assert_eq!(push('a').await, Pushed::RateLimited(Duration::from_secs(1_200)));
    assert!(matches!(push('a').await, Pushed::Unavailable(_)));
    let refused = push('a').await;
    assert!(matches!(&refused, Pushed::Rejected(why) if why.contains("topic")), "{refused:?}");
}

#[tokio::test]
async fn a_check_wakes_nobody_and_says_what_apple_refuses() {
    let mut apple = Apple::start().await;
    let findings = apple.service().check().await;
    assert!(findings.iter().all(|finding| finding.passed == Passed::Yes), "{findings:?}");
    let mut settings = apple.settings();
    settings["apns"]["key_id"] = "OTHERKEY00".into();
    let findings = open(&settings, &apple.means()).check().await;
    assert!(findings[0].passed == Passed::No, "{findings:?}");
    assert!(findings[0].detail.contains("InvalidProviderToken"), "{findings:?}");
    assert_eq!(apple.asked().await.len(), 2);
}

/// A server of HTTP/1.1, which Apple's is not.
#[derive(Debug, Default)]
struct Old;

impl Network for Old {
    fn answer(&self, _asked: &Asked) -> Answered {
        Answered::Json(200, Value::Null)
    }
    fn talk(&self, _asked: Asked, _line: Line) -> futures_util::future::BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

#[tokio::test]
async fn nothing_is_taken_for_sent_that_went_over_http_1() {
    let old = Cloud::start(|_| Arc::new(Old));
    let service = open(&settings(&old.url()), &way_out::means());
    let pushed = service.push(&target(Provider::Apns, &device('a')), &notification("dlv_1")).await;
    assert!(matches!(pushed, Pushed::Unavailable(_)), "{pushed:?}");
}
