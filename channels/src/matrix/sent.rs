//! Whether an earlier try of a command reached a room.

use super::Matrix;
use super::api::{As, Refusal};
use crate::outbound::{Action, Command, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

/// Where the command's id stands in our events.
pub(super) const MARK: &str = "hutong.command";
/// How many of the desk's own last events in a room are looked at.
const LOOKED_AT: &str = "50";
/// How long it is known that a command was tried, in milliseconds (7 days).
const TRIED_KNOWN_MS: u64 = 7 * 24 * 3_600_000;

impl Matrix {
    /// Is this the first try? Among all gateways, and beyond the end of any.
    pub(super) async fn is_first_try(&self, command: &Command) -> Result<bool, Outcome> {
        let turn = format!("tried.{}", command.id);
        let taken = self.means.shelf.take_turn(&turn, TRIED_KNOWN_MS).await;
        taken.map_err(|error| Outcome::Unavailable(error.reason))
    }

    /// The event that carries this command's id, among the desk's own last ones of a room.
    pub(super) async fn sent(&self, room_id: &str, id: &str) -> Result<Option<String>, Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "messages"];
        let filter = json!({ "senders": self.own }).to_string();
        let query = [("dir", "b"), ("limit", LOOKED_AT), ("filter", &filter)];
        let request = self.request_with(As::User, Method::GET, &path, &query)?;
        let told = self.ask(request, None).await?;
        let events = told.get("chunk").and_then(Value::as_array);
        let is_it = |event: &&Value| {
            let mark = event.get("content").and_then(|content| content.get(MARK)?.as_str());
            let sender = event.get("sender").and_then(Value::as_str);
            mark == Some(id) && self.own.iter().any(|own| Some(own.as_str()) == sender)
        };
        let found = events.into_iter().flatten().find(is_it);
        Ok(found.and_then(|event| event.get("event_id")?.as_str()).map(str::to_owned))
    }

    /// What became of a command. Typing, read marks and what is taken back may be done twice.
    pub(super) async fn find_sent(&self, command: &Command) -> Outcome {
        let again = matches!(
            command.action,
            Action::Typing | Action::MarkRead { .. } | Action::Delete { .. }
        );
        if again {
            return Outcome::Unavailable("it may be done again".to_owned());
        }
        let room_id = match self.room_of(command).await {
            Ok(room_id) => room_id,
            Err(outcome) => return outcome,
        };
        match self.sent(&room_id, &command.id).await {
            Ok(Some(event)) => Outcome::Sent(vec![event]),
            Ok(None) => Outcome::Unavailable("it is not in the room".to_owned()),
            Err(refusal) => Outcome::InDoubt(refusal.to_string()),
        }
    }
}
