//! The transcript of a chat: a letter with what was said, to an address that the visitor names.

use super::super::letters::send::chat::{ChatLetter, Sort, seal};
use super::super::log;
use super::address::{Address, too_many};
use super::words::{Place, colon, desk_name, file_line, is_agents_word, moment, name_of, zone_of};
use super::{mailbox_of, unsealed};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::auth::access::visitor_may_read;
use crate::settings::DeskView;
use chrono_tz::Tz;
use domain::limits::{LETTER_TEXT_BYTES_MAX, PAGE_MESSAGES_MAX};
use domain::{Conversation, ConversationId, Locale, Message, MessageKind};
use routing::reply::TranscriptSent;
use std::collections::VecDeque;

/// What goes around the messages has room in so many bytes.
const AROUND_BYTES_MAX: usize = 4 * 1024;
/// So many pages of a log are read, the newest first.
const PAGES_MAX: usize = 25;

/// Sends the transcript of the visitor's own conversation, the present one or one that is over. Asked
/// twice for the same address, it goes once.
///
/// # Errors
/// `not_configured` where nothing goes by mail, `invalid`, `not_found`, `wrong_state` while nobody of the
/// desk has said anything, `rate_limited`, `too_many_addresses`, `unavailable`.
pub async fn send(
    app: &App,
    visitor: &VisitorIdentity,
    wanted: Option<&ConversationId>,
    said: &str,
) -> Result<(), ApiError> {
    let tenant = &visitor.tenant;
    let view = app.settings.desk(tenant);
    let (mailbox, _) = mailbox_of(&view, &visitor.channel)?;
    let address = Address::check(app, tenant, said)?;
    let conversation = own(app, visitor, wanted).await?;
    let log = Log::read(app, visitor, &conversation).await?;
    if !log.has_answer {
        let nobody = "nobody of the desk has said anything yet";
        return Err(ApiError::new(Code::WrongState, nobody));
    }
    address.count(app, visitor).await?;
    let contact = app.records.contacts().get(tenant, &visitor.contact).await?;
    let locale = contact.map_or(conversation.info.locale, |contact| contact.locale);
    let letter = ChatLetter {
        conversation: &conversation.id,
        to: &address.text,
        locale,
        subject: subject(&view, &conversation, locale),
        text: log.text(&view, &conversation, locale),
        sort: Sort::Transcript { name: &address.name },
    };
    let sealed = seal(app, tenant, mailbox, letter).map_err(unsealed)?;
    let sealed =
        sealed.ok_or_else(|| ApiError::unavailable("the mailbox cannot write just now"))?;
    let letter = sealed.new_delivery();
    let id = &conversation.id;
    match app.router.send_transcript(tenant, id, &address.name, &letter).await? {
        TranscriptSent::Sent => {
            let actor = format!("contact:{}", visitor.contact);
            app.note(tenant, &actor, "transcript_requested", &format!("conversation:{id}")).await;
            Ok(())
        }
        TranscriptSent::Already => Ok(()),
        TranscriptSent::TooMany => Err(too_many()),
    }
}

/// The conversation, if it is the visitor's own; of anybody else's there is none.
async fn own(
    app: &App,
    visitor: &VisitorIdentity,
    wanted: Option<&ConversationId>,
) -> Result<Conversation, ApiError> {
    let (tenant, channel) = (&visitor.tenant, &visitor.channel);
    let unknown = || ApiError::unknown("conversation");
    let present = app.router.contact_conversation(tenant, channel, &visitor.contact);
    let id = match wanted {
        Some(wanted) => wanted.clone(),
        None => present.await?.ok_or_else(unknown)?,
    };
    let found = match app.router.conversation(tenant, &id).await? {
        Some((conversation, _)) => conversation,
        None => app.records.history().conversation(tenant, &id).await?.ok_or_else(unknown)?,
    };
    visitor_may_read(visitor, &found).map_err(|_denied| unknown())?;
    Ok(found)
}

fn subject(view: &DeskView, conversation: &Conversation, locale: Locale) -> String {
    let desk = desk_name(view, conversation, locale);
    let day = moment(conversation.opened_at, zone_of(view, conversation)).format("%Y-%m-%d");
    match locale {
        Locale::ZhCn => format!("“{desk}”对话记录（{day}）"),
        Locale::En => format!("Your chat with {desk}, {day}"),
    }
}

/// What was said to and by the contact, as much of it as a letter takes.
struct Log {
    /// The newest messages.
    said: VecDeque<Message>,
    /// Are there earlier ones?
    is_cut: bool,
    /// Has an agent said something?
    has_answer: bool,
}

impl Log {
    async fn read(
        app: &App,
        visitor: &VisitorIdentity,
        conversation: &Conversation,
    ) -> Result<Self, ApiError> {
        let mut log = Self { said: VecDeque::new(), is_cut: false, has_answer: false };
        let (mut room, mut end) =
            (LETTER_TEXT_BYTES_MAX - AROUND_BYTES_MAX, conversation.last_seq.saturating_add(1));
        for _ in 0..PAGES_MAX {
            let page =
                log::before(app, &visitor.tenant, &conversation.id, end, PAGE_MESSAGES_MAX).await?;
            let Some(first) = page.first() else { return Ok(log) };
            end = first.seq;
            for message in page.into_iter().rev() {
                log.take(message, &mut room);
            }
            if log.is_cut && log.has_answer {
                return Ok(log);
            }
        }
        log.is_cut |= end > 1;
        Ok(log)
    }

    /// One message more, from the newest on. Notes and notices are among agents.
    fn take(&mut self, message: Message, room: &mut usize) {
        if message.content.kind != MessageKind::Text {
            return;
        }
        self.has_answer |= is_agents_word(&message);
        let files = message.content.files.iter().map(|file| file.name.len() + 64);
        let bytes = message.content.text.len() + files.sum::<usize>() + 256;
        match room.checked_sub(bytes).filter(|_| !self.is_cut) {
            Some(left) => {
                *room = left;
                self.said.push_front(message);
            }
            None => self.is_cut = true,
        }
    }

    fn text(&self, view: &DeskView, conversation: &Conversation, locale: Locale) -> String {
        let (desk, zone) = (desk_name(view, conversation, locale), zone_of(view, conversation));
        let mut blocks = vec![match locale {
            Locale::ZhCn => {
                format!("您好：\n\n以下是您与“{desk}”的对话记录。时间均为 {zone} 时间。")
            }
            Locale::En => format!(
                "Hello,\n\nhere is what was said in your chat with {desk}. Times are those of {zone}."
            ),
        }];
        if self.is_cut {
            blocks.push(match locale {
                Locale::ZhCn => "（更早的消息因篇幅未列出。）".to_owned(),
                Locale::En => "(Earlier messages are left out: there are too many.)".to_owned(),
            });
        }
        blocks.extend(self.said.iter().map(|message| block(view, message, zone, locale)));
        blocks.push(match locale {
            Locale::ZhCn => "本邮件应您的要求由系统自动发出。".to_owned(),
            Locale::En => "This is an automatic letter; it was asked for in the chat.".to_owned(),
        });
        blocks.join("\n\n")
    }
}

fn block(view: &DeskView, message: &Message, zone: Tz, locale: Locale) -> String {
    let at = moment(message.at, zone).format("%Y-%m-%d %H:%M");
    let who = name_of(view, &message.content.author, locale);
    let mut lines = vec![format!("{at}  {who}{}", colon(locale))];
    if !message.content.text.is_empty() {
        lines.push(message.content.text.clone());
    }
    let files = message.content.files.iter();
    lines.extend(files.map(|file| file_line(&file.name, Place::Chat, locale)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::{conversation, said, view};
    use super::*;

    fn log(messages: Vec<Message>, mut room: usize) -> Log {
        let mut log = Log { said: VecDeque::new(), is_cut: false, has_answer: false };
        for message in messages.into_iter().rev() {
            log.take(message, &mut room);
        }
        log
    }

    #[test]
    fn a_transcript_tells_who_said_what_and_no_notes() {
        let log = log(
            vec![
                said(1, "contact", MessageKind::Text, "我的退税呢"),
                said(2, "li", MessageKind::Note, "此人很急"),
                said(3, "li", MessageKind::Text, "已退"),
            ],
            100_000,
        );
        assert!(log.has_answer && !log.is_cut);
        let text = log.text(&view(), &conversation(), Locale::ZhCn);
        assert!(text.contains("与“市政务服务”的对话记录"), "{text}");
        assert!(
            text.contains("2024-11-22 18:26  您：\n我的退税呢\n\n2024-11-22 18:26  李明：\n已退"),
            "{text}"
        );
        assert!(!text.contains("很急"), "{text}");
        let text = log.text(&view(), &conversation(), Locale::En);
        assert!(
            text.contains("18:26  You:\n") && text.contains("Times are those of UTC."),
            "{text}"
        );
    }

    #[test]
    fn a_note_is_no_answer() {
        let unanswered = vec![
            said(1, "contact", MessageKind::Text, "在吗"),
            said(2, "li", MessageKind::Note, "没空"),
        ];
        assert!(!log(unanswered, 100_000).has_answer);
    }

    #[test]
    fn of_a_long_chat_the_end_is_told_and_the_answer_is_found_before_it() {
        let long = "x".repeat(1_000);
        let mut messages = vec![said(1, "li", MessageKind::Text, "welcome")];
        messages.extend((2..=9).map(|seq| said(seq, "contact", MessageKind::Text, &long)));
        let log = log(messages, 4_000);
        assert!(log.is_cut && log.has_answer);
        let seqs: Vec<u64> = log.said.iter().map(|message| message.seq).collect();
        assert_eq!(seqs, [7, 8, 9]);
        let text = log.text(&view(), &conversation(), Locale::En);
        assert!(text.contains("Earlier messages are left out"), "{text}");
    }
}
