//! A person of the desk: signs in, is ready, takes offers, answers, closes.

use crate::answer::Answer;
use crate::api::Api;
use crate::history::{History, Outcome};
use crate::socket::{Listener, Socket};
use crate::transcript::Transcript;
use crate::watched::Watched;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A conversation held out to this agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Which conversation.
    pub conversation: String,
    /// With which token it can be taken.
    pub token: String,
    /// Until when, in milliseconds of Unix time.
    pub deadline: i64,
    /// Why this agent.
    pub why: Value,
}

/// What the desk's side knows.
#[derive(Debug, Default)]
pub struct Seen {
    /// Who this is.
    pub me: String,
    /// Every event, in order.
    pub events: Vec<Value>,
    /// The position after the last event.
    pub cursor: String,
    /// Of the last `welcome`.
    pub epoch: String,
    /// How many times it was welcomed.
    pub welcomes: usize,
    /// The last `welcome`.
    pub welcome: Value,
    /// How many times it was told to load anew.
    pub resets: usize,
    /// As last said.
    pub presence: String,
    /// Offers that stand, by conversation.
    pub offers: BTreeMap<String, Offer>,
    /// Conversations held, in order of their ids.
    pub held: Vec<String>,
    /// What was heard, by conversation.
    pub transcripts: BTreeMap<String, Transcript>,
    /// Answers by client id: `ack` or `refused`.
    pub answers: HashMap<String, Value>,
    /// Refusals without a client id.
    pub refusals: Vec<Value>,
    /// Who is typing what, as it came.
    pub typing: Vec<Value>,
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
        let text = |key: &str| frame[key].as_str().unwrap_or_default().to_owned();
        match text("type").as_str() {
            "welcome" => {
                (self.epoch, self.cursor, self.presence) =
                    (text("epoch"), text("cursor"), text("presence"));
                self.me = text("agent");
                self.welcome = frame.clone();
                self.welcomes += 1;
            }
            "reset" => {
                (self.epoch, self.cursor) = (text("epoch"), text("cursor"));
                self.resets += 1;
                self.forget();
            }
            "event" => {
                self.cursor = text("cursor");
                self.takes_event(&frame["event"]);
            }
            "typing" => self.typing.push(frame.clone()),
            "link" => self.is_link_up = frame["up"].as_bool(),
            "ack" | "refused" => match frame["client_id"].as_str() {
                Some(id) => drop(self.answers.insert(id.to_owned(), frame.clone())),
                None => self.refusals.push(frame.clone()),
            },
            _ => {}
        }
    }

    fn takes_event(&mut self, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (conversation, is_mine) = (text("conversation"), text("agent") == self.me);
        match text("type").as_str() {
            "message_appended" => {
                self.transcripts.entry(conversation).or_default().hears(&event["message"]);
            }
            "offer_made" if is_mine => {
                let offer = Offer {
                    conversation: conversation.clone(),
                    token: text("token"),
                    deadline: event["deadline"].as_i64().unwrap_or(0),
                    why: event["why"].clone(),
                };
                self.offers.insert(conversation, offer);
            }
            "offer_declined" | "offer_expired" | "offer_withdrawn" if is_mine => {
                self.offers.remove(&conversation);
            }
            "conversation_assigned" => {
                self.offers.remove(&conversation);
                self.held.retain(|held| *held != conversation);
                if is_mine {
                    self.held.push(conversation);
                }
            }
            "conversation_released" | "conversation_closed" | "conversation_snoozed" => {
                self.held.retain(|held| *held != conversation);
            }
            "presence_changed" if is_mine => self.presence = text("presence"),
            _ => {}
        }
        self.events.push(event.clone());
    }

    /// Forgets what it knew of the desk, as a desk does before it loads anew.
    pub fn forget(&mut self) {
        self.offers.clear();
        self.held.clear();
        self.transcripts.values_mut().for_each(Transcript::forget);
    }

    /// Everything it saw that may never be (I5).
    pub fn violations(&self) -> Vec<String> {
        let of = |(id, transcript): (&String, &Transcript)| {
            transcript
                .violations
                .iter()
                .map(|v| format!("{}: {id}: {v}", self.me))
                .collect::<Vec<_>>()
        };
        self.transcripts.iter().flat_map(of).collect()
    }
}

/// An agent who signed in.
#[derive(Debug)]
pub struct TestAgent {
    /// The log-in.
    pub name: String,
    /// The refresh token.
    pub refresh: String,
    api: Api,
    socket: Option<Socket>,
    seen: Arc<Watched<Seen>>,
    history: History,
}

impl TestAgent {
    /// Signs in, without a socket.
    pub async fn signs_in(api: &Api, name: &str, password: &str) -> Self {
        let answer =
            api.post("/v1/auth/login", json!({ "agent": name, "password": password })).await.ok();
        Self::from_login(api, name, &answer)
    }

    /// From the answer to a log-in.
    pub fn from_login(api: &Api, name: &str, answer: &Value) -> Self {
        let text = |key: &str| {
            answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned()
        };
        Self {
            name: name.to_owned(),
            refresh: text("refresh_token"),
            api: api.with_token(&text("access_token")),
            socket: None,
            seen: Arc::default(),
            history: History::default(),
        }
    }

    /// Writes its operations into a shared history.
    pub fn records_in(&mut self, history: &History) {
        self.history = history.clone();
    }

    /// Calls as this agent.
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
        let (before, connection, resume) = self.seen.change(|seen| {
            seen.ended = None;
            seen.connection += 1;
            let resume = json!({ "epoch": seen.epoch, "cursor": seen.cursor });
            (seen.welcomes, seen.connection, (!seen.epoch.is_empty()).then_some(resume))
        });
        let ears = Ears { seen: self.seen.clone(), connection };
        let origin = format!("http://127.0.0.1:{}", self.api.port());
        let opening = Socket::open(self.api.port(), "/v1/socket/agent", Some(&origin), ears);
        let Ok(Ok(mut socket)) = tokio::time::timeout(within, opening).await else { return false };
        let token = self.api.token().unwrap_or_default();
        socket.send(&json!({ "type": "hello", "token": token, "resume": resume })).await;
        self.socket = Some(socket);
        let welcomed = |seen: &Seen| {
            let is_over = seen.ended.is_some();
            (seen.welcomes > before || is_over).then_some(!is_over)
        };
        if !self.seen.within(within, welcomed).await.unwrap_or(false) {
            return false;
        }
        self.seen.look(|seen| seen.welcome["resumed"] == true) || self.loads_desk().await
    }

    /// Loads the desk anew, as the page does after a welcome that does not resume.
    pub async fn loads_desk(&self) -> bool {
        let Ok(answer) = self.api.try_call(reqwest::Method::GET, "/v1/desk", None, &[]).await
        else {
            return false;
        };
        if answer.status != 200 {
            return false;
        }
        self.seen.change(|seen| {
            seen.offers.clear();
            seen.held.clear();
            for found in answer.body["conversations"].as_array().into_iter().flatten() {
                let id = found["id"].as_str().unwrap_or_default().to_owned();
                match found["state"].as_str() {
                    Some("offered") => {
                        let token = found["offer_token"].as_str().unwrap_or_default().to_owned();
                        let deadline = found["until"].as_i64().unwrap_or(0);
                        let why = found["why"].clone();
                        seen.offers
                            .insert(id.clone(), Offer { conversation: id, token, deadline, why });
                    }
                    Some("active") => seen.held.push(id),
                    _ => {}
                }
            }
        });
        true
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

    /// Takes work from now on.
    pub async fn is_ready(&mut self) {
        self.becomes("ready").await;
    }

    /// Changes presence and waits until the desk says so.
    pub async fn becomes(&mut self, presence: &str) {
        self.sends(&json!({ "type": "presence", "presence": presence })).await;
        let what = format!("{} is {presence}", self.name);
        self.seen.until(&what, |seen| (seen.presence == presence).then_some(())).await;
    }

    /// Waits until there is an offer, and gives the one that stands longest.
    pub async fn gets_offer(&self) -> Offer {
        let what = format!("an offer for {}", self.name);
        self.seen.until(&what, |seen| seen.offers.values().next().cloned()).await
    }

    /// Waits until this conversation is offered.
    pub async fn gets_offer_of(&self, conversation: &str) -> Offer {
        let what = format!("an offer of {conversation} for {}", self.name);
        self.seen.until(&what, |seen| seen.offers.get(conversation).cloned()).await
    }

    /// Takes the next offer.
    pub async fn accepts_next_offer(&mut self) -> String {
        let offer = self.gets_offer().await;
        self.accepts(&offer).await;
        offer.conversation
    }

    /// Takes an offer and waits until the conversation is held.
    pub async fn accepts(&mut self, offer: &Offer) {
        let answer = self.gets_answer(accept(offer)).await;
        assert_eq!(answer["type"], "ack", "{}: {answer}", self.name);
        self.holds(&offer.conversation).await;
    }

    /// Waits until a conversation is held.
    pub async fn holds(&self, conversation: &str) {
        let what = format!("{} holds {conversation}", self.name);
        let is_held = |seen: &Seen| seen.held.iter().any(|held| held == conversation).then_some(());
        self.seen.until(&what, is_held).await;
    }

    /// Refuses an offer.
    pub async fn declines(&mut self, offer: &Offer, reason: &str) {
        let frame = json!({ "type": "decline", "conversation": offer.conversation, "token": offer.token, "reason": reason });
        let answer = self.gets_answer(frame).await;
        assert_eq!(answer["type"], "ack", "{}: {answer}", self.name);
    }

    /// Says something to the contact, and gives its seq.
    pub async fn says(&mut self, conversation: &str, text: &str) -> u64 {
        let answer = self
            .gets_answer(json!({ "type": "send", "conversation": conversation, "text": text }))
            .await;
        assert_eq!(answer["type"], "ack", "{}: {answer}", self.name);
        answer["seq"].as_u64().unwrap()
    }

    /// Writes a note.
    pub async fn notes(&mut self, conversation: &str, text: &str) -> u64 {
        let answer = self
            .gets_answer(json!({ "type": "note", "conversation": conversation, "text": text }))
            .await;
        assert_eq!(answer["type"], "ack", "{}: {answer}", self.name);
        answer["seq"].as_u64().unwrap()
    }

    /// Sends a frame, with a fresh client id unless it has one, and waits for its ack or refusal.
    pub async fn gets_answer(&mut self, mut frame: Value) -> Value {
        let id = with_client_id(&mut frame);
        self.seen.change(|seen| drop(seen.answers.remove(&id)));
        self.sends(&frame).await;
        let what = format!("{}: an answer to {frame}", self.name);
        self.seen.until(&what, |seen| seen.answers.get(&id).cloned()).await
    }

    /// Sends a frame and writes into the history what became of it within `within`.
    pub async fn tries(&mut self, op: &'static str, mut frame: Value, within: Duration) -> Outcome {
        let id = with_client_id(&mut frame);
        let about = frame["conversation"].as_str().unwrap_or_default().to_owned();
        let start = self.history.now_ms();
        let answered = |seen: &Seen| match seen.answers.get(&id) {
            Some(answer) => Some(Some(answer["type"] == "ack")),
            None => seen.ended.is_some().then_some(None),
        };
        let answer = if self.sends(&frame).await {
            self.seen.within(within, answered).await.flatten()
        } else {
            None
        };
        let outcome = match answer {
            Some(true) => Outcome::Ok,
            Some(false) => Outcome::Fail,
            None => Outcome::Unknown,
        };
        if outcome == Outcome::Fail {
            self.seen.change(|seen| drop(seen.answers.remove(&id)));
        }
        self.history.record(&self.name, op, &id, start, (outcome, &about));
        outcome
    }

    /// Waits until it has heard this text in a conversation.
    pub async fn hears(&self, conversation: &str, text: &str) {
        let what = format!("{} hears `{text}` in {conversation}", self.name);
        let has = |seen: &Seen| {
            let transcript = seen.transcripts.get(conversation);
            transcript.is_some_and(|transcript| transcript.has(text)).then_some(())
        };
        self.seen.until(&what, has).await;
    }

    /// Waits for an event of a type about a conversation.
    pub async fn sees_event(&self, kind: &str, conversation: &str) -> Value {
        let what = format!("{} sees {kind} of {conversation}", self.name);
        let of = |event: &&Value| event["type"] == kind && event["conversation"] == conversation;
        self.seen.until(&what, |seen| seen.events.iter().find(of).cloned()).await
    }

    /// Does something to a conversation by HTTP.
    pub async fn posts(&self, conversation: &str, what: &str, body: Value) -> Answer {
        self.api.post(&format!("/v1/conversations/{conversation}/{what}"), body).await
    }

    /// Closes a conversation, and says whether wrap-up time follows.
    pub async fn closes(&self, conversation: &str) -> bool {
        let body = json!({ "request_type": "consultation", "resolution": "solved" });
        self.posts(conversation, "close", body).await.ok()["wrap_up"] == true
    }

    /// Reads a conversation.
    pub async fn reads(&self, conversation: &str) -> Value {
        self.api.get(&format!("/v1/conversations/{conversation}")).await.ok()
    }

    /// All messages of a conversation, by HTTP.
    pub async fn log(&self, conversation: &str) -> Vec<Value> {
        let path = format!("/v1/conversations/{conversation}/messages?after_seq=0&limit=200");
        self.api.get(&path).await.ok()["messages"].as_array().unwrap().clone()
    }

    /// Waits until the socket was closed, and gives the code.
    pub async fn is_closed(&self) -> u16 {
        let what = format!("{}: the socket closes", self.name);
        self.seen.until(&what, |seen| seen.ended.as_ref().map(|(code, _)| *code)).await
    }
}

/// The frame that takes an offer.
pub fn accept(offer: &Offer) -> Value {
    json!({ "type": "accept", "conversation": offer.conversation, "token": offer.token })
}

fn with_client_id(frame: &mut Value) -> String {
    if !frame["client_id"].is_string() {
        frame["client_id"] = Uuid::now_v7().to_string().into();
    }
    frame["client_id"].as_str().unwrap().to_owned()
}
