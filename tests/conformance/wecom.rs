//! WeCom: a kit that others wrote and our adapters, against the same stand-in of its servers; and each
//! other's seals. What the kit takes for WeCom, our adapters must get along with.

mod app;
mod kf;
mod kit;

use crate::everyone::says;
use channels::{Action, Choice, OutgoingFile};
use domain::FileRef;

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
        id: "file_1".parse().unwrap(),
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

/// The bodies of the requests to a path, in order.
fn bodies(far: &crate::doors::wecom::Far, path: &str) -> Vec<serde_json::Value> {
    let path = format!("/cgi-bin/{path}");
    far.seen().look(|seen| {
        let asked = seen.asked.iter().filter(|asked| asked.path == path);
        asked.map(|asked| asked.json()).collect()
    })
}
