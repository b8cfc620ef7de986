//! DingTalk: its own kit and our adapter, against the same stand-in of its servers. What the kit takes for
//! DingTalk, our adapter must get along with; what the kit says, the adapter must say alike.

mod calls;
mod kit;
mod line;

use crate::doors::dingtalk::DingTalkRig;
use crate::everyone::{command, says};
use channels::{Action, Choice, Command, OutgoingFile};
use domain::{FileId, FileRef};

/// A command in a group.
fn in_group(id: &str, action: Action) -> Command {
    let external_conversation = Some("cid6KeBBLoveMJOGXoYKF5x7EeiodoA==".to_owned());
    Command { external_conversation, ..command(id, action) }
}

fn with_choices(text: &str, count: usize) -> Action {
    let choice = |n: usize| Choice { label: format!("{n} 分"), value: format!("rate:{n}") };
    match says(text) {
        Action::Send { text, files, author, mail, .. } => {
            Action::Send { text, files, author, mail, choices: (1..=count).map(choice).collect() }
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

/// The bodies of the requests under a path, in order.
fn bodies(rig: &DingTalkRig, path: &str) -> Vec<serde_json::Value> {
    rig.seen().look(|seen| {
        let asked = seen.asked.iter().filter(|asked| asked.path == path);
        asked.map(|asked| asked.json()).collect()
    })
}
