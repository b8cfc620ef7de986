//! A robot's message, as DingTalk gives it, into an [`Inbound`]. Pure.
//!
//! Source: open.dingtalk.com, 机器人接收消息 (fields of the callback), the same over Stream and HTTP.
//! A field of another type than documented counts as absent: one odd field must not lose a word.

use super::choice;
use crate::inbound::{
    Assurance, EXTERNAL_ID_BYTES_MAX, Inbound, MediaRef, NewMessage, Payload, Sender,
};
use crate::refusal::text;
use bytes::Bytes;
use domain::limits::FILES_PER_MESSAGE_MAX;
use domain::{ChannelId, Locale, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Why a message is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// It has no id, or nobody said it: it cannot be kept.
    Incomplete,
    /// It was said in a group and not to us.
    NotToUs,
    /// We said it ourselves.
    OurOwn,
}

/// Where a message can be answered for a while without a token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SessionWebhook {
    /// Its address, a secret.
    pub(super) url: String,
    /// Until when.
    pub(super) until: Timestamp,
}

/// A message that was read.
pub(super) struct Read {
    pub(super) inbound: Inbound,
    pub(super) webhook: Option<SessionWebhook>,
}

/// Reads a message.
pub(super) fn read(
    channel: &ChannelId,
    data: &Value,
    assurance: Assurance,
    received_at: Timestamp,
) -> Result<Read, Skipped> {
    let id = text(data, "msgId");
    // Only members of the organisation have a staff id; others have a disguised one.
    let named = Some(text(data, "senderStaffId")).filter(|id| !id.is_empty());
    let sender = named.unwrap_or(text(data, "senderId"));
    if id.is_empty() || sender.is_empty() {
        return Err(Skipped::Incomplete);
    }
    if text(data, "senderId") == text(data, "chatbotUserId") && !text(data, "senderId").is_empty() {
        return Err(Skipped::OurOwn);
    }
    let is_group = text(data, "conversationType") == "2";
    if is_group && data.get("isInAtList") == Some(&Value::Bool(false)) {
        return Err(Skipped::NotToUs);
    }
    let conversation = text(data, "conversationId");
    let title = Some(text(data, "conversationTitle")).filter(|title| !title.is_empty());
    let group = is_group.then(|| title.unwrap_or(conversation).to_owned());
    let inbound = Inbound {
        channel: channel.clone(),
        external_id: bounded(id),
        // A chat with one person is answered at their id; the chat's own id is of no use for that.
        external_conversation: is_group.then(|| bounded(conversation)),
        sender: Sender {
            kind: "user_id".to_owned(),
            value: sender.to_owned(),
            assurance,
            contact: None,
            name: text(data, "senderNick").to_owned(),
            locale: Some(Locale::ZhCn),
        },
        occurred_at: millis(data.get("createAt")),
        received_at,
        payload: payload(data, group),
        raw: Bytes::new(),
    };
    Ok(Read { inbound, webhook: webhook(data) })
}

fn payload(data: &Value, group: Option<String>) -> Payload {
    let kind = text(data, "msgtype");
    let nothing = Value::Null;
    let content = data.get("content").unwrap_or(&nothing);
    let mut message = match kind {
        "text" => said(data.pointer("/text/content").and_then(Value::as_str).unwrap_or_default()),
        "richText" => rich_text(content),
        "picture" => with_media("", media(content, "图片.jpg", "image/jpeg")),
        "audio" => {
            let heard = text(content, "recognition").trim();
            let words = if heard.is_empty() { String::new() } else { format!("[语音] {heard}") };
            with_media(&words, media(content, "语音.amr", "audio/amr"))
        }
        "video" => with_media("", media(content, "视频.mp4", "video/mp4")),
        "file" => with_media("", media(content, "文件", "application/octet-stream")),
        other => return Payload::Unsupported { what: unsupported(other) },
    };
    if let Some(value) = choice::pressed(&message.text).filter(|_| message.media.is_empty()) {
        return Payload::Chosen { value };
    }
    // A file that cannot be fetched is at least told of.
    if message.text.is_empty() && message.media.is_empty() && kind != "text" {
        return Payload::Unsupported { what: unsupported(kind) };
    }
    message.group = group;
    Payload::MessageNew(message)
}

fn said(words: &str) -> NewMessage {
    NewMessage { text: words.trim().to_owned(), ..NewMessage::default() }
}

fn with_media(words: &str, media: Option<MediaRef>) -> NewMessage {
    NewMessage { media: media.into_iter().collect(), ..said(words) }
}

fn media(content: &Value, name: &str, media_type: &str) -> Option<MediaRef> {
    let codes = ["downloadCode", "pictureDownloadCode"].map(|key| text(content, key));
    let code = codes.into_iter().find(|code| !code.is_empty())?;
    let own = Some(text(content, "fileName")).filter(|name| !name.is_empty());
    Some(MediaRef {
        reference: code.to_owned(),
        name: own.unwrap_or(name).to_owned(),
        media_type: media_type.to_owned(),
    })
}

/// Text and pictures in turn: the words are joined, the pictures go along.
fn rich_text(content: &Value) -> NewMessage {
    let pieces = content.get("richText").and_then(Value::as_array);
    let mut message = NewMessage::default();
    for piece in pieces.into_iter().flatten() {
        message.text.push_str(text(piece, "text"));
        let picture = media(piece, "图片.jpg", "image/jpeg");
        if message.media.len() < FILES_PER_MESSAGE_MAX {
            message.media.extend(picture);
        } else if picture.is_some() {
            message.text.push_str("[图片]");
        }
    }
    NewMessage { text: message.text.trim().to_owned(), ..message }
}

fn unsupported(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn webhook(data: &Value) -> Option<SessionWebhook> {
    let url = text(data, "sessionWebhook");
    let until = millis(data.get("sessionWebhookExpiredTime"))?;
    (!url.is_empty()).then(|| SessionWebhook { url: url.to_owned(), until })
}

/// Milliseconds since 1970, as a number or as a text of one.
fn millis(value: Option<&Value>) -> Option<Timestamp> {
    let value = value?;
    let ms = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    (ms > 0).then_some(Timestamp(ms))
}

/// The id itself, or a digest of one that is too long.
fn bounded(id: &str) -> String {
    if id.len() <= EXTERNAL_ID_BYTES_MAX {
        return id.to_owned();
    }
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}
