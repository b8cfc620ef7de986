//! Rooms: who is in one, how we come into one, and which one leads to a person.

use super::Matrix;
use super::api::Refusal;
use crate::digest::digest;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long what we know of a room is believed, in milliseconds (10 minutes); it is forgotten sooner
/// when somebody comes or goes.
const KNOWN_FOR_MS: u64 = 600_000;
/// A room with more people than this is a group: the desk, and one person.
const PAIR: usize = 2;

/// What is known of a room.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Room {
    /// How many are in it, with us; 0 when we may not know.
    members: usize,
    /// The name by which its people know it, for a group.
    name: String,
    /// Who is in it and what they call themselves, unless it is a group.
    people: BTreeMap<String, String>,
}

impl Room {
    /// The name, or the id, where others read along.
    pub(super) fn group(&self, room_id: &str) -> Option<String> {
        let name = if self.name.is_empty() { room_id } else { &self.name };
        (self.members > PAIR).then(|| name.to_owned())
    }

    /// What a person calls themselves; empty when it is not known.
    pub(super) fn name_of(&self, user: &str) -> String {
        self.people.get(user).cloned().unwrap_or_default()
    }

    /// Is it known that this person is not in it?
    pub(super) fn lacks(&self, user: &str) -> bool {
        (1..=PAIR).contains(&self.members) && !self.people.contains_key(user)
    }
}

fn note_of(room_id: &str) -> String {
    format!("room.{}", digest(room_id))
}

impl Matrix {
    /// What is known of a room: written down, or asked for.
    pub(super) async fn room(&self, room_id: &str) -> Result<Room, Refusal> {
        let note = note_of(room_id);
        // Without a shelf it is asked for each time.
        if let Ok(Some(known)) = self.means.shelf.find(&note).await
            && let Ok(room) = serde_json::from_str(&known)
        {
            return Ok(room);
        }
        let room = self.ask_of_room(room_id).await?;
        let written = serde_json::to_string(&room).unwrap_or_default();
        if let Err(error) = self.means.shelf.put(&note, &written, KNOWN_FOR_MS).await {
            tracing::debug!(error = %error, "who is in a room is not written down");
        }
        Ok(room)
    }

    async fn ask_of_room(&self, room_id: &str) -> Result<Room, Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "joined_members"];
        let told = match self.call(Method::GET, &path, None).await {
            Ok(told) => told,
            // We are not in it any more.
            Err(Refusal::Said { status: 403 | 404, .. }) => return Ok(Room::default()),
            Err(refusal) => return Err(refusal),
        };
        let Some(joined) = told.get("joined").and_then(Value::as_object) else {
            return Ok(Room::default());
        };
        let name = |person: &Value| person.get("display_name")?.as_str().map(str::to_owned);
        let people = joined.iter().take(PAIR);
        let people = people.map(|(user, person)| (user.clone(), name(person).unwrap_or_default()));
        if joined.len() <= PAIR {
            let people = people.collect();
            return Ok(Room { members: joined.len(), name: String::new(), people });
        }
        let name = self.name_of_room(room_id).await?;
        Ok(Room { members: joined.len(), name, people: BTreeMap::new() })
    }

    /// The name that its people gave a room; empty when they gave none.
    async fn name_of_room(&self, room_id: &str) -> Result<String, Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "state", "m.room.name"];
        match self.call(Method::GET, &path, None).await {
            Ok(told) => Ok(told.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()),
            Err(Refusal::Said { status: 403 | 404, .. }) => Ok(String::new()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Somebody came or went.
    pub(super) async fn forget_room(&self, room_id: &str) {
        if let Err(error) = self.means.shelf.put(&note_of(room_id), "", 1).await {
            tracing::debug!(error = %error, "who is in a room is not forgotten before its time");
        }
    }

    /// Comes into a room to which we were invited.
    pub(super) async fn join(&self, room_id: &str) -> Result<(), Refusal> {
        self.ensure_user().await?;
        let path = ["_matrix", "client", "v3", "rooms", room_id, "join"];
        self.call(Method::POST, &path, Some(&json!({}))).await.map(drop)
    }

    /// Invites a person into a room of ours.
    pub(super) async fn invite(&self, room_id: &str, person: &str) -> Result<(), Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "invite"];
        let body = json!({ "user_id": person });
        self.call(Method::POST, &path, Some(&body)).await.map(drop)
    }

    /// How a person stands to a room: `join`, `invite`, `leave`, `ban`; empty when nobody knows.
    pub(super) async fn membership(&self, room_id: &str, user: &str) -> Result<String, Refusal> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "state", "m.room.member", user];
        match self.call(Method::GET, &path, None).await {
            Ok(told) => {
                Ok(told.get("membership").and_then(Value::as_str).unwrap_or_default().to_owned())
            }
            Err(Refusal::Said { status: 403 | 404, .. }) => Ok(String::new()),
            Err(refusal) => Err(refusal),
        }
    }

    /// The room that leads to a person who has not written to us: found by its name, or opened under it,
    /// so that a second try opens no second one.
    pub(super) async fn room_to(&self, person: &str) -> Result<String, Refusal> {
        let alias = format!("{}-{}", self.config.user, digest(person));
        if let Some(room_id) = self.room_named(&alias).await? {
            return Ok(room_id);
        }
        let body = json!({
            "room_alias_name": alias,
            "preset": "trusted_private_chat",
            "is_direct": true,
            "invite": [person],
        });
        let path = ["_matrix", "client", "v3", "createRoom"];
        match self.call(Method::POST, &path, Some(&body)).await {
            Ok(told) => Ok(told.get("room_id").and_then(Value::as_str).unwrap_or_default().into()),
            // Another gateway was sooner; by a moment, which Synapse calls a conflict without a name.
            Err(refusal) if refusal.is("M_ROOM_IN_USE") || refusal.has_status(409) => {
                self.room_named(&alias).await?.ok_or(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }

    async fn room_named(&self, alias: &str) -> Result<Option<String>, Refusal> {
        let alias = format!("#{alias}:{}", self.config.server_name);
        let path = ["_matrix", "client", "v3", "directory", "room", &alias];
        match self.call(Method::GET, &path, None).await {
            Ok(told) => Ok(told.get("room_id").and_then(Value::as_str).map(str::to_owned)),
            Err(refusal) if refusal.has_status(404) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}
