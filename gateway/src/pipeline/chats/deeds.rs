//! Words and buttons that do something: where am I, it is over, how it was.

use super::desk::{DeskWord, say};
use super::words;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::pipeline::calls::{self, CallbackWish};
use crate::pipeline::inbound::identity;
use crate::pipeline::letters::name_of;
use crate::settings::DeskView;
use channels::im::{Deed, ImSettings};
use channels::inbound::NewMessage;
use channels::phone::policy::CallbackPolicy;
use channels::{Accepted, Inbound, Payload};
use domain::{Channel, ChannelKind, Contact, Conversation, ConversationId, Event, State, TenantId};
use records::ratings::Rating;
use routing::command::Closer;

/// For how long an answer of one digit is a rating, in milliseconds (2 days).
const ASKED_MS: u64 = 2 * 24 * 3_600_000;

/// What is done, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked<'a> {
    /// A call is asked for, at this number or at the one that the network knows.
    Callback(&'a str),
    Position,
    End,
    /// A rating is asked for.
    AskRating,
    /// A rating is given.
    Grade(u8),
}

/// Does what a command or a button says. `None` when it is an ordinary word, to be taken in as one.
///
/// # Errors
/// `unavailable`; the same event may be given again.
pub(in crate::pipeline) async fn accept(
    app: &App,
    tenant: &TenantId,
    (view, channel): (&DeskView, &Channel),
    inbound: &Inbound,
) -> Result<Option<Accepted>, ApiError> {
    if channel.kind != ChannelKind::Im {
        return Ok(None);
    }
    // Wrong settings are told where the door is opened.
    let Ok(settings) = ImSettings::of(channel) else { return Ok(None) };
    let is_press = matches!(inbound.payload, Payload::Chosen { .. });
    let asked = asked(&settings, &inbound.payload);
    let digit = digit(&inbound.payload);
    if asked.is_none() && digit.is_none() {
        // A press that means nothing here is noted: there is nothing to show.
        return Ok(is_press.then_some(Accepted::Noted));
    }
    let Some(contact) = contact(app, tenant, inbound).await? else {
        return Ok(is_press.then_some(Accepted::Noted));
    };
    let of = Of { app, tenant, view, inbound, contact: &contact };
    let did = match asked {
        Some(Asked::Callback(number)) => of.call_back(number).await?,
        Some(Asked::Position) => of.position().await?,
        Some(Asked::End) => of.end().await?,
        Some(Asked::AskRating) => of.ask_rating().await?,
        Some(Asked::Grade(grade)) => of.rate(grade).await?,
        None => match digit {
            Some(grade) => of.rate(grade).await?,
            None => false,
        },
    };
    Ok((did || is_press).then_some(Accepted::Noted))
}

fn asked<'a>(settings: &ImSettings, payload: &'a Payload) -> Option<Asked<'a>> {
    match payload {
        Payload::Chosen { value } => words::grade_of(value).map(Asked::Grade),
        Payload::MessageNew(message) if is_bare(message) => {
            let (deed, after) = settings.deed(&message.text)?;
            Some(match (deed, after.parse()) {
                (Deed::Callback, _) => Asked::Callback(after),
                (Deed::Position, _) => Asked::Position,
                (Deed::End, _) => Asked::End,
                (Deed::Rate, Ok(grade)) => Asked::Grade(grade),
                (Deed::Rate, Err(_)) => Asked::AskRating,
            })
        }
        _ => None,
    }
}

/// A digit alone is a rating, where one was asked for.
fn digit(payload: &Payload) -> Option<u8> {
    match payload {
        Payload::MessageNew(message) if is_bare(message) => {
            let text = message.text.trim();
            matches!(text.as_bytes(), [b'1'..=b'5']).then(|| text.parse().ok()).flatten()
        }
        _ => None,
    }
}

/// A number and the code that was sent to it, where both were written.
fn with_code<'t>(text: &'t str, policy: &CallbackPolicy) -> (&'t str, Option<&'t str>) {
    let split = text.trim().rsplit_once(char::is_whitespace);
    let both = split.filter(|(number, code)| {
        code.len() == 6
            && code.bytes().all(|digit| digit.is_ascii_digit())
            && calls::request::number_of(policy, number).is_ok()
    });
    both.map_or((text, None), |(number, code)| (number.trim(), Some(code)))
}

fn is_bare(message: &NewMessage) -> bool {
    message.files.is_empty() && message.media.is_empty() && message.attachments.is_empty()
}

async fn contact(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
) -> Result<Option<Contact>, ApiError> {
    let identity = identity(&inbound.channel, &inbound.sender);
    Ok(app.records.contacts().find_by_identity(tenant, &identity).await?)
}

/// Under this name the channel's shelf holds which conversation a contact was asked to rate.
pub(super) fn asked_name(contact: &domain::ContactId) -> String {
    format!("asked.{contact}")
}

/// Remembers that a contact was asked.
///
/// # Errors
/// `unavailable`.
pub(super) async fn remember_asked(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
) -> Result<(), ApiError> {
    let name = asked_name(&conversation.contact);
    let entry = (name.as_str(), conversation.id.as_str());
    Ok(app.router.put_on_shelf(tenant, &conversation.channel, entry, ASKED_MS).await?)
}

struct Of<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    view: &'a DeskView,
    inbound: &'a Inbound,
    contact: &'a Contact,
}

impl Of<'_> {
    /// The contact's conversation, if it is not over.
    async fn open(&self) -> Result<Option<Conversation>, ApiError> {
        let (channel, contact) = (&self.inbound.channel, &self.contact.id);
        let id = self.app.router.contact_conversation(self.tenant, channel, contact).await?;
        let Some(id) = id else { return Ok(None) };
        let known = self.app.router.conversation(self.tenant, &id).await?;
        let is_open = |one: &Conversation| !matches!(one.state, State::Closed | State::WrapUp);
        Ok(known.map(|(one, _)| one).filter(is_open))
    }

    fn name(&self, what: &str) -> String {
        format!("{what}.{}", name_of(&self.inbound.external_id))
    }

    async fn position(&self) -> Result<bool, ApiError> {
        // Nobody waits yet: the word opens a conversation, and is acknowledged like any.
        let Some(conversation) = self.open().await? else { return Ok(false) };
        let text = match (conversation.state, &conversation.agent) {
            (State::Active, Some(agent)) => {
                let name = self.view.agent(agent).map_or("", |agent| agent.name.as_str());
                words::served(conversation.info.locale, name)
            }
            _ => {
                let estimate = self.app.router.estimate(self.tenant, &conversation.id).await?;
                let zone = self.view.zone_of(&conversation.queue);
                words::position(&conversation, estimate.as_ref(), zone)
            }
        };
        self.say(&conversation, "position", &text).await
    }

    async fn say(
        &self,
        conversation: &Conversation,
        what: &str,
        text: &str,
    ) -> Result<bool, ApiError> {
        let name = self.name(what);
        say(self.app, self.tenant, conversation, DeskWord::plain(&name, text)).await?;
        Ok(true)
    }

    /// Would rather be called. Where nobody calls back, it is an ordinary word; so it is where nothing is open yet: an
    /// agent reads it.
    async fn call_back(&self, number: &str) -> Result<bool, ApiError> {
        let Some(conversation) = self.open().await? else { return Ok(false) };
        let Some((_, policy)) = calls::line_of(self.view, &conversation.channel) else {
            return Ok(false);
        };
        let known = self.contact.attributes.get("phone").and_then(serde_json::Value::as_str);
        let number = if number.is_empty() { known.unwrap_or_default() } else { number };
        if number.is_empty() {
            let text = words::which_number(conversation.info.locale);
            return self.say(&conversation, "which_number", text).await;
        }
        let (number, code) = match policy.verify {
            Some(_) => with_code(number, &policy),
            None => (number, None),
        };
        let code = code.map(str::to_owned);
        let wish = CallbackWish { number: number.to_owned(), from: None, until: None, code };
        // What the network tells of its own people needs no proof.
        let by = match known {
            Some(known) if known == number => Closer::System,
            _ => Closer::Contact(&self.contact.id),
        };
        match calls::request::request(self.app, self.tenant, &conversation, &wish, by).await {
            // That it is noted is said with the notice.
            Ok(_state) => Ok(true),
            Err(refused) if refused.code() == Code::Unavailable => Err(refused),
            Err(refused) if refused.code() == Code::CodeNeeded => {
                let text = words::which_code(conversation.info.locale, number);
                self.say(&conversation, "which_code", &text).await
            }
            Err(_refused) => {
                let text = words::not_called(conversation.info.locale);
                self.say(&conversation, "not_called", text).await
            }
        }
    }

    async fn end(&self) -> Result<bool, ApiError> {
        let Some(conversation) = self.open().await? else { return Ok(true) };
        let closer = Closer::Contact(&self.contact.id);
        self.app.router.close(self.tenant, &conversation.id, &closer, None).await?;
        Ok(true)
    }

    /// Which conversation the contact was asked to rate.
    async fn was_asked(&self) -> Result<Option<ConversationId>, ApiError> {
        let name = asked_name(&self.contact.id);
        let channel = &self.inbound.channel;
        let found = self.app.router.find_on_shelf(self.tenant, channel, &name).await?;
        Ok(found.and_then(|id| id.parse().ok()))
    }

    async fn ask_rating(&self) -> Result<bool, ApiError> {
        // What is not over is rated when it is.
        Ok(self.open().await?.is_none() && self.was_asked().await?.is_some())
    }

    async fn rate(&self, grade: u8) -> Result<bool, ApiError> {
        let Some(id) = self.was_asked().await? else { return Ok(false) };
        // A digit said in a new conversation answers that.
        if self.open().await?.is_some() {
            return Ok(false);
        }
        let ratings = self.app.records.ratings();
        let before = ratings.get(self.tenant, &id).await?;
        if before.is_some_and(|before| before.grade == grade) {
            return Ok(true);
        }
        let at = self.app.clock.now();
        let rating = Rating { conversation: id.clone(), grade, comment: String::new(), at };
        ratings.put(self.tenant, &rating).await?;
        let event = Event::ConversationRated { conversation: id.clone(), grade };
        self.app.router.announce(self.tenant, &event).await?;
        if let Some((conversation, _)) = self.app.router.conversation(self.tenant, &id).await? {
            let text = words::thanks(conversation.info.locale);
            self.say(&conversation, "thanks", &text).await?;
        }
        Ok(true)
    }
}
