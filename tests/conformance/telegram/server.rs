//! Our door at telegram-test-api, a Bot API server for tests of bots.

use super::{Running, command, node_modules, says, script};
use crate::doors::telegram::channel;
use crate::doors::way_out;
use channels::{Action, ChannelAdapter, Outcome, Payload, telegram};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::eventually;
use tests::eventually::holds;
use tests::peer::Peer;
use tokio::process::Command;

const TOKEN: &str = "4711:a-token-of-the-test";

async fn open() -> (Peer, Arc<dyn ChannelAdapter>) {
    let mut node = Command::new("node");
    node.arg(script("server.cjs")).arg(TOKEN).env("NODE_PATH", node_modules());
    let mut server = Peer::start("telegram-test-api", &mut node);
    let url = server.ask(&json!({ "do": "url" })).await["url"].clone();
    let settings = json!({ "token": TOKEN, "api_url": url });
    let door = telegram::Telegram::open(&channel(settings), &way_out::means()).unwrap();
    (server, Arc::new(door))
}

#[tokio::test]
async fn people_write_and_press_and_it_arrives() {
    let (mut server, door) = open().await;
    let running = Running::start(&door);
    server.ask(&json!({ "do": "say", "text": "您好，请问怎么办理？" })).await;
    assert_eq!(running.behind.texts(1).await, ["您好，请问怎么办理？"]);
    server.ask(&json!({ "do": "command", "text": "/start bus_42" })).await;
    assert_eq!(running.behind.texts(2).await[1], "/start bus_42");
    server.ask(&json!({ "do": "press", "data": "rate:5" })).await;
    let pressed = running.behind.taken.until("the button is pressed", |taken| {
        taken
            .accepted
            .iter()
            .find(|inbound| matches!(inbound.payload, Payload::Chosen { .. }))
            .cloned()
    });
    let pressed = pressed.await;
    assert_eq!(pressed.payload, Payload::Chosen { value: "rate:5".to_owned() });
    assert_eq!(pressed.external_conversation.as_deref(), Some("5001"));
    running.behind.taken.look(|taken| {
        assert!(taken.accepted.iter().all(|inbound| inbound.sender.value == "5001"));
    });
}

#[tokio::test]
async fn what_we_say_stands_in_the_chat_is_changed_and_taken_back() {
    let (mut server, door) = open().await;
    let sent = door
        .deliver(&command("c1", says("满意吗？", &[("好", "rate:5"), ("不好", "rate:1")])))
        .await;
    let Outcome::Sent(ids) = sent else { panic!("{sent:?}") };
    let history = server.ask(&json!({ "do": "history" })).await;
    let message = &history["said"][0]["message"];
    assert_eq!((&message["chat_id"], &message["text"]), (&json!("5001"), &json!("满意吗？")));
    let buttons = json!([
        [{ "text": "好", "callback_data": "rate:5" }],
        [{ "text": "不好", "callback_data": "rate:1" }],
    ]);
    assert_eq!(message["reply_markup"]["inline_keyboard"], buttons);

    let external_id = ids[0].clone();
    let text = "还满意吗？".to_owned();
    let edit = Action::Edit { external_id: external_id.clone(), text };
    assert_eq!(door.deliver(&command("c2", edit)).await, Outcome::Sent(Vec::new()));
    let history = server.ask(&json!({ "do": "history" })).await;
    assert_eq!(history["said"][0]["message"]["text"], "还满意吗？");

    let delete = Action::Delete { external_id };
    assert_eq!(door.deliver(&command("c3", delete)).await, Outcome::Sent(Vec::new()));
    eventually("it is gone", async || holds(door_is_empty(&mut server).await, "still there")).await;
}

async fn door_is_empty(server: &mut Peer) -> bool {
    server.ask(&json!({ "do": "history" })).await["said"].as_array().is_some_and(Vec::is_empty)
}

#[tokio::test]
async fn a_method_that_the_server_does_not_have_is_no_success() {
    let (_server, door) = open().await;
    let outcome = door.deliver(&command("c1", Action::Typing)).await;
    assert!(matches!(outcome, Outcome::Unavailable(_)), "HTTP 500 in its own words: {outcome:?}");
    let findings = door.check().await;
    assert_eq!(findings[0].detail, "@TestNameBot");
    assert!(!format!("{findings:?}{outcome:?}").contains(TOKEN));
    assert_eq!(findings.len(), 3, "{findings:?}: {:?}", Value::Null);
}
