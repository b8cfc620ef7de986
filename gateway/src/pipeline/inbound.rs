//! Takes in what contacts say, through whichever door: contact, policy, one transition, and only
//! then the door is told that it arrived.
//!
//! Repeating an event is safe: its external id is the dedupe key, and the message's id is made of it,
//! so a retry finds the same message under the same id.

mod home;
mod wish;

use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::clock::mint;
use crate::pipeline::chats::arrival::{self, Brought};
use crate::pipeline::chats::{changes, deeds, people};
use crate::pipeline::letters::{self, LetterError};
use crate::pipeline::persons;
use crate::settings::DeskView;
use channels::inbound::{NewMessage, SinkError};
use channels::{Accepted, Assurance, Inbound, InboundSink, Payload, RawInbound, Refusal, Sender};
use domain::limits::{FILES_PER_MESSAGE_MAX, TEXT_BYTES_MAX};
use domain::mail::MAIL_FILES_MAX;
use domain::queue::Request;
use domain::{
    Audience, Author, Channel, ChannelId, ChannelKind, ContactId, ConversationId, ConversationInfo,
    Entry, Event, Evidence, Identity, Locale, MessageContent, MessageId, MessageKind, QueueId,
    TenantId,
};
use records::contacts::NewContact;
use routing::command::{Belongs, Reader, ReceiveMessage};
use routing::reply::Received;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;
use wish::Wish;

pub use home::{Home, Standing};

/// The sink of one tenant's doors.
#[derive(Debug, Clone)]
pub struct Intake {
    app: Arc<App>,
    tenant: TenantId,
}

impl Intake {
    /// The sink for a tenant's doors.
    pub fn new(app: &Arc<App>, tenant: &TenantId) -> Self {
        Self { app: Arc::clone(app), tenant: tenant.clone() }
    }
}

#[async_trait::async_trait]
impl InboundSink for Intake {
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError> {
        let standing = Standing::Unknown;
        let accepted = accept(&self.app, &self.tenant, inbound, standing, Belongs::ToContact).await;
        accepted.map_err(|error| SinkError {
            reason: error.to_string(),
            retry_after_ms: error.retry_after_ms().unwrap_or(5_000),
        })
    }

    async fn accept_raw(&self, raw: RawInbound) -> Result<Accepted, SinkError> {
        letters::accept(&self.app, &self.tenant, raw).await.map_err(|error| not_taken(&error))
    }

    async fn accept_together(&self, letters: Vec<RawInbound>) -> Vec<Result<Accepted, SinkError>> {
        let answers = letters::accept_together(&self.app, &self.tenant, letters).await;
        answers.into_iter().map(|answer| answer.map_err(|error| not_taken(&error))).collect()
    }
}

fn not_taken(error: &LetterError) -> SinkError {
    SinkError { reason: crate::telemetry::chain(error), retry_after_ms: 5_000 }
}

/// Takes one event in. Resolves after the durable commit.
///
/// # Errors
/// `unavailable` when the outcome is unknown; the same event may be given again.
pub async fn accept(
    app: &App,
    tenant: &TenantId,
    inbound: Inbound,
    standing: Standing,
    belongs: Belongs<'_>,
) -> Result<Accepted, ApiError> {
    let channel = inbound.channel.clone();
    let accepted = take_in(app, tenant, inbound, standing, belongs).await?;
    app.doors.heard(tenant, &channel, app.clock.now());
    Ok(accepted)
}

async fn take_in(
    app: &App,
    tenant: &TenantId,
    mut inbound: Inbound,
    standing: Standing,
    belongs: Belongs<'_>,
) -> Result<Accepted, ApiError> {
    let _turn = app.admit().await?;
    let view = app.settings.desk(tenant);
    let Some(channel) = view.channel(&inbound.channel).filter(|channel| channel.enabled) else {
        return Ok(Accepted::Refused(Refusal::ChannelClosed));
    };
    arrival::spell_out(channel, &mut inbound);
    if let Some(done) = deeds::accept(app, tenant, (&view, channel), &inbound).await? {
        return Ok(done);
    }
    people::introduce(app, tenant, channel, &mut inbound).await?;
    match &inbound.payload {
        Payload::MessageNew(message) => {
            if let Some(refusal) = refusal(&view, channel, message) {
                return Ok(Accepted::Refused(refusal));
            }
            let brought = arrival::brought(app, tenant, channel, (&inbound, message)).await?;
            let (view, inbound, brought) = (&view, &inbound, &brought);
            let from = Arrival { app, tenant, view, channel, inbound, message, brought, belongs };
            from.receive(standing).await
        }
        Payload::Read { seq, .. } if *seq > 0 => read(app, tenant, &inbound, *seq).await,
        Payload::Read { external_id, .. } if !external_id.is_empty() => {
            changes::accept(app, tenant, &inbound).await
        }
        Payload::Read { .. } | Payload::Typing | Payload::Membership { .. } => Ok(Accepted::Noted),
        Payload::Edited { .. }
        | Payload::Deleted { .. }
        | Payload::Reaction { .. }
        | Payload::DeliveryReport { .. } => changes::accept(app, tenant, &inbound).await,
        Payload::Chosen { .. }
        | Payload::Bounced { .. }
        | Payload::CallState { .. }
        | Payload::Unsupported { .. } => Ok(Accepted::Refused(Refusal::Unsupported)),
    }
}

fn refusal(view: &DeskView, channel: &Channel, message: &NewMessage) -> Option<Refusal> {
    let has_files =
        !message.files.is_empty() || !message.media.is_empty() || !message.attachments.is_empty();
    if message.text.trim().is_empty() && !has_files {
        return Some(Refusal::Empty);
    }
    let is_im = channel.kind == ChannelKind::Im;
    let is_letter = message.mail.is_some();
    let files_max = if is_letter || is_im { MAIL_FILES_MAX } else { FILES_PER_MESSAGE_MAX };
    let files = message.files.len() + message.media.len();
    // A messenger's long text goes on in a file.
    let text_max = if is_im { usize::MAX } else { TEXT_BYTES_MAX };
    if message.text.len() > text_max || files > files_max {
        return Some(Refusal::TooLarge);
    }
    let topics: Vec<&str> = channel.topics.iter().map(|topic| topic.id.as_str()).collect();
    if message.topic.as_deref().is_some_and(|topic| !topics.contains(&topic)) {
        return Some(Refusal::UnknownTopic);
    }
    let known = |name: &str| view.desk.request_types.iter().any(|known| known.id == name);
    let unknown = message.request_type.as_deref().is_some_and(|name| !known(name));
    unknown.then_some(Refusal::UnknownRequestType)
}

async fn read(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    seq: u64,
) -> Result<Accepted, ApiError> {
    let Some(contact) = &inbound.sender.contact else { return Ok(Accepted::Noted) };
    let open = app.router.contact_conversation(tenant, &inbound.channel, contact).await?;
    if let Some(conversation) = open {
        app.router.mark_read(tenant, &conversation, &Reader::Contact(contact), seq).await?;
    }
    Ok(Accepted::Noted)
}

/// A message on its way in.
struct Arrival<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    view: &'a DeskView,
    channel: &'a Channel,
    inbound: &'a Inbound,
    message: &'a NewMessage,
    brought: &'a Brought,
    belongs: Belongs<'a>,
}

impl Arrival<'_> {
    async fn receive(&self, standing: Standing) -> Result<Accepted, ApiError> {
        let home = self.home(&standing).cloned();
        let (contact, name, locale, is_new) = self.contact(&standing, home.as_ref()).await?;
        let mut wish = match is_new {
            // Nobody has spoken with them.
            true => self.chosen()?,
            false => self.wish(&contact, standing).await?,
        };
        if let Some(home) = &home {
            wish.kind = home.kind;
        }
        let info = ConversationInfo {
            contact_name: name,
            audience: self.audience(),
            locale,
            topic: wish.topic.clone(),
            request_type: wish.request_type.clone(),
            resolution: None,
            page_url: self.message.page_url.clone().map(|url| url.chars().take(1_000).collect()),
            verified: self.inbound.sender.assurance == Assurance::Proved,
        };
        let id = message_id(&[
            self.tenant.as_str(),
            self.channel.id.as_str(),
            &self.inbound.external_id,
        ]);
        let content = MessageContent {
            id: id.clone(),
            author: Author::Contact { id: contact.clone() },
            kind: MessageKind::Text,
            text: self.brought.text.clone().unwrap_or_else(|| self.message.text.clone()),
            files: self.brought.files.clone(),
            notice: None,
            client_id: self.message.client_id.clone(),
            mail: self.message.mail.clone(),
        };
        let mut entry = self.entry(&wish.queue, &wish)?;
        let (received, turned_away) = self.enter(&contact, &content, &info, &mut entry).await?;
        let (conversation, seq, duplicate) = match received {
            Received::Appended { conversation, seq, .. } => (conversation, seq, false),
            Received::Duplicate { conversation, seq } => (conversation, seq, true),
            Received::QueueFull => {
                return Err(ApiError::new(Code::QueueFull, "too many wait in this queue just now"));
            }
        };
        if turned_away {
            self.tell_overflow(&conversation, &entry.queue).await;
        }
        Ok(Accepted::Message { conversation, seq, message: id, duplicate })
    }

    /// Enters the queue; a full one by its overflow policy: the queue that takes over, or else past
    /// the bound, told to supervisors. Nobody is turned away in silence. True when past a bound.
    async fn enter(
        &self,
        contact: &ContactId,
        content: &MessageContent,
        info: &ConversationInfo,
        entry: &mut Entry,
    ) -> Result<(Received, bool), ApiError> {
        let new_conversation = mint::conversation();
        let first = self.try_enter(contact, content, info, entry, &new_conversation).await?;
        if first != Received::QueueFull {
            return Ok((first, false));
        }
        let full = entry.queue.clone();
        if let Some(to) = self.view.queue(&full).and_then(|queue| queue.overflow.to.clone()) {
            let wish = Wish {
                kind: entry.kind,
                queue: to.clone(),
                topic: info.topic.clone(),
                request_type: info.request_type.clone(),
                last_agent: None,
            };
            let mut there = self.entry(&to, &wish)?;
            let second = self.try_enter(contact, content, info, &there, &new_conversation).await?;
            if second != Received::QueueFull {
                return Ok((second, false));
            }
            there.waiting_max = 0;
            *entry = there;
        } else {
            entry.waiting_max = 0;
        }
        let last = self.try_enter(contact, content, info, entry, &new_conversation).await?;
        Ok((last, true))
    }

    async fn try_enter(
        &self,
        contact: &ContactId,
        content: &MessageContent,
        info: &ConversationInfo,
        entry: &Entry,
        new_conversation: &ConversationId,
    ) -> Result<Received, ApiError> {
        let message = ReceiveMessage {
            channel: &self.channel.id,
            contact,
            external_id: &self.inbound.external_id,
            new_conversation,
            content,
            entry,
            info,
            belongs: self.belongs,
            way: &self.brought.way,
            fetches: &self.brought.fetches(),
        };
        Ok(self.app.router.receive_message(self.tenant, &message).await?)
    }

    /// Who says it, and whether we never met. A door that knows the contact spares us the look-up, unless this may open a
    /// conversation, which carries the contact's name.
    async fn contact(
        &self,
        standing: &Standing,
        home: Option<&Home>,
    ) -> Result<(ContactId, String, Locale, bool), ApiError> {
        if let Some(home) = home {
            let known = self.app.records.contacts().get(self.tenant, &home.contact).await?;
            let known = known.ok_or_else(|| ApiError::unknown("contact"))?;
            return Ok((known.id, known.name, known.locale, false));
        }
        let sender = &self.inbound.sender;
        if let Some(contact) = &sender.contact {
            if matches!(standing, Standing::Known { .. }) {
                let locale = sender.locale.unwrap_or_default();
                return Ok((contact.clone(), sender.name.clone(), locale, false));
            }
            let known = self.app.records.contacts().get(self.tenant, contact).await?;
            let known = known.ok_or_else(|| ApiError::unknown("contact"))?;
            return Ok((known.id, known.name, sender.locale.unwrap_or(known.locale), false));
        }
        let (contact, is_new) = self.find_or_make(sender).await?;
        Ok((contact.id, contact.name, sender.locale.unwrap_or(contact.locale), is_new))
    }

    async fn find_or_make(&self, sender: &Sender) -> Result<(domain::Contact, bool), ApiError> {
        let identity = identity(&self.channel.id, sender);
        let new = NewContact {
            id: mint::contact(),
            name: sender.name.clone(),
            audience: self.audience(),
            locale: sender.locale.unwrap_or_default(),
            created_at: self.app.clock.now(),
            attributes: serde_json::Map::new(),
        };
        let contacts = self.app.records.contacts();
        let found = contacts.find_or_create_by_identity(self.tenant, &identity, &new).await?;
        let is_new = found.id == new.id;
        if is_new
            && identity.verified
            && identity.kind == "email"
            && let Some(email) = Evidence::email(&identity.value)
        {
            persons::recognise(self.app, self.tenant, &found.id, &[email]).await?;
        }
        Ok((found, is_new))
    }

    /// For whom the sender speaks: as the settings know the address, or else as the door is for.
    fn audience(&self) -> Audience {
        self.message.audience.unwrap_or(self.channel.audience)
    }

    fn entry(&self, queue: &QueueId, wish: &Wish) -> Result<Entry, ApiError> {
        let now = self.app.clock.now();
        let request = Request {
            kind: wish.kind,
            audience: self.audience(),
            request_type: wish.request_type.as_deref(),
            arrived_at: now,
            last_agent: wish.last_agent.as_ref(),
            now,
        };
        let unknown = || ApiError::unknown("queue");
        let mut entry = self.view.entry(queue, &request).ok_or_else(unknown)?;
        entry.not_before = entry.not_before.max(self.message.not_before);
        Ok(entry)
    }

    /// Supervisors learn that a bound was passed. It is a sign, not part of the commit: losing it
    /// loses no one, so its failure is only noted.
    async fn tell_overflow(&self, conversation: &ConversationId, queue: &QueueId) {
        let event = Event::ConversationOverflowed {
            conversation: conversation.clone(),
            queue: queue.clone(),
        };
        if let Err(error) = self.app.router.announce(self.tenant, &event).await {
            tracing::warn!(conversation.id = %conversation, error = %error, "an overflow was not told");
        }
    }
}

/// By what a contact is known who says something through a channel.
pub(super) fn identity(channel: &ChannelId, sender: &Sender) -> Identity {
    Identity {
        channel: channel.clone(),
        kind: sender.kind.clone(),
        value: sender.value.clone(),
        verified: sender.assurance == Assurance::Proved,
    }
}

/// A message id made of what names the message outside: the same parts give the same id.
pub fn message_id(parts: &[&str]) -> MessageId {
    MessageId::from_uuid(named_uuid(parts))
}

/// A UUID (version 8) of a list of texts.
pub(crate) fn named_uuid(parts: &[&str]) -> Uuid {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_gets_the_same_message_id_and_nothing_else_does() {
        let id = message_id(&["main", "city", "ctc_1.a"]);
        assert_eq!(id, message_id(&["main", "city", "ctc_1.a"]));
        assert_ne!(id, message_id(&["main", "city", "ctc_1.b"]));
        assert_ne!(id, message_id(&["main", "cityc", "tc_1.a"]), "parts do not run together");
    }
}
