//! Malformed, huge, replayed, unknown: a fixed clear error, and nothing changes.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tests::socket::connect;
use tests::{House, TestVisitor};
use tokio_tungstenite::tungstenite::Message;

/// No answer may show what is inside.
fn shows_no_insides(text: &str) {
    for inside in [
        "panicked",
        "src/",
        ".rs:",
        "redis",
        "Redis",
        "sqlx",
        "SELECT ",
        "FCALL",
        "RoutingError",
        "stack backtrace",
    ] {
        assert!(!text.contains(inside), "an answer shows `{inside}`: {text}");
    }
}

#[tokio::test]
async fn numbers_beyond_every_end_are_empty_pages_and_fresh_starts() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    let log = format!("/v1/conversations/{conversation}/messages");
    let beyond = ming.api().get(&format!("{log}?after_seq={}", u64::MAX)).await.ok();
    assert_eq!(beyond["messages"], json!([]), "{beyond}");
    let all = ming.api().get(&format!("{log}?before_seq={}", u64::MAX)).await.ok();
    assert!(!all["messages"].as_array().unwrap().is_empty(), "{all}");
    for cursor in ["abc", "", "1-", "-1", "1-99999999999999999999999"] {
        ming.seen().change(|seen| seen.cursor = cursor.to_owned());
        ming.connects().await;
        assert_eq!(ming.seen().look(|seen| seen.welcome["resumed"].clone()), false, "{cursor}");
    }
    house.ends_well();
}

#[tokio::test]
async fn bad_bodies_get_their_fixed_errors() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let huge = json!({ "agent": "x".repeat(400_000), "password": "p" }).to_string();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let table: Vec<(&str, Method, &str, Vec<u8>, &str)> = vec![
        ("not JSON", Method::POST, "/v1/auth/login", b"{".to_vec(), "application/json"),
        ("no body", Method::POST, "/v1/auth/login", Vec::new(), "application/json"),
        ("a list", Method::POST, "/v1/auth/login", b"[]".to_vec(), "application/json"),
        ("deep", Method::POST, "/v1/auth/login", deep.into_bytes(), "application/json"),
        (
            "an object where a text belongs",
            Method::POST,
            "/v1/auth/login",
            br#"{"agent":{"$ne":null},"password":{"$ne":null}}"#.to_vec(),
            "application/json",
        ),
        (
            "an unknown field",
            Method::POST,
            "/v1/auth/login",
            br#"{"agent":"ming","password":"p","admin":true}"#.to_vec(),
            "application/json",
        ),
        ("huge", Method::POST, "/v1/auth/login", huge.into_bytes(), "application/json"),
        (
            "not UTF-8",
            Method::POST,
            "/v1/auth/login",
            b"{\"agent\":\"\xff\xfe\"}".to_vec(),
            "application/json",
        ),
        (
            "a form",
            Method::POST,
            "/v1/auth/login",
            b"agent=ming&password=p".to_vec(),
            "application/x-www-form-urlencoded",
        ),
        (
            "NUL",
            Method::POST,
            "/v1/auth/login",
            b"{\"agent\":\"mi\\u0000ng\",\"password\":\"p\"}".to_vec(),
            "application/json",
        ),
        ("no topic", Method::POST, "/v1/settings/try", b"{}".to_vec(), "application/json"),
        (
            "a bad desk",
            Method::POST,
            "/v1/settings/apply",
            br#"{"queues":[{"id":"A B"}]}"#.to_vec(),
            "application/json",
        ),
        (
            "an unknown sort",
            Method::PUT,
            "/v1/settings/nonsense/x",
            br#"{"value":{}}"#.to_vec(),
            "application/json",
        ),
    ];
    for (what, method, path, body, kind) in table {
        let answer = root.api().call(method, path, Some(body), &[("content-type", kind)]).await;
        assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
        answer.problem(answer.status);
        shows_no_insides(&String::from_utf8_lossy(&answer.bytes));
    }
}

#[tokio::test]
async fn bad_paths_and_queries_get_their_fixed_errors() {
    let mut house = House::small().await;
    let sun = house.signs_in("sun").await;
    for path in [
        "/v1/conversations/conv_{default}:events",
        "/v1/conversations/msg_1",
        "/v1/conversations/..%2f..%2fetc%2fpasswd",
        "/v1/conversations/conv_%00",
        "/v1/conversations/conv_nothing",
        "/v1/conversations/conv_nothing/messages",
        "/v1/contacts/ctc_nothing",
        "/v1/files/file_nothing",
        "/v1/agents/nobody/conversations",
        "/v1/queues/nowhere/waiting",
        "/v1/nothing/here",
        "/v1/chat/nowhere",
        "/v1/ratings?limit=-1",
        "/v1/ratings?limit=99999999999999999999",
        "/v1/ratings?before=';DROP TABLE ratings;--",
        "/v1/conversations?state=closed&limit=abc",
    ] {
        let answer = sun.api().get(&path.replace(' ', "%20").replace('\'', "%27")).await;
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        answer.problem(answer.status);
        shows_no_insides(&String::from_utf8_lossy(&answer.bytes));
    }
}

#[tokio::test]
async fn bad_visitor_frames_are_refused_and_change_nothing() {
    let mut house = House::small().await;
    let mut visitor = house.visitor().await;
    let long = "长".repeat(20_000);
    let frames: Vec<Value> = vec![
        json!({ "type": "send", "client_id": "a2", "text": "bad topic", "topic": "nowhere" }),
        json!({ "type": "send", "client_id": "a3", "text": long, "topic": "tax" }),
        json!({ "type": "send", "client_id": "a4", "text": "", "topic": "tax" }),
        json!({ "type": "send", "client_id": "", "text": "x", "topic": "tax" }),
        json!({ "type": "send", "client_id": "x".repeat(65), "text": "x", "topic": "tax" }),
        json!({ "type": "send", "client_id": "a\"b{c}", "text": "x", "topic": "tax" }),
        json!({ "type": "send", "client_id": "a5", "text": "x", "topic": "tax", "request_type": "no such" }),
        json!({ "type": "send", "client_id": "a6", "text": "x", "topic": "tax", "files": ["file_nothing"] }),
        json!({ "type": "rate", "client_id": "a7", "conversation": "conv_nothing", "grade": 5 }),
        json!({ "type": "end", "client_id": "a8" }),
    ];
    for frame in frames {
        let before = visitor.seen().look(|seen| (seen.refusals.len(), seen.answers.len()));
        visitor.sends(&frame).await;
        let refused = visitor
            .seen()
            .until(
                &format!("a refusal of {}", frame.to_string().chars().take(80).collect::<String>()),
                |seen| {
                    let id = frame["client_id"].as_str().unwrap_or_default();
                    let own =
                        seen.answers.get(id).filter(|_| seen.answers.len() > before.1).cloned();
                    own.or_else(|| {
                        (seen.refusals.len() > before.0)
                            .then(|| seen.refusals.last().cloned().unwrap())
                    })
                },
            )
            .await;
        assert_eq!(refused["type"], "refused", "{frame} → {refused}");
        assert!(refused["code"].is_string(), "{refused}");
        shows_no_insides(&refused.to_string());
    }
    let sun = house.signs_in("sun").await;
    assert_eq!(sun.api().get("/v1/queues/tax/waiting").await.ok(), json!([]));
    assert!(!visitor.is_cut_off(), "a refused word does not cut the line");
    house.ends_well();
}

#[tokio::test]
async fn frames_that_are_none_close_the_socket_with_their_code() {
    let house = House::small().await;
    for text in [
        "{",
        "null",
        "[]",
        "{}",
        r#"{"type":"base"}"#,
        r#"{"event":"base"}"#,
        r#"{"type":"presence","presence":"ready"}"#,
        r#"{"type":"send","client_id":"b","text":"x","admin":true}"#,
        r#"{"type":"hello","token":1}"#,
        "\u{0}",
    ] {
        let mut visitor = house.visitor().await;
        visitor.sends_text(text).await;
        // Each is refused with a fixed error; the socket stays or closes as a bad frame, and tells nothing.
        let told = visitor
            .seen()
            .until(&format!("an answer to {text}"), |seen| {
                let refused = seen.refusals.last().cloned();
                let answered = seen.answers.get("b").cloned();
                let ended = seen
                    .ended
                    .clone()
                    .map(|(code, reason)| json!({ "code": code, "detail": reason }));
                ended.or(refused).or(answered)
            })
            .await;
        if told["code"].is_u64() {
            assert_eq!(told["code"], 4002, "{text} → {told}");
        }
        shows_no_insides(&told.to_string());
    }
    house.ends_well();
}

#[tokio::test]
async fn nothing_is_answered_before_hello() {
    let house = House::small().await;
    let port = house.gateways[0].port();
    for path in ["/v1/socket/visitor", "/v1/socket/agent"] {
        let origin = if path.ends_with("agent") {
            format!("http://127.0.0.1:{port}")
        } else {
            tests::desk::WEBSITE.to_owned()
        };
        let mut socket = connect(port, path, Some(&origin)).await.unwrap();
        socket.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
        let mut code = None;
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Close(Some(close)) => code = Some(u16::from(close.code)),
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                    assert_eq!(frame["type"], "refused", "{path}: {frame}");
                }
                _ => {}
            }
        }
        assert!(matches!(code, Some(4001 | 4002)), "{path}: {code:?}");
    }
}

#[tokio::test]
async fn huge_and_binary_frames_close_the_socket() {
    let house = House::small().await;
    let port = house.gateways[0].port();
    for message in [Message::text("x".repeat(200_000)), Message::binary(vec![0, 1, 2])] {
        let mut socket =
            connect(port, "/v1/socket/visitor", Some(tests::desk::WEBSITE)).await.unwrap();
        drop(socket.send(message).await);
        let mut is_open = true;
        while let Some(message) = socket.next().await {
            match message {
                Ok(Message::Text(text)) => assert!(text.contains("refused"), "{text}"),
                Ok(Message::Close(_)) | Err(_) => is_open = false,
                Ok(_) => {}
            }
        }
        assert!(!is_open || socket.next().await.is_none());
    }
    // And the house stands.
    TestVisitor::arrives(&house.api(), "website").await;
    house.ends_well();
}

#[tokio::test]
async fn bad_agent_frames_are_refused_and_change_nothing() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut li = house.signs_in("li").await;
    li.connects().await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    let offer = ming.gets_offer_of(&conversation).await;
    ming.accepts(&offer).await;
    for frame in [
        json!({ "type": "send", "conversation": conversation, "text": "not mine" }),
        json!({ "type": "note", "conversation": "conv_nothing", "text": "nowhere" }),
        json!({ "type": "accept", "conversation": conversation, "token": offer.token }),
        json!({ "type": "decline", "conversation": conversation, "token": offer.token }),
        json!({ "type": "send", "conversation": "conv_nothing", "text": "nowhere" }),
    ] {
        let answer = li.gets_answer(frame.clone()).await;
        assert_eq!(answer["type"], "refused", "{frame} → {answer}");
        shows_no_insides(&answer.to_string());
    }
    for frame in [
        json!({ "type": "send", "conversation": conversation, "text": "" }),
        json!({ "type": "send", "conversation": conversation, "text": "x".repeat(17_000) }),
        json!({ "type": "note", "conversation": conversation, "text": "" }),
    ] {
        let answer = ming.gets_answer(frame.clone()).await;
        assert_eq!(answer["type"], "refused", "{answer}");
    }
    let texts: Vec<Value> =
        ming.log(&conversation).await.into_iter().filter(|m| m["kind"] != "notice").collect();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    house.ends_well();
}

#[tokio::test]
async fn text_is_text_and_nothing_else() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let nasty =
        "<script>alert(1)</script>\u{202e}\u{0007}\"'{}[]|;:, ☃ 𠜎 \r\n\t conv_x {default}:events";
    let conversation = visitor.asks("tax", nasty).await.conversation;
    ming.accepts_next_offer().await;
    let log = ming.log(&conversation).await;
    assert_eq!(log[0]["text"], nasty);
    ming.says(&conversation, nasty).await;
    visitor.hears(nasty).await;
    house.ends_well();
}

#[tokio::test]
async fn a_settings_change_with_a_stale_version_changes_nothing() {
    let mut house = House::small().await;
    let root = house.signs_in("root").await;
    let queues = root.api().get("/v1/settings/queues").await.ok();
    let tax = queues.as_array().unwrap().iter().find(|q| q["id"] == "tax").unwrap().clone();
    let mut value = tax["value"].clone();
    value["target_secs"] = 90.into();
    let body = json!({ "version": tax["version"], "value": value });
    root.api().put("/v1/settings/queues/tax", body.clone()).await.ok();
    value["target_secs"] = 30.into();
    let stale = json!({ "version": tax["version"], "value": value });
    root.api().put("/v1/settings/queues/tax", stale).await.problem(409);
    value["ladder"] = json!([{ "skills": { "no_such_skill": 3 } }]);
    let wrong = root.api().put("/v1/settings/queues/tax", json!({ "value": value })).await;
    assert!([400, 422].contains(&wrong.status), "{wrong:?}");
    assert!(wrong.body["errors"].to_string().contains("no_such_skill"), "{wrong:?}");
    let now = root.api().get("/v1/settings/queues").await.ok();
    let tax = now.as_array().unwrap().iter().find(|q| q["id"] == "tax").unwrap().clone();
    assert_eq!(tax["value"]["target_secs"], 90);
}
