//! One simulated visitor, from the form to the rating.

use super::Persona;
use crate::demo::http;
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// Nobody stays longer.
const STAY: Duration = Duration::from_secs(15 * 60);
/// Seconds that a person waits for the first answer before giving up.
const PATIENCE_SECS: Range<f64> = 180.0..540.0;
/// Seconds between reading an answer and sending the next line.
const THINKING_SECS: Range<f64> = 3.0..11.0;
/// Seconds between the last words and leaving, or between the end and the rating.
const LEAVING_SECS: Range<f64> = 3.0..8.0;
/// The socket must open within this time.
const OPENED_WITHIN: Duration = Duration::from_secs(10);

/// How a visitor left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// An agent answered, and the visitor rated.
    Served,
    /// Nobody answered in time.
    GaveUp,
    /// The desk refused, or went away.
    TurnedAway,
}

/// Lives one visit. Whatever goes wrong ends only this visit.
pub(super) async fn live(port: u16, persona: Persona) -> Leaving {
    match timeout(STAY, visit(port, persona)).await {
        Ok(Ok(leaving)) => leaving,
        Ok(Err(_)) => Leaving::TurnedAway,
        Err(_) => Leaving::GaveUp,
    }
}

async fn visit(port: u16, persona: Persona) -> Result<Leaving> {
    let token = open_session(port, &persona).await?;
    let mut socket = open_socket(port).await?;
    say(&mut socket, &json!({ "type": "hello", "token": token })).await?;
    let mut mind = Mind::new(persona);
    loop {
        let next = mind.next_at;
        tokio::select! {
            frame = socket.next() => mind.hear(&read(frame)?, Instant::now())?,
            () = sleep_until(next.into()) => {
                for frame in mind.act(Instant::now()) {
                    say(&mut socket, &frame).await?;
                }
            }
        }
        if let Mood::Left(leaving) = mind.mood {
            return Ok(leaving);
        }
    }
}

async fn open_session(port: u16, persona: &Persona) -> Result<String> {
    let body = json!({ "name": persona.name, "locale": persona.locale });
    let answer = http::post(port, &format!("/v1/chat/{}/sessions", persona.channel), &body).await?;
    let token = answer.body.get("token").and_then(Value::as_str);
    token.map(str::to_owned).with_context(|| format!("no session: status {}", answer.status))
}

async fn open_socket(port: u16) -> Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://127.0.0.1:{port}/v1/socket/visitor").into_client_request()?;
    let origin = HeaderValue::from_str(&format!("http://127.0.0.1:{port}"))?;
    request.headers_mut().insert("Origin", origin);
    let stream = http::connect(port).await?;
    let opened = timeout(OPENED_WITHIN, tokio_tungstenite::client_async(request, stream)).await;
    let (socket, _) = opened.context("the socket took too long to open")??;
    Ok(socket)
}

async fn say(socket: &mut WebSocketStream<TcpStream>, frame: &Value) -> Result<()> {
    Ok(socket.send(Message::text(frame.to_string())).await?)
}

fn read(frame: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> Result<Value> {
    match frame.context("the socket ended")?? {
        Message::Text(text) => Ok(serde_json::from_str(&text)?),
        Message::Close(_) => bail!("the desk closed the socket"),
        _ => Ok(Value::Null),
    }
}

/// Where a visitor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Has not been welcomed yet, or was just now and is about to ask.
    Arriving,
    /// Waits for an answer.
    Waiting,
    /// Has an answer to react to.
    Thinking,
    /// Has said the last words.
    Leaving,
    /// The conversation is over; the rating is due.
    Rating,
    /// Has sent the last frame and waits for its ack, so that it is not lost with the socket.
    Parting(Leaving),
    /// Is gone.
    Left(Leaving),
}

/// What a visitor thinks: hears frames and decides what to do when.
#[derive(Debug)]
struct Mind {
    persona: Persona,
    left_to_say: VecDeque<String>,
    mood: Mood,
    /// When to act next without being spoken to.
    next_at: Instant,
    conversation: Option<String>,
    was_answered: bool,
}

impl Mind {
    fn new(persona: Persona) -> Self {
        let left_to_say = persona.lines.iter().cloned().collect();
        Self {
            persona,
            left_to_say,
            mood: Mood::Arriving,
            next_at: Instant::now() + OPENED_WITHIN,
            conversation: None,
            was_answered: false,
        }
    }

    /// Takes in a frame from the desk.
    fn hear(&mut self, frame: &Value, now: Instant) -> Result<()> {
        match frame.get("type").and_then(Value::as_str) {
            Some("welcome") => self.next_at = now + within(THINKING_SECS),
            Some("ack") => match self.mood {
                Mood::Parting(leaving) => self.mood = Mood::Left(leaving),
                _ => self.remember(frame.get("conversation")),
            },
            Some("message") => self.hear_message(frame, now),
            Some("state") => self.hear_state(frame, now),
            Some("refused") => {
                bail!("refused: {}", frame.get("code").unwrap_or(&Value::Null))
            }
            _ => {}
        }
        Ok(())
    }

    fn remember(&mut self, id: Option<&Value>) {
        if let Some(id) = id.and_then(Value::as_str) {
            self.conversation = Some(id.to_owned());
        }
    }

    fn hear_message(&mut self, frame: &Value, now: Instant) {
        self.remember(frame.get("conversation"));
        let from_agent = frame.pointer("/message/author/type").is_some_and(|who| who == "agent");
        let is_text = frame.pointer("/message/kind").is_some_and(|kind| kind == "text");
        if from_agent && is_text && matches!(self.mood, Mood::Waiting | Mood::Thinking) {
            self.was_answered = true;
            self.mood = Mood::Thinking;
            self.next_at = now + within(THINKING_SECS);
        }
    }

    fn hear_state(&mut self, frame: &Value, now: Instant) {
        self.remember(frame.pointer("/conversation/id"));
        let is_closed = frame.pointer("/conversation/state").is_some_and(|state| state == "closed");
        if is_closed && self.mood != Mood::Rating {
            self.mood = Mood::Rating;
            self.next_at = now + within(LEAVING_SECS);
        }
    }

    /// Does what is due: the frames to send.
    fn act(&mut self, now: Instant) -> Vec<Value> {
        match self.mood {
            Mood::Arriving => self.ask(now),
            Mood::Thinking => self.answer(now),
            Mood::Waiting => {
                // A person who was served leaves content even when the last line stays unanswered.
                let leaving = if self.was_answered { Leaving::Served } else { Leaving::GaveUp };
                self.part(leaving, now);
                vec![json!({ "type": "end", "client_id": fresh_id() })]
            }
            Mood::Leaving => {
                // The end is confirmed by the state that follows it; then comes the rating.
                self.next_at = now + OPENED_WITHIN;
                self.mood = Mood::Rating;
                vec![json!({ "type": "end", "client_id": fresh_id() })]
            }
            Mood::Rating => self.rate(now),
            Mood::Parting(leaving) => {
                self.mood = Mood::Left(leaving);
                Vec::new()
            }
            Mood::Left(_) => Vec::new(),
        }
    }

    fn ask(&mut self, now: Instant) -> Vec<Value> {
        let text = self.left_to_say.pop_front().unwrap_or_default();
        self.mood = Mood::Waiting;
        self.next_at = now + within(PATIENCE_SECS);
        vec![json!({
            "type": "send",
            "client_id": fresh_id(),
            "text": text,
            "topic": self.persona.topic,
            "request_type": self.persona.request_type,
        })]
    }

    fn answer(&mut self, now: Instant) -> Vec<Value> {
        let text = match self.left_to_say.pop_front() {
            Some(line) => {
                self.mood = Mood::Waiting;
                self.next_at = now + within(PATIENCE_SECS);
                line
            }
            None => {
                self.mood = Mood::Leaving;
                self.next_at = now + within(LEAVING_SECS);
                self.persona.thanks.clone()
            }
        };
        vec![
            json!({ "type": "typing" }),
            json!({ "type": "send", "client_id": fresh_id(), "text": text }),
        ]
    }

    fn part(&mut self, leaving: Leaving, now: Instant) {
        self.mood = Mood::Parting(leaving);
        self.next_at = now + OPENED_WITHIN;
    }

    fn rate(&mut self, now: Instant) -> Vec<Value> {
        let Some(conversation) = self.conversation.clone().filter(|_| self.was_answered) else {
            self.mood = Mood::Left(Leaving::GaveUp);
            return Vec::new();
        };
        self.part(Leaving::Served, now);
        // Most are content; now and then one is not.
        let grade: u8 = if rand::random_bool(0.85) {
            rand::random_range(4..=5)
        } else {
            rand::random_range(1..=3)
        };
        let comment = if grade >= 4 { self.persona.comment.as_str() } else { "" };
        vec![json!({
            "type": "rate",
            "client_id": fresh_id(),
            "conversation": conversation,
            "grade": grade,
            "comment": comment,
        })]
    }
}

fn within(secs: Range<f64>) -> Duration {
    Duration::from_secs_f64(rand::random_range(secs))
}

fn fresh_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mind() -> Mind {
        Mind::new(super::super::personas().swap_remove(1))
    }

    fn agent_says(mind: &mut Mind) {
        let frame = json!({ "type": "message", "conversation": "conv_1",
            "message": { "author": { "type": "agent", "id": "a" }, "kind": "text", "text": "…" } });
        mind.hear(&frame, Instant::now()).unwrap();
    }

    #[test]
    fn a_visitor_asks_answers_ends_and_rates() {
        let mut mind = mind();
        let lines = mind.persona.lines.len();
        mind.hear(&json!({ "type": "welcome" }), Instant::now()).unwrap();
        assert_eq!(mind.act(Instant::now())[0]["topic"], "tax");
        for _ in 1..lines {
            agent_says(&mut mind);
            assert_eq!(mind.act(Instant::now())[1]["type"], "send");
        }
        agent_says(&mut mind);
        assert_eq!(mind.act(Instant::now())[1]["text"], mind.persona.thanks);
        assert_eq!(mind.act(Instant::now())[0]["type"], "end");
        let rating = mind.act(Instant::now()).remove(0);
        assert_eq!((&rating["type"], &rating["conversation"]), (&json!("rate"), &json!("conv_1")));
        mind.hear(&json!({ "type": "ack" }), Instant::now()).unwrap();
        assert_eq!(mind.mood, Mood::Left(Leaving::Served));
    }

    #[test]
    fn a_visitor_whom_nobody_answers_gives_up_without_rating() {
        let mut mind = mind();
        mind.act(Instant::now());
        assert_eq!(mind.mood, Mood::Waiting);
        assert_eq!(mind.act(Instant::now())[0]["type"], "end");
        mind.hear(&json!({ "type": "ack" }), Instant::now()).unwrap();
        assert_eq!(mind.mood, Mood::Left(Leaving::GaveUp));
    }

    #[test]
    fn a_conversation_closed_by_the_agent_is_rated() {
        let mut mind = mind();
        mind.act(Instant::now());
        agent_says(&mut mind);
        let closed =
            json!({ "type": "state", "conversation": { "id": "conv_1", "state": "closed" } });
        mind.hear(&closed, Instant::now()).unwrap();
        assert_eq!(mind.act(Instant::now())[0]["type"], "rate");
    }

    #[test]
    fn a_refused_visitor_leaves() {
        let refused = json!({ "type": "refused", "code": "too_many" });
        assert!(mind().hear(&refused, Instant::now()).is_err());
    }
}
