//! What the desk says of calls where the contact does not read the log: in messengers and by mail. `chats::telling` reads the commits;
//! each word has a name, so that it is said once whatever happens in between.

use super::{link, words};
use crate::app::App;
use crate::pipeline::chats::desk::{DeskWord, say_on};
use crate::pipeline::chats::send::line;
use crate::pipeline::chats::telling::Done;
use crate::pipeline::letters::send;
use domain::{
    Author, CallOutcome, ChannelKind, Conversation, ConversationId, Locale, Message, Notice,
    TenantId,
};
use routing::command::PostWord;

/// Says what a fact of the log means for the contact, where it is one about calls.
///
/// # Errors
/// `unavailable`; repeating is safe.
pub(in crate::pipeline) async fn tell(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    message: &Message,
) -> Done {
    let Some(notice) = message.content.notice.as_ref().filter(|notice| is_of_calls(notice)) else {
        return Ok(());
    };
    let known = app.router.conversation(tenant, id).await?;
    let Some((conversation, _)) = known else { return Ok(()) };
    let view = app.settings.desk(tenant);
    let (zone, locale) = (view.zone_of(&conversation.queue), conversation.info.locale);
    let Some(mut text) = said(notice, zone, locale) else { return Ok(()) };
    let may_change =
        matches!(notice, Notice::CallbackRequested { .. } | Notice::CallbackReminder { .. });
    if let Some(link) = may_change.then(|| link::of(app, tenant, id)).flatten() {
        text = words::with_link(&text, &link, locale);
    }
    let name = format!("call.{}", message.seq);
    match conversation.kind {
        ChannelKind::Im => {
            let Some(line) = line(app, tenant, (&view, &conversation)).await? else {
                return Ok(());
            };
            say_on(app, (tenant, &line), &conversation, DeskWord::plain(&name, &text)).await?;
            Ok(())
        }
        ChannelKind::Email => write(app, tenant, &conversation, (message, &name, &text)).await,
        // They read the log, or have their link.
        ChannelKind::WebChat | ChannelKind::App | ChannelKind::Phone => Ok(()),
    }
}

/// Writes it to whoever wrote last, once under its name.
async fn write(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    (message, name, text): (&Message, &str, &str),
) -> Done {
    let view = app.settings.desk(tenant);
    let Some(channel) = send::channel_of(&view, conversation) else { return Ok(()) };
    let word = send::Word {
        conversation,
        message: Some(&message.content.id),
        author: Author::System,
        from_name: String::new(),
        text,
        files: &[],
        asked: None,
    };
    let Some(letter) = send::compose(app, tenant, channel, &word).await? else { return Ok(()) };
    let posted = PostWord {
        conversation: &conversation.id,
        name,
        notice: None,
        place: None,
        parts: &[letter.parcel.new_delivery()],
    };
    app.router.post_word(tenant, &posted).await?;
    Ok(())
}

fn is_of_calls(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::CallbackRequested { .. }
            | Notice::CallbackCancelled { .. }
            | Notice::CallbackReminder { .. }
            | Notice::CallEnded { .. }
    )
}

/// What is said of it; `None` for what the contact knows.
fn said(notice: &Notice, zone: chrono_tz::Tz, locale: Locale) -> Option<String> {
    let time = |at| words::time(at, zone, locale);
    match notice {
        Notice::CallbackRequested { number, from, .. } => {
            let from = from.map(time);
            Some(words::requested(number, from.as_deref(), locale))
        }
        Notice::CallbackCancelled { .. } => Some(words::cancelled(locale).to_owned()),
        Notice::CallbackReminder { at } => Some(words::near(&time(*at), locale)),
        Notice::CallEnded { outcome, next_at: Some(at), .. } => {
            Some(words::again(*outcome, &time(*at), locale))
        }
        Notice::CallEnded { outcome, next_at: None, .. }
            if outcome.reached_for_contact() && *outcome != CallOutcome::Completed =>
        {
            Some(words::given_up(locale).to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn ended(outcome: CallOutcome, next_at: Option<i64>) -> Notice {
        Notice::CallEnded {
            call: "call_1_1".parse().unwrap(),
            outcome,
            by: None,
            cause: String::new(),
            seconds: 0,
            attempt: 1,
            next_at: next_at.map(Timestamp),
            recording: None,
            connected_at: None,
            agent_rung_at: None,
            agent_rang_ms: None,
        }
    }

    #[test]
    fn the_contact_is_told_what_they_cannot_know() {
        let say = |notice: &Notice| said(notice, chrono_tz::Asia::Shanghai, Locale::En);
        let again = say(&ended(CallOutcome::Busy, Some(1_700_000_000_000)));
        assert_eq!(
            again.as_deref(),
            Some("Your line was busy. We shall try again at 15 Nov, 06:13.")
        );
        assert!(
            say(&ended(CallOutcome::NoAnswer, None)).unwrap().starts_with("We tried several times")
        );
        assert_eq!(say(&ended(CallOutcome::Completed, None)), None, "they spoke");
        assert_eq!(say(&ended(CallOutcome::AgentUnreachable, None)), None, "they were not rung");
    }
}
