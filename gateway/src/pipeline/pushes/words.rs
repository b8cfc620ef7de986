//! What a notification says.

use crate::pipeline::by_mail::words::{desk_name, is_agents_word, name_of};
use crate::settings::DeskView;
use domain::{
    Conversation, Locale, Message, MessageKind, Notice, NotificationKind, NotificationWishes,
    Timestamp,
};

/// The longest line of what was said, in characters: no device shows more.
const BODY_CHARS_MAX: usize = 160;

/// What a contact has not been told of yet, as far as it wants to be.
pub(super) struct Told<'a> {
    /// The kind that matters most of it.
    pub(super) kind: NotificationKind,
    /// The last message of that kind.
    last: &'a Message,
    /// When the first of that kind was said of which the device was not told.
    pub(super) since: Timestamp,
    /// It tells of everything up to here.
    pub(super) seq: u64,
    /// Words of agents that are unread, in all.
    pub(super) badge: u32,
}

/// The words of a notification.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) body: String,
}

/// Which kind of notification tells of a message; `None` for what nobody is woken for.
fn kind_of(message: &Message) -> Option<NotificationKind> {
    if is_agents_word(message) {
        return Some(NotificationKind::Answer);
    }
    let notice =
        message.content.notice.as_ref().filter(|_| message.content.kind == MessageKind::Notice);
    match notice? {
        Notice::Joined { .. } | Notice::Requeued { .. } => Some(NotificationKind::Status),
        Notice::CallbackReminder { .. } => Some(NotificationKind::Reminder),
        Notice::Closed { by } if by != "contact" => Some(NotificationKind::Rating),
        _ => None,
    }
}

/// An answer matters more than the end, and the end more than a change on the way.
fn weight(kind: NotificationKind) -> u8 {
    match kind {
        NotificationKind::Answer => 3,
        NotificationKind::Reminder => 2,
        NotificationKind::Rating => 1,
        NotificationKind::Status => 0,
    }
}

impl<'a> Told<'a> {
    /// What a device is told of what is unread; `None` when there is nothing to tell. What matters most of
    /// all that is unread is told, if it came after the device's mark: a change on the way does not take the
    /// place of an answer that nobody has read.
    pub(super) fn of(
        unread: &'a [Message],
        mark: u64,
        wishes: &NotificationWishes,
    ) -> Option<Self> {
        let kinds = unread.iter().filter_map(|message| Some((kind_of(message)?, message)));
        let wanted = kinds.filter(|(kind, _)| wishes.wants(*kind));
        let (kind, last) = wanted.max_by_key(|(kind, message)| (weight(*kind), message.seq))?;
        if last.seq <= mark {
            return None;
        }
        let alike = |message: &&Message| message.seq > mark && kind_of(message) == Some(kind);
        let answers = unread.iter().filter(|message| is_agents_word(message)).count();
        Some(Self {
            kind,
            last,
            since: unread.iter().find(alike)?.at,
            seq: unread.last()?.seq,
            badge: u32::try_from(answers).unwrap_or(u32::MAX),
        })
    }

    /// What it says in a language; without a word of what was said where that is to be private.
    pub(super) fn words(
        &self,
        view: &DeskView,
        conversation: &Conversation,
        (locale, is_private): (Locale, bool),
    ) -> Words {
        let desk = desk_name(view, conversation, locale);
        let name = || name_of(view, &self.last.content.author, locale);
        match (self.kind, is_private) {
            (NotificationKind::Answer, false) => {
                Words { title: name(), body: line(self.last, locale) }
            }
            (kind, _) => Words { title: desk, body: fixed(kind, self.last, locale).to_owned() },
        }
    }
}

/// What is said without telling anything of the matter.
fn fixed(kind: NotificationKind, last: &Message, locale: Locale) -> &'static str {
    let is_back = matches!(last.content.notice, Some(Notice::Requeued { .. }));
    match (kind, locale) {
        (NotificationKind::Answer, Locale::ZhCn) => "您的咨询有新的答复",
        (NotificationKind::Answer, Locale::En) => "There is an answer to your question",
        (NotificationKind::Status, Locale::ZhCn) if is_back => "您的咨询正在转给其他坐席",
        (NotificationKind::Status, Locale::En) if is_back => {
            "Your question is passed to another agent"
        }
        (NotificationKind::Status, Locale::ZhCn) => "坐席已受理您的咨询",
        (NotificationKind::Status, Locale::En) => "An agent is here for your question",
        (NotificationKind::Reminder, Locale::ZhCn) => "我们将很快给您回电",
        (NotificationKind::Reminder, Locale::En) => "We shall call you soon",
        (NotificationKind::Rating, Locale::ZhCn) => "咨询已结束，请评价本次服务",
        (NotificationKind::Rating, Locale::En) => "The conversation has ended. How was it?",
    }
}

/// An agent's word on one line; files by their names.
fn line(message: &Message, locale: Locale) -> String {
    let files = message.content.files.iter().map(|file| match locale {
        Locale::ZhCn => format!("［文件：{}］", file.name),
        Locale::En => format!("[file: {}]", file.name),
    });
    let words = message.content.text.split_whitespace().map(str::to_owned);
    let whole = words.chain(files).collect::<Vec<_>>().join(" ");
    if whole.chars().count() <= BODY_CHARS_MAX {
        return whole;
    }
    let cut: String = whole.chars().take(BODY_CHARS_MAX - 1).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests;
