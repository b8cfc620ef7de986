//! A desk with a bridge that answers as the test says.

use crate::doors::way_out;
use crate::hosted::Hosted;
use crate::inlet::Behind;
use channels::bridge::Bridge;
use channels::{Action, Command};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tests::binary::root;
use tests::http_server::{Asked, HttpServer, Told};
use tests::peer::Peer;
use tests::peers::python;
use tests::port::Port;

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(super) const PREVIOUS: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// What a bridge was asked, and what it answers next; `None` hangs up.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    pub(super) asked: Mutex<Vec<Asked>>,
    next: Mutex<VecDeque<Option<Told>>>,
}

impl Behaviour {
    fn answer(&self, asked: Asked) -> Option<Told> {
        self.asked.lock().unwrap().push(asked);
        let next = self.next.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Some(Told::json(200, &json!({ "ids": ["far-1"] }))))
    }

    pub(super) fn answers(&self, told: Option<Told>) {
        self.next.lock().unwrap().push_back(told);
    }
}

/// The desk's side, open at an address.
pub(super) struct Desk {
    pub(super) adapter: Arc<Bridge>,
    pub(super) behind: Arc<Behind>,
    pub(super) hosted: Hosted,
    pub(super) bridge: Arc<Behaviour>,
    pub(super) server: HttpServer,
}

impl Desk {
    pub(super) fn open() -> Self {
        let bridge = Arc::<Behaviour>::default();
        let shared = bridge.clone();
        let server = HttpServer::start(move |asked| {
            let bridge = shared.clone();
            async move { bridge.answer(asked) }
        });
        let able = json!({
            "edit": true, "delete": true, "reactions": true, "typing": true, "receipts": true,
            "choices": true,
        });
        let adapter = adapter(json!({
            "url": format!("{}/hutong", server.url()), "secret": SECRET, "previous_secret": PREVIOUS,
            "capabilities": able,
        }));
        let (inlet, behind) = Behind::open();
        let hosted = Hosted::start_at(Port::take(), adapter.clone(), inlet);
        Self { adapter, behind, hosted, bridge, server }
    }

    /// What the bridge was asked last.
    pub(super) fn last(&self) -> Asked {
        self.bridge.asked.lock().unwrap().last().cloned().unwrap()
    }
}

pub(super) fn adapter(settings: Value) -> Arc<Bridge> {
    let channel = Channel {
        id: "bridge".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: "bridge".to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    };
    Arc::new(Bridge::open(&channel, &way_out::means()).unwrap())
}

/// The library of somebody else.
pub(crate) fn library() -> Peer {
    let mut command = tokio::process::Command::new(python());
    Peer::start("webhooks", command.arg(root().join("tests/peers/bridge/webhooks.py")))
}

pub(super) fn command(id: &str, action: Action) -> Command {
    Command {
        id: id.to_owned(),
        recipient: "u-17".to_owned(),
        external_conversation: Some("c1".to_owned()),
        answers: Some("m1".to_owned()),
        action,
    }
}
