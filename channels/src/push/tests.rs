//! Settings and secrets of push, and what the tests of every service share.

use super::*;
use crate::Means;
use crate::http::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

/// The VAPID key of RFC 8291's sender, as 32 bytes in base64url.
pub(super) const RAW_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
/// Its public key.
const PUBLIC_KEY: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
/// Another one, as PEM; made for the tests (`openssl genpkey`).
pub(super) const P8_KEY: &str = include_str!("../../fixtures/push/ec_p8.pem");
/// The same, as `openssl ec` writes it.
const SEC1_KEY: &str = include_str!("../../fixtures/push/ec_sec1.pem");
/// An RSA key that was made for the tests.
pub(super) const RSA_KEY: &str = include_str!("../../fixtures/push/rsa.pem");

/// A notification of seven words, three of them unread.
pub(super) fn notification() -> Notification {
    Notification {
        id: "dlv_01jd".to_owned(),
        conversation: "conv_01jc".parse().unwrap(),
        channel: "city_app".parse().unwrap(),
        kind: NotificationKind::Answer,
        seq: 7,
        title: "政务服务中心".to_owned(),
        body: "您的申请已受理。".to_owned(),
        badge: 3,
        ttl: Duration::from_secs(3_600),
        urgency: Urgency::High,
    }
}

/// The same with more words than anybody reads.
pub(super) fn long_notification() -> Notification {
    let (title, body) = ("\"\\字".repeat(2_000), "😀\"\n".repeat(2_000));
    let conversation = format!("conv_{}", "z".repeat(59)).parse().unwrap();
    Notification {
        id: "d".repeat(64),
        conversation,
        title,
        body,
        badge: u32::MAX,
        seq: u64::MAX,
        ..notification()
    }
}

/// An answer of a service.
pub(super) fn answer(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Answer {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    Answer { status, headers, body: body.to_string().into() }
}

/// What a row of a table expects: an outcome, or the words of a refusal or a trouble that must be said.
#[derive(Debug)]
pub(super) enum Then {
    Sent,
    Pause(u64),
    Away(&'static str),
    Gone(Option<i64>),
    Refused(&'static str),
}

/// Did it come out so?
pub(super) fn assert_came(pushed: &Pushed, then: &Then, row: &dyn fmt::Debug) {
    let is_so = match (pushed, then) {
        (Pushed::Sent, Then::Sent) => true,
        (Pushed::RateLimited(pause), Then::Pause(secs)) => *pause == Duration::from_secs(*secs),
        (Pushed::Unavailable(why), Then::Away(words)) => why.contains(words),
        (Pushed::Rejected(why), Then::Refused(words)) => why.contains(words),
        (Pushed::Gone { since }, Then::Gone(at)) => since.map(|since| since.0) == *at,
        _ => false,
    };
    assert!(is_so, "{row:?}: {pushed:?}, not {then:?}");
    assert!(!format!("{pushed:?}").contains("CANARY"), "{row:?} shows the token: {pushed:?}");
}

/// A service account, with these fields laid over it.
pub(super) fn service_account(over: Value) -> String {
    let mut file = json!({
        "type": "service_account",
        "project_id": "city-desk",
        "private_key_id": "k1",
        "private_key": RSA_KEY,
        "client_email": "push@city-desk.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    for (key, value) in over.as_object().into_iter().flatten() {
        file[key] = value.clone();
    }
    file.to_string()
}

/// Settings with every service.
pub(super) fn everything() -> Value {
    json!({ "push": {
        "web_push": { "subject": "mailto:desk@city.cn", "private_key": RAW_KEY },
        "fcm": { "service_account": service_account(json!({})) },
        "apns": { "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "private_key": P8_KEY, "topic": "cn.city.desk" },
        "jpush": { "app_key": "7d431e42dfa6a6d693ac2d04", "master_secret": "5e987ac6d2e04d95a9d8f0d1" },
        "huawei": { "app_id": "100123456", "client_secret": "CANARY-client-secret" },
    }})
}

fn problems(settings: Value) -> Vec<(String, String)> {
    let problems = PushSettings::of(&settings).expect_err("must be refused");
    problems.into_iter().map(|problem| (problem.path, problem.problem)).collect()
}

#[test]
fn without_push_there_is_none_and_an_empty_one_has_defaults() {
    assert_eq!(PushSettings::of(&json!({})), Ok(None));
    assert_eq!(PushSettings::of(&json!({ "push": null })), Ok(None));
    let settings = PushSettings::of(&json!({ "push": {} })).unwrap().unwrap();
    assert_eq!(
        (settings.after, settings.ttl),
        (Duration::from_secs(2), Duration::from_secs(86_400))
    );
    assert!(!settings.private);
    assert_eq!(settings.providers(), []);
    assert_eq!(settings.web_push_key(), None);
}

#[test]
fn every_service_opens_in_its_order() {
    let settings = PushSettings::of(&everything()).unwrap().unwrap();
    assert_eq!(settings.providers(), Provider::ALL);
    let opened = settings.open(&Means::none());
    let opened: Vec<Provider> = opened.iter().map(|service| service.provider()).collect();
    assert_eq!(opened, Provider::ALL);
    assert_eq!(settings.web_push_key().as_deref(), Some(PUBLIC_KEY));
}

#[test]
fn keys_are_read_as_every_tool_writes_them() {
    let key = |text: &str| {
        let settings = json!({ "push": { "web_push": {
            "subject": "https://city.cn/contact", "private_key": text,
        }}});
        PushSettings::of(&settings).unwrap().unwrap().web_push_key().unwrap()
    };
    assert_eq!(key(RAW_KEY), key(&format!("{RAW_KEY}=")));
    assert_eq!(key(P8_KEY), key(SEC1_KEY));
    assert_eq!(key(P8_KEY), key(&format!("\n{}\r\n", P8_KEY.replace('\n', "\r\n"))));
    assert_eq!(URL_SAFE_NO_PAD.decode(key(P8_KEY)).unwrap().len(), 65);
}

#[test]
fn secrets_may_be_missing_and_nothing_else() {
    let settings = json!({ "push": {
        "web_push": { "subject": "mailto:desk@city.cn" },
        "fcm": {},
        "apns": { "team_id": "T", "key_id": "K", "topic": "cn.city" },
        "jpush": { "app_key": "7d43" },
        "huawei": { "app_id": "1" },
    }});
    assert_eq!(PushSettings::of(&settings).unwrap().unwrap().providers(), Provider::ALL);
    let settings = json!({ "push": { "web_push": {}, "apns": {}, "jpush": {}, "huawei": {} } });
    let expected = [
        ("settings.push.web_push.subject", "must be `mailto:…`"),
        ("settings.push.apns.team_id", "must be set"),
        ("settings.push.apns.key_id", "must be set"),
        ("settings.push.apns.topic", "must be set"),
        ("settings.push.jpush.app_key", "must be set"),
        ("settings.push.huawei.app_id", "must be set"),
    ];
    let found = problems(settings);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((path, problem), (expected_path, words)) in found.iter().zip(expected) {
        assert!(path == expected_path && problem.contains(words), "{path}: {problem}");
    }
}

#[test]
fn bad_settings_are_named_each_with_its_path_and_without_the_secret() {
    let secret = "CANARY-not-a-key";
    let with = |service: &str, key: &str, value: Value| {
        let mut settings = everything();
        settings["push"][service][key] = value;
        let found = problems(settings);
        assert_eq!(found.len(), 1, "{service} {key}: {found:?}");
        assert_eq!(found[0].0, format!("settings.push.{service}.{key}"));
        assert!(!found[0].1.contains("CANARY"), "{found:?}");
    };
    for subject in ["desk@city.cn", "mailto:", "mailto:a@b c", "http://city.cn", "https://"] {
        with("web_push", "subject", json!(subject));
    }
    for key in [secret, "AAAA", RSA_KEY, "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END"] {
        with("web_push", "private_key", json!(key));
        with("apns", "private_key", json!(key));
    }
    // Zero is no private key on any curve.
    with("web_push", "private_key", json!("A".repeat(43)));
    with("fcm", "base_url", json!("ftp://x"));
    with("apns", "topic", json!("cn/city"));
    with("apns", "key_id", json!("k".repeat(257)));
    with("jpush", "app_key", json!("a:b"));
    with("jpush", "apns_production", json!("yes"));
    with("huawei", "token_url", json!("https://user:CANARY@x"));
    with("huawei", "client_secret", json!("CANARY".repeat(3_000)));
    with("huawei", "pigeon", json!(1));
    for (over, words) in [
        (json!({ "type": "authorized_user" }), "service account"),
        (json!({ "project_id": "a/../b" }), "project_id"),
        (json!({ "client_email": "CANARY" }), "client_email"),
        (json!({ "private_key": P8_KEY }), "private_key"),
        (json!({ "token_uri": "file:///etc" }), "token_uri"),
    ] {
        let mut settings = everything();
        settings["push"]["fcm"]["service_account"] = service_account(over).into();
        let found = problems(settings);
        assert!(found.len() == 1 && found[0].1.contains(words), "{found:?}");
    }
    with("fcm", "service_account", json!("{CANARY"));
    for (key, value) in [("after_secs", 601), ("ttl_secs", 59), ("ttl_secs", 28 * 86_400 + 1)] {
        let mut settings = everything();
        settings["push"][key] = json!(value);
        assert_eq!(problems(settings)[0].0, format!("settings.push.{key}"));
    }
    assert_eq!(problems(json!({ "push": 7 }))[0].0, "settings.push");
}

#[test]
fn every_secret_of_the_settings_is_known_as_one() {
    let mut settings = everything();
    for (pointer, deciding) in SECRETS {
        let secret = settings.pointer_mut(pointer).expect(pointer);
        assert!(!secret.take().as_str().unwrap().is_empty());
        for other in *deciding {
            let (service, _) = other.rsplit_once('/').unwrap();
            assert!(settings.pointer(service).is_some_and(Value::is_object), "{other}");
        }
    }
    let text = settings.to_string();
    assert!(!text.contains("PRIVATE KEY") && !text.contains("CANARY"), "{text}");
    assert!(!text.contains(RAW_KEY) && !text.contains("5e987ac6"), "{text}");
}

#[test]
fn nothing_shows_a_secret_or_a_word() {
    let settings = PushSettings::of(&everything()).unwrap().unwrap();
    let target = Target { provider: Provider::Fcm, token: Secret::new("CANARY-token") };
    let opened = settings.open(&Means::none());
    let shown = format!("{settings:?} {target:?} {opened:?} {:?}", notification());
    for hidden in ["CANARY", "5e987ac6", RAW_KEY, "政务", "受理"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
