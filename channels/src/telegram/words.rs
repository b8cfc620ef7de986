//! What a message says, as plain text and files.

use super::wire::{Entity, File, Message};
use crate::inbound::MediaRef;

/// The largest file that Telegram's own servers hand to bots, in bytes
/// (<https://core.telegram.org/bots/api#getfile>).
pub(super) const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// Facts about a chat that nobody says and nobody misses.
const SILENT: &[&str] = &[
    "boost_added",
    "chat_background_set",
    "channel_chat_created",
    "delete_chat_photo",
    "forum_topic_closed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_reopened",
    "group_chat_created",
    "left_chat_member",
    "message_auto_delete_timer_changed",
    "migrate_from_chat_id",
    "migrate_to_chat_id",
    "new_chat_members",
    "new_chat_photo",
    "new_chat_title",
    "pinned_message",
    "supergroup_chat_created",
    "write_access_allowed",
];
/// What stands around a message and is not its content.
const AROUND: &[&str] = &[
    "author_signature",
    "business_connection_id",
    "edit_date",
    "effect_id",
    "external_reply",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_from_message_id",
    "forward_origin",
    "forward_sender_name",
    "forward_signature",
    "has_media_spoiler",
    "has_protected_content",
    "is_automatic_forward",
    "is_from_offline",
    "link_preview_options",
    "media_group_id",
    "quote",
    "reply_markup",
    "reply_to_story",
    "sender_boost_count",
    "sender_business_bot",
    "show_caption_above_media",
    "via_bot",
];

/// What a message comes to.
pub(super) enum Content {
    /// Text, files, or both.
    Said(String, Vec<MediaRef>),
    /// A fact that is not passed on.
    Silent,
    /// Something that has no place here, by Telegram's name.
    Unknown(String),
}

/// The name of the bot, as others call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) username: String,
}

/// Reads a message; mentions of the bot are left out where its name is given.
pub(super) fn read(message: &Message, bot: Option<&Bot>) -> Content {
    let (text, entities) = match (&message.text, &message.caption) {
        (Some(text), _) => (text.as_str(), &message.entities),
        (None, Some(caption)) => (caption.as_str(), &message.caption_entities),
        (None, None) => ("", &message.entities),
    };
    let (mut lines, mut media) = (Vec::new(), Vec::new());
    if let Some(sentence) = sentence(message) {
        lines.push(sentence);
    }
    if let Some((file, name, media_type)) = file(message) {
        if file.file_size.is_some_and(|bytes| bytes > FILE_BYTES_MAX) {
            lines.push(format!("[File] {name}: too large to be handed on by Telegram"));
        } else {
            media.push(MediaRef { reference: file.file_id.clone(), name, media_type });
        }
    }
    let text = plain(text, entities, bot);
    if !text.is_empty() {
        lines.push(text);
    }
    if lines.is_empty() && media.is_empty() {
        nothing(message)
    } else {
        Content::Said(lines.join("\n"), media)
    }
}

fn nothing(message: &Message) -> Content {
    let keys = || message.rest.keys().map(String::as_str);
    if keys().any(|key| SILENT.contains(&key)) {
        return Content::Silent;
    }
    match keys().find(|key| !AROUND.contains(key)) {
        Some(unknown) => Content::Unknown(unknown.to_owned()),
        // A mention of the bot and nothing else.
        None => Content::Silent,
    }
}

fn sentence(message: &Message) -> Option<String> {
    let at = |place: &super::wire::Location| format!("{}, {}", place.latitude, place.longitude);
    if let Some(venue) = &message.venue {
        let (title, address) = (&venue.title, &venue.address);
        return Some(format!("[Location] {title}, {address} ({})", at(&venue.location)));
    }
    if let Some(location) = &message.location {
        return Some(format!("[Location] {}", at(location)));
    }
    if let Some(contact) = &message.contact {
        let name = format!("{} {}", contact.first_name, contact.last_name);
        return Some(format!("[Contact] {}, {}", name.trim(), contact.phone_number));
    }
    if let Some(poll) = &message.poll {
        let options: Vec<&str> = poll.options.iter().map(|option| option.text.as_str()).collect();
        return Some(format!("[Poll] {} ({})", poll.question, options.join(" / ")));
    }
    if let Some(dice) = &message.dice {
        return Some(format!("[Dice] {} {}", dice.emoji, dice.value));
    }
    if let Some(sticker) = &message.sticker {
        return Some(format!("[Sticker] {}", sticker.emoji).trim().to_owned());
    }
    let voice = message.voice.as_ref()?;
    Some(format!("[Voice message, {} s]", voice.duration.unwrap_or(0)))
}

/// The file of a message, the name that it gets, and its type.
fn file(message: &Message) -> Option<(&File, String, String)> {
    // The largest that may be fetched stands for the photo; the others are its thumbnails.
    let fits = |photo: &&File| photo.file_size.is_none_or(|bytes| bytes <= FILE_BYTES_MAX);
    let photo = message
        .photo
        .iter()
        .filter(fits)
        .max_by_key(|photo| photo.width.saturating_mul(photo.height));
    let kinds = [
        (photo, "photo.jpg", "image/jpeg"),
        (message.animation.as_ref(), "animation.mp4", "video/mp4"),
        (message.document.as_ref(), "document", "application/octet-stream"),
        (message.audio.as_ref(), "audio.mp3", "audio/mpeg"),
        (message.video.as_ref(), "video.mp4", "video/mp4"),
        (message.video_note.as_ref(), "video.mp4", "video/mp4"),
        (message.voice.as_ref(), "voice.ogg", "audio/ogg"),
    ];
    let (file, name, media_type) =
        kinds.into_iter().find_map(|(file, name, sort)| Some((file?, name, sort)))?;
    let or = |given: &str, default: &str| {
        if given.is_empty() { default.to_owned() } else { given.to_owned() }
    };
    Some((file, or(&file.file_name, name), or(&file.mime_type, media_type)))
}

/// The text with the targets of its links, without mentions of the bot.
fn plain(text: &str, entities: &[Entity], bot: Option<&Bot>) -> String {
    let mut edits: Vec<(std::ops::Range<usize>, Option<&str>)> = Vec::new();
    for entity in entities {
        let Some((range, part)) = place(text, entity) else { continue };
        if bot.is_some_and(|bot| names(entity, part, bot)) {
            edits.push((range, None));
        } else if let Some(url) = entity.url.as_deref().filter(|url| *url != part) {
            edits.push((range, Some(url)));
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let (mut plain, mut done) = (String::with_capacity(text.len()), 0);
    for (range, url) in edits {
        // Entities may overlap; the first one wins.
        let (Some(before), Some(part)) = (text.get(done..range.start), text.get(range.clone()))
        else {
            continue;
        };
        plain.push_str(before);
        if let Some(url) = url {
            plain.push_str(part);
            plain.push_str(&format!(" ({url})"));
        } else if part.starts_with('/') {
            // `/help@desk_bot` is a command to this bot: the command stays.
            plain.push_str(part.split('@').next().unwrap_or_default());
        }
        done = range.end;
    }
    plain.push_str(text.get(done..).unwrap_or_default());
    plain.trim().to_owned()
}

/// Is the bot meant by the message, in a group?
pub(super) fn is_to(message: &Message, bot: &Bot) -> bool {
    let mentioned = |text: &Option<String>, entities: &[Entity]| {
        text.as_deref().is_some_and(|text| {
            entities
                .iter()
                .any(|entity| place(text, entity).is_some_and(|(_, part)| names(entity, part, bot)))
        })
    };
    let answered =
        message.reply_to_message.as_ref().and_then(|to| to.get("from")?.get("id")?.as_i64());
    answered == Some(bot.id)
        || mentioned(&message.text, &message.entities)
        || mentioned(&message.caption, &message.caption_entities)
}

fn names(entity: &Entity, part: &str, bot: &Bot) -> bool {
    let is_name = |name: &str| !bot.username.is_empty() && name.eq_ignore_ascii_case(&bot.username);
    match entity.sort.as_str() {
        "mention" => part.strip_prefix('@').is_some_and(is_name),
        "bot_command" => part.split_once('@').is_some_and(|(_, name)| is_name(name)),
        "text_mention" => entity.user.as_ref().is_some_and(|user| user.id == bot.id),
        _ => false,
    }
}

/// An entity's place in bytes and its words; nothing when it lies outside of the text or within a
/// character.
fn place<'a>(text: &'a str, entity: &Entity) -> Option<(std::ops::Range<usize>, &'a str)> {
    let end = entity.offset.checked_add(entity.length)?;
    let range = byte_at(text, entity.offset)?..byte_at(text, end)?;
    text.get(range.clone()).map(|part| (range, part))
}

fn byte_at(text: &str, units: usize) -> Option<usize> {
    let mut passed = 0;
    for (at, c) in text.char_indices() {
        if passed >= units {
            return (passed == units).then_some(at);
        }
        passed += c.len_utf16();
    }
    (passed == units).then_some(text.len())
}
