//! What happens in the desk user's rooms, as [`Inbound`].

mod earlier;
mod passing;

use super::Matrix;
use super::api::Refusal;
use super::mention;
use super::rooms::Room;
use super::words::{self, Event, Said};
use crate::adapter::Inlet;
use crate::digest::digest;
use crate::error::AdapterError;
use crate::http::CallError;
use crate::inbound::{
    Assurance, EXTERNAL_ID_BYTES_MAX, Inbound, NewMessage, Payload, Sender, SinkError,
};
use bytes::Bytes;
use domain::Timestamp;
use serde_json::{Value, json};

/// How long it is known what a reaction was, in milliseconds (7 days): taking it back names only
/// itself.
const REACTION_KNOWN_MS: u64 = 7 * 24 * 3_600_000;
/// How often one event may hold up those behind it for the sake of its own room.
const HOLDS_UP_MAX: u32 = 5;
/// How long it is counted, in milliseconds (a day).
const HOLD_UP_COUNTED_MS: u64 = 24 * 3_600_000;
/// When the homeserver may come again, in milliseconds.
const AGAIN_AFTER_MS: u64 = 2_000;

impl Matrix {
    /// Takes one event in. An error says that the homeserver must give it again.
    pub(super) async fn take_event(
        &self,
        event: &Value,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let event = match words::read(event) {
            Ok(event) => event,
            Err(damage) => {
                // It has no id, so it can neither be kept nor be asked for.
                tracing::warn!(channel = %self.descriptor.channel, %damage, "an event is left out");
                return Ok(());
            }
        };
        let said = words::said(&event);
        if matches!(said, Said::Member { .. }) {
            self.forget_room(&event.room_id).await;
        }
        if said == Said::Nothing || self.config.passes_over(&event.sender) {
            return Ok(());
        }
        match said {
            Said::Member { user, membership } => {
                self.take_member(&event, &user, &membership, inlet).await
            }
            said => self.take_word(&event, said, inlet).await,
        }
    }

    /// Takes in what a person did in a room.
    pub(super) async fn take_word(
        &self,
        event: &Event,
        said: Said,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let room = match self.room(&event.room_id).await {
            Ok(room) => room,
            Err(refusal) => {
                self.or_wait(event, refusal).await?;
                Room::default()
            }
        };
        match self.payload(event, said, &room).await? {
            Some(payload) => self.give(event, &room, payload, inlet).await,
            None => Ok(()),
        }
    }

    /// Somebody invites the desk, sends it away, or leaves it alone.
    async fn take_member(
        &self,
        event: &Event,
        user: &str,
        membership: &str,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let is_own = self.own.iter().any(|own| own == user);
        let joined = match membership {
            "invite" if is_own => match self.join(&event.room_id).await {
                Ok(()) => true,
                Err(refusal) => return self.or_wait(event, refusal).await,
            },
            "leave" | "ban" if is_own => false,
            "leave" if user == event.sender => false,
            _ => return Ok(()),
        };
        let room = match self.room(&event.room_id).await {
            Ok(room) => room,
            Err(refusal) => return self.or_wait(event, refusal).await,
        };
        if !is_own && room.group(&event.room_id).is_some() {
            return Ok(());
        }
        self.give(event, &room, Payload::Membership { joined }, inlet).await?;
        if joined { self.catch_up(event, inlet).await } else { Ok(()) }
    }

    async fn payload(
        &self,
        event: &Event,
        said: Said,
        room: &Room,
    ) -> Result<Option<Payload>, AdapterError> {
        let group = room.group(&event.room_id);
        let payload = match said {
            Said::Message(message) => return Ok(self.message(event, *message, group)),
            // Whether it names the desk, only its key would tell.
            Said::Unreadable(_) if group.is_some() => return Ok(None),
            Said::Unreadable(what) => Payload::Unsupported { what: what.to_owned() },
            Said::Edited { of, text } => {
                Payload::Edited { external_id: of, text: self.bare(&text, group.as_ref()) }
            }
            Said::Reaction { of, emoji } => {
                let note = json!({ "of": of, "emoji": emoji }).to_string();
                let name = reaction_note(&event.event_id);
                let put = self.means.shelf.put(&name, &note, REACTION_KNOWN_MS).await;
                put.map_err(AdapterError::NotTaken)?;
                Payload::Reaction { external_id: of, emoji, added: true }
            }
            Said::Redacted { of } => self.taken_back(of).await?,
            Said::Nothing | Said::Member { .. } => return Ok(None),
        };
        Ok(Some(payload))
    }

    /// A message; in a group only what names the desk, without its name.
    fn message(
        &self,
        event: &Event,
        mut message: NewMessage,
        group: Option<String>,
    ) -> Option<Payload> {
        if group.is_some() {
            let (own, name) = (self.own.first()?, &self.config.display_name);
            if !mention::names(&event.content, &message.text, own, name) {
                return None;
            }
            message.text = self.bare(&message.text, group.as_ref());
        }
        message.group = group;
        Some(Payload::MessageNew(message))
    }

    /// A text without the desk's own name, where others read along.
    fn bare(&self, text: &str, group: Option<&String>) -> String {
        match (self.own.first(), group) {
            (Some(own), Some(_)) => mention::without(text, own, &self.config.display_name),
            _ => text.to_owned(),
        }
    }

    /// A message, or a reaction.
    async fn taken_back(&self, of: String) -> Result<Payload, AdapterError> {
        let found = self.means.shelf.find(&reaction_note(&of)).await;
        let found = found.map_err(AdapterError::NotTaken)?;
        let reaction = found.and_then(|note| serde_json::from_str::<Value>(&note).ok());
        let text = |key: &str| Some(reaction.as_ref()?.get(key)?.as_str()?.to_owned());
        Ok(match (text("of"), text("emoji")) {
            (Some(external_id), Some(emoji)) => {
                Payload::Reaction { external_id, emoji, added: false }
            }
            _ => Payload::Deleted { external_id: of },
        })
    }

    async fn give(
        &self,
        event: &Event,
        room: &Room,
        payload: Payload,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let sender = self.person(&event.sender, room.name_of(&event.sender));
        let inbound = Inbound {
            channel: self.descriptor.channel.clone(),
            external_id: event.event_id.clone(),
            external_conversation: Some(event.room_id.clone()),
            sender,
            occurred_at: event.origin_server_ts.map(Timestamp),
            received_at: self.means.clock.now(),
            payload,
            raw: Bytes::new(),
        };
        inlet.sink.accept(inbound).await.map(drop).map_err(AdapterError::NotTaken)
    }

    /// The homeserver vouches for its own people, and other servers sign what theirs say.
    fn person(&self, user: &str, name: String) -> Sender {
        Sender {
            kind: "user_id".to_owned(),
            value: user.to_owned(),
            assurance: Assurance::Proved,
            contact: None,
            name,
            locale: None,
        }
    }

    /// What a room keeps from us for now is asked for again, but no room holds up the others for ever.
    /// `Ok` when it has had its time.
    pub(super) async fn or_wait(
        &self,
        event: &Event,
        refusal: Refusal,
    ) -> Result<(), AdapterError> {
        let is_of_room = match &refusal {
            Refusal::Said { status: 401, .. } | Refusal::Limited(_) => false,
            Refusal::Said { status: 400..=499, .. } => {
                self.says_why(&refusal);
                return Ok(());
            }
            Refusal::Said { .. } | Refusal::Call(CallError::Cut(_)) => true,
            Refusal::Call(_) => false,
        };
        if is_of_room && self.counts(&event.event_id).await? > HOLDS_UP_MAX {
            self.says_why(&refusal);
            return Ok(());
        }
        let reason = refusal.to_string();
        let retry_after_ms = AGAIN_AFTER_MS;
        Err(AdapterError::NotTaken(SinkError { reason, retry_after_ms }))
    }

    fn says_why(&self, refusal: &Refusal) {
        let channel = &self.descriptor.channel;
        tracing::warn!(%channel, %refusal, "a room keeps from the desk what it asked for");
    }

    async fn counts(&self, event_id: &str) -> Result<u32, AdapterError> {
        let note = format!("held-up.{}", digest(event_id));
        let found = self.means.shelf.find(&note).await.map_err(AdapterError::NotTaken)?;
        let count =
            found.and_then(|count| count.parse::<u32>().ok()).unwrap_or(0).saturating_add(1);
        let put = self.means.shelf.put(&note, &count.to_string(), HOLD_UP_COUNTED_MS).await;
        put.map_err(AdapterError::NotTaken)?;
        Ok(count)
    }
}

fn reaction_note(event_id: &str) -> String {
    format!("reaction.{}", digest(event_id))
}

/// An id made of others, short enough to be remembered.
fn made_id(kind: &str, parts: &[&str]) -> String {
    let id = format!("{kind} {}", parts.join(" "));
    if id.len() <= EXTERNAL_ID_BYTES_MAX { id } else { format!("{kind} {}", digest(&id)) }
}
