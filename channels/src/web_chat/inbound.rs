//! A visitor's words and signs, as [`Inbound`].

use super::WebChat;
use crate::inbound::{Assurance, Inbound, NewMessage, Payload, Sender};
use bytes::Bytes;
use domain::{ContactId, FileRef, Locale, Timestamp};

/// Who is at the widget, as the visitor token says.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The contact whom the token names.
    pub contact: ContactId,
    /// Was the identity proved by the website's backend?
    pub verified: bool,
    /// The name given; may be empty.
    pub name: String,
    /// The language chosen.
    pub locale: Locale,
}

/// What a visitor's `send` frame says.
#[derive(Debug, Clone, Default)]
pub struct VisitorWord {
    /// Minted by the widget; the same one again is the same message.
    pub client_id: String,
    /// The text.
    pub text: String,
    /// Files uploaded before.
    pub files: Vec<FileRef>,
    /// The topic, for the first word.
    pub topic: Option<String>,
    /// The request type, for the first word.
    pub request_type: Option<String>,
    /// The page from which the person writes.
    pub page_url: Option<String>,
}

impl WebChat {
    /// A visitor's word. Its external id is the client's own id within the contact, so that nobody
    /// can take away another's message by guessing its id.
    pub fn word(&self, visitor: &Visitor, word: VisitorWord, now: Timestamp) -> Inbound {
        let external_id = format!("{}.{}", visitor.contact, word.client_id);
        let message = NewMessage {
            text: word.text,
            files: word.files,
            media: Vec::new(),
            client_id: Some(word.client_id),
            topic: word.topic,
            request_type: word.request_type,
            page_url: word.page_url,
            ..NewMessage::default()
        };
        self.inbound(visitor, external_id, Payload::MessageNew(message), now)
    }

    /// A visitor has read up to a place in the log.
    pub fn read(&self, visitor: &Visitor, seq: u64, now: Timestamp) -> Inbound {
        let payload = Payload::Read { seq, external_id: String::new() };
        self.inbound(visitor, format!("{}.read.{seq}", visitor.contact), payload, now)
    }

    fn inbound(
        &self,
        visitor: &Visitor,
        external_id: String,
        payload: Payload,
        now: Timestamp,
    ) -> Inbound {
        Inbound {
            channel: self.descriptor.channel.clone(),
            external_id,
            external_conversation: None,
            sender: Sender {
                kind: "visitor".to_owned(),
                value: visitor.contact.to_string(),
                assurance: if visitor.verified { Assurance::Proved } else { Assurance::Claimed },
                contact: Some(visitor.contact.clone()),
                name: visitor.name.clone(),
                locale: Some(visitor.locale),
            },
            occurred_at: Some(now),
            received_at: now,
            payload,
            raw: Bytes::new(),
        }
    }
}
