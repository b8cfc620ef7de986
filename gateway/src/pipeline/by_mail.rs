//! A chat and a mailbox are one conversation: what an agent said and a visitor who left did not read
//! goes by mail to the address that the visitor left, and the answer comes back into the same log.
//!
//! The switchboard knows which conversations to look at and when (`unread`); this duty reads what is
//! unread and composes one letter of it. Whether it goes is decided by one transition, which knows
//! whether the visitor has read meanwhile or is on the line.

pub mod address;
pub mod transcript;
pub(super) mod words;

use super::duty::{DutyWork, Passed};
use super::failing::Failing;
use super::letters::LetterError;
use super::letters::send::chat::{ChatLetter, Sort, seal};
use super::log;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::settings::DeskView;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{Author, Channel, Conversation, ConversationId, Message, MessageId, Notice, TenantId};
use futures_util::FutureExt;
use routing::command::MailUnread;
use routing::reply::{LeftAddress, UnreadMailed};
use std::sync::Arc;
use std::time::Duration;
use words::Unread;

/// How many conversations one pass looks at.
const BATCH: usize = 32;
/// So many of the contact's letters are named in a letter.
const EARLIER_MAX: usize = 20;

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: "by_mail",
        pause: Duration::from_millis(500),
        pass: |app, tenant, _, note| pass(app, tenant, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, note: &mut String) -> Passed {
    let mut failing = Failing::read(note, app.clock.now());
    let most = BATCH + failing.count();
    let due = app.router.unread_due(tenant, most).await?;
    let mut done = 0;
    for id in due.iter().filter(|id| !failing.has(id)).cloned().collect::<Vec<_>>() {
        match look(app, tenant, &id).await {
            Ok(()) => done += 1,
            Err(error) if error.code() == Code::Unavailable => {
                let error = crate::telemetry::chain(&error);
                tracing::debug!(tenant.id = %tenant, error, "unread words wait");
                break;
            }
            Err(error) => {
                let error = crate::telemetry::chain(&error);
                tracing::error!(tenant.id = %tenant, conversation.id = %id, error, "unread words cannot be mailed; the others go on");
                failing.add(&id);
            }
        }
    }
    *note = failing.write();
    Ok(due.len() == most && done > 0)
}

/// Looks at one conversation.
async fn look(app: &App, tenant: &TenantId, id: &ConversationId) -> Result<(), ApiError> {
    let known = app.router.conversation(tenant, id).await?;
    let left = app.router.left_address(tenant, id).await?;
    let Some((conversation, _)) = known else { return nothing(app, tenant, id, 0).await };
    let Some(left) = left else {
        return nothing(app, tenant, id, conversation.last_seq).await;
    };
    let known = conversation.read_by_contact.max(left.mailed);
    let said = log::after(app, tenant, id, known, PAGE_MESSAGES_MAX).await?;
    let end = said.last().map_or(known, |last| last.seq);
    let view = app.settings.desk(tenant);
    let Some((mailbox, after_ms)) = view.by_mail(&conversation.channel) else {
        return give_up(app, tenant, &conversation, &left, (&said, end)).await;
    };
    let Some(unread) = Unread::of(&said) else { return nothing(app, tenant, id, end).await };
    let contact = app.records.contacts().get(tenant, &conversation.contact).await?;
    let locale = contact.map_or(conversation.info.locale, |contact| contact.locale);
    let told = unread.told(&view, &conversation, locale);
    let letter = ChatLetter {
        conversation: id,
        to: &left.address,
        locale,
        subject: words::subject(&view, &conversation, locale, left.mailed > 0),
        text: told.text,
        sort: Sort::Words {
            last: &unread.last().content.id,
            author: unread.last().content.author.clone(),
            from_name: told.from_name,
            files: told.files,
            earlier: letters_of_contact(app, tenant, &conversation).await?,
        },
    };
    let sealed = seal(app, tenant, mailbox, letter).map_err(unsealed)?;
    let sealed =
        sealed.ok_or_else(|| ApiError::unavailable("the mailbox cannot write just now"))?;
    let unread = MailUnread {
        conversation: id,
        known,
        upto: unread.upto(),
        wait_ms: after_ms,
        letter: Some(sealed.new_delivery()),
    };
    match app.router.mail_unread(tenant, &unread).await? {
        UnreadMailed::Mailed => {
            tracing::info!(tenant.id = %tenant, conversation.id = %id, "unread words go by mail");
            Ok(())
        }
        UnreadMailed::Nothing
        | UnreadMailed::Here
        | UnreadMailed::Changed
        | UnreadMailed::Unknown => Ok(()),
    }
}

fn unsealed(error: LetterError) -> ApiError {
    ApiError::internal(error)
}

/// Nothing of what was said up to here has to go.
async fn nothing(
    app: &App,
    tenant: &TenantId,
    conversation: &ConversationId,
    upto: u64,
) -> Result<(), ApiError> {
    let unread = MailUnread { conversation, known: 0, upto, wait_ms: 0, letter: None };
    app.router.mail_unread(tenant, &unread).await?;
    Ok(())
}

/// The chat goes on by mail no longer, and somebody waits for words: the agent is told.
async fn give_up(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    left: &LeftAddress,
    (said, end): (&[Message], u64),
) -> Result<(), ApiError> {
    let id = &conversation.id;
    if let Some(unread) = Unread::of(said) {
        let last: &MessageId = &unread.last().content.id;
        let notice = Notice::Undelivered {
            message: Some(last.clone()),
            recipient: left.address.clone(),
            permanent: true,
            reason: "this chat has no mailbox any more".to_owned(),
            others: Vec::new(),
            unnamed: 0,
        };
        app.router.append_notice(tenant, id, &format!("no_mailbox.{last}"), &notice).await?;
    }
    // With the notice the log is longer: looked at once more, nothing is left to be told.
    let known = app.router.conversation(tenant, id).await?;
    let end = known.map_or(end, |(conversation, _)| conversation.last_seq);
    nothing(app, tenant, id, end).await
}

/// The message ids of the contact's last letters, the oldest first.
async fn letters_of_contact(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
) -> Result<Vec<String>, ApiError> {
    let end = conversation.last_seq.saturating_add(1);
    let log = log::before(app, tenant, &conversation.id, end, PAGE_MESSAGES_MAX).await?;
    let theirs = log.into_iter().filter(|one| matches!(one.content.author, Author::Contact { .. }));
    let heads = theirs.filter_map(|one| one.content.mail);
    let ids = heads.map(|head| head.message_id).filter(|id| !id.is_empty());
    let mut ids: Vec<String> = ids.collect();
    let surplus = ids.len().saturating_sub(EARLIER_MAX);
    Ok(ids.split_off(surplus))
}

/// The mailbox of a chat; refused where nothing goes by mail.
fn mailbox_of<'v>(
    view: &'v DeskView,
    chat: &domain::ChannelId,
) -> Result<(&'v Channel, u64), ApiError> {
    view.by_mail(chat)
        .filter(|(mailbox, _)| mailbox.enabled)
        .ok_or_else(|| ApiError::new(Code::NotConfigured, "this chat has no mailbox"))
}
