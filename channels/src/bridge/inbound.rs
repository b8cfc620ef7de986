//! Events of a bridge, as [`Inbound`].

use super::Bridge;
use super::wire::{Event, File, Kind, Person};
use crate::error::AdapterError;
use crate::inbound::{Assurance, Attachment, Inbound, MediaRef, NewMessage, Payload, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::DateTime;
use domain::{Locale, Timestamp};

impl Bridge {
    /// What an event says; the inner error is the problem that the bridge is told.
    pub(super) async fn inbound(
        &self,
        event: Event,
    ) -> Result<Result<Inbound, String>, AdapterError> {
        let read = self.read(&event);
        if let (Ok(_), Some(person)) = (&read, &event.sender) {
            self.remember(person).await?;
        }
        Ok(read)
    }

    fn read(&self, event: &Event) -> Result<Inbound, String> {
        let occurred_at = match &event.occurred_at {
            None => None,
            Some(text) => Some(time(text)?),
        };
        Ok(Inbound {
            channel: self.descriptor.channel.clone(),
            external_id: event.id.clone(),
            external_conversation: event.conversation.clone(),
            sender: sender(event.sender.as_ref()),
            occurred_at,
            received_at: self.means.clock.now(),
            payload: self.payload(event)?,
            raw: Bytes::new(),
        })
    }

    fn payload(&self, event: &Event) -> Result<Payload, String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let external_id = text(&event.message);
        Ok(match event.kind {
            Kind::Message => Payload::MessageNew(self.message(event)?),
            Kind::Edited => Payload::Edited { external_id, text: text(&event.text) },
            Kind::Deleted => Payload::Deleted { external_id },
            Kind::Reaction => Payload::Reaction {
                external_id,
                emoji: text(&event.emoji),
                added: event.added.unwrap_or(true),
            },
            Kind::Typing => Payload::Typing,
            Kind::Read => Payload::Read { seq: 0, external_id },
            Kind::Chosen => Payload::Chosen { value: text(&event.value) },
            Kind::DeliveryReport => Payload::DeliveryReport {
                command: text(&event.command),
                delivered: event.delivered.unwrap_or_default(),
                reason: text(&event.reason),
            },
            Kind::Membership => Payload::Membership { joined: event.joined.unwrap_or_default() },
            Kind::Check => return Err("a check says nothing".to_owned()),
        })
    }

    fn message(&self, event: &Event) -> Result<NewMessage, String> {
        let mut message = NewMessage {
            text: event.text.clone().unwrap_or_default(),
            group: event.group.clone(),
            ..NewMessage::default()
        };
        if !event.files.is_empty() && !self.config.capabilities.media_in {
            return Err("this channel's settings say that it carries no files".to_owned());
        }
        for file in &event.files {
            match (&file.url, &file.data) {
                (Some(url), _) => message.media.push(self.media(file, url)?),
                (None, data) => {
                    message
                        .attachments
                        .push(attachment(file, data.as_deref().unwrap_or_default())?);
                }
            }
        }
        Ok(message)
    }

    fn media(&self, file: &File, url: &str) -> Result<MediaRef, String> {
        if !self.is_own_file(url) {
            return Err("a file's `url` must lie below `files_url` of the settings".to_owned());
        }
        Ok(MediaRef {
            reference: url.to_owned(),
            name: file.name.clone(),
            media_type: file.media_type.clone(),
        })
    }
}

fn attachment(file: &File, data: &str) -> Result<Attachment, String> {
    let bytes = STANDARD.decode(data).map_err(|_bad| "a file's `data` is no base64".to_owned())?;
    if bytes.is_empty() {
        return Err("a file's `data` is empty".to_owned());
    }
    Ok(Attachment {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: bytes.into(),
    })
}

fn time(text: &str) -> Result<Timestamp, String> {
    let time = DateTime::parse_from_rfc3339(text);
    let time = time.map_err(|_bad| "`occurred_at` is no RFC 3339 time".to_owned())?;
    Ok(Timestamp(time.timestamp_millis()))
}

/// The bridge vouches for its people by its signature.
fn sender(person: Option<&Person>) -> Sender {
    let locale = person.and_then(|person| person.locale.as_deref()).and_then(locale);
    Sender {
        kind: "user_id".to_owned(),
        value: person.map(|person| person.id.clone()).unwrap_or_default(),
        assurance: Assurance::Proved,
        contact: None,
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        locale,
    }
}

/// The nearest of our languages, by the language alone.
pub(super) fn locale(tag: &str) -> Option<Locale> {
    let language = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match language.as_str() {
        "" => None,
        "zh" => Some(Locale::ZhCn),
        _ => Some(Locale::En),
    }
}
