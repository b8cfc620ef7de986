//! Somebody asks to be rung: may this number be rung, and when?

use super::code::{self, Asker};
use super::{line_of, refused, words};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::middleware::limits::{Limit, WithoutRedis};
use crate::pipeline::entries;
use crate::pipeline::inbound::{self, Standing, named_uuid};
use crate::settings::DeskView;
use channels::inbound::NewMessage;
use channels::phone::number::NotCallable;
use channels::phone::policy::CallbackPolicy;
use channels::phone::{MissedCall, number};
use channels::{Accepted, Assurance, Inbound, Payload, Sender};
use domain::{
    Channel, ChannelId, Conversation, ConversationId, Identity, Locale, PhoneNumber, QueueId,
    State, TenantId, Timestamp,
};
use routing::command::{Belongs, Closer, RequestCallback};
use routing::reply::{Cancelled, Closed, RequestedCallback};
use std::fmt;

/// The shortest window, in milliseconds: the queue needs some room.
const WINDOW_MS_MIN: i64 = 15 * 60_000;
/// A window may begin so long ago and still count as now, in milliseconds: clocks differ.
const PAST_MS_MAX: i64 = 5 * 60_000;
const DAY_MS: i64 = 86_400_000;
/// A conversation that is opened for a call is offered to nobody until the call is wanted, which comes right after; so
/// long at most, in milliseconds, should this gateway die in between.
const HELD_MS: i64 = 10_000;

/// What somebody wants.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackWish {
    /// The number as it was written.
    pub number: String,
    /// Not before; `None` for as soon as possible.
    pub from: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// The code that proves that the number is the asker's, where it has to be proved.
    pub code: Option<String>,
}

// Numbers must not reach a log by `{:?}`.
impl fmt::Debug for CallbackWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackWish")
            .field("from", &self.from)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// How a number is known to be somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberIs {
    /// They say so.
    Claimed,
    /// The network says who rang.
    Told,
}

/// Somebody who comes by telephone alone.
#[derive(Debug, Clone)]
pub struct NewCaller {
    /// The request's id at its door: the same again is the same request.
    pub external_id: String,
    /// How the number is known.
    pub number_is: NumberIs,
    /// What they want.
    pub wish: CallbackWish,
    /// What it is about, in their words; may be empty.
    pub text: String,
    /// Their name; may be empty.
    pub name: String,
    /// The topic, a key of the phone channel.
    pub topic: Option<String>,
    /// Their language.
    pub locale: Locale,
}

impl NewCaller {
    /// Somebody rang, and nobody took the call.
    pub fn of_missed(missed: &MissedCall) -> Self {
        let locale = Locale::default();
        Self {
            external_id: format!("missed:{}", missed.external_id),
            number_is: NumberIs::Told,
            wish: CallbackWish {
                number: missed.from.e164().to_owned(),
                from: None,
                until: None,
                code: None,
            },
            text: words::missed(locale).to_owned(),
            name: String::new(),
            topic: None,
            locale,
        }
    }
}

fn not_configured() -> ApiError {
    ApiError::new(Code::NotConfigured, "nobody is called back here")
}

/// The number that somebody wrote, if this line may ring it.
///
/// # Errors
/// The same words for each reason, without the number.
pub fn number_of(policy: &CallbackPolicy, text: &str) -> Result<PhoneNumber, ApiError> {
    let number = number::read(text, &policy.region)
        .map_err(|bad| ApiError::field("number", bad.to_string()))?;
    policy.callable.allows(&number).map_err(|bad| ApiError::field("number", bad.to_string()))?;
    Ok(number)
}

/// When somebody is to be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// A window that the desk can keep: it opens with the desk at the earliest.
fn window(
    (view, policy): (&DeskView, &CallbackPolicy),
    queue: &QueueId,
    wish: &CallbackWish,
    now: Timestamp,
) -> Result<Window, ApiError> {
    let ahead_ms = i64::from(policy.days_ahead) * DAY_MS;
    let from = wish.from.filter(|from| *from > now);
    if wish.from.is_some_and(|from| from.ms_since(now) > ahead_ms) {
        return Err(ApiError::field("from", format!("must be within {} days", policy.days_ahead)));
    }
    if wish.from.is_some_and(|from| now.ms_since(from) > PAST_MS_MAX) {
        return Err(ApiError::field("from", "is over"));
    }
    let begins = from.unwrap_or(now);
    if wish.until.is_some_and(|until| until.ms_since(begins) < WINDOW_MS_MIN) {
        return Err(ApiError::field("until", "must be 15 minutes after the beginning at least"));
    }
    let opens_at = entries::opens_at(view, queue, begins);
    if let (Some(opens_at), Some(until)) = (opens_at, wish.until)
        && opens_at >= until
    {
        return Err(ApiError::field("from", "the desk is closed at that time"));
    }
    Ok(Window { from: opens_at.or(from), until: wish.until })
}

/// What was asked for, judged: a call that the desk can make.
struct Judged {
    line: ChannelId,
    number: PhoneNumber,
    window: Window,
    remind_at: Option<Timestamp>,
    per_day: u32,
}

/// Who has to prove that the number is theirs, where the desk wants it proved, and which number is theirs already.
struct Proves<'a> {
    asker: Asker<'a>,
    known: Option<PhoneNumber>,
}

/// Judges what is asked for through a channel and for a queue.
async fn judge(
    app: &App,
    tenant: &TenantId,
    (channel, queue): (&ChannelId, &QueueId),
    wish: &CallbackWish,
    proves: Option<Proves<'_>>,
) -> Result<Judged, ApiError> {
    let view = app.settings.desk(tenant);
    let (line, policy) = line_of(&view, channel).ok_or_else(not_configured)?;
    let number = number_of(&policy, &wish.number)?;
    let window = window((&view, &policy), queue, wish, app.clock.now())?;
    if refused::is_refused(app, tenant, &number).await? {
        return Err(ApiError::field("number", NotCallable::Prefix.to_string()));
    }
    let proves = proves.filter(|proves| proves.known.as_ref() != Some(&number));
    if let (Some(sender), Some(proves)) = (&policy.verify, proves) {
        let of = (proves.asker, &number);
        code::prove(app, tenant, (line, sender), of, wish.code.as_deref()).await?;
    }
    let remind_ms = i64::try_from(policy.remind_before.as_millis()).unwrap_or(i64::MAX);
    let remind_at = window.from.filter(|_| remind_ms > 0).map(|from| from.plus_ms(-remind_ms));
    let (line, per_day) = (line.id.clone(), policy.per_number_per_day);
    Ok(Judged { line, number, window, remind_at, per_day })
}

/// Has somebody rung for a conversation that is there. Gives its state.
///
/// # Errors
/// `not_configured` where nobody is called back, `invalid` for a number or a window that cannot be,
/// `rate_limited` for a number that is asked for too often, `number_taken` when it is to be rung already, `wrong_state`
/// while a call is under way, `not_assigned` for whose conversation it is not.
pub async fn request(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    wish: &CallbackWish,
    by: Closer<'_>,
) -> Result<State, ApiError> {
    let of = (&conversation.channel, &conversation.queue);
    let asker = Asker { name: conversation.id.as_str(), locale: conversation.info.locale };
    let proves = match by {
        Closer::Contact(_) => {
            let known = app.router.callback_number(tenant, &conversation.id).await?;
            Some(Proves { asker, known })
        }
        Closer::Agent(_) | Closer::System => None,
    };
    let judged = judge(app, tenant, of, wish, proves).await?;
    limit(app, tenant, &judged).await?;
    let about = (&conversation.id, conversation.info.locale);
    match want(app, tenant, about, &judged, by).await? {
        RequestedCallback::Requested(state) => Ok(state),
        RequestedCallback::Taken(_) => Err(taken()),
        RequestedCallback::Busy => Err(ApiError::new(Code::WrongState, "a call is under way")),
        RequestedCallback::NotAssigned => {
            Err(ApiError::new(Code::NotAssigned, "the conversation is somebody else's"))
        }
        RequestedCallback::Unknown => {
            Err(ApiError::new(Code::WrongState, "the conversation is over"))
        }
    }
}

async fn want(
    app: &App,
    tenant: &TenantId,
    (conversation, locale): (&ConversationId, Locale),
    judged: &Judged,
    by: Closer<'_>,
) -> Result<RequestedCallback, ApiError> {
    let wanted = RequestCallback {
        number: &judged.number,
        line: &judged.line,
        from: judged.window.from,
        until: judged.window.until,
        remind_at: judged.remind_at,
        by,
        locale,
    };
    Ok(app.router.request_callback(tenant, conversation, &wanted).await?)
}

fn taken() -> ApiError {
    ApiError::new(Code::NumberTaken, "this number is to be rung already")
}

/// How often a number may be asked for is counted by the number, so that nobody has somebody else rung all day.
async fn limit(app: &App, tenant: &TenantId, judged: &Judged) -> Result<(), ApiError> {
    let name = named_uuid(&["callback number", tenant.as_str(), judged.number.e164()]);
    let limit = Limit::per_day(judged.per_day);
    app.take(tenant, &format!("callback:{name}"), limit, WithoutRedis::Refuse).await
}

/// Nobody is to be rung any more; a conversation that was for nothing else is over.
///
/// # Errors
/// `not_found` when nobody is, `not_assigned` for whose conversation it is not.
pub async fn cancel(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    by: Closer<'_>,
) -> Result<(), ApiError> {
    let view = app.settings.desk(tenant);
    let opens_at = entries::opens_at(&view, &conversation.queue, app.clock.now());
    let not_assigned = || ApiError::new(Code::NotAssigned, "the conversation is somebody else's");
    match app.router.cancel_callback(tenant, &conversation.id, &by, opens_at).await? {
        Cancelled::WaitsOn(_) => Ok(()),
        Cancelled::None | Cancelled::Unknown => Err(ApiError::unknown("callback")),
        Cancelled::NotAssigned => Err(not_assigned()),
        // Whoever holds it closes it with what came of it.
        Cancelled::NothingLeft if conversation.state == State::Active => Ok(()),
        Cancelled::NothingLeft => {
            match app.router.close(tenant, &conversation.id, &by, None).await? {
                Closed::WrapUp | Closed::Closed | Closed::Already | Closed::Unknown => Ok(()),
                Closed::NotAssigned => Err(not_assigned()),
            }
        }
    }
}

/// Somebody who comes by telephone alone: their request opens a conversation of the phone channel, and they are rung.
/// Everything is judged before anything is kept. Who only knows a number is not let into what is open for it: there
/// it is said that the number is to be rung already.
///
/// # Errors
/// As [`request`]; repeating it with the same id and number is safe.
pub async fn open(
    app: &App,
    tenant: &TenantId,
    line: &ChannelId,
    caller: NewCaller,
) -> Result<ConversationId, ApiError> {
    let view = app.settings.desk(tenant);
    let (channel, policy) =
        line_of(&view, line).filter(|(found, _)| found.id == *line).ok_or_else(not_configured)?;
    let queue = queue_of(channel, caller.topic.as_deref())?;
    let number = number_of(&policy, &caller.wish.number)?;
    // The number is part of the name: an id that somebody else used for theirs leads nowhere.
    let name = named_uuid(&[&caller.external_id, number.e164()]).to_string();
    if let Some((conversation, _)) = app.router.message_named(tenant, line, &name).await? {
        finish(app, tenant, &conversation, &caller.wish).await?;
        return Ok(conversation);
    }
    let proves = match caller.number_is {
        NumberIs::Claimed => {
            let asker = Asker { name: &caller.external_id, locale: caller.locale };
            Some(Proves { asker, known: None })
        }
        NumberIs::Told => None,
    };
    let judged = judge(app, tenant, (line, queue), &caller.wish, proves).await?;
    if app.router.callback_of_number(tenant, &number).await?.is_some() {
        return Err(taken());
    }
    if caller.number_is == NumberIs::Claimed && has_open(app, tenant, line, &number).await? {
        return Err(taken());
    }
    limit(app, tenant, &judged).await?;
    let held = judged.window.from.unwrap_or_else(|| app.clock.now().plus_ms(HELD_MS));
    let (locale, inbound) = (caller.locale, arriving(app, line, (&name, &number, held), caller));
    let accepted =
        inbound::accept(app, tenant, inbound, Standing::Unknown, Belongs::ToContact).await?;
    let conversation = match accepted {
        Accepted::Message { conversation, .. } => conversation,
        Accepted::Refused(refusal) => return Err(ApiError::new(Code::Invalid, refusal.detail())),
        Accepted::Noted => return Err(ApiError::new(Code::Invalid, "nothing was asked")),
    };
    match want(app, tenant, (&conversation, locale), &judged, Closer::System).await? {
        // Somebody asked for the same number at the same moment: one of them is for nothing.
        RequestedCallback::Taken(_) => {
            app.router.close(tenant, &conversation, &Closer::System, None).await?;
            Err(taken())
        }
        _ => Ok(conversation),
    }
}

/// The queue of a topic; of the first one when none was chosen.
fn queue_of<'a>(channel: &'a Channel, topic: Option<&str>) -> Result<&'a QueueId, ApiError> {
    let chosen = match topic {
        Some(id) => channel.topics.iter().find(|topic| topic.id == id),
        None => channel.topics.first(),
    };
    chosen
        .map(|topic| &topic.queue)
        .ok_or_else(|| ApiError::field("topic", "there is no such topic"))
}

/// Has a number something open on this channel?
async fn has_open(
    app: &App,
    tenant: &TenantId,
    line: &ChannelId,
    number: &PhoneNumber,
) -> Result<bool, ApiError> {
    let identity = Identity {
        channel: line.clone(),
        kind: "phone".to_owned(),
        value: number.e164().to_owned(),
        verified: false,
    };
    let contact = app.records.contacts().find_by_identity(tenant, &identity).await?;
    let Some(contact) = contact else { return Ok(false) };
    let Some(open) = app.router.contact_conversation(tenant, line, &contact.id).await? else {
        return Ok(false);
    };
    let known = app.router.conversation(tenant, &open).await?;
    Ok(known.is_some_and(|(conversation, _)| conversation.state != State::Closed))
}

/// A request that was kept before its call was: the answer was lost, or the gateway died in between.
async fn finish(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    wish: &CallbackWish,
) -> Result<(), ApiError> {
    let known = app.router.conversation(tenant, id).await?;
    let (conversation, _) = known.ok_or_else(|| ApiError::unknown("conversation"))?;
    if conversation.callback.is_some() || conversation.state == State::Closed {
        return Ok(());
    }
    request(app, tenant, &conversation, wish, Closer::System).await.map(drop)
}

fn arriving(
    app: &App,
    line: &ChannelId,
    (name, number, held): (&str, &PhoneNumber, Timestamp),
    caller: NewCaller,
) -> Inbound {
    let text = if caller.text.trim().is_empty() {
        words::asked(caller.locale).to_owned()
    } else {
        caller.text
    };
    Inbound {
        channel: line.clone(),
        external_id: name.to_owned(),
        external_conversation: None,
        sender: Sender {
            kind: "phone".to_owned(),
            value: number.e164().to_owned(),
            assurance: Assurance::Claimed,
            contact: None,
            name: caller.name,
            locale: Some(caller.locale),
        },
        occurred_at: None,
        received_at: app.clock.now(),
        payload: Payload::MessageNew(NewMessage {
            text,
            topic: caller.topic,
            not_before: Some(held),
            ..NewMessage::default()
        }),
        raw: bytes::Bytes::new(),
    }
}
