//! Settings, events and calls of a Feishu robot. What it says over the wire is tested against Feishu's
//! own SDK in `tests/conformance`.

use super::*;
use crate::inbound::{Inbound, Payload};
use crate::registry;
use crate::rig::{self, inlet};
use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use domain::Timestamp;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

const NOW: i64 = 1_792_398_605_000;
const KEY: &str = "CANARY-encrypt-key";
const TOKEN: &str = "CANARY-verification-token";

fn channel(settings: Value) -> Channel {
    let mut channel = crate::web_chat::tests::channel(settings);
    (channel.adapter, channel.kind) = (ADAPTER.to_owned(), ChannelKind::Im);
    channel
}

fn door(settings: Value) -> Feishu {
    Feishu::open(&channel(settings), &rig::means_at(NOW)).expect("opens")
}

fn http_door() -> Feishu {
    door(json!({
        "mode": "http", "app_id": "cli_9f", "app_secret": "CANARY-secret",
        "encrypt_key": KEY, "verification_token": TOKEN,
    }))
}

/// What an event came to, as the fixtures write it.
fn told(inbound: &Inbound) -> Value {
    let mut told = json!({
        "external_id": inbound.external_id,
        "conversation": inbound.external_conversation,
        "sender": inbound.sender.value,
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
        Payload::Read { external_id, .. } => told["read"] = json!(external_id),
        Payload::Deleted { external_id } => told["deleted"] = json!(external_id),
        Payload::Reaction { external_id, emoji, added } => {
            told["reaction"] = json!([external_id, emoji, added]);
        }
        other => panic!("{other:?}"),
    }
    told
}

fn read(event: &Value, locale: Locale) -> Vec<Inbound> {
    let reader = Reader {
        channel: &channel(json!({})).id,
        assurance: Assurance::Proved,
        locale,
        received_at: Timestamp(NOW),
        ours: "ou_robot",
    };
    reader.read(event)
}

fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/feishu");
    let file = std::fs::read(folder.join(name)).expect(name);
    serde_json::from_slice(&file).expect(name)
}

#[test]
fn every_kind_of_event_is_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/feishu");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let Some(stem) = name.strip_suffix(".expected.json") else { continue };
        let event = fixture(&format!("{stem}.json"));
        let found: Value = read(&event, Locale::ZhCn).iter().map(told).collect();
        assert!(found == fixture(&name), "{stem}: {found:#}");
        count += 1;
    }
    assert_eq!(count, 25);
}

#[test]
fn abroad_it_speaks_english() {
    let found = read(&fixture("location.json"), Locale::En);
    assert_eq!(told(&found[0])["text"], "[location] 市政务服务中心 (39.9, 116.4)");
    let config = FeishuConfig::parse(&json!({ "base_url": "https://open.larksuite.com/" }));
    let config = config.expect("fine");
    assert_eq!((config.locale(), &*config.base_url), (Locale::En, "https://open.larksuite.com"));
}

proptest! {
    #[test]
    fn nothing_that_arrives_makes_it_panic(
        key in "message_type|content|mentions|create_time|chat_type|message_id|chat_id",
        value in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(-1)), Just(json!([null, 3])),
            "\\PC{0,40}".prop_map(Value::from),
            Just(json!("{\"content\":[[null,{\"tag\":\"img\"}],3],\"elements\":[[[[[[[[[[1]]]]]]]]]]}")),
        ],
        kind in "text|post|image|audio|media|file|interactive|location|todo|x",
    ) {
        let mut event = fixture("post.json");
        event["event"]["message"]["message_type"] = json!(kind);
        event["event"]["message"][key] = value;
        drop(read(&event, Locale::ZhCn));
    }
}

fn sealed(event: &str) -> String {
    let iv = [7; 16];
    let sealer = Encryptor::<Aes256>::new_from_slices(&Sha256::digest(KEY), &iv).expect("a key");
    let sealed = sealer.encrypt_padded_vec::<Pkcs7>(event.as_bytes());
    json!({ "encrypt": STANDARD.encode([&iv[..], &sealed].concat()) }).to_string()
}

fn request(body: &str, headers: Vec<(&str, String)>) -> RawRequest {
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: "/v1/callbacks/city/fs".to_owned(),
        below: String::new(),
        headers: headers.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect(),
        body: body.to_owned().into(),
    }
}

fn signed(body: &str, at_ms: i64) -> RawRequest {
    let (time, nonce) = ((at_ms / 1_000).to_string(), "n0nce".to_owned());
    let digest = Sha256::digest(format!("{time}{nonce}{KEY}{body}"));
    let signature = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = vec![
        ("x-lark-request-timestamp", time),
        ("x-lark-request-nonce", nonce),
        ("x-lark-signature", signature),
    ];
    request(body, headers)
}

#[tokio::test]
async fn a_signed_and_encrypted_event_is_taken_and_a_pressed_button_answered() {
    let (inlet, behind) = inlet();
    let text = signed(&sealed(&fixture("text.json").to_string()), NOW);
    let reply = http_door().callback(&text, &inlet).await.expect("taken");
    assert_eq!(reply, RawReply::json(200, &json!({})));
    let pressed = signed(&sealed(&fixture("pressed.json").to_string()), NOW);
    let reply = http_door().callback(&pressed, &inlet).await.expect("taken");
    let toast = json!({ "toast": { "type": "success", "content": "已收到" } });
    assert_eq!(reply, RawReply::json(200, &toast));
    let taken = behind.0.lock().expect("a lock");
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|inbound| inbound.sender.assurance == Assurance::Proved));
}

#[tokio::test]
async fn a_challenge_is_answered_only_with_our_token() {
    let (inlet, behind) = inlet();
    let asks = |token: &str| {
        sealed(
            &json!({ "challenge": "ajls384kdj", "token": token, "type": "url_verification" })
                .to_string(),
        )
    };
    let reply =
        http_door().callback(&request(&asks(TOKEN), Vec::new()), &inlet).await.expect("ours");
    assert_eq!(reply, RawReply::json(200, &json!({ "challenge": "ajls384kdj" })));
    let signed = http_door().callback(&signed(&asks(TOKEN), NOW), &inlet).await.expect("ours");
    assert_eq!(signed.status, 200);
    let other = http_door().callback(&request(&asks("other"), Vec::new()), &inlet).await;
    assert!(matches!(other, Err(AdapterError::NotAuthentic)), "{other:?}");
    assert!(behind.0.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn forged_stale_damaged_and_plain_requests_reach_nobody() {
    let (inlet, behind) = inlet();
    let plain = fixture("text.json").to_string();
    let body = sealed(&plain);
    let good = signed(&body, NOW);
    let mut damaged = body.clone().into_bytes();
    damaged[40] ^= 1;
    let cut = body.split_at(60).0.to_owned();
    let mut no_time = good.clone();
    no_time.headers.remove(0);
    let forgeries = [
        request(&body, Vec::new()),
        RawRequest { body: damaged.into(), ..good.clone() },
        RawRequest { body: cut.into(), ..good.clone() },
        RawRequest { body: plain.clone().into(), ..good.clone() },
        RawRequest { method: "GET".to_owned(), ..good.clone() },
        request(&plain, Vec::new()),
        no_time,
        signed(&body, NOW - 301_000),
        signed(&body, NOW + 301_000),
        // Signed as it must be, and with another's token inside.
        signed(&sealed(&plain.replace(TOKEN, "other")), NOW),
    ];
    for (n, forged) in forgeries.iter().enumerate() {
        let answer = http_door().callback(forged, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{n}: {answer:?}");
    }
    // Signed by who knows the key, and not to be opened: every reason is one error.
    for body in ["{", "{}", r#"{"encrypt":"AAAA"}"#, r#"{"encrypt":"!"}"#, &plain, &sealed("{")] {
        let answer = http_door().callback(&signed(body, NOW), &inlet).await;
        let said = answer.expect_err("refused").to_string();
        assert_eq!(said, "what arrived cannot be read: no event");
    }
    assert!(behind.0.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn without_an_encrypt_key_the_token_is_the_proof_and_the_sender_only_claimed() {
    let (inlet, behind) = inlet();
    let door = |token: &str| {
        door(
            json!({ "mode": "http", "app_id": "cli_9f", "app_secret": "x", "verification_token": token }),
        )
    };
    let good = fixture("text.json").to_string();
    let request = |body: &str| request(body, Vec::new());
    door(TOKEN).callback(&request(&good), &inlet).await.expect("taken");
    assert_eq!(behind.0.lock().expect("a lock")[0].sender.assurance, Assurance::Claimed);
    for (token, body) in
        [("", good.clone()), (TOKEN, good.replace(TOKEN, "")), (TOKEN, "{".to_owned())]
    {
        let answer = door(token).callback(&request(&body), &inlet).await;
        assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{answer:?}");
    }
    assert_eq!(behind.0.lock().expect("a lock").len(), 1);
}

#[tokio::test]
async fn a_door_without_credentials_says_what_is_missing() {
    let door = door(json!({}));
    let findings = door.check().await;
    assert!(matches!(&*findings, [one] if one.detail.contains("app_id")), "{findings:?}");
    let (inlet, _) = inlet();
    let ran = door.run(inlet, CancellationToken::new()).await;
    assert!(matches!(ran, Err(AdapterError::Unauthorised)), "{ran:?}");
    assert!(!format!("{:?}", http_door()).contains("CANARY"));
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let settings = json!({ "mode": "udp", "app_id": 7, "base_url": "ftp://x", "colour": "red" });
    let problems = registry::problems(&channel(settings), &crate::MailReach::default());
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        ["mode", "app_id", "base_url", "colour"].map(|key| format!("settings.{key}"))
    );
}

#[test]
fn other_settings_do_not_find_the_token_that_was_kept() {
    let name = |base_url: &str, secret: &str| {
        let settings = json!({ "app_id": "cli_9f", "app_secret": secret, "base_url": base_url });
        FeishuConfig::parse(&settings).expect("settings").token_name()
    };
    let own = name("https://open.feishu.cn", "CANARY-secret");
    assert_eq!(own, name("https://open.feishu.cn/", "CANARY-secret"));
    assert_ne!(own, name("https://evil.example", "anything"));
    assert_ne!(own, name("https://open.feishu.cn", "anything"));
}
