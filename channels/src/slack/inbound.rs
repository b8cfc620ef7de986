//! Events, pressed buttons and slash commands as [`Inbound`].

use super::emoji;
use super::wire::{Envelope, Event, File, Interaction, SlashCommand};
use super::words::{self, Names};
use crate::inbound::{Assurance, Inbound, MediaRef, NewMessage, Payload, Sender};
use bytes::Bytes;
use domain::{ChannelId, Timestamp};

/// Messages that people write.
const SAID: &[&str] = &["", "file_share", "me_message", "thread_broadcast"];
/// Facts about a conversation that nobody says and nobody misses.
const SILENT: &[&str] = &[
    "assistant_app_thread",
    "bot_message",
    "channel_archive",
    "channel_join",
    "channel_leave",
    "channel_name",
    "channel_purpose",
    "channel_topic",
    "channel_unarchive",
    "ekm_access_denied",
    "message_replied",
    "pinned_item",
    "reminder_add",
    "tombstone",
    "unpinned_item",
];

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) channel: &'a ChannelId,
    pub(super) now: Timestamp,
    /// The bot user's id.
    pub(super) own: &'a str,
    /// What people and channels are called.
    pub(super) names: &'a Names,
}

impl Reader<'_> {
    /// Reads an event; nothing when it is none of ours.
    pub(super) fn event(&self, envelope: &Envelope) -> Option<Inbound> {
        let event = &envelope.event;
        let is_direct = event.channel_type.as_deref() == Some("im");
        match (event.sort.as_str(), event.subtype.as_deref().unwrap_or_default()) {
            ("app_mention", _) => self.said(event, IsDirect::No),
            ("message", "message_changed") if is_direct => self.changed(event),
            ("message", "message_deleted") if is_direct => self.deleted(event),
            ("message", subtype) if is_direct && SAID.contains(&subtype) => {
                self.said(event, IsDirect::Yes)
            }
            ("message", subtype) if is_direct && !SILENT.contains(&subtype) => {
                let payload = Payload::Unsupported { what: subtype.to_owned() };
                self.by_person(event, key(event.channel.as_deref()?, &event.ts), payload)
            }
            ("reaction_added", _) => self.reacted(envelope, Change::Added),
            ("reaction_removed", _) => self.reacted(envelope, Change::Removed),
            _ => None,
        }
    }

    fn said(&self, event: &Event, direct: IsDirect) -> Option<Inbound> {
        let channel = event.channel.as_deref()?;
        let mut lines = vec![words::plain(&event.text, self.names, self.own)];
        let mut media = Vec::new();
        for file in &event.files {
            match at_slack(file) {
                Some(found) => media.push(found),
                None => lines.extend(elsewhere(file)),
            }
        }
        let is_empty = media.is_empty() && lines.iter().all(String::is_empty);
        if is_empty {
            // A mention of the bot and nothing else, or files that are gone.
            return None;
        }
        lines.retain(|line| !line.is_empty());
        let group = match direct {
            IsDirect::Yes => None,
            IsDirect::No => {
                Some(self.names.get(channel).map_or(channel, String::as_str).to_owned())
            }
        };
        let text = lines.join("\n");
        let message = NewMessage { text, media, group, ..NewMessage::default() };
        let mut inbound =
            self.by_person(event, key(channel, &event.ts), Payload::MessageNew(message))?;
        // In a channel each mention begins a thread, so that the answers do not mix.
        let thread = match direct {
            IsDirect::Yes => event.thread_ts.as_deref(),
            IsDirect::No => Some(event.thread_ts.as_deref().unwrap_or(&event.ts)),
        };
        inbound.external_conversation = Some(place(channel, thread));
        Some(inbound)
    }

    fn changed(&self, event: &Event) -> Option<Inbound> {
        let (channel, now) = (event.channel.as_deref()?, event.message.as_ref()?);
        if now.subtype.as_deref() == Some("tombstone") {
            return self.gone(channel, &now.ts, event.previous_message.as_deref()?);
        }
        // Without a mark of its own it is Slack that changed it, by unfolding a link.
        let edited = now.edited.as_ref()?;
        let before = event.previous_message.as_ref();
        if before.is_some_and(|before| before.text == now.text) {
            return None;
        }
        let payload = Payload::Edited {
            external_id: key(channel, &now.ts),
            text: words::plain(&now.text, self.names, self.own),
        };
        let id = format!("edit:{}:{}", key(channel, &now.ts), edited.ts);
        let mut inbound = self.by_person(now, id, payload)?;
        inbound.external_conversation = Some(place(channel, now.thread_ts.as_deref()));
        Some(inbound)
    }

    fn deleted(&self, event: &Event) -> Option<Inbound> {
        let channel = event.channel.as_deref()?;
        self.gone(channel, event.deleted_ts.as_deref()?, event.previous_message.as_deref()?)
    }

    fn gone(&self, channel: &str, ts: &str, before: &Event) -> Option<Inbound> {
        let external_id = key(channel, ts);
        let id = format!("gone:{external_id}");
        let mut inbound = self.by_person(before, id, Payload::Deleted { external_id })?;
        inbound.external_conversation = Some(place(channel, before.thread_ts.as_deref()));
        inbound.occurred_at = None;
        Some(inbound)
    }

    fn reacted(&self, envelope: &Envelope, change: Change) -> Option<Inbound> {
        let (event, item) = (&envelope.event, envelope.event.item.as_ref()?);
        let (channel, ts) = (item.channel.as_deref()?, item.ts.as_deref()?);
        let payload = Payload::Reaction {
            external_id: key(channel, ts),
            emoji: emoji::of(event.reaction.as_deref()?),
            added: change == Change::Added,
        };
        let mut inbound = self.by_person(event, format!("react:{}", envelope.event_id), payload)?;
        inbound.external_conversation = Some(channel.to_owned());
        Some(inbound)
    }

    /// A pressed button.
    pub(super) fn pressed(&self, interaction: &Interaction) -> Option<Inbound> {
        let (user, action) = (interaction.user.as_ref()?, interaction.actions.first()?);
        let value = action.value.clone()?;
        let channel = interaction.channel.as_ref().map(|channel| channel.id.as_str());
        let place = channel.map(|channel| {
            let thread =
                interaction.message.as_ref().and_then(|message| message.thread_ts.as_deref());
            place(channel, thread)
        });
        let id = format!("press:{}:{}:{}", channel.unwrap_or_default(), user.id, action.action_ts);
        let mut inbound = self.inbound(id, &user.id, Payload::Chosen { value });
        inbound.sender.name.clone_from(&user.name);
        inbound.external_conversation = place;
        inbound.occurred_at = at(&action.action_ts);
        Some(inbound)
    }

    /// A slash command: what stands behind it is said to us; alone, it is the word.
    pub(super) fn command(&self, command: &SlashCommand) -> Inbound {
        let said = words::plain(&command.text, self.names, self.own);
        let text = if said.is_empty() { command.command.clone() } else { said };
        let message = NewMessage { text, ..NewMessage::default() };
        let id = format!("slash:{}", command.trigger_id);
        let mut inbound = self.inbound(id, &command.user_id, Payload::MessageNew(message));
        inbound.sender.name.clone_from(&command.user_name);
        // Nobody else sees a command: elsewhere than with the bot, it is answered there.
        let is_direct = command.channel_id.starts_with('D');
        inbound.external_conversation = is_direct.then(|| command.channel_id.clone());
        inbound
    }

    /// An event of a person; nothing when a program or we ourselves did it.
    fn by_person(&self, event: &Event, id: String, payload: Payload) -> Option<Inbound> {
        let user = event.user.as_deref()?;
        if event.bot_id.is_some() || user == self.own || user == "USLACKBOT" {
            return None;
        }
        let mut inbound = self.inbound(id, user, payload);
        inbound.occurred_at = at(&event.ts);
        Some(inbound)
    }

    fn inbound(&self, external_id: String, user: &str, payload: Payload) -> Inbound {
        Inbound {
            channel: self.channel.clone(),
            external_id,
            external_conversation: None,
            sender: Sender {
                kind: "user_id".to_owned(),
                value: user.to_owned(),
                assurance: Assurance::Proved,
                contact: None,
                name: self.names.get(user).cloned().unwrap_or_default(),
                locale: None,
            },
            occurred_at: None,
            received_at: self.now,
            payload,
            raw: Bytes::new(),
        }
    }
}

/// Is it said to the bot alone?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsDirect {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Removed,
}

/// A message's id: a channel's clock never shows the same time twice.
pub(super) fn key(channel: &str, ts: &str) -> String {
    format!("{channel}:{ts}")
}

/// `D012`, or with its thread `C012/1700000000.000100`.
fn place(channel: &str, thread: Option<&str>) -> String {
    match thread {
        Some(thread) => format!("{channel}/{thread}"),
        None => channel.to_owned(),
    }
}

fn at_slack(file: &File) -> Option<MediaRef> {
    let is_here = matches!(file.mode.as_str(), "" | "hosted" | "snippet" | "post");
    is_here.then(|| MediaRef {
        reference: file.id.clone(),
        name: name(file),
        media_type: file.mimetype.clone(),
    })
}

/// A file of another service, as a link; nothing of one that is gone.
fn elsewhere(file: &File) -> Option<String> {
    let url = file.external_url.as_deref().or(file.url_private.as_deref());
    let is_link = file.mode == "external";
    url.filter(|_| is_link).map(|url| format!("[File] {}: {url}", name(file)))
}

fn name(file: &File) -> String {
    let names = [&file.name, &file.title].into_iter().flatten();
    names.map(String::as_str).find(|name| !name.is_empty()).unwrap_or(&file.id).to_owned()
}

/// `1700000000.000100`, seconds and microseconds since 1970.
fn at(ts: &str) -> Option<Timestamp> {
    let (secs, micros) = ts.split_once('.').unwrap_or((ts, "0"));
    let (secs, micros) =
        (secs.parse::<i64>().ok()?, micros.get(..3).unwrap_or("0").parse::<i64>().ok()?);
    Some(Timestamp(secs.checked_mul(1_000)?.checked_add(micros)?))
}
