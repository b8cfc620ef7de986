//! What was heard, on its way into the envelope of all doors; and how things that are no text read.

use crate::inbound::{Assurance, Inbound, MediaRef, NewMessage, Payload, Sender};
use bytes::Bytes;
use domain::{ChannelId, Locale, Timestamp};
use sha2::{Digest, Sha256};

/// The longest value of a button of ours, in bytes.
const VALUE_BYTES_MAX: usize = 64;

/// One event of the network.
pub(super) struct Heard {
    /// The network's id of it.
    pub(super) id: String,
    /// Whose it is.
    pub(super) user: String,
    /// The account that was spoken to, where there are several.
    pub(super) conversation: Option<String>,
    /// When, in seconds.
    pub(super) at: Option<i64>,
    /// What happened.
    pub(super) payload: Payload,
}

impl Heard {
    pub(super) fn into_inbound(self, channel: &ChannelId, now: Timestamp) -> Inbound {
        let raw = Bytes::new();
        Inbound {
            channel: channel.clone(),
            external_id: self.id,
            external_conversation: self.conversation,
            sender: Sender {
                kind: "user_id".to_owned(),
                value: self.user,
                assurance: Assurance::Proved,
                contact: None,
                name: String::new(),
                locale: Some(Locale::ZhCn),
            },
            occurred_at: self.at.and_then(|secs| secs.checked_mul(1_000)).map(Timestamp),
            received_at: now,
            payload: self.payload,
            raw,
        }
    }
}

/// Something said.
pub(super) fn text(text: impl Into<String>) -> Payload {
    Payload::MessageNew(NewMessage { text: text.into(), ..NewMessage::default() })
}

/// A file that lies at the network for three days.
pub(super) fn media(kind: &str, media_id: &str) -> Payload {
    if media_id.is_empty() {
        return Payload::Unsupported { what: kind.to_owned() };
    }
    let (text, name, media_type) = match kind {
        "image" => ("", "图片.jpg", "image/jpeg"),
        "voice" => ("[语音]", "语音.amr", "audio/amr"),
        "video" | "shortvideo" => ("", "视频.mp4", "video/mp4"),
        _ => ("", "文件", "application/octet-stream"),
    };
    let reference = media_id.to_owned();
    let media = MediaRef { reference, name: name.to_owned(), media_type: media_type.to_owned() };
    let text = text.to_owned();
    Payload::MessageNew(NewMessage { text, media: vec![media], ..NewMessage::default() })
}

/// A place: its name, the address, and where it lies.
pub(super) fn location(name: &str, address: &str, point: (&str, &str)) -> Payload {
    let (name, address) = (name.trim(), address.trim());
    let place = match (name.is_empty(), address.is_empty()) {
        (false, false) => format!("{name}（{address}）"),
        (false, true) => name.to_owned(),
        (true, _) => address.to_owned(),
    };
    let (latitude, longitude) = point;
    text(format!("[位置] {place}\n{latitude},{longitude}"))
}

/// Something with a title, and perhaps a description and an address.
pub(super) fn titled(sort: &str, title: &str, description: &str, url: &str) -> Payload {
    let parts = [title, description, url].map(str::trim);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    text(format!("[{sort}] {}", parts.join("\n")))
}

/// A button: one of ours comes back as its value, any other is told in words.
pub(super) fn chosen(key: &str) -> Payload {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    if (1..=VALUE_BYTES_MAX).contains(&key.len()) && key.bytes().all(is_plain) {
        Payload::Chosen { value: key.to_owned() }
    } else {
        text(format!("[菜单] {key}"))
    }
}

/// An id made of several parts, for events that have none.
pub(super) fn id_of(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
