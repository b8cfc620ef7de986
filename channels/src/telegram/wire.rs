//! What the Bot API says, as far as it is read (<https://core.telegram.org/bots/api#available-types>).
//!
//! Fields that the documentation calls optional may be absent, and unknown ones are left alone: the API
//! grows several times a year.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One event.
#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) update_id: i64,
    pub(super) message: Option<Message>,
    pub(super) edited_message: Option<Message>,
    pub(super) callback_query: Option<CallbackQuery>,
    pub(super) my_chat_member: Option<MemberUpdated>,
    pub(super) message_reaction: Option<ReactionUpdated>,
}

/// A user or a bot.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(default)]
    pub(super) first_name: String,
    #[serde(default)]
    pub(super) last_name: String,
    #[serde(default)]
    pub(super) username: String,
    /// An IETF language tag.
    #[serde(default)]
    pub(super) language_code: String,
    /// Privacy mode is off: only `getMe` tells it.
    pub(super) can_read_all_group_messages: Option<bool>,
}

impl User {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// Where something is said.
#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    /// `private`, `group`, `supergroup` or `channel`.
    #[serde(default, rename = "type")]
    pub(super) sort: String,
    #[serde(default)]
    pub(super) title: String,
}

impl Chat {
    pub(super) fn is_private(&self) -> bool {
        self.sort == "private"
    }
}

/// Something said.
#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) message_id: i64,
    pub(super) from: Option<User>,
    /// A channel or a group that speaks in a person's place.
    pub(super) sender_chat: Option<Chat>,
    pub(super) chat: Chat,
    /// Unix time, in seconds.
    #[serde(default)]
    pub(super) date: i64,
    pub(super) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(super) is_topic_message: bool,
    pub(super) reply_to_message: Option<Box<Value>>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) entities: Vec<Entity>,
    pub(super) caption: Option<String>,
    #[serde(default)]
    pub(super) caption_entities: Vec<Entity>,
    #[serde(default)]
    pub(super) photo: Vec<File>,
    pub(super) animation: Option<File>,
    pub(super) document: Option<File>,
    pub(super) audio: Option<File>,
    pub(super) video: Option<File>,
    pub(super) video_note: Option<File>,
    pub(super) voice: Option<File>,
    pub(super) sticker: Option<Sticker>,
    pub(super) location: Option<Location>,
    pub(super) venue: Option<Venue>,
    pub(super) contact: Option<Contact>,
    pub(super) poll: Option<Poll>,
    pub(super) dice: Option<Dice>,
    /// Everything else, by its name.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

/// A part of a text with a meaning. Places are counted in UTF-16 units.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub(super) sort: String,
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) url: Option<String>,
    pub(super) user: Option<User>,
}

/// A file at Telegram.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) file_id: String,
    #[serde(default)]
    pub(super) file_name: String,
    #[serde(default)]
    pub(super) mime_type: String,
    /// In bytes; not always told.
    pub(super) file_size: Option<u64>,
    /// In pixels.
    #[serde(default)]
    pub(super) width: u64,
    /// In pixels.
    #[serde(default)]
    pub(super) height: u64,
    /// In seconds.
    pub(super) duration: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Sticker {
    #[serde(default)]
    pub(super) emoji: String,
}

#[derive(Deserialize)]
pub(super) struct Location {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

#[derive(Deserialize)]
pub(super) struct Venue {
    pub(super) location: Location,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) address: String,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    #[serde(default)]
    pub(super) phone_number: String,
    #[serde(default)]
    pub(super) first_name: String,
    #[serde(default)]
    pub(super) last_name: String,
}

#[derive(Deserialize)]
pub(super) struct Poll {
    #[serde(default)]
    pub(super) question: String,
    #[serde(default)]
    pub(super) options: Vec<PollOption>,
}

#[derive(Deserialize)]
pub(super) struct PollOption {
    #[serde(default)]
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct Dice {
    #[serde(default)]
    pub(super) emoji: String,
    #[serde(default)]
    pub(super) value: u64,
}

/// A button of ours was pressed.
#[derive(Deserialize)]
pub(super) struct CallbackQuery {
    pub(super) id: String,
    pub(super) from: User,
    /// The message below which it stood; too old ones have no content.
    pub(super) message: Option<Below>,
    pub(super) data: Option<String>,
}

/// A message as far as it tells where it stands.
#[derive(Deserialize)]
pub(super) struct Below {
    pub(super) chat: Chat,
    pub(super) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(super) is_topic_message: bool,
}

/// The bot was let in, thrown out or blocked.
#[derive(Deserialize)]
pub(super) struct MemberUpdated {
    pub(super) chat: Chat,
    pub(super) from: User,
    #[serde(default)]
    pub(super) date: i64,
    pub(super) new_chat_member: Member,
}

#[derive(Deserialize)]
pub(super) struct Member {
    /// `creator`, `administrator`, `member`, `restricted`, `left` or `kicked`.
    pub(super) status: String,
}

/// Somebody reacted, or took a reaction back.
#[derive(Deserialize)]
pub(super) struct ReactionUpdated {
    pub(super) chat: Chat,
    pub(super) message_id: i64,
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) date: i64,
    #[serde(default)]
    pub(super) old_reaction: Vec<Reaction>,
    #[serde(default)]
    pub(super) new_reaction: Vec<Reaction>,
}

#[derive(Deserialize, PartialEq, Eq)]
pub(super) struct Reaction {
    /// Absent for pictures of one's own.
    pub(super) emoji: Option<String>,
}

/// The message that a call brought about.
#[derive(Deserialize)]
pub(super) struct SentMessage {
    pub(super) message_id: i64,
}

/// How the webhook stands.
#[derive(Deserialize)]
pub(super) struct WebhookInfo {
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) pending_update_count: u64,
    #[serde(default)]
    pub(super) last_error_message: String,
}

/// Where a file can be fetched.
#[derive(Deserialize)]
pub(super) struct FilePath {
    pub(super) file_path: Option<String>,
    pub(super) file_size: Option<u64>,
}
