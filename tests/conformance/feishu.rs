//! Feishu: its own kit and our adapter, against the same stand-in of its servers. What the kit takes for
//! Feishu, our adapter must get along with; what the kit asks, the adapter must ask alike.

mod calls;
mod kit;
mod line;

use crate::doors::feishu::{CHAT, FeishuRig, MEMBER};
use crate::everyone::{command, says};
use channels::{Action, Choice, Command, OutgoingFile};
use domain::{FileId, FileRef};
use tests::cloud::Asked;

/// A command for the member.
fn to_member(id: &str, action: Action) -> Command {
    Command { recipient: MEMBER.to_owned(), ..command(id, action) }
}

/// A command in the group, which answers a message.
fn in_group(id: &str, action: Action) -> Command {
    let (chat, answers) = (Some(CHAT.to_owned()), Some("om_1".to_owned()));
    Command { external_conversation: chat, answers, ..to_member(id, action) }
}

fn with_choices(text: &str) -> Action {
    let choice = |n: usize| Choice { label: format!("{n} 分"), value: format!("rate:{n}") };
    match says(text) {
        Action::Send { text, files, author, mail, .. } => {
            Action::Send { text, files, author, mail, choices: (1..=2).map(choice).collect() }
        }
        other => other,
    }
}

fn gives(name: &str, media_type: &str, bytes: &'static [u8]) -> Action {
    let file = FileRef {
        id: FileId::from_uuid(uuid::Uuid::nil()),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap(),
        pending: false,
    };
    match says("") {
        Action::Send { text, author, mail, choices, .. } => {
            let files = vec![OutgoingFile { file, bytes: bytes.into() }];
            Action::Send { text, files, author, mail, choices }
        }
        other => other,
    }
}

/// The requests under a path, in order.
fn asked(rig: &FeishuRig, path: &str) -> Vec<Asked> {
    rig.seen().look(|seen| seen.asked.iter().filter(|asked| asked.path == path).cloned().collect())
}
