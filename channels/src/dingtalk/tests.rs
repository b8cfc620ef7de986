//! Settings, messages and calls of a DingTalk robot. What it says over the wire is tested against
//! DingTalk's own SDK in `tests/conformance`.

use super::*;
use crate::inbound::Payload;
use crate::registry;
use crate::rig::{self, inlet};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;
use std::path::Path;

const NOW: i64 = 1_792_398_605_000;
const SECRET: &str = "CANARY-client-secret";

fn channel(settings: Value) -> Channel {
    let mut channel = crate::web_chat::tests::channel(settings);
    (channel.adapter, channel.kind) = (ADAPTER.to_owned(), ChannelKind::Im);
    channel
}

fn door(settings: Value) -> DingTalk {
    DingTalk::open(&channel(settings), &rig::means_at(NOW)).expect("opens")
}

fn http_door() -> DingTalk {
    door(json!({ "mode": "http", "client_id": "dingue4", "client_secret": SECRET }))
}

/// What a message came to, as the fixtures write it.
fn told(read: &Result<inbound::Read, inbound::Skipped>) -> Value {
    let inbound = match read {
        Err(skipped) => return json!({ "skipped": format!("{skipped:?}") }),
        Ok(read) => &read.inbound,
    };
    let mut told = json!({
        "external_id": inbound.external_id,
        "conversation": inbound.external_conversation,
        "sender": inbound.sender.value,
        "name": inbound.sender.name,
        "occurred_at": inbound.occurred_at.map(|at| at.0),
    });
    match &inbound.payload {
        Payload::MessageNew(message) => {
            let media = message.media.iter();
            told["text"] = json!(message.text);
            told["media"] = media.map(|m| json!([m.reference, m.name, m.media_type])).collect();
            told["group"] = json!(message.group);
        }
        Payload::Chosen { value } => told["chosen"] = json!(value),
        Payload::Unsupported { what } => told["unsupported"] = json!(what),
        other => panic!("{other:?}"),
    }
    told
}

fn read(data: &Value) -> Result<inbound::Read, inbound::Skipped> {
    inbound::read(&channel(json!({})).id, data, Assurance::Proved, Timestamp(NOW))
}

fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dingtalk");
    let file = std::fs::read(folder.join(name)).expect(name);
    serde_json::from_slice(&file).expect(name)
}

#[test]
fn every_kind_of_message_is_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dingtalk");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let Some(stem) = name.strip_suffix(".expected.json") else { continue };
        let found = told(&read(&fixture(&format!("{stem}.json"))));
        // As maps: the order of keys says nothing.
        assert!(found == fixture(&name), "{stem}: {found:#}");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn names_and_webhooks_are_not_shown() {
    let read = read(&fixture("text.json")).unwrap_or_else(|_| panic!("it is read"));
    let shown = format!("{:?}", read.inbound.sender);
    assert!(!shown.contains("王小丽") && !shown.contains("manager4220"), "{shown}");
    let shown = format!("{:?}", http_door());
    assert!(!shown.contains("CANARY"), "{shown}");
}

proptest! {
    #[test]
    fn nothing_that_arrives_makes_it_panic(
        key in "msgtype|content|text|createAt|conversationType|sessionWebhookExpiredTime|msgId",
        value in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(-1)), Just(json!(1e300)),
            "\\PC{0,40}".prop_map(Value::from),
            Just(json!({"richText": [null, 1, {"text": 2}, {"downloadCode": ""}]})),
        ],
        kind in "text|richText|picture|audio|video|file|x",
    ) {
        let mut data = fixture("rich-text.json");
        data["msgtype"] = json!(kind);
        data[key] = value;
        drop(read(&data));
    }
}

fn signed(timestamp: i64, body: &str) -> RawRequest {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(format!("{timestamp}\n{SECRET}").as_bytes());
    let sign = STANDARD.encode(mac.finalize().into_bytes());
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: "/v1/callbacks/city/dd".to_owned(),
        below: String::new(),
        headers: vec![
            ("timestamp".to_owned(), timestamp.to_string().into()),
            ("sign".to_owned(), sign.into()),
        ],
        body: body.to_owned().into(),
    }
}

#[tokio::test]
async fn a_signed_call_is_taken_and_its_sender_only_claimed() {
    let (inlet, behind) = inlet();
    let request = signed(NOW - 1_000, &fixture("text.json").to_string());
    let reply = http_door().callback(&request, &inlet).await.expect("taken");
    assert_eq!(reply, RawReply::json(200, &json!({})));
    let taken = behind.0.lock().expect("a lock");
    assert_eq!(taken.len(), 1);
    // The signature does not cover the body.
    assert_eq!(taken[0].sender.assurance, Assurance::Claimed);
}

#[tokio::test]
async fn a_forged_stale_or_unreadable_call_reaches_nobody() {
    let (inlet, behind) = inlet();
    let body = fixture("text.json").to_string();
    let good = signed(NOW, &body);
    let mut other_time = good.clone();
    other_time.headers[0].1 = (NOW + 1).to_string().into();
    let mut other_sign = good.clone();
    other_sign.headers[1].1 = "AAAA".into();
    let get = RawRequest { method: "GET".to_owned(), ..good.clone() };
    let forgeries = [
        RawRequest { headers: Vec::new(), ..good.clone() },
        other_time,
        other_sign,
        signed(NOW - 300_001, &body),
        signed(NOW + 300_001, &body),
        get,
    ];
    for forged in forgeries {
        let answer = http_door().callback(&forged, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{answer:?}");
    }
    let answer = http_door().callback(&signed(NOW, "{"), &inlet).await;
    assert!(matches!(answer, Err(AdapterError::Malformed(_))), "{answer:?}");
    // A door without a secret takes nothing, not even what is signed with none.
    let empty = door(json!({ "mode": "http" })).callback(&good, &inlet).await;
    assert!(matches!(empty, Err(AdapterError::NotAuthentic)), "{empty:?}");
    assert!(behind.0.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn a_session_webhook_is_kept_while_it_lives_and_only_dingtalks_own() {
    let door = http_door();
    let webhook = |url: &str, until: i64| inbound::SessionWebhook {
        url: url.to_owned(),
        until: Timestamp(until),
    };
    let own = "https://oapi.dingtalk.com/robot/sendBySession?session=1";
    for (place, url, until) in [
        ("live", own, NOW + 60_000),
        ("over", own, NOW),
        ("elsewhere", "https://oapi.dingtalk.com.evil.example/x", NOW + 60_000),
        ("plain", "http://oapi.dingtalk.com/x", NOW + 60_000),
    ] {
        door.api.keep_webhook(place, &webhook(url, until)).await;
    }
    let mut found = Vec::new();
    for place in ["live", "over", "elsewhere", "plain"] {
        let name = outbound::shelf_name(place);
        found.push(door.api.means.shelf.find(&name).await.expect("a shelf"));
    }
    assert_eq!(found, [Some(own.to_owned()), None, None, None]);
}

#[tokio::test]
async fn a_door_without_credentials_says_what_is_missing() {
    let door = door(json!({}));
    let findings = door.check().await;
    assert!(matches!(&*findings, [one] if one.detail.contains("client_id")), "{findings:?}");
    let (inlet, _) = inlet();
    let ran = door.run(inlet, CancellationToken::new()).await;
    assert!(matches!(ran, Err(AdapterError::Unauthorised)), "{ran:?}");
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let settings = json!({
        "mode": "udp", "client_id": 7, "api_base_url": "ftp://x", "oapi_base_url": "https://u:p@x",
        "colour": "red",
    });
    let problems = registry::problems(&channel(settings), &crate::MailReach::default());
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let expected = ["mode", "client_id", "api_base_url", "oapi_base_url", "colour"];
    assert_eq!(paths, expected.map(|key| format!("settings.{key}")));
}

#[test]
fn a_robot_carries_only_the_files_that_dingtalk_takes() {
    let door = http_door();
    let file = |name: &str, bytes: u64| domain::FileRef {
        id: "file_1".parse().expect("an id"),
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        bytes,
        pending: false,
    };
    for name in ["指南.pdf", "照片.JPG", "表.xlsx"] {
        assert!(door.carries(&file(name, 1)), "{name}");
        assert!(!door.carries(&file(name, 21 * 1024 * 1024)), "{name} is too large");
    }
    for name in ["notes.txt", "pdf", "a.pdf.exe", ""] {
        assert!(!door.carries(&file(name, 1)), "{name}");
    }
}

#[test]
fn other_settings_do_not_find_the_token_that_was_kept() {
    let name = |key: &str, base_url: &str, secret: &str| {
        let settings = json!({ "client_id": "dingue4", "client_secret": secret, key: base_url });
        DingTalkConfig::parse(&settings).expect("settings").token_name()
    };
    let own = name("api_base_url", "https://api.dingtalk.com", SECRET);
    assert_eq!(own, name("oapi_base_url", "https://oapi.dingtalk.com", SECRET));
    assert_ne!(own, name("api_base_url", "https://evil.example", "anything"));
    assert_ne!(own, name("oapi_base_url", "https://evil.example", SECRET));
}
