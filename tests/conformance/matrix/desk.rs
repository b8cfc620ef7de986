//! A desk on Matrix: a homeserver that calls the door at an address of its own, as it calls a gateway.

use super::person::Person;
use crate::doors::way_out;
use crate::hosted::Hosted;
use crate::inlet::Behind;
use channels::matrix::{Matrix, registration};
use channels::{Action, Command, Inbound, Means, Outcome, Payload};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tests::port::Port;
use tests::synapse::{SERVER_NAME, Synapse};

pub(super) const AS_TOKEN: &str = "CANARY-as-token-of-the-desk";
pub(super) const HS_TOKEN: &str = "CANARY-hs-token-of-the-server";
pub(super) const DESK: &str = "@desk:hutong.test";
pub(super) const LI: &str = "@li:hutong.test";

/// A desk whose homeserver knows it.
pub(super) struct Desk {
    pub(super) synapse: Synapse,
    pub(super) adapter: Arc<Matrix>,
    pub(super) behind: Arc<Behind>,
    pub(super) hosted: Hosted,
    settings: Value,
    _folder: TempDir,
}

impl Desk {
    /// Starts the homeserver, and people on it.
    pub(super) async fn open(people: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = Port::take();
        let callback = format!("http://127.0.0.1:{}/v1/callbacks/matrix", port.number());
        let mut settings = json!({
            "homeserver": "http://127.0.0.1:1",
            "server_name": SERVER_NAME,
            "as_token": AS_TOKEN,
            "hs_token": HS_TOKEN,
            "display_name": "办事大厅",
        });
        let registration = registration(&channel(settings.clone()), &callback).unwrap();
        let synapse = Synapse::start(folder.path(), &[registration]).await;
        settings["homeserver"] = json!(synapse.url());
        let adapter = adapter(settings.clone(), &way_out::means());
        let (inlet, behind) = Behind::open();
        let hosted = Hosted::start_at(port, adapter.clone(), inlet);
        for person in people {
            synapse.create_user(person).await;
        }
        Self { synapse, adapter, behind, hosted, settings, _folder: folder }
    }

    /// A person's own client, logged in.
    pub(super) async fn person(&self, name: &str) -> Person {
        Person::log_in(&self.synapse.url(), name).await
    }

    /// The same channel at another gateway: nothing is shared but the homeserver.
    pub(super) fn elsewhere(&self) -> Arc<Matrix> {
        adapter(self.settings.clone(), &way_out::means())
    }

    /// The same channel with another setting.
    pub(super) fn with(&self, key: &str, value: &str) -> Arc<Matrix> {
        let mut settings = self.settings.clone();
        settings[key] = json!(value);
        adapter(settings, &way_out::means())
    }

    /// A room of a person with the desk in it.
    pub(super) async fn room_of(&self, person: &mut Person) -> String {
        let room = person.create_room(&[DESK]).await;
        person.sees_joined(&room, DESK).await;
        room
    }

    /// Waits for something that came in.
    pub(super) async fn gets(&self, what: &str, fits: impl Fn(&Inbound) -> bool) -> Inbound {
        let look = |taken: &crate::inlet::Taken| {
            taken.accepted.iter().find(|inbound| fits(inbound)).cloned()
        };
        let found = self.behind.taken.within(std::time::Duration::from_secs(30), look).await;
        found.unwrap_or_else(|| panic!("{what} did not come: {:#?}", self.behind.taken))
    }

    /// Waits for a message with this text.
    pub(super) async fn gets_text(&self, text: &str) -> Inbound {
        self.gets(text, |inbound| match &inbound.payload {
            Payload::MessageNew(message) => message.text == text,
            _ => false,
        })
        .await
    }
}

pub(super) fn channel(settings: Value) -> Channel {
    Channel {
        id: "matrix".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: "matrix".to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

fn adapter(settings: Value, means: &Means) -> Arc<Matrix> {
    Arc::new(Matrix::open(&channel(settings), means).unwrap())
}

/// A command to Li, in a room.
pub(super) fn command(id: &str, room: &str, action: Action) -> Command {
    Command {
        id: id.to_owned(),
        recipient: LI.to_owned(),
        external_conversation: (!room.is_empty()).then(|| room.to_owned()),
        answers: None,
        action,
    }
}

/// The event that was sent.
pub(super) fn sent(outcome: Outcome) -> String {
    match outcome {
        Outcome::Sent(ids) if ids.len() == 1 => ids[0].clone(),
        other => panic!("not sent: {other:?}"),
    }
}
