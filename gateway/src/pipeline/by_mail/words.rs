//! What letters of a chat say.

use crate::settings::DeskView;
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use domain::limits::{FILES_PER_MESSAGE_MAX, LETTER_TEXT_BYTES_MAX};
use domain::{AgentId, Author, Conversation, FileRef, Locale, Message, MessageKind, Timestamp};

/// What goes around the words has room in so many bytes.
const AROUND_BYTES_MAX: usize = 4 * 1024;
/// So many bytes of files go along; what is more is only named: mailboxes refuse larger letters.
const FILES_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// What agents said and the contact has not read.
pub(super) struct Unread<'a> {
    words: Vec<&'a Message>,
    last: &'a Message,
    upto: u64,
}

/// The words as the letter tells them.
pub(super) struct Told {
    pub(super) text: String,
    /// The agent's name; empty when there are several.
    pub(super) from_name: String,
    pub(super) files: Vec<FileRef>,
}

impl<'a> Unread<'a> {
    /// What agents said in a part of the log, as much as one letter takes; `None` when nothing.
    pub(super) fn of(said: &'a [Message]) -> Option<Self> {
        let mut room = LETTER_TEXT_BYTES_MAX - AROUND_BYTES_MAX;
        let (mut words, mut upto) = (Vec::new(), said.last()?.seq);
        for message in said {
            if !is_agents_word(message) {
                continue;
            }
            let Some(left) = room.checked_sub(bytes_of(message)) else {
                upto = message.seq.saturating_sub(1);
                break;
            };
            room = left;
            words.push(message);
        }
        let last = *words.last()?;
        Some(Self { words, last, upto })
    }

    pub(super) fn last(&self) -> &'a Message {
        self.last
    }

    /// The letter goes up to here.
    pub(super) fn upto(&self) -> u64 {
        self.upto
    }

    pub(super) fn told(
        &self,
        view: &DeskView,
        conversation: &Conversation,
        locale: Locale,
    ) -> Told {
        let names: Vec<String> =
            self.words.iter().map(|one| name_of(view, &one.content.author, locale)).collect();
        let one_name = names.first().filter(|first| names.iter().all(|name| name == *first));
        let mut files: Vec<FileRef> = Vec::new();
        let mut blocks = Vec::new();
        for (message, name) in self.words.iter().zip(&names) {
            let mut lines = Vec::new();
            if one_name.is_none() {
                lines.push(format!("{name}{}", colon(locale)));
            }
            if !message.content.text.is_empty() {
                lines.push(message.content.text.clone());
            }
            for file in &message.content.files {
                let sum: u64 = files.iter().map(|file| file.bytes).sum();
                let fits =
                    files.len() < FILES_PER_MESSAGE_MAX && sum + file.bytes <= FILES_BYTES_MAX;
                lines.push(file_line(
                    &file.name,
                    if fits { Place::Along } else { Place::Chat },
                    locale,
                ));
                if fits {
                    files.push(file.clone());
                }
            }
            blocks.push(lines.join("\n"));
        }
        let desk = desk_name(view, conversation, locale);
        let (before, after) = match locale {
            Locale::ZhCn => (
                format!("您好：\n\n您离开“{desk}”的对话后，有新的答复："),
                "直接回复本邮件，您的话会回到同一个对话；您也可以回到网站继续。",
            ),
            Locale::En => (
                format!("Hello,\n\nafter you left the chat with {desk}, there was an answer:"),
                "Simply answer this letter and the same conversation goes on; or go on on the website.",
            ),
        };
        let text = format!("{before}\n\n{}\n\n{after}", blocks.join("\n\n"));
        Told { text, from_name: one_name.cloned().unwrap_or_default(), files }
    }
}

/// Is it something that an agent said to the contact?
pub(in super::super) fn is_agents_word(message: &Message) -> bool {
    message.content.kind == MessageKind::Text
        && matches!(message.content.author, Author::Agent { .. })
}

fn bytes_of(message: &Message) -> usize {
    let files = message.content.files.iter().map(|file| file.name.len() + 64);
    message.content.text.len() + files.sum::<usize>() + 256
}

/// The subject of the letters with what was not read; the later ones answer the first.
pub(super) fn subject(
    view: &DeskView,
    conversation: &Conversation,
    locale: Locale,
    is_later: bool,
) -> String {
    let desk = desk_name(view, conversation, locale);
    let re = if is_later { "Re: " } else { "" };
    match locale {
        Locale::ZhCn => format!("{re}{desk}：您的咨询有新的答复"),
        Locale::En => format!("{re}{desk}: an answer to your question"),
    }
}

/// Who it is that says something, as the contact is told.
pub(in super::super) fn name_of(view: &DeskView, author: &Author, locale: Locale) -> String {
    let agent = |id: &AgentId| view.agent(id).map(|agent| agent.name.clone());
    match (author, locale) {
        (Author::Contact { .. }, Locale::ZhCn) => "您".to_owned(),
        (Author::Contact { .. }, Locale::En) => "You".to_owned(),
        (Author::Agent { id }, Locale::ZhCn) => agent(id).unwrap_or_else(|| "客服".to_owned()),
        (Author::Agent { id }, Locale::En) => agent(id).unwrap_or_else(|| "Agent".to_owned()),
        (Author::System, Locale::ZhCn) => "系统".to_owned(),
        (Author::System, Locale::En) => "System".to_owned(),
    }
}

/// The desk's name on the conversation's channel.
pub(in super::super) fn desk_name(
    view: &DeskView,
    conversation: &Conversation,
    locale: Locale,
) -> String {
    let channel = view.channel(&conversation.channel);
    channel.map(|channel| channel.name.get(locale).to_owned()).unwrap_or_default()
}

/// The time zone in which the conversation's queue lives.
pub(super) fn zone_of(view: &DeskView, conversation: &Conversation) -> Tz {
    let queue = view.queue(&conversation.queue);
    queue.and_then(|queue| view.calendar_of(queue)).map_or(Tz::UTC, |calendar| calendar.time_zone)
}

/// A moment in a time zone.
pub(super) fn moment(at: Timestamp, zone: Tz) -> DateTime<Tz> {
    let utc = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    zone.from_utc_datetime(&utc.naive_utc())
}

/// Where a file is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// With this letter.
    Along,
    /// In the chat.
    Chat,
}

/// A file by its name.
pub(super) fn file_line(name: &str, place: Place, locale: Locale) -> String {
    match (place, locale) {
        (Place::Along, Locale::ZhCn) => format!("［附件：{name}］"),
        (Place::Along, Locale::En) => format!("[attached: {name}]"),
        (Place::Chat, Locale::ZhCn) => format!("［文件，请在对话中查看：{name}］"),
        (Place::Chat, Locale::En) => format!("[file, to be seen in the chat: {name}]"),
    }
}

pub(super) fn colon(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "：",
        Locale::En => ":",
    }
}

#[cfg(test)]
pub(in super::super) mod tests;
