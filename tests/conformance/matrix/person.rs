//! A person on Matrix, with a client that somebody else wrote.

use serde_json::{Value, json};
use tests::binary::root;
use tests::peer::Peer;
use tests::peers::python;
use tests::synapse::PASSWORD;

/// A person who is logged in.
#[derive(Debug)]
pub(super) struct Person(Peer);

impl Person {
    pub(super) async fn log_in(homeserver: &str, name: &str) -> Self {
        let mut command = tokio::process::Command::new(python());
        command.arg(root().join("tests/peers/matrix/user.py"));
        let mut person = Self(Peer::start(name, &mut command));
        person
            .asks(json!({ "do": "login", "homeserver": homeserver, "user": name, "password": PASSWORD }))
            .await;
        person
    }

    pub(super) async fn asks(&mut self, question: Value) -> Value {
        self.0.ask(&question).await
    }

    pub(super) async fn create_room(&mut self, invite: &[&str]) -> String {
        let answer = self.asks(json!({ "do": "create_room", "invite": invite })).await;
        answer["room"].as_str().unwrap().to_owned()
    }

    pub(super) async fn sees_joined(&mut self, room: &str, user: &str) {
        self.asks(json!({ "do": "joined", "room": room, "user": user })).await;
    }

    /// Says a text; its event.
    pub(super) async fn says(&mut self, room: &str, text: &str) -> String {
        self.sends(room, json!({ "msgtype": "m.text", "body": text })).await
    }

    /// Sends a message with this content; its event.
    pub(super) async fn sends(&mut self, room: &str, content: Value) -> String {
        let answer = self.asks(json!({ "do": "send", "room": room, "content": content })).await;
        answer["event"].as_str().unwrap().to_owned()
    }

    /// Waits for so many events of the desk that contain a text, and tells them.
    pub(super) async fn hears(&mut self, room: &str, contains: &str, count: usize) -> Vec<Value> {
        let question = json!({
            "do": "hears", "room": room, "sender": super::desk::DESK,
            "contains": contains, "count": count,
        });
        self.asks(question).await["events"].as_array().unwrap().clone()
    }
}
