//! What our events say.

use crate::outbound::OutgoingFile;
use serde_json::{Map, Value, json};

/// Where something is said.
pub(super) enum Place {
    /// To one person alone.
    Pair,
    /// Where others read along: it names whom it is for, and what it answers.
    Group {
        /// Whom it is for.
        person: String,
        /// The event that it answers.
        answers: Option<String>,
    },
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A text.
pub(super) fn text(text: &str) -> Map<String, Value> {
    object(json!({ "msgtype": "m.text", "body": text, "m.mentions": {} }))
}

/// A file that lies at the homeserver.
pub(super) fn file(file: &OutgoingFile, address: &str) -> Map<String, Value> {
    let media_type = file.file.media_type.as_str();
    let kind = match media_type.split('/').next() {
        Some("image") => "m.image",
        Some("audio") => "m.audio",
        Some("video") => "m.video",
        _ => "m.file",
    };
    object(json!({
        "msgtype": kind,
        "body": file.file.name,
        "filename": file.file.name,
        "url": address,
        "info": { "mimetype": media_type, "size": file.bytes.len() },
        "m.mentions": {},
    }))
}

/// Another text for something said before. Clients that cannot change a text show it as a new one, with
/// an asterisk.
pub(super) fn edit(of: &str, text: &str) -> Map<String, Value> {
    object(json!({
        "msgtype": "m.text",
        "body": format!("* {text}"),
        "m.mentions": {},
        "m.new_content": { "msgtype": "m.text", "body": text, "m.mentions": {} },
        "m.relates_to": { "rel_type": "m.replace", "event_id": of },
    }))
}

/// A reaction.
pub(super) fn reaction(to: &str, emoji: &str) -> Map<String, Value> {
    object(json!({
        "m.relates_to": { "rel_type": "m.annotation", "event_id": to, "key": emoji },
    }))
}

/// The same, where it is said.
pub(super) fn in_place(mut content: Map<String, Value>, place: &Place) -> Map<String, Value> {
    if let Place::Group { person, answers } = place {
        content.insert("m.mentions".to_owned(), json!({ "user_ids": [person] }));
        if let Some(answers) = answers {
            let answers = json!({ "m.in_reply_to": { "event_id": answers } });
            content.insert("m.relates_to".to_owned(), answers);
        }
    }
    content
}
