//! What was said between an invitation and our coming: people write at once, and the homeserver pushes
//! only what is said where the desk is.

use super::super::Matrix;
use super::super::api::{As, Refusal};
use super::super::words::{self, Event, Said};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use reqwest::Method;
use serde_json::{Value, json};

/// How many events are looked at: more than anybody writes meanwhile.
const LOOKED_AT: &str = "100";

fn is_since(event: &Value, invitation: &Event) -> bool {
    let time = event.get("origin_server_ts").and_then(Value::as_i64);
    time.zip(invitation.origin_server_ts).is_some_and(|(said, invited)| said >= invited)
}

impl Matrix {
    /// Takes in what was said after an invitation. What is pushed as well is known by its id.
    pub(super) async fn catch_up(
        &self,
        invitation: &Event,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let mut events = match self.last_events(&invitation.room_id).await {
            Ok(events) => events,
            Err(refusal) => return self.or_wait(invitation, refusal).await,
        };
        // The newest comes first.
        let is_it = |event: &Value| {
            event.get("event_id").and_then(Value::as_str) == Some(&*invitation.event_id)
        };
        match events.iter().position(is_it) {
            Some(place) => events.truncate(place),
            // Nothing of what was said before is ours to take in.
            None => events.retain(|event| is_since(event, invitation)),
        }
        for event in events.iter().rev() {
            let Ok(event) = words::read(event) else { continue };
            let said = words::said(&event);
            let is_word = !matches!(said, Said::Nothing | Said::Member { .. });
            if is_word && !self.config.passes_over(&event.sender) {
                self.take_word(&event, said, inlet).await?;
            }
        }
        Ok(())
    }

    async fn last_events(&self, room_id: &str) -> Result<Vec<Value>, Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "messages"];
        let query = [("dir", "b"), ("limit", LOOKED_AT)];
        let told = self.ask(self.request_with(As::User, Method::GET, &path, &query)?, None).await?;
        let chunk = told.get("chunk").and_then(Value::as_array).cloned().unwrap_or_default();
        let here = |mut event: Value| {
            if let Value::Object(event) = &mut event {
                event.insert("room_id".to_owned(), json!(room_id));
            }
            event
        };
        Ok(chunk.into_iter().map(here).collect())
    }
}
