//! What one event of a room says, as far as the event alone tells.

use super::config::ID_BYTES_MAX;
use crate::inbound::{MediaRef, NewMessage};
use serde::Deserialize;
use serde_json::{Map, Value};

/// An event of a room (specification, "Room event format"), without what nobody here needs.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) event_id: String,
    pub(super) room_id: String,
    pub(super) sender: String,
    /// Milliseconds since 1970, by the sender's server.
    #[serde(default)]
    pub(super) origin_server_ts: Option<i64>,
    #[serde(default)]
    pub(super) content: Map<String, Value>,
    /// Events that describe the room have one.
    #[serde(default)]
    pub(super) state_key: Option<String>,
    /// What a redaction takes back, in rooms before version 11.
    #[serde(default)]
    redacts: Option<String>,
}

/// What it says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// Nothing for us.
    Nothing,
    /// Somebody joined, left or was invited.
    Member {
        /// Who.
        user: String,
        /// `join`, `leave`, `invite`, `ban`, `knock`.
        membership: String,
    },
    /// A message.
    Message(Box<NewMessage>),
    /// A message has another text now.
    Edited {
        /// Which message.
        of: String,
        /// The new text.
        text: String,
    },
    /// Something was taken back.
    Redacted {
        /// Which event.
        of: String,
    },
    /// A reaction.
    Reaction {
        /// To which message.
        of: String,
        /// The emoji.
        emoji: String,
    },
    /// Something that a person said and we cannot read.
    Unreadable(&'static str),
}

/// Why an event cannot be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    /// Not what the specification calls an event.
    #[error("it is no event")]
    NoEvent,
    /// An id is empty or longer than any id may be.
    #[error("an id of it is none")]
    BadId,
}

/// Reads an event's frame.
pub(super) fn read(event: &Value) -> Result<Event, Damage> {
    let event = Event::deserialize(event).map_err(|_bad| Damage::NoEvent)?;
    let is_id = |id: &str| !id.is_empty() && id.len() <= ID_BYTES_MAX;
    let ids = [&event.event_id, &event.room_id, &event.sender];
    if ids.into_iter().all(|id| is_id(id)) { Ok(event) } else { Err(Damage::BadId) }
}

/// What it says.
pub(super) fn said(event: &Event) -> Said {
    let content = &event.content;
    match (event.kind.as_str(), &event.state_key) {
        ("m.room.member", Some(user)) => {
            let membership = text(content, "membership").to_owned();
            Said::Member { user: user.clone(), membership }
        }
        // Everything else that describes a room.
        (_, Some(_)) => Said::Nothing,
        ("m.room.message", None) => match relation(content, "m.replace") {
            Some(of) => edited(content, of),
            None => message(content),
        },
        ("m.sticker", None) => sticker(content),
        ("m.reaction", None) => reaction(content),
        ("m.room.redaction", None) => redaction(event),
        ("m.room.encrypted", None) => Said::Unreadable("encrypted message"),
        ("m.call.invite", None) => Said::Unreadable("call"),
        ("m.poll.start" | "org.matrix.msc3381.poll.start", None) => Said::Unreadable("poll"),
        // Key exchange, call candidates, votes: not what a person says.
        _ => Said::Nothing,
    }
}

fn text<'a>(content: &'a Map<String, Value>, key: &str) -> &'a str {
    content.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The event to which this one stands in this relation.
fn relation(content: &Map<String, Value>, kind: &str) -> Option<String> {
    let relates = content.get("m.relates_to")?;
    let is_kind = relates.get("rel_type").and_then(Value::as_str) == Some(kind);
    is_kind.then(|| relates.get("event_id")?.as_str().map(str::to_owned)).flatten()
}

fn edited(content: &Map<String, Value>, of: String) -> Said {
    let new = content.get("m.new_content").and_then(Value::as_object);
    match new.map(message) {
        Some(Said::Message(message)) => Said::Edited { of, text: message.text },
        _ => Said::Nothing,
    }
}

fn reaction(content: &Map<String, Value>) -> Said {
    let key = content.get("m.relates_to").and_then(|relates| relates.get("key")?.as_str());
    match (relation(content, "m.annotation"), key) {
        (Some(of), Some(emoji)) => Said::Reaction { of, emoji: emoji.to_owned() },
        _ => Said::Nothing,
    }
}

fn redaction(event: &Event) -> Said {
    let of = text(&event.content, "redacts");
    let of = if of.is_empty() { event.redacts.as_deref().unwrap_or_default() } else { of };
    if of.is_empty() { Said::Nothing } else { Said::Redacted { of: of.to_owned() } }
}

fn message(content: &Map<String, Value>) -> Said {
    let body = text(content, "body");
    match text(content, "msgtype") {
        // Programs speak so, and must not be answered by one.
        "m.notice" => Said::Nothing,
        "m.emote" => words(format!("* {body}")),
        "m.location" => words(place(content, body)),
        "m.image" | "m.file" | "m.audio" | "m.video" => file(content, body),
        "" if body.is_empty() => Said::Nothing,
        // Whatever else there may come to be has its words in `body`.
        _ => words(without_quote(content, body).to_owned()),
    }
}

fn words(text: String) -> Said {
    Said::Message(Box::new(NewMessage { text, ..NewMessage::default() }))
}

fn place(content: &Map<String, Value>, body: &str) -> String {
    let geo = text(content, "geo_uri");
    if geo.is_empty() || body.contains(geo) {
        return format!("[Location] {body}");
    }
    format!("[Location] {body} ({geo})")
}

/// A file: its text is the caption, if there is one (specification v1.10).
fn file(content: &Map<String, Value>, body: &str) -> Said {
    if content.contains_key("file") {
        return Said::Unreadable("encrypted message");
    }
    let name = text(content, "filename");
    let (name, caption) = if name.is_empty() || name == body { (body, "") } else { (name, body) };
    let media = media(content, name);
    let text = if media.is_none() { format!("[File] {body}") } else { caption.to_owned() };
    let media = media.into_iter().collect();
    Said::Message(Box::new(NewMessage { text, media, ..NewMessage::default() }))
}

fn sticker(content: &Map<String, Value>) -> Said {
    let body = text(content, "body");
    let (text, media) = (format!("[Sticker] {body}"), media(content, "sticker"));
    let media = media.into_iter().collect();
    Said::Message(Box::new(NewMessage { text, media, ..NewMessage::default() }))
}

fn media(content: &Map<String, Value>, name: &str) -> Option<MediaRef> {
    let reference = text(content, "url");
    let claimed = content.get("info").and_then(|info| info.get("mimetype")?.as_str());
    super::media::is_reference(reference).then(|| MediaRef {
        reference: reference.to_owned(),
        name: name.to_owned(),
        media_type: claimed.unwrap_or("application/octet-stream").to_owned(),
    })
}

/// An answer repeats what it answers as `> ` lines before its own (until specification v1.13).
fn without_quote<'a>(content: &Map<String, Value>, body: &'a str) -> &'a str {
    let relates = content.get("m.relates_to");
    let is_answer = relates.is_some_and(|relates| relates.get("m.in_reply_to").is_some());
    if !is_answer || !body.starts_with("> <") {
        return body;
    }
    match body.split_once("\n\n") {
        Some((quote, own)) if quote.lines().all(|line| line.starts_with('>')) => own,
        _ => body,
    }
}
