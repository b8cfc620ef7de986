//! Telegram, beyond what every door keeps: against a Bot API server and with a bot's kit that somebody
//! else wrote, and the answers that only this network gives.

mod answers;
mod judged;
mod server;

use crate::inlet::Behind;
use channels::{Action, ChannelAdapter, Choice, Command, Inlet, OutgoingFile};
use domain::{Author, FileRef};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tests::peers;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A command to the contact's chat.
fn command(id: &str, action: Action) -> Command {
    Command {
        id: id.to_owned(),
        recipient: "5001".to_owned(),
        external_conversation: Some("5001".to_owned()),
        answers: None,
        action,
    }
}

fn says(text: &str, choices: &[(&str, &str)]) -> Action {
    let choice = |(label, value): &(&str, &str)| Choice {
        label: (*label).to_owned(),
        value: (*value).to_owned(),
    };
    Action::Send {
        text: text.to_owned(),
        files: Vec::new(),
        author: Author::Agent { id: "li".parse().unwrap() },
        mail: None,
        choices: choices.iter().map(choice).collect(),
    }
}

fn gives(name: &str, media_type: &str, bytes: &'static [u8]) -> Action {
    let file = FileRef {
        id: "file_1".parse().unwrap(),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: bytes.len() as u64,
        pending: false,
    };
    Action::Send {
        text: String::new(),
        files: vec![OutgoingFile { file, bytes: bytes.into() }],
        author: Author::Agent { id: "li".parse().unwrap() },
        mail: None,
        choices: Vec::new(),
    }
}

/// A door that runs until this is dropped.
struct Running {
    behind: Arc<Behind>,
    _stop: DropGuard,
    _running: JoinSet<()>,
}

impl Running {
    fn start(adapter: &Arc<dyn ChannelAdapter>) -> Self {
        let (inlet, behind): (Inlet, _) = Behind::open();
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        let (adapter, token) = (adapter.clone(), stop.clone());
        running.spawn(async move { adapter.run(inlet, token).await.unwrap() });
        Self { behind, _stop: stop.drop_guard(), _running: running }
    }
}

/// A script of `tests/peers/telegram`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/telegram").join(name)
}

/// Where the packages for Node lie: beside those for Python, in a folder of their own.
fn node_modules() -> PathBuf {
    let folder = peers::python().parent().unwrap().parent().unwrap().join("telegram/node_modules");
    assert!(folder.exists(), "run `cargo xtask test`, which installs the peers");
    folder
}
