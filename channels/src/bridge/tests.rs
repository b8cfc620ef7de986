//! Settings, signatures and events of a bridge, without a bridge.

use super::config::BridgeConfig;
use super::wire::Event;
use super::*;
use crate::adapter::ReplyWindow;
use crate::inbound::Payload;
use crate::outbound::Action;
use crate::standard_webhooks::{Head, Key, is_authentic, signatures};
use domain::{Audience, Author, Localized};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The example of the specification.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const HEAD: Head<'static> = Head { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330" };
const CONTENT: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const NOW_MS: i64 = 1_614_265_330_000;

fn key(secret: &str) -> Key {
    Key::read(secret).expect("a key")
}

fn bridge(settings: Value) -> Bridge {
    let channel = Channel {
        id: "bridge".parse().expect("a slug"),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: ADAPTER.to_owned(),
        audience: Audience::Public,
        topics: Vec::new(),
        enabled: true,
        settings,
    };
    Bridge::open(&channel, &Means::none()).expect("opens")
}

fn configured() -> Bridge {
    bridge(json!({ "url": "https://bridge.city.example/hutong", "secret": SECRET }))
}

fn fixture(name: &str) -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bridge");
    let text = std::fs::read_to_string(folder.join(name)).expect("a fixture");
    serde_json::from_str(&text).expect("a list")
}

#[test]
fn every_problem_of_the_settings_is_told_and_no_secret() {
    let problems = BridgeConfig::parse(&json!({
        "url": "ftp://x", "secret": "whsec_CANARY", "previous_secret": "CANARY", "files": true,
        "text_bytes_max": 1, "file_bytes_max": 0, "capabilities": { "edit": "yes", "fly": true },
        "reply_window": { "hours": 0, "days": 2 },
    }))
    .expect_err("all of it is wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let keys = [
        "url",
        "files_url",
        "secret",
        "previous_secret",
        "capabilities.edit",
        "capabilities.fly",
        "text_bytes_max",
        "file_bytes_max",
        "reply_window.hours",
        "reply_window.days",
        "files",
    ];
    assert_eq!(paths, keys.map(|key| format!("settings.{key}")));
    assert!(!format!("{problems:?}").contains("CANARY"));
    assert!(!format!("{:?}", configured()).contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
}

#[test]
fn what_a_messenger_can_the_settings_say() {
    let descriptor = bridge(json!({
        "capabilities": { "files_in": false, "files_out": false, "edit": true, "choices": true },
        "reply_window": { "hours": 48, "messages_max": 5 },
    }));
    let descriptor = descriptor.descriptor();
    assert!(descriptor.capabilities.edit && descriptor.capabilities.cards);
    assert!(!descriptor.capabilities.delete && !descriptor.capabilities.media_in);
    assert_eq!((descriptor.limits.file_bytes_max, descriptor.limits.files_max), (0, 0));
    let within = std::time::Duration::from_secs(48 * 3_600);
    assert_eq!(descriptor.reply_window, ReplyWindow::After { within, messages_max: 5 });
}

#[test]
fn the_signature_is_that_of_the_specification() {
    assert_eq!(signatures(&[key(SECRET)], HEAD, CONTENT), SIGNATURE);
    let both = signatures(&[key(OTHER), key(SECRET)], HEAD, CONTENT);
    assert!(both.starts_with("v1,") && both.ends_with(&format!(" {SIGNATURE}")));
}

#[test]
fn a_signature_holds_for_its_key_its_bytes_and_its_time_only() {
    let holds = |keys: &[Key], line: &str, content: &[u8], now_ms: i64| {
        is_authentic(keys, HEAD, (line, content), now_ms)
    };
    let one = [key(SECRET)];
    assert!(holds(&one, SIGNATURE, CONTENT, NOW_MS));
    // While a key is changed there are two of them, on either side.
    assert!(holds(&[key(OTHER), key(SECRET)], SIGNATURE, CONTENT, NOW_MS));
    assert!(holds(&one, &format!("v1a,x v1,AAAA {SIGNATURE}"), CONTENT, NOW_MS));
    for now_ms in [NOW_MS - 300_000, NOW_MS + 300_000] {
        assert!(holds(&one, SIGNATURE, CONTENT, now_ms));
    }
    for now_ms in [NOW_MS - 300_001, NOW_MS + 300_001, 0, i64::MAX, i64::MIN] {
        assert!(!holds(&one, SIGNATURE, CONTENT, now_ms), "{now_ms}");
    }
    assert!(!holds(&[], SIGNATURE, CONTENT, NOW_MS), "without a key nobody is believed");
    assert!(!holds(&[key(OTHER)], SIGNATURE, CONTENT, NOW_MS));
    assert!(!holds(&one, SIGNATURE, b"{\"test\": 2432232315}", NOW_MS));
    let cut = SIGNATURE.strip_suffix("E=").expect("it ends so");
    for line in ["", "v1,", "v1", cut, &SIGNATURE.replace("v1", "v2")] {
        assert!(!holds(&one, line, CONTENT, NOW_MS), "{line}");
    }
    for timestamp in ["", "now", "1614265330.5", "99999999999999999999", "-1"] {
        let head = Head { timestamp, ..HEAD };
        let signed = signatures(&one, head, CONTENT);
        assert!(!is_authentic(&one, head, (&signed, CONTENT), NOW_MS), "{timestamp}");
    }
    let head = Head { id: "", ..HEAD };
    let signed = signatures(&one, head, CONTENT);
    assert!(!is_authentic(&one, head, (&signed, CONTENT), NOW_MS));
}

#[tokio::test]
async fn events_are_read_as_the_schema_says() {
    let bridge = configured();
    for value in fixture("good.json") {
        let event = Event::read(&value).expect("a good event");
        if !event.is_check() {
            let inbound = bridge.inbound(event).await.expect("a shelf").expect("a good event");
            assert_eq!(Some(inbound.external_id.as_str()), value["id"].as_str());
        }
    }
    for case in fixture("bad.json") {
        assert!(Event::read(&case["event"]).is_err(), "{}", case["why"]);
    }
    for case in fixture("unsafe.json") {
        let event = Event::read(&case["event"]).expect("in its form");
        assert!(bridge.inbound(event).await.expect("a shelf").is_err(), "{}", case["why"]);
    }
}

#[tokio::test]
async fn a_person_is_known_as_the_bridge_told() {
    let bridge = configured();
    let first = fixture("good.json").swap_remove(0);
    let inbound = bridge.inbound(Event::read(&first).expect("good")).await.expect("a shelf");
    let inbound = inbound.expect("good");
    assert_eq!(inbound.sender.name, "李明");
    assert_eq!(inbound.occurred_at, Some(domain::Timestamp(1_767_576_600_000)));
    assert!(
        matches!(&inbound.payload, Payload::MessageNew(message) if message.text == "打印机坏了")
    );
    let profile = bridge.profile_of("u-17").await.expect("a shelf").expect("known");
    assert_eq!(profile.departments, ["市政务服务局", "办公室"]);
    assert_eq!(profile.email.as_deref(), Some("li@city.example"));
    assert_eq!(bridge.profile_of("u-18").await.expect("a shelf"), None);
}

#[tokio::test]
async fn without_settings_it_says_what_is_missing() {
    let bridge = bridge(json!({}));
    let text = "hello".to_owned();
    let author = Author::System;
    let command = Command {
        id: "dlv_1".to_owned(),
        recipient: "u-17".to_owned(),
        external_conversation: None,
        answers: None,
        action: Action::Send { text, files: Vec::new(), author, mail: None, choices: Vec::new() },
    };
    let outcome = bridge.deliver(&command).await;
    assert_eq!(outcome, Outcome::Rejected("settings.url is missing".to_owned()));
    let findings = bridge.check().await;
    assert_eq!(findings, [Finding::no("credentials", "settings.url is missing")]);
}

proptest! {
    #[test]
    fn no_event_crashes_the_reader(
        name in prop::sample::select(vec!["good.json", "unsafe.json"]),
        cut in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for value in fixture(name) {
            let mut bytes = value.to_string().into_bytes();
            let at = cut.index(bytes.len());
            if let Some(here) = bytes.get_mut(at) {
                *here = byte;
            }
            if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                drop(Event::read(&value));
            }
        }
    }
}
