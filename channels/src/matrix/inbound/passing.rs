//! What passes: who is typing, who has read what (specification, "Pushing ephemeral data", MSC2409).

use super::super::Matrix;
use super::super::rooms::Room;
use super::made_id;
use crate::adapter::Inlet;
use crate::error::AdapterError;
use crate::inbound::{Inbound, Payload};
use bytes::Bytes;
use serde_json::Value;

/// The most signs that one event may make: it tells of a whole room.
const SIGNS_MAX: usize = 50;

/// One sign of one person.
struct Sign {
    user: String,
    id: String,
    payload: Payload,
}

impl Matrix {
    /// Takes one passing event in. What cannot be told of a room is left out: it would be old before it
    /// could be told again.
    pub(in super::super) async fn take_passing(
        &self,
        event: &Value,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let Some(room_id) = event.get("room_id").and_then(Value::as_str) else { return Ok(()) };
        let mut signs = match event.get("type").and_then(Value::as_str) {
            Some("m.typing") => self.typing(room_id, event),
            Some("m.receipt") => receipts(event),
            _ => return Ok(()),
        };
        signs.retain(|sign| !self.config.passes_over(&sign.user));
        signs.truncate(SIGNS_MAX);
        if signs.is_empty() {
            return Ok(());
        }
        let Ok(room) = self.room(room_id).await else { return Ok(()) };
        if room.group(room_id).is_some() {
            return Ok(());
        }
        for sign in signs {
            self.give_sign(room_id, &room, sign, inlet).await?;
        }
        Ok(())
    }

    async fn give_sign(
        &self,
        room_id: &str,
        room: &Room,
        sign: Sign,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let inbound = Inbound {
            channel: self.descriptor.channel.clone(),
            external_id: sign.id,
            external_conversation: Some(room_id.to_owned()),
            sender: self.person(&sign.user, room.name_of(&sign.user)),
            occurred_at: None,
            received_at: self.means.clock.now(),
            payload: sign.payload,
            raw: Bytes::new(),
        };
        inlet.sink.accept(inbound).await.map(drop).map_err(AdapterError::NotTaken)
    }

    fn typing(&self, room_id: &str, event: &Value) -> Vec<Sign> {
        let users = event.get("content").and_then(|content| content.get("user_ids")?.as_array());
        // It has no id, and the same again is a new sign.
        let now = self.means.clock.now().0.to_string();
        let sign = |user: &Value| {
            let user = user.as_str()?.to_owned();
            let id = made_id("typing", &[&now, room_id, &user]);
            Some(Sign { user, id, payload: Payload::Typing })
        };
        users.into_iter().flatten().filter_map(sign).collect()
    }
}

/// `{"$event": {"m.read": {"@user": {"ts": 1}}}}`
fn receipts(event: &Value) -> Vec<Sign> {
    let events = event.get("content").and_then(Value::as_object);
    let mut signs = Vec::new();
    for (event_id, receipts) in events.into_iter().flatten() {
        let users = receipts.get("m.read").and_then(Value::as_object);
        for user in users.into_iter().flat_map(|users| users.keys()) {
            let external_id = event_id.clone();
            signs.push(Sign {
                id: made_id("read", &[event_id, user]),
                user: user.clone(),
                payload: Payload::Read { seq: 0, external_id },
            });
        }
    }
    signs
}
