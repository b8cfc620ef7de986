//! What a self-built app is told (接收消息与事件, documents 90239 and 90240).

use super::words::{self, Heard};
use super::xml::Fields;
use crate::inbound::Payload;

/// The sender of events that no person caused.
const SYSTEM: &str = "sys";

/// What a callback says; `None` when it says nothing to the desk (somebody opened the app, a link was
/// followed, a batch ended).
///
/// # Errors
/// What is missing, for a message that cannot be told from others or has no sender.
pub(super) fn read(fields: &Fields) -> Result<Option<Heard>, &'static str> {
    let (user, kind) = (fields.text("FromUserName"), fields.text("MsgType"));
    let at = fields.number("CreateTime");
    let said = |id: String, payload| {
        let user = user.to_owned();
        Ok(Some(Heard { id, user, conversation: None, at, payload }))
    };
    if kind == "event" {
        return match event(fields) {
            Some(payload) if !user.is_empty() && user != SYSTEM => {
                let names = ["CreateTime", "Event", "EventKey", "TaskId", "CardType"];
                let [time, event, key, task, card] = names.map(|name| fields.text(name));
                said(words::id_of(&[user, time, event, key, task, card]), payload)
            }
            _ => Ok(None),
        };
    }
    let id = fields.text("MsgId").trim();
    match (kind.is_empty(), id.is_empty(), user.is_empty()) {
        (true, ..) => Err("it has no MsgType"),
        (_, true, _) => Err("it has no MsgId"),
        (_, _, true) => Err("it has no FromUserName"),
        _ if id.len() > 64 => said(words::id_of(&[id]), message(kind, fields)),
        _ => said(id.to_owned(), message(kind, fields)),
    }
}

fn message(kind: &str, fields: &Fields) -> Payload {
    let [title, description, url] = ["Title", "Description", "Url"].map(|name| fields.text(name));
    match kind {
        "text" => words::text(fields.text("Content")),
        "image" | "voice" | "video" | "shortvideo" | "file" => {
            words::media(kind, fields.text("MediaId"))
        }
        "location" => {
            let point = (fields.text("Location_X"), fields.text("Location_Y"));
            words::location("", fields.text("Label"), point)
        }
        "link" => words::titled("链接", title, description, url),
        other => Payload::Unsupported { what: other.chars().take(64).collect() },
    }
}

fn event(fields: &Fields) -> Option<Payload> {
    match fields.text("Event") {
        "subscribe" => Some(Payload::Membership { joined: true }),
        "unsubscribe" => Some(Payload::Membership { joined: false }),
        "click" | "template_card_event" | "template_card_menu_event" => {
            Some(words::chosen(fields.text("EventKey")))
        }
        "scancode_waitmsg" => {
            Some(words::titled("扫码", fields.text("ScanCodeInfo.ScanResult"), "", ""))
        }
        "location_select" => {
            let names = ["Location_X", "Location_Y", "Label", "Poiname"];
            let [x, y, label, name] =
                names.map(|name| fields.text(&format!("SendLocationInfo.{name}")));
            Some(words::location(name, label, (x, y)))
        }
        _ => None,
    }
}
