//! Slack, beyond what every door keeps: with Slack's own kit as a judge, and the answers that only this
//! network gives.

mod answers;
mod arriving;
mod judged;

use crate::inlet::Behind;
use channels::{Action, ChannelAdapter, Choice, Command, Inlet, OutgoingFile};
use domain::{Author, FileRef};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A command to the contact's conversation with the app.
fn command(id: &str, action: Action) -> Command {
    Command {
        id: id.to_owned(),
        recipient: "U2147483697".to_owned(),
        external_conversation: Some("D024BE91L".to_owned()),
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

fn gives(name: &str, bytes: &'static [u8]) -> Action {
    let file = FileRef {
        id: "file_1".parse().unwrap(),
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
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
