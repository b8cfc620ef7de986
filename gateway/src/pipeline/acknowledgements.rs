//! Tells people who wrote a letter that the desk has it: once for each conversation, how many are before
//! them or when the desk opens, and until when it means to answer. Never to a program (RFC 3834), and
//! never so often that two programs could go on for long.

use super::commits;
use super::duty::{DutyWork, Passed};
use super::failing::is_away;
use super::letters::name_of;
use super::letters::reply::Addressees;
use super::letters::send::{self, Ready, Word};
use super::log;
use crate::app::App;
use crate::settings::DeskView;
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use domain::{
    Author, Channel, ChannelKind, Conversation, ConversationId, Event, Locale, MailHead,
    MailWarning, Notice, State, TenantId, Timestamp,
};
use futures_util::FutureExt;
use routing::command::NewDelivery;
use routing::reply::{Estimate, Rate};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const DUTY: &str = "acknowledgements";
/// How many commits one pass reads, and how many letters one call puts into the outbox at most.
const COMMITS_AT_ONCE: usize = 64;
/// One address is told so often at once, and then once in so many milliseconds.
const FOR_ONE_ADDRESS: (u32, i64) = (5, 20 * 60_000);
/// A channel tells so many at once, and then one in so many milliseconds: some thousands a day.
const FOR_ONE_CHANNEL: (u32, i64) = (500, 15_000);

pub(super) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: DUTY,
        pause: Duration::from_millis(500),
        pass: |app, tenant, epoch, note| pass(app, tenant, epoch, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, epoch: u64, done: &mut String) -> Passed {
    let unread = commits::unread(app, tenant, (DUTY, epoch), done, COMMITS_AT_ONCE);
    let Some(commits) = unread.await? else { return Ok(false) };
    let Some(last) = commits.last() else { return Ok(false) };
    let cursor = last.cursor.to_string();
    let mut letters = Vec::new();
    for event in commits.iter().flat_map(|commit| commit.events()) {
        if let Event::ConversationOpened { conversation, channel, .. } = event
            && acknowledges(&app.settings.desk(tenant), channel)
        {
            match acknowledgement(app, tenant, conversation).await {
                Ok(letter) => letters.extend(letter),
                Err(error) if is_away(error.as_ref()) => return Err(error),
                Err(error) => {
                    crate::metrics::acknowledging_failed();
                    let error = crate::telemetry::chain(error.as_ref());
                    tracing::error!(tenant.id = %tenant, conversation.id = %conversation, error, "a letter cannot be acknowledged; the others go on");
                }
            }
        }
    }
    let new: Vec<NewDelivery<'_>> = letters.iter().map(|one| one.parcel.new_delivery()).collect();
    let more = commits.len() == COMMITS_AT_ONCE;
    if app.router.dispatch(tenant, DUTY, epoch, &cursor, &new).await? {
        *done = cursor;
        return Ok(more);
    }
    // Somebody else owns the duty now and composes the same letters under the same ids.
    done.clear();
    Ok(false)
}

/// Does the channel acknowledge letters?
fn acknowledges(view: &DeskView, channel: &domain::ChannelId) -> bool {
    view.channel(channel).is_some_and(|channel| {
        let asked = channel.settings.get("acknowledge").and_then(serde_json::Value::as_bool);
        channel.kind == ChannelKind::Email && channel.enabled && asked.unwrap_or(true)
    })
}

async fn acknowledgement(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<Option<Ready>, Box<dyn Error + Send + Sync>> {
    let known = app.router.conversation(tenant, id).await?;
    let Some((conversation, _)) = known.filter(|(one, _)| one.state != State::Closed) else {
        return Ok(None);
    };
    let first = log::after(app, tenant, id, 0, 1).await?.into_iter().next();
    let Some(head) = first.and_then(|message| message.content.mail) else { return Ok(None) };
    let view = app.settings.desk(tenant);
    let Some(channel) = send::channel_of(&view, &conversation) else { return Ok(None) };
    if !may_answer(&head) || !within_limit(app, tenant, channel, &head).await? {
        return Ok(None);
    }
    let estimate = app.router.estimate(tenant, id).await?;
    let zone = view.zone_of(&conversation.queue);
    // What a stranger wrote is not sent on to whom the stranger names.
    let subject = if conversation.info.verified { head.subject.as_str() } else { "" };
    let text = text(&conversation, subject, estimate.as_ref(), zone);
    // To whom the letter is from, never where it would have answers go (RFC 3834, section 4).
    let asked = Addressees { to: vec![head.from.clone()], ..Addressees::default() };
    let word = Word {
        conversation: &conversation,
        message: None,
        author: Author::System,
        from_name: String::new(),
        text: &text,
        files: &[],
        asked: Some(&asked),
    };
    let letter = send::compose(app, tenant, channel, &word).await?;
    if letter.is_some() {
        app.router.append_notice(tenant, id, "acknowledged", &Notice::Acknowledged).await?;
    }
    Ok(letter)
}

/// Programs and forgers are not answered.
fn may_answer(head: &MailHead) -> bool {
    let is_safe = !matches!(head.warning, Some(MailWarning::Forged | MailWarning::ClaimsDesk));
    !head.automatic && is_safe
}

async fn within_limit(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    head: &MailHead,
) -> Result<bool, routing::RoutingError> {
    let address = name_of(&head.from.address.to_lowercase());
    let limits = [
        (format!("acknowledged:{address}"), FOR_ONE_ADDRESS),
        (format!("acknowledging:{}", channel.id), FOR_ONE_CHANNEL),
    ];
    for (what, (burst, per_token_ms)) in limits {
        if app.router.take_tokens(tenant, &what, burst, per_token_ms).await? != Rate::Allowed {
            return Ok(false);
        }
    }
    Ok(true)
}

fn text(
    conversation: &Conversation,
    subject: &str,
    estimate: Option<&Estimate>,
    zone: Tz,
) -> String {
    let locale = conversation.info.locale;
    let standing = standing(conversation, estimate, zone);
    let subject = match (subject.is_empty(), locale) {
        (true, _) => String::new(),
        (false, Locale::ZhCn) => format!("“{subject}”"),
        (false, Locale::En) => format!(" “{subject}”"),
    };
    match locale {
        Locale::ZhCn => format!(
            "您好：\n\n您的来信{subject}我们已经收到。{standing}\n\n如需补充材料，直接回复本邮件即可，\
             不必重新来信。\n\n本邮件由系统自动发出。"
        ),
        Locale::En => format!(
            "Hello,\n\nwe have your letter{subject}. {standing}\n\nIf you want to add something, \
             simply answer this letter; there is no need to write anew.\n\nThis is an automatic letter."
        ),
    }
}

/// Where the matter stands, and what the desk promises: only what is known.
pub(in crate::pipeline) fn standing(
    conversation: &Conversation,
    estimate: Option<&Estimate>,
    zone: Tz,
) -> String {
    let locale = conversation.info.locale;
    let mut said = Vec::new();
    match (conversation.state, conversation.until, estimate) {
        (State::Scheduled, Some(opens), _) => said.push(match locale {
            Locale::ZhCn => {
                format!("现在不在服务时间，{}起按顺序处理。", when(opens, zone, locale))
            }
            Locale::En => {
                format!("We are closed just now and go on at {}.", when(opens, zone, locale))
            }
        }),
        (State::Queued, _, Some(estimate)) => said.push(before(estimate, locale)),
        _ => {}
    }
    let due = when(conversation.due_at, zone, locale);
    said.push(match locale {
        Locale::ZhCn => format!("我们的目标是在{due}前答复。"),
        Locale::En => format!("We mean to answer by {due}."),
    });
    said.join(if locale == Locale::ZhCn { "" } else { " " })
}

fn before(estimate: &Estimate, locale: Locale) -> String {
    let (min, max) = (estimate.before_min, estimate.before_max);
    match locale {
        Locale::ZhCn if max == 0 => "目前前面没有其他来信。".to_owned(),
        Locale::ZhCn if min == max => format!("目前前面有 {max} 件。"),
        Locale::ZhCn => format!("目前前面有 {min} 至 {max} 件。"),
        Locale::En if max == 0 => "Nobody is before you.".to_owned(),
        Locale::En if min == max => format!("{max} are before you."),
        Locale::En => format!("{min} to {max} are before you."),
    }
}

/// A time as people read it.
pub(in crate::pipeline) fn when(at: Timestamp, zone: Tz, locale: Locale) -> String {
    let at: DateTime<Tz> = zone
        .from_utc_datetime(&DateTime::from_timestamp_millis(at.0).unwrap_or_default().naive_utc());
    match locale {
        Locale::ZhCn => at.format("%-m月%-d日 %H:%M").to_string(),
        Locale::En => at.format("%-d %B, %H:%M %Z").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(state: &str, until: Option<i64>, locale: &str) -> Conversation {
        serde_json::from_value(serde_json::json!({
            "id": "conv_1", "state": state, "contact": "ctc_1", "channel": "mail", "kind": "email",
            "queue": "tax", "agent": null, "until": until, "opened_at": 0, "arrived_at": 0,
            "due_at": 1_732_300_000_000_i64, "last_seq": 1, "read_by_contact": 0, "read_by_agent": 0,
            "info": { "audience": "agency", "locale": locale },
        }))
        .unwrap()
    }

    fn estimate(before_min: u64, before_max: u64) -> Estimate {
        Estimate { before_min, before_max, agents: 1, slots: 1, handling_ms: 0 }
    }

    #[test]
    fn an_acknowledgement_says_what_is_known_and_nothing_else() {
        let zone = Tz::Asia__Shanghai;
        let queued = conversation("queued", None, "zh-CN");
        let said = text(&queued, "退税", Some(&estimate(2, 5)), zone);
        assert!(said.contains("“退税”") && said.contains("2 至 5 件"), "{said}");
        assert!(said.contains("11月23日 02:26前答复"), "{said}");
        let closed = conversation("scheduled", Some(1_732_320_000_000), "en");
        let said = text(&closed, "refund", None, zone);
        assert!(said.contains("closed just now and go on at 23 November, 08:00 CST"), "{said}");
        let held = conversation("active", None, "en");
        let said = text(&held, "refund", None, zone);
        assert!(!said.contains("before you") && said.contains("by 23 November"), "{said}");
        assert_eq!(before(&estimate(0, 0), Locale::En), "Nobody is before you.");
    }
}
