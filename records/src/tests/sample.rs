//! Conversations, messages and people as samples.

use crate::contacts::NewContact;
use crate::history::ClosedConversation;
use domain::{
    Agent, AgentId, Audience, Author, ChannelKind, Conversation, ConversationId, ConversationInfo,
    Identity, Locale, Message, MessageContent, MessageKind, Notice, State, Timestamp,
};
use serde_json::json;
use uuid::Uuid;

/// One of the conversations of the tests, by number.
pub(crate) fn conversation_id(n: u128) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(n))
}

/// A contact to be made, by number.
pub(crate) fn new_contact(n: u128, name: &str) -> NewContact {
    NewContact {
        id: domain::ContactId::from_uuid(Uuid::from_u128(n)),
        name: name.to_owned(),
        audience: Audience::Public,
        locale: Locale::ZhCn,
        created_at: Timestamp(i64::try_from(n).unwrap()),
        attributes: json!({"plan": "gold"}).as_object().unwrap().clone(),
    }
}

/// An identity on the channel `site`.
pub(crate) fn identity(value: &str, verified: bool) -> Identity {
    Identity {
        channel: "site".parse().unwrap(),
        kind: "user_id".to_owned(),
        value: value.to_owned(),
        verified,
    }
}

/// A conversation that arrived, was accepted 5 s later and closed at a time.
pub(crate) fn conversation(n: u128, closed_at: i64) -> Conversation {
    Conversation {
        id: conversation_id(n),
        state: State::Closed,
        contact: "ctc_ming".parse().unwrap(),
        channel: "site".parse().unwrap(),
        kind: ChannelKind::WebChat,
        queue: "tax".parse().unwrap(),
        agent: Some(agent_id("wang")),
        offer_token: None,
        until: None,
        opened_at: Timestamp(1_000),
        arrived_at: Timestamp(1_000),
        accepted_at: Some(Timestamp(6_000)),
        closed_at: Some(Timestamp(closed_at)),
        due_at: Timestamp(31_000),
        last_seq: 0,
        read_by_contact: 0,
        received_by_contact: 0,
        read_by_agent: 0,
        why: None,
        callback: None,
        info: ConversationInfo {
            contact_name: "小明".to_owned(),
            audience: Audience::Public,
            locale: Locale::ZhCn,
            topic: None,
            request_type: Some("consultation".to_owned()),
            resolution: Some("solved".to_owned()),
            page_url: None,
            verified: false,
        },
    }
}

/// A closed conversation with these texts.
pub(crate) fn closed(n: u128, closed_at: i64, texts: &[&str]) -> ClosedConversation {
    let mut conversation = conversation(n, closed_at);
    let messages: Vec<Message> = (1..).zip(texts).map(|(seq, text)| message(seq, text)).collect();
    conversation.last_seq = u64::try_from(messages.len()).unwrap();
    ClosedConversation { conversation, messages, archived_at: Timestamp(closed_at + 1) }
}

/// A text by the contact.
pub(crate) fn message(seq: u64, text: &str) -> Message {
    Message {
        seq,
        at: Timestamp(1_000 + i64::try_from(seq).unwrap()),
        content: MessageContent {
            id: format!("msg_{seq}").parse().unwrap(),
            author: Author::Contact { id: "ctc_ming".parse().unwrap() },
            kind: MessageKind::Text,
            text: text.to_owned(),
            files: Vec::new(),
            notice: None,
            client_id: None,
            mail: None,
        },
    }
}

/// The notice that an agent joined.
pub(crate) fn joined(seq: u64, at: i64, agent: &str) -> Message {
    let mut message = message(seq, "");
    message.at = Timestamp(at);
    message.content.kind = MessageKind::Notice;
    message.content.author = Author::System;
    message.content.notice = Some(Notice::Joined { agent: agent_id(agent) });
    message
}

pub(crate) fn agent_id(name: &str) -> AgentId {
    name.parse().unwrap()
}

/// An agent's settings.
pub(crate) fn agent(name: &str) -> Agent {
    serde_json::from_value(json!({"id": name, "name": name, "role": "agent"})).unwrap()
}
