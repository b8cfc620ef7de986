//! Settings and events of a phone bridge, without a bridge.

use super::wire::Told;
use super::*;
use crate::rig::means_at;
use domain::{Audience, ChannelKind, Localized};
use proptest::prelude::*;
use serde_json::{Value, json};

fn fixture(name: &str) -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/phone_bridge");
    let text = std::fs::read_to_string(folder.join(name)).expect("a fixture");
    serde_json::from_str(&text).expect("a list")
}

fn bridge(settings: Value) -> PhoneBridge {
    let channel = Channel {
        id: "line".parse().expect("a slug"),
        name: Localized::default(),
        kind: ChannelKind::Phone,
        adapter: ADAPTER.to_owned(),
        audience: Audience::Public,
        topics: Vec::new(),
        enabled: true,
        settings,
    };
    PhoneBridge::open(&channel, &means_at(0)).expect("opens")
}

#[test]
fn every_problem_of_the_settings_is_told_and_no_secret() {
    let problems = PhoneBridgeConfig::parse(&json!({
        "url": "ftp://x", "secret": "whsec_CANARY", "previous_secret": "CANARY", "caller_id": "13800",
        "look_every_secs": 0, "fly": true,
    }))
    .expect_err("all of it is wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let keys = ["url", "secret", "previous_secret", "caller_id", "look_every_secs", "fly"];
    assert_eq!(paths, keys.map(|key| format!("settings.{key}")));
    assert!(!format!("{problems:?}").contains("CANARY"));
}

#[tokio::test]
async fn without_settings_it_says_what_is_missing() {
    let bridge = bridge(json!({}));
    assert_eq!(bridge.check().await, [Finding::no("credentials", "settings.url is missing")]);
    let (inlet, _behind) = crate::rig::inlet();
    let ended = bridge.run(inlet, CancellationToken::new()).await;
    assert!(matches!(ended, Err(AdapterError::Unavailable(_))), "{ended:?}");
}

#[test]
fn events_are_read_as_the_schema_says() {
    for value in fixture("good.json") {
        assert!(Told::read(&value).is_ok(), "{value}");
    }
    for case in fixture("bad.json") {
        assert!(Told::read(&case["event"]).is_err(), "{}", case["why"]);
    }
}

proptest! {
    #[test]
    fn no_event_crashes_the_reader(cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for value in fixture("good.json") {
            let mut bytes = value.to_string().into_bytes();
            let at = cut.index(bytes.len());
            if let Some(here) = bytes.get_mut(at) {
                *here = byte;
            }
            if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
                drop(Told::read(&value));
            }
        }
    }
}
