//! A person with a browser on a website: opens the chat, says things, reads, comes back.

use crate::answer::Answer;
use crate::api::Api;
use crate::desk::WEBSITE;
use crate::history::{History, Outcome};
use crate::socket::{Listener, Socket};
use crate::transcript::Transcript;
use crate::watched::Watched;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// An acknowledged word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// In which conversation.
    pub conversation: String,
    /// Its place in the log.
    pub seq: u64,
    /// The message.
    pub message: String,
}

/// What the widget's side knows.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every frame of every connection.
    pub frames: Vec<Value>,
    /// Of the last `welcome`.
    pub epoch: String,
    /// How many times it was welcomed, and the last welcome.
    pub welcomes: usize,
    /// The last `welcome`.
    pub welcome: Value,
    /// The conversation's state.
    pub state: Value,
    /// What was heard.
    pub transcript: Transcript,
    /// Answers by client id: `ack` or `refused`.
    pub answers: HashMap<String, Value>,
    /// Refusals without a client id.
    pub refusals: Vec<Value>,
    /// The last word on the line to Redis.
    pub is_link_up: Option<bool>,
    /// How many connections there were.
    pub connection: u64,
    /// How the socket ended.
    pub ended: Option<(u16, String)>,
}

/// Hears for one connection; what an earlier one still says no longer counts.
struct Ears {
    seen: Arc<Watched<Seen>>,
    connection: u64,
}

impl Listener for Ears {
    fn hears(&mut self, frame: Value) {
        let connection = self.connection;
        self.seen.change(|seen| (seen.connection == connection).then(|| seen.take(&frame)));
    }
    fn ends(&mut self, code: u16, reason: String) {
        let connection = self.connection;
        self.seen.change(|seen| {
            if seen.connection == connection {
                seen.ended = Some((code, reason));
            }
        });
    }
}

impl Seen {
    fn take(&mut self, frame: &Value) {
        match frame["type"].as_str().unwrap_or_default() {
            "welcome" => {
                if frame["resumed"] != true {
                    self.transcript.forget();
                }
                frame["messages"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|m| self.transcript.hears(m));
                self.epoch = frame["epoch"].as_str().unwrap_or_default().to_owned();
                self.state = frame["conversation"].clone();
                self.welcome = frame.clone();
                self.welcomes += 1;
            }
            "message" => self.transcript.hears(&frame["message"]),
            "state" => self.state = frame["conversation"].clone(),
            "link" => self.is_link_up = frame["up"].as_bool(),
            "ack" | "refused" => match frame["client_id"].as_str() {
                Some(id) => drop(self.answers.insert(id.to_owned(), frame.clone())),
                None => self.refusals.push(frame.clone()),
            },
            _ => {}
        }
        self.frames.push(frame.clone());
    }

    /// The open conversation's id.
    pub fn conversation(&self) -> Option<String> {
        self.state["id"].as_str().map(str::to_owned)
    }
}

/// A visitor.
#[derive(Debug)]
pub struct TestVisitor {
    /// The name in the history.
    pub name: String,
    api: Api,
    channel: String,
    token: String,
    /// The contact.
    pub contact: String,
    /// The device that `hello` names.
    device: Option<String>,
    socket: Option<Socket>,
    seen: Arc<Watched<Seen>>,
    history: History,
}

impl TestVisitor {
    /// Opens a session at a gateway, without a socket.
    pub async fn opens_session(api: &Api, channel: &str, body: Value) -> Self {
        Self::from_session(api, channel, &Self::asks_for_session(api, channel, body).await.ok())
    }

    /// From the answer to a session.
    pub fn from_session(api: &Api, channel: &str, answer: &Value) -> Self {
        let text = |key: &str| {
            answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned()
        };
        let (token, contact) = (text("token"), text("contact"));
        Self {
            name: contact.clone(),
            api: api.with_token(&token),
            channel: channel.to_owned(),
            token,
            contact,
            device: None,
            socket: None,
            seen: Arc::default(),
            history: History::default(),
        }
    }

    /// Asks for a session, as the widget does.
    pub async fn asks_for_session(api: &Api, channel: &str, body: Value) -> Answer {
        let mut asked = json!({ "locale": "zh-CN" });
        for (key, value) in body.as_object().into_iter().flatten() {
            asked[key] = value.clone();
        }
        api.post(&format!("/v1/chat/{channel}/sessions"), asked).await
    }

    /// Comes to the website: a session and a socket.
    pub async fn arrives(api: &Api, channel: &str) -> Self {
        let mut visitor = Self::opens_session(api, channel, json!({})).await;
        visitor.connects().await;
        visitor
    }

    /// Writes its operations into a shared history.
    #[must_use]
    pub fn recorded_in(mut self, history: &History, name: &str) -> Self {
        self.history = history.clone();
        self.name = name.to_owned();
        self
    }

    /// Speaks from a device of its own.
    #[must_use]
    pub fn on_device(mut self, device: &str) -> Self {
        self.device = Some(device.to_owned());
        self
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Calls as this visitor.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// What it knows.
    pub fn seen(&self) -> &Watched<Seen> {
        &self.seen
    }

    /// Opens a socket, goes on where it stopped, and waits for the welcome.
    pub async fn connects(&mut self) {
        assert!(self.tries_to_connect(Duration::from_secs(10)).await, "{}: no welcome", self.name);
    }

    /// The same; false when there is no welcome in time.
    pub async fn tries_to_connect(&mut self, within: Duration) -> bool {
        let (before, connection) = self.seen.change(|seen| {
            seen.ended = None;
            seen.connection += 1;
            (seen.welcomes, seen.connection)
        });
        let ears = Ears { seen: self.seen.clone(), connection };
        let opening = Socket::open(self.api.port(), "/v1/socket/visitor", Some(WEBSITE), ears);
        let Ok(Ok(mut socket)) = tokio::time::timeout(within, opening).await else { return false };
        let resume = self.seen.look(|seen| {
            let conversation = seen.conversation()?;
            let resume = json!({ "epoch": seen.epoch, "conversation": conversation, "seq": seen.transcript.last_seq() });
            (!seen.epoch.is_empty()).then_some(resume)
        });
        let (token, device) = (&self.token, &self.device);
        let hello = json!({ "type": "hello", "token": token, "resume": resume, "device": device });
        socket.send(&hello).await;
        self.socket = Some(socket);
        let welcomed = |seen: &Seen| {
            let is_over = seen.ended.is_some();
            (seen.welcomes > before || is_over).then_some(!is_over)
        };
        self.seen.within(within, welcomed).await.unwrap_or(false)
    }

    /// Goes to another gateway of the house, with the next connection.
    pub fn moves_to(&mut self, port: u16) {
        self.api = self.api.moved_to(port);
    }

    /// The line breaks, without goodbye.
    pub fn loses_connection(&mut self) {
        self.socket = None;
    }

    /// Has the socket ended?
    pub fn is_cut_off(&self) -> bool {
        self.socket.is_none() || self.seen.look(|seen| seen.ended.is_some())
    }

    /// Sends any frame; false when there is no line.
    pub async fn sends(&mut self, frame: &Value) -> bool {
        match &mut self.socket {
            Some(socket) => socket.send(frame).await,
            None => false,
        }
    }

    /// Sends any text as a frame.
    pub async fn sends_text(&mut self, text: &str) -> bool {
        match &mut self.socket {
            Some(socket) => socket.send_text(text.to_owned()).await,
            None => false,
        }
    }

    /// Says the first word about a topic and waits for the ack.
    pub async fn asks(&mut self, topic: &str, text: &str) -> Acked {
        let word = self.word(text, json!({ "topic": topic }));
        self.gets_ack(&word).await
    }

    /// Says something and waits for the ack.
    pub async fn says(&mut self, text: &str) -> Acked {
        let word = self.word(text, json!({}));
        self.gets_ack(&word).await
    }

    /// A `send` frame with a fresh client id.
    pub fn word(&self, text: &str, more: Value) -> Value {
        let mut word =
            json!({ "type": "send", "client_id": Uuid::now_v7().to_string(), "text": text });
        for (key, value) in more.as_object().into_iter().flatten() {
            word[key] = value.clone();
        }
        word
    }

    /// Sends a word and waits for its ack.
    ///
    /// # Panics
    /// When it is refused or not answered.
    pub async fn gets_ack(&mut self, word: &Value) -> Acked {
        let answer = self.gets_answer(word).await;
        assert_eq!(answer["type"], "ack", "{}: {word} → {answer}", self.name);
        acked(&answer)
    }

    /// Sends a frame and waits for its ack or refusal.
    pub async fn gets_answer(&mut self, frame: &Value) -> Value {
        let id = frame["client_id"].as_str().unwrap().to_owned();
        self.seen.change(|seen| drop(seen.answers.remove(&id)));
        self.sends(frame).await;
        let what = format!("{}: an answer to {frame}", self.name);
        self.seen.until(&what, |seen| seen.answers.get(&id).cloned()).await
    }

    /// Sends a word and, in its history, what became of it within `within`; no answer is no failure.
    pub async fn tries_to_say(&mut self, word: &Value, within: Duration) -> Option<Acked> {
        let id = word["client_id"].as_str().unwrap().to_owned();
        let start = self.history.now_ms();
        let answered = |seen: &Seen| match seen.answers.get(&id) {
            Some(answer) => Some(Some(answer.clone())),
            None => seen.ended.is_some().then_some(None),
        };
        let answer = if self.sends(word).await {
            self.seen.within(within, answered).await.flatten()
        } else {
            None
        };
        match answer {
            Some(answer) if answer["type"] == "ack" => {
                let acked = acked(&answer);
                self.history.record(
                    &self.name,
                    "say",
                    &id,
                    start,
                    (Outcome::Ok, &acked.conversation),
                );
                Some(acked)
            }
            Some(refused) => {
                self.seen.change(|seen| drop(seen.answers.remove(&id)));
                let code = refused["code"].as_str().unwrap_or_default().to_owned();
                self.history.record(&self.name, "say", &id, start, (Outcome::Fail, &code));
                None
            }
            None => {
                self.history.record(&self.name, "say", &id, start, (Outcome::Unknown, ""));
                None
            }
        }
    }

    /// Waits until it has heard this text.
    pub async fn hears(&self, text: &str) {
        let what = format!("{} hears `{text}`", self.name);
        self.seen.until(&what, |seen| seen.transcript.has(text).then_some(())).await;
    }

    /// Waits until the conversation is in a state.
    pub async fn sees_state(&self, state: &str) -> Value {
        let what = format!("{} sees the state {state}", self.name);
        self.seen
            .until(&what, |seen| (seen.state["state"] == state).then(|| seen.state.clone()))
            .await
    }

    /// Ends the conversation.
    pub async fn ends(&mut self) {
        let frame = json!({ "type": "end", "client_id": Uuid::now_v7().to_string() });
        let answer = self.gets_answer(&frame).await;
        assert_eq!(answer["type"], "ack", "{answer}");
    }

    /// Rates a conversation.
    pub async fn rates(&mut self, conversation: &str, grade: u8, comment: &str) -> Value {
        let frame = json!({ "type": "rate", "client_id": Uuid::now_v7().to_string(), "conversation": conversation,
            "grade": grade, "comment": comment });
        self.gets_answer(&frame).await
    }

    /// Waits until the socket was closed, and gives the code.
    pub async fn is_closed(&self) -> u16 {
        let what = format!("{}: the socket closes", self.name);
        self.seen.until(&what, |seen| seen.ended.as_ref().map(|(code, _)| *code)).await
    }

    /// The channel it came by.
    pub fn channel(&self) -> &str {
        &self.channel
    }
}

fn acked(answer: &Value) -> Acked {
    let text =
        |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned();
    let seq = answer["seq"].as_u64().unwrap_or_else(|| panic!("no seq: {answer}"));
    Acked { conversation: text("conversation"), seq, message: text("message") }
}
