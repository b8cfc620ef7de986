//! Updates of the Bot API (<https://core.telegram.org/bots/api#update>) as [`Inbound`].

use super::wire::{
    CallbackQuery, Chat, MemberUpdated, Message, Reaction, ReactionUpdated, Update, User,
};
use super::words::{self, Bot, Content};
use crate::inbound::{Assurance, Inbound, NewMessage, Payload, Sender};
use bytes::Bytes;
use domain::{ChannelId, Locale, Timestamp};

/// What an update comes to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    /// What is given to the sink, in order.
    pub(super) inbounds: Vec<Inbound>,
    /// A pressed button that waits for an answer (`answerCallbackQuery`), its id.
    pub(super) pressed: Option<String>,
}

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) channel: &'a ChannelId,
    pub(super) now: Timestamp,
    /// The bot, where it matters how others call it.
    pub(super) bot: Option<&'a Bot>,
}

/// Must the bot's name be known to read this?
pub(super) fn is_of_group(update: &Update) -> bool {
    [&update.message, &update.edited_message].into_iter().flatten().any(|m| !m.chat.is_private())
}

impl Reader<'_> {
    /// Reads an update.
    pub(super) fn read(&self, update: Update) -> Read {
        let id = update.update_id;
        if let Some(message) = &update.message {
            return Read { inbounds: self.message(message).into_iter().collect(), pressed: None };
        }
        if let Some(message) = &update.edited_message {
            let edit = self.edit(id, message);
            return Read { inbounds: edit.into_iter().collect(), pressed: None };
        }
        if let Some(query) = update.callback_query {
            return self.chosen(query);
        }
        if let Some(change) = &update.my_chat_member {
            return Read {
                inbounds: self.membership(id, change).into_iter().collect(),
                pressed: None,
            };
        }
        match &update.message_reaction {
            Some(change) => Read { inbounds: self.reactions(id, change), pressed: None },
            None => Read::default(),
        }
    }

    fn message(&self, message: &Message) -> Option<Inbound> {
        let from = self.speaker(message)?;
        let payload = match words::read(message, self.named(message)) {
            Content::Said(text, media) => {
                let group = group(&message.chat);
                Payload::MessageNew(NewMessage { text, media, group, ..NewMessage::default() })
            }
            Content::Unknown(what) => Payload::Unsupported { what },
            Content::Silent => return None,
        };
        let mut inbound = self.inbound(key(&message.chat, message.message_id), from, payload);
        inbound.external_conversation = Some(conversation(message));
        inbound.occurred_at = at(message.date);
        Some(inbound)
    }

    fn edit(&self, id: i64, message: &Message) -> Option<Inbound> {
        let from = self.speaker(message)?;
        let Content::Said(text, _) = words::read(message, self.named(message)) else { return None };
        let payload = Payload::Edited { external_id: key(&message.chat, message.message_id), text };
        let mut inbound = self.inbound(format!("edit:{id}"), from, payload);
        inbound.external_conversation = Some(conversation(message));
        Some(inbound)
    }

    /// Whoever says it to the bot; nothing when it is not said to the bot, or not by a person.
    fn speaker<'m>(&self, message: &'m Message) -> Option<&'m User> {
        let from = message.from.as_ref().filter(|from| !from.is_bot)?;
        let is_of_a_person = message.sender_chat.is_none();
        let is_to_us = match self.bot {
            _ if message.chat.is_private() => true,
            Some(bot) => words::is_to(message, bot),
            None => false,
        };
        (is_of_a_person && is_to_us).then_some(from)
    }

    /// In private nobody needs to be named, and a name is said for a reason.
    fn named(&self, message: &Message) -> Option<&Bot> {
        self.bot.filter(|_| !message.chat.is_private())
    }

    fn chosen(&self, query: CallbackQuery) -> Read {
        let pressed = Some(query.id.clone());
        let Some(value) = query.data else { return Read { inbounds: Vec::new(), pressed } };
        let payload = Payload::Chosen { value };
        let mut inbound = self.inbound(format!("press:{}", query.id), &query.from, payload);
        inbound.external_conversation = query.message.map(|below| {
            let topic = below.message_thread_id.filter(|_| below.is_topic_message);
            place(&below.chat, topic)
        });
        Read { inbounds: vec![inbound], pressed }
    }

    fn membership(&self, id: i64, change: &MemberUpdated) -> Option<Inbound> {
        if change.from.is_bot {
            return None;
        }
        let joined = !matches!(change.new_chat_member.status.as_str(), "kicked" | "left");
        let payload = Payload::Membership { joined };
        let mut inbound = self.inbound(format!("member:{id}"), &change.from, payload);
        inbound.external_conversation = Some(change.chat.id.to_string());
        inbound.occurred_at = at(change.date);
        Some(inbound)
    }

    fn reactions(&self, id: i64, change: &ReactionUpdated) -> Vec<Inbound> {
        let Some(user) = change.user.as_ref().filter(|user| !user.is_bot) else {
            return Vec::new();
        };
        let message = key(&change.chat, change.message_id);
        let differ = |from: &[Reaction], without: &[Reaction]| -> Vec<String> {
            let left = from.iter().filter(|reaction| !without.contains(reaction));
            left.filter_map(|reaction| reaction.emoji.clone()).collect()
        };
        let gone = differ(&change.old_reaction, &change.new_reaction);
        let new = differ(&change.new_reaction, &change.old_reaction);
        let both = gone
            .into_iter()
            .map(|emoji| (emoji, false))
            .chain(new.into_iter().map(|emoji| (emoji, true)));
        let inbounds = both.enumerate().map(|(n, (emoji, added))| {
            let payload = Payload::Reaction { external_id: message.clone(), emoji, added };
            let mut inbound = self.inbound(format!("react:{id}:{n}"), user, payload);
            inbound.external_conversation = Some(change.chat.id.to_string());
            inbound.occurred_at = at(change.date);
            inbound
        });
        inbounds.collect()
    }

    fn inbound(&self, external_id: String, from: &User, payload: Payload) -> Inbound {
        Inbound {
            channel: self.channel.clone(),
            external_id,
            external_conversation: None,
            sender: Sender {
                kind: "user_id".to_owned(),
                value: from.id.to_string(),
                assurance: Assurance::Proved,
                contact: None,
                name: from.name(),
                locale: locale(&from.language_code),
            },
            occurred_at: None,
            received_at: self.now,
            payload,
            raw: Bytes::new(),
        }
    }
}

/// A message's id: they are counted within a chat.
fn key(chat: &Chat, message: i64) -> String {
    format!("{}:{message}", chat.id)
}

fn conversation(message: &Message) -> String {
    place(&message.chat, message.message_thread_id.filter(|_| message.is_topic_message))
}

/// `-1001234`, or with the topic of a forum `-1001234/77`.
fn place(chat: &Chat, topic: Option<i64>) -> String {
    match topic {
        Some(topic) => format!("{}/{topic}", chat.id),
        None => chat.id.to_string(),
    }
}

fn group(chat: &Chat) -> Option<String> {
    let name = || if chat.title.is_empty() { chat.id.to_string() } else { chat.title.clone() };
    (!chat.is_private()).then(name)
}

fn at(unix_secs: i64) -> Option<Timestamp> {
    (unix_secs > 0).then(|| Timestamp(unix_secs.saturating_mul(1_000)))
}

fn locale(tag: &str) -> Option<Locale> {
    match tag.split('-').next() {
        None | Some("") => None,
        Some("zh") => Some(Locale::ZhCn),
        Some(_) => Some(Locale::En),
    }
}
