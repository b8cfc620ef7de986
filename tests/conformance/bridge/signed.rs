//! Signatures, both ways, and what each answer means.

use super::desk::{Desk, PREVIOUS, SECRET, adapter, command, library};
use crate::everyone::says;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::{Action, AdapterError, ChannelAdapter as _, Outcome, Passed};
use reqwest::Client;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tests::http_server::{Asked, Told};
use tests::peer::Peer;

#[expect(clippy::disallowed_methods, reason = "a signature is of this time")]
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

async fn signature(library: &mut Peer, secret: &str, time: i64, content: &str) -> String {
    let content = STANDARD.encode(content);
    let question =
        json!({ "do": "sign", "secret": secret, "id": "msg_1", "time": time, "content": content });
    library.ask(&question).await["signature"].as_str().unwrap().to_owned()
}

async fn verifies(library: &mut Peer, secret: &str, asked: &Asked, content: &[u8]) -> bool {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = names.map(|name| (name.to_owned(), json!(asked.header(name))));
    let headers: serde_json::Map<String, Value> = headers.into_iter().collect();
    let question = json!({
        "do": "verify", "secret": secret, "headers": headers, "content": STANDARD.encode(content),
    });
    library.ask(&question).await["verified"].as_bool().unwrap()
}

/// Posts an event as a bridge does; the status and what was answered.
async fn post(desk: &Desk, (time, signature): (i64, &str), body: &str) -> (u16, Value) {
    let request = Client::new()
        .post(format!("{}/events", desk.hosted.url("bridge")))
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", time.to_string())
        .header("webhook-signature", signature)
        .body(body.to_owned());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn what_the_library_signs_is_taken_and_nothing_else() {
    let (desk, mut library) = (Desk::open(), library());
    let event = json!({
        "type": "message", "id": "m1", "conversation": "c1", "text": "打印机坏了",
        "sender": { "id": "u-17", "name": "李明" },
    });
    let body = event.to_string();
    for secret in [SECRET, PREVIOUS] {
        let signed = signature(&mut library, secret, now(), &body).await;
        let (status, told) = post(&desk, (now(), &signed), &body).await;
        assert_eq!((status, &told["result"]), (200, &json!("taken")));
    }
    assert_eq!(desk.behind.now(), ["打印机坏了"]);
    desk.behind.taken.look(|taken| assert_eq!(taken.again, ["m1"]));

    let good = signature(&mut library, SECRET, now(), &body).await;
    let stranger = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let strange = signature(&mut library, stranger, now(), &body).await;
    let old = signature(&mut library, SECRET, now() - 301, &body).await;
    let new = signature(&mut library, SECRET, now() + 302, &body).await;
    let other = body.replace("m1", "m2");
    let refused = [
        ((now(), strange.as_str()), &body),
        ((now() - 301, old.as_str()), &body),
        ((now() + 302, new.as_str()), &body),
        ((now() - 5, good.as_str()), &body),
        ((now(), good.as_str()), &other),
        ((now(), ""), &body),
        ((now(), "v1,"), &body),
    ];
    for (signed, body) in refused {
        assert_eq!(post(&desk, signed, body).await.0, 403, "{signed:?}");
    }
    // What is signed and damaged: no JSON is a fixed answer, a wrong field is told to its author.
    for (damaged, expected) in [("{", 400), ("7", 422), (r#"{"type": "message", "id": "m3"}"#, 422)]
    {
        let signed = signature(&mut library, SECRET, now(), damaged).await;
        let (status, told) = post(&desk, (now(), &signed), damaged).await;
        assert_eq!(status, expected, "{damaged}: {told}");
    }
    // And what we sent ourselves is not taken for the bridge's.
    desk.adapter.deliver(&command("dlv_1", says("hello"))).await;
    let own = desk.last();
    let own_body = String::from_utf8(own.body.to_vec()).unwrap();
    let signed = signature(&mut library, SECRET, now(), &own_body).await;
    assert_eq!(post(&desk, (now(), &signed), &own_body).await.0, 422);
    assert_eq!(desk.behind.taken.look(|taken| taken.accepted.len()), 1);
}

#[tokio::test]
async fn what_we_sign_the_library_verifies() {
    let (desk, mut library) = (Desk::open(), library());
    let outcome = desk.adapter.deliver(&command("dlv_1", says("您好"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-1".to_owned()]));
    let asked = desk.last();
    assert_eq!((asked.method.as_str(), asked.path()), ("POST", "/hutong"));
    assert_eq!(asked.header("webhook-id"), "dlv_1");
    for secret in [SECRET, PREVIOUS] {
        assert!(verifies(&mut library, secret, &asked, &asked.body).await);
    }
    let stranger = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(!verifies(&mut library, stranger, &asked, &asked.body).await);
    let mut altered = asked.body.to_vec();
    *altered.last_mut().unwrap() = b' ';
    assert!(!verifies(&mut library, SECRET, &asked, &altered).await);

    // A file is fetched with a signature over its path and query.
    let file = format!("{}/hutong/files/a%20b?key=1", desk.server.url());
    desk.bridge.answers(Some(Told { status: 200, headers: Vec::new(), body: "步骤".into() }));
    assert_eq!(desk.adapter.fetch_media(&file, 100).await.unwrap(), "步骤".as_bytes());
    let asked = desk.last();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", "/hutong/files/a%20b?key=1")
    );
    assert!(verifies(&mut library, SECRET, &asked, asked.target.as_bytes()).await);
    desk.bridge.answers(Some(Told { status: 200, headers: Vec::new(), body: "步骤".into() }));
    let large = desk.adapter.fetch_media(&file, 5).await;
    assert!(matches!(large, Err(AdapterError::Malformed(_))), "{large:?}");
    let elsewhere = format!("{}/admin", desk.server.url());
    let elsewhere = desk.adapter.fetch_media(&elsewhere, 100).await;
    assert!(matches!(elsewhere, Err(AdapterError::Malformed(_))), "{elsewhere:?}");
}

#[tokio::test]
async fn each_answer_says_what_to_do_next() {
    let desk = Desk::open();
    let told = |status: u16, body: Value| Some(Told::json(status, &body));
    let mut pause = told(429, json!({})).unwrap();
    pause.headers.push(("Retry-After", "7".to_owned()));
    let sent = |id: &str| Outcome::Sent(vec![id.to_owned()]);
    let rejected = |why: &str| Outcome::Rejected(why.to_owned());
    let unavailable = |status: u16| Outcome::Unavailable(format!("the bridge says HTTP {status}"));
    let cases = [
        (told(200, json!({ "ids": ["x-1"] })), sent("x-1")),
        (told(200, json!({})), sent("dlv_1")),
        (told(204, json!("")), sent("dlv_1")),
        (told(409, json!({ "ids": ["x-1"] })), sent("x-1")),
        (told(409, json!({})), sent("dlv_1")),
        (told(410, json!({})), Outcome::RecipientGone),
        (told(422, json!({ "reason": "too rude" })), rejected("too rude")),
        (told(422, json!({})), rejected("the bridge says HTTP 422")),
        (told(423, json!({})), Outcome::WindowClosed),
        (Some(pause), Outcome::RateLimited(Duration::from_secs(7))),
        (told(429, json!({})), Outcome::RateLimited(Duration::from_secs(30))),
        (told(401, json!({})), rejected("the bridge does not take our signature")),
        (told(302, json!({})), rejected("the bridge says HTTP 302; redirects are not followed")),
        (told(404, json!({})), unavailable(404)),
        (told(500, json!({})), unavailable(500)),
        (told(503, json!({})), unavailable(503)),
    ];
    for (answer, expected) in cases {
        desk.bridge.answers(answer);
        assert_eq!(desk.adapter.deliver(&command("dlv_1", says("hello"))).await, expected);
    }
    desk.bridge.answers(None);
    let outcome = desk.adapter.deliver(&command("dlv_1", says("hello"))).await;
    assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    // What the settings do not name is not asked.
    let bare = adapter(json!({ "url": format!("{}/hutong", desk.server.url()), "secret": SECRET }));
    let count = desk.bridge.asked.lock().unwrap().len();
    assert_eq!(bare.deliver(&command("dlv_2", Action::Typing)).await, Outcome::Sent(Vec::new()));
    let delete = Action::Delete { external_id: "m1".to_owned() };
    let outcome = bare.deliver(&command("dlv_3", delete)).await;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(desk.bridge.asked.lock().unwrap().len(), count);
}

#[tokio::test]
async fn a_check_says_which_way_is_open() {
    let desk = Desk::open();
    let passed = async || {
        let findings = desk.adapter.check().await;
        findings.into_iter().map(|found| (found.point, found.passed)).collect::<Vec<_>>()
    };
    let point = |point: &str, passed| (point.to_owned(), passed);
    let half = [
        point("connection", Passed::Yes),
        point("credentials", Passed::Yes),
        point("callback", Passed::Unknown),
    ];
    assert_eq!(passed().await, half);
    desk.bridge.answers(Some(Told::json(401, &json!({}))));
    assert_eq!(passed().await[1], point("credentials", Passed::No));
    desk.bridge.answers(Some(Told::json(502, &json!({}))));
    assert_eq!(passed().await, [point("connection", Passed::No)]);
    let gone = adapter(json!({ "url": "http://127.0.0.1:1/", "secret": SECRET }));
    assert_eq!(gone.check().await[0].passed, Passed::No);
}
