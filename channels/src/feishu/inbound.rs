//! An event, as Feishu gives it, into [`Inbound`]s. Pure.
//!
//! Source: open.feishu.cn, 事件结构 (schema 2.0), 接收消息, 消息已读, 撤回消息, 新增消息表情回复, 卡片回传交互.
//! A field of another type than documented counts as absent: one odd field must not lose a word.

use super::reactions;
use super::words::{self, Mentions};
use crate::inbound::{Assurance, EXTERNAL_ID_BYTES_MAX, Inbound, Payload, Sender};
use crate::refusal::text;
use bytes::Bytes;
use domain::{ChannelId, Locale, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The event of a reaction; the other one takes it away.
const ADDED: &str = "im.message.reaction.created_v1";
/// The most messages that one event says were read.
const READ_MAX: usize = 50;
/// Under which name a button's value comes back.
pub(super) const VALUE: &str = "hutong";
/// Under which name it comes back that the button stood in a group.
pub(super) const IN_GROUP: &str = "group";

/// What reading an event takes.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) channel: &'a ChannelId,
    pub(super) assurance: Assurance,
    pub(super) locale: Locale,
    pub(super) received_at: Timestamp,
    /// The robot's own id; empty when no event needs it.
    pub(super) ours: &'a str,
}

/// The kind of an event.
pub(super) fn kind(event: &Value) -> &str {
    event.pointer("/header/event_type").and_then(Value::as_str).unwrap_or_default()
}

/// Does reading this need the robot's own id? In a group, what does not mention it is not for us.
pub(super) fn needs_our_id(event: &Value) -> bool {
    let mentions = event.pointer("/event/message/mentions").and_then(Value::as_array);
    kind(event) == "im.message.receive_v1" && mentions.is_some_and(|mentions| !mentions.is_empty())
}

impl Reader<'_> {
    /// What an event says; nothing for events that are not for us or cannot be kept.
    pub(super) fn read(&self, event: &Value) -> Vec<Inbound> {
        let nothing = Value::Null;
        let body = event.get("event").unwrap_or(&nothing);
        let id = event.pointer("/header/event_id").and_then(Value::as_str).unwrap_or_default();
        let told = match kind(event) {
            "im.message.receive_v1" => return self.message(body).into_iter().collect(),
            "im.message.message_read_v1" => return self.were_read(id, body),
            "im.message.recalled_v1" => self.recalled(body),
            ADDED | "im.message.reaction.deleted_v1" => self.reacted(event, body),
            "card.action.trigger" => self.pressed(body),
            _ => None,
        };
        let named = |inbound| Inbound { external_id: bounded(id), ..inbound };
        told.filter(|_| !id.is_empty()).map(named).into_iter().collect()
    }

    fn message(&self, body: &Value) -> Option<Inbound> {
        let message = body.get("message")?;
        let id = Some(text(message, "message_id")).filter(|id| !id.is_empty())?;
        let sender = body.pointer("/sender/sender_id")?;
        // Other robots, and ourselves.
        if body.pointer("/sender/sender_type").and_then(Value::as_str) == Some("app") {
            return None;
        }
        let is_group = text(message, "chat_type") != "p2p";
        let mentions = message.get("mentions").and_then(Value::as_array);
        let is_mentioned = || {
            let mut all = mentions.into_iter().flatten();
            all.any(|mention| words::is_ours(mention, self.ours))
        };
        if is_group && !is_mentioned() {
            return None;
        }
        let said = words::said(message, &Mentions::of(message, self.ours), self.locale);
        let chat = text(message, "chat_id");
        let payload = match said {
            Some(mut said) => {
                said.group = is_group.then(|| chat.to_owned());
                Payload::MessageNew(said)
            }
            None => Payload::Unsupported { what: short(text(message, "message_type")) },
        };
        let inbound = self.inbound(sender, millis(message.get("create_time")), payload)?;
        // A chat with one person is answered at their id; a group at its own.
        let external_conversation = is_group.then(|| bounded(chat));
        Some(Inbound { external_id: bounded(id), external_conversation, ..inbound })
    }

    fn were_read(&self, event: &str, body: &Value) -> Vec<Inbound> {
        let nothing = Value::Null;
        let reader = body.get("reader").unwrap_or(&nothing);
        let (who, at) = (reader.get("reader_id"), millis(reader.get("read_time")));
        let ids = body.get("message_id_list").and_then(Value::as_array).into_iter().flatten();
        let ids = ids.filter_map(Value::as_str).take(READ_MAX).enumerate();
        let one = |(n, id): (usize, &str)| {
            let payload = Payload::Read { seq: 0, external_id: bounded(id) };
            let inbound = self.inbound(who?, at, payload)?;
            Some(Inbound { external_id: bounded(&format!("{event}/{n}")), ..inbound })
        };
        if event.is_empty() { Vec::new() } else { ids.filter_map(one).collect() }
    }

    /// Feishu does not say by whom: only the sender can, or a group's owner, whose name is not told.
    fn recalled(&self, body: &Value) -> Option<Inbound> {
        let id = Some(text(body, "message_id")).filter(|id| !id.is_empty())?;
        let payload = Payload::Deleted { external_id: bounded(id) };
        let chat = serde_json::json!({ "open_id": text(body, "chat_id") });
        self.inbound(&chat, millis(body.get("recall_time")), payload)
    }

    fn reacted(&self, event: &Value, body: &Value) -> Option<Inbound> {
        let id = Some(text(body, "message_id")).filter(|id| !id.is_empty())?;
        if text(body, "operator_type") == "app" {
            return None;
        }
        let kind = body.pointer("/reaction_type/emoji_type").and_then(Value::as_str)?;
        let (emoji, added) = (reactions::shown(kind), self::kind(event) == ADDED);
        let payload = Payload::Reaction { external_id: bounded(id), emoji, added };
        self.inbound(body.get("user_id")?, millis(body.get("action_time")), payload)
    }

    fn pressed(&self, body: &Value) -> Option<Inbound> {
        let value = body.pointer("/action/value")?;
        let chosen = Some(text(value, VALUE)).filter(|chosen| !chosen.is_empty())?;
        let payload = Payload::Chosen { value: chosen.to_owned() };
        let inbound = self.inbound(body.get("operator")?, None, payload)?;
        let is_group = value.get(IN_GROUP) == Some(&Value::Bool(true));
        let chat = body.pointer("/context/open_chat_id").and_then(Value::as_str);
        let external_conversation = chat.filter(|_| is_group).map(bounded);
        Some(Inbound { external_conversation, ..inbound })
    }

    fn inbound(&self, who: &Value, at: Option<Timestamp>, payload: Payload) -> Option<Inbound> {
        let value = Some(text(who, "open_id")).filter(|id| !id.is_empty())?;
        Some(Inbound {
            channel: self.channel.clone(),
            external_id: String::new(),
            external_conversation: None,
            sender: Sender {
                kind: "user_id".to_owned(),
                value: value.to_owned(),
                assurance: self.assurance,
                contact: None,
                // Events tell no names; `profile` does.
                name: String::new(),
                locale: Some(self.locale),
            },
            occurred_at: at,
            received_at: self.received_at,
            payload,
            raw: Bytes::new(),
        })
    }
}

fn short(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Milliseconds since 1970, as a text or a number.
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
