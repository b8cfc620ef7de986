//! Callbacks by the documentation's examples, and what is no callback.

use super::*;
use crate::inbound::{Inbound, Payload};
use crate::outbound::Action;
use crate::rig::{self, inlet};
use crate::web_chat::tests::channel;
use domain::Author;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const CORP: &str = "ww1234567890abcdef";
/// The time of every test, in seconds.
const NOW: i64 = 1_800_000_000;

pub(super) fn means() -> Means {
    rig::means_at(NOW * 1_000)
}

pub(super) fn configured(adapter: &str, settings: Value) -> Channel {
    let mut channel = channel(settings);
    channel.adapter = adapter.to_owned();
    channel.kind = ChannelKind::Im;
    channel
}

fn settings() -> Value {
    json!({ "corp_id": CORP, "secret": "s", "agent_id": 1_000_002, "token": "QDG6eK", "encoding_aes_key": KEY })
}

fn door() -> WeCom {
    WeCom::open(&configured(ADAPTER, settings()), &means()).expect("opens")
}

/// A request as the network makes it, at a time in seconds.
fn request(message: &[u8], at: i64) -> RawRequest {
    let seal = door().api.account().seal.clone().expect("a seal");
    let sealed = seal.close(message, [3; 16]).expect("seals");
    let signature = seal.signature(&at.to_string(), "n1", &sealed);
    let body = format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>\
         <Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    );
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: format!(
            "/v1/callbacks/a/b?msg_signature={signature}&timestamp={at}&nonce=n1"
        ),
        below: String::new(),
        headers: Vec::new(),
        body: body.into(),
    }
}

async fn called(request: &RawRequest) -> (Result<RawReply, AdapterError>, Vec<Inbound>) {
    let (inlet, taken) = inlet();
    let reply = door().callback(request, &inlet).await;
    let taken = taken.0.lock().expect("no panic").clone();
    (reply, taken)
}

/// What was heard, as the fixtures write it.
pub(super) fn shown(inbound: &Inbound) -> Value {
    let mut shown = json!({
        "user": inbound.sender.value,
        "at": inbound.occurred_at.map(|at| at.0 / 1_000),
    });
    let more = match &inbound.payload {
        Payload::MessageNew(message) => {
            let media = message.media.iter();
            let media: Vec<Value> =
                media.map(|file| json!([file.reference, file.name, file.media_type])).collect();
            json!({ "message": message.text, "media": media })
        }
        Payload::Chosen { value } => json!({ "chosen": value }),
        Payload::Membership { joined } => json!({ "membership": joined }),
        Payload::Deleted { external_id } => json!({ "deleted": external_id }),
        Payload::DeliveryReport { command, delivered: false, reason } => {
            json!({ "report": [command, reason] })
        }
        Payload::Unsupported { what } => json!({ "unsupported": what }),
        other => json!({ "other": format!("{other:?}") }),
    };
    for (key, value) in more.as_object().expect("an object") {
        shown[key] = value.clone();
    }
    shown
}

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

#[tokio::test]
async fn every_kind_of_callback_is_read_as_expected() {
    let files = std::fs::read_dir(fixture("wecom")).expect("fixtures");
    let mut count = 0;
    for file in files.map(|file| file.expect("a file").path()) {
        if file.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        count += 1;
        let (reply, taken) = called(&request(&std::fs::read(&file).expect("a fixture"), NOW)).await;
        assert_eq!(reply.expect("answered"), RawReply::empty(), "{file:?}");
        let expected = std::fs::read(file.with_extension("expected.json")).expect("a result");
        let expected: Value = serde_json::from_slice(&expected).expect("JSON");
        let mut heard: Value = taken.first().map_or(Value::Null, shown);
        if expected.get("id").is_some() {
            heard["id"] = json!(taken[0].external_id);
        }
        assert_eq!(heard, expected, "{file:?}");
        assert!(taken.len() <= 1);
    }
    assert!(count > 15, "{count}");
}

#[tokio::test]
async fn the_same_event_has_the_same_id_and_another_has_another() {
    let click = |user: &str, time: i64, key: &str| {
        let xml = format!(
            "<xml><FromUserName>{user}</FromUserName><CreateTime>{time}</CreateTime>\
             <MsgType>event</MsgType><Event>click</Event><EventKey>{key}</EventKey></xml>"
        );
        request(xml.as_bytes(), NOW)
    };
    let id = async |request| called(&request).await.1[0].external_id.clone();
    let first = id(click("li", 1, "a")).await;
    assert_eq!(id(click("li", 1, "a")).await, first);
    for other in
        [click("wang", 1, "a"), click("li", 2, "a"), click("li", 1, "b"), click("li1", 1, "")]
    {
        assert_ne!(id(other).await, first);
    }
}

#[tokio::test]
async fn a_challenge_is_answered_with_its_echo() {
    let seal = door().api.account().seal.clone().expect("a seal");
    let echo = seal.close(b"1616140317555161061", [9; 16]).expect("seals");
    let signature = seal.signature(&NOW.to_string(), "n", &echo);
    let pairs = [
        ("msg_signature", &*signature),
        ("timestamp", &NOW.to_string()),
        ("nonce", "n"),
        ("echostr", &echo),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut request = request(b"", NOW);
    (request.method, request.body) = ("GET".to_owned(), Bytes::new());
    request.path_and_query = format!("/v1/callbacks/a/b?{query}");
    let (reply, taken) = called(&request).await;
    assert_eq!(reply.expect("answered").body, "1616140317555161061");
    assert!(taken.is_empty());
}

#[tokio::test]
async fn what_is_forged_stale_or_elsewhere_is_refused_alike_and_reaches_nobody() {
    let text = std::fs::read(fixture("wecom/text.xml")).expect("a fixture");
    let fresh = request(&text, NOW);
    let with_query =
        |query: &str| RawRequest { path_and_query: format!("/x?{query}"), ..fresh.clone() };
    let with_body = |body: &[u8]| RawRequest { body: body.to_vec().into(), ..fresh.clone() };
    let (_, query) = fresh.path_and_query.split_once('?').expect("a query");
    let bomb = b"<!DOCTYPE x [<!ENTITY a \"a\"><!ENTITY b \"&a;&a;&a;\">]><xml><Encrypt>&b;</Encrypt></xml>";
    let huge = [b"<xml><Encrypt>".as_slice(), &[b'A'; xml::BYTES_MAX]].concat();
    let cases = [
        with_query(""),
        with_query(&query.replace("msg_signature", "signature")),
        with_query(&query.replace("nonce=n1", "nonce=n2")),
        with_query(&query.replace("timestamp=", "timestamp=+")),
        with_query(&query.replace(&NOW.to_string(), "99999999999999999999")),
        with_query(&query.to_uppercase()),
        with_body(b""),
        with_body(b"{}"),
        with_body(bomb),
        with_body(&huge),
        with_body(b"<xml><Encrypt></Encrypt></xml>"),
        with_body(fresh.body.get(..fresh.body.len() - 20).expect("long")),
        request(&text, NOW - 301),
        request(&text, NOW + 301),
    ];
    for case in cases {
        let (reply, taken) = called(&case).await;
        assert!(matches!(reply, Err(AdapterError::NotAuthentic)), "{case:?}: {reply:?}");
        assert!(taken.is_empty());
    }
    assert!(called(&request(&text, NOW - 300)).await.0.is_ok());
    // Another corporation with the same token and key.
    let mut other = settings();
    other["corp_id"] = json!("ww_other");
    let other = WeCom::open(&configured(ADAPTER, other), &means()).expect("opens");
    let (inlet, _) = inlet();
    let reply = other.callback(&fresh, &inlet).await;
    assert!(matches!(reply, Err(AdapterError::NotAuthentic)), "{reply:?}");
    let below = RawRequest { below: "/more".to_owned(), ..fresh.clone() };
    assert!(matches!(called(&below).await.0, Err(AdapterError::Unsupported(_))));
    let put = RawRequest { method: "PUT".to_owned(), ..fresh };
    assert!(matches!(called(&put).await.0, Err(AdapterError::Unsupported(_))));
}

#[tokio::test]
async fn what_is_authentic_and_makes_no_sense_is_said() {
    let no_id = "<xml><FromUserName>li</FromUserName><MsgType>text</MsgType></xml>";
    for case in ["", "\u{0}", "{}", "<xml>", "<xml></xml>", no_id] {
        let (reply, taken) = called(&request(case.as_bytes(), NOW)).await;
        assert!(matches!(reply, Err(AdapterError::Malformed(_))), "{case}: {reply:?}");
        assert!(taken.is_empty());
    }
}

#[tokio::test]
async fn without_settings_it_says_what_is_missing() {
    let door = WeCom::open(&configured(ADAPTER, json!({})), &means()).expect("opens");
    let (inlet, _) = inlet();
    let reply = door.callback(&request(b"", NOW), &inlet).await;
    assert!(matches!(reply, Err(AdapterError::NotAuthentic)));
    let outcome = door.deliver(&says("hello")).await;
    assert_eq!(outcome, Outcome::Rejected("the setting `agent_id` is missing".to_owned()));
    let details: Vec<String> = door.check().await.into_iter().map(|found| found.detail).collect();
    let missing = ["`corp_id` is", "`agent_id` is", "`token` and `encoding_aes_key` are"];
    for (detail, missing) in details.iter().zip(missing) {
        assert!(detail.contains(&format!("{missing} missing")), "{detail}");
    }
}

pub(super) fn says(text: &str) -> Command {
    let (files, choices) = (Vec::new(), Vec::new());
    let action =
        Action::Send { text: text.to_owned(), files, author: Author::System, mail: None, choices };
    Command {
        id: "dlv_1".to_owned(),
        recipient: "LiMing".to_owned(),
        external_conversation: None,
        answers: None,
        action,
    }
}

#[tokio::test]
async fn too_much_for_the_network_is_refused_and_not_cut_off() {
    let outcome = door().deliver(&says(&"长".repeat(683))).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("2048")), "{outcome:?}");
}

#[tokio::test]
async fn nobody_is_written_to_faster_than_the_network_takes() {
    let means = means();
    let mut allowed = 0;
    while pace::may_send(&means, "LiMing").await.expect("a shelf") {
        allowed += 1;
    }
    assert_eq!(allowed, 16, "in a minute");
    assert!(pace::may_send(&means, "WangFang").await.expect("a shelf"), "each on their own");
}

#[test]
fn no_secret_is_shown() {
    let shown = format!("{:?}", door());
    assert!(!shown.contains(KEY) && !shown.contains("QDG6eK"), "{shown}");
}
