//! A line at a port of its own, running as the gateway runs it, and calls to be made over it.

use crate::phone::board::Board;
use channels::phone::{Call, CallOrder};
use channels::sip::{self, Sip};
use channels::{AdapterError, ChannelAdapter as _, Inlet, Means, SipReach};
use domain::{Audience, CallId, Channel, ChannelKind, Locale, Localized};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tests::baresip::{Answers, Phone};
use tests::port::Port;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The person's number.
pub(super) const CONTACT: &str = "+8613800001234";
/// How long a telephone may ring in most tests.
pub(super) const RINGS: Duration = Duration::from_secs(20);

/// A line, and the desk behind it.
pub(super) struct Line {
    pub(super) board: Arc<Board>,
    pub(super) port: Port,
    pub(super) folder: TempDir,
    pub(super) settings: Value,
    pub(super) reach: SipReach,
    kept: Option<TempDir>,
    running: Option<Running>,
}

struct Running {
    stop: CancellationToken,
    tasks: JoinSet<Result<(), AdapterError>>,
}

impl Line {
    /// A line whose trunk is at this port of this machine, with more settings.
    pub(super) fn open(trunk: u16, more: &Value) -> Self {
        let port = Port::take();
        let at = port.number();
        let mut settings = json!({
            "listen": [format!("udp:127.0.0.1:{at}"), format!("tcp:127.0.0.1:{at}")],
            "trunk": { "uri": format!("sip:127.0.0.1:{trunk}"), "caller_id": "02012345678" },
        });
        merge(&mut settings, more);
        let folder = tempfile::tempdir().unwrap();
        let (board, reach) = (Board::open(), SipReach::anywhere());
        let mut line = Self { board, port, folder, settings, reach, kept: None, running: None };
        line.start();
        line
    }

    /// Runs it, as the gateway does that has just got the channel's duty.
    pub(super) fn start(&mut self) {
        let adapter = adapter_that_reaches(self.settings.clone(), self.reach.clone());
        let stop = CancellationToken::new();
        let (behind, _) = crate::inlet::Behind::open();
        let inlet = Inlet { calls: self.board.clone(), ..behind };
        let (token, mut tasks) = (stop.clone(), JoinSet::new());
        tasks.spawn(async move { adapter.run(inlet, token).await });
        self.running = Some(Running { stop, tasks });
    }

    /// It dies: nothing more is sent, nobody is told.
    pub(super) async fn dies(&mut self) {
        let mut running = self.running.take().unwrap();
        running.tasks.shutdown().await;
    }

    /// It is asked to end.
    pub(super) async fn ends(&mut self) {
        let mut running = self.running.take().unwrap();
        running.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), running.tasks.join_next()).await;
        assert!(matches!(ended, Ok(Some(Ok(Ok(()))))), "the line did not end when asked");
    }

    /// Why it could not go on.
    pub(super) async fn fails(&mut self) -> AdapterError {
        let running = self.running.as_mut().unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(10), running.tasks.join_next()).await;
        ended.unwrap().unwrap().unwrap().unwrap_err()
    }

    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps a folder as long as the line.
    pub(super) fn beside_of(mut self, folder: TempDir) -> Self {
        self.kept = Some(folder);
        self
    }

    /// A call from this address, which is not ordered yet.
    pub(super) fn call(&self, agent: &str) -> Call {
        call(agent)
    }

    /// Orders a call from this address.
    pub(super) fn places(&self, agent: &str) -> CallId {
        let call = call(agent);
        let id = call.id.clone();
        self.board.order(CallOrder::Place(call));
        id
    }
}

/// A telephone with a folder of its own.
pub(super) async fn phone(user: &str, answers: Answers) -> (TempDir, Phone) {
    let folder = tempfile::tempdir().unwrap();
    let phone = Phone::start(&folder.path().join("phone"), user, answers).await;
    (folder, phone)
}

/// The agent's telephone.
pub(super) async fn agent(line: &Line, answers: Answers) -> Phone {
    Phone::start(&line.beside("agent"), "1001", answers).await
}

/// An adapter with these settings, which may reach everything.
pub(super) fn adapter(settings: Value) -> Sip {
    adapter_that_reaches(settings, SipReach::anywhere())
}

/// An adapter with these settings, which may reach this.
pub(super) fn adapter_that_reaches(settings: Value, sip: SipReach) -> Sip {
    let means = Means { sip, ..Means::none() };
    Sip::open(&channel(settings), &means).unwrap()
}

/// A call of its own.
pub(super) fn call(agent: &str) -> Call {
    Call {
        id: CallId::from_uuid(uuid::Uuid::now_v7()),
        agent: agent.to_owned(),
        contact: CONTACT.parse().unwrap(),
        locale: Locale::En,
        ring_agent: RINGS,
        ring_contact: RINGS,
    }
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

fn channel(settings: Value) -> Channel {
    Channel {
        id: "phone".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Phone,
        adapter: sip::ADAPTER.to_owned(),
        audience: Audience::Agency,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}
