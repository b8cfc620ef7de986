//! What Slack sends, as far as it is read (<https://docs.slack.dev/reference/events>). Unknown fields
//! are left alone.

use serde::Deserialize;
use serde_json::Value;

/// Around an event (<https://docs.slack.dev/apis/events-api/#event-type-structure>).
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) event: Event,
    #[serde(default)]
    pub(super) event_id: String,
    #[serde(default)]
    pub(super) authorizations: Vec<Authorization>,
}

/// Through whose eyes an event is seen.
#[derive(Deserialize)]
pub(super) struct Authorization {
    pub(super) user_id: Option<String>,
    #[serde(default)]
    pub(super) is_bot: bool,
}

/// An event: the fields of all kinds that we read.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(default, rename = "type")]
    pub(super) sort: String,
    pub(super) subtype: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) channel_type: Option<String>,
    pub(super) user: Option<String>,
    pub(super) bot_id: Option<String>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) ts: String,
    pub(super) thread_ts: Option<String>,
    pub(super) deleted_ts: Option<String>,
    #[serde(default)]
    pub(super) files: Vec<File>,
    pub(super) edited: Option<Edited>,
    pub(super) message: Option<Box<Event>>,
    pub(super) previous_message: Option<Box<Event>>,
    pub(super) reaction: Option<String>,
    pub(super) item: Option<Item>,
}

#[derive(Deserialize)]
pub(super) struct Edited {
    #[serde(default)]
    pub(super) ts: String,
}

/// What was reacted to.
#[derive(Deserialize)]
pub(super) struct Item {
    pub(super) channel: Option<String>,
    pub(super) ts: Option<String>,
}

/// A file at Slack, or elsewhere.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) mimetype: String,
    /// `hosted`, `external`, `snippet`, `post`, `tombstone`, `hidden_by_limit`.
    #[serde(default)]
    pub(super) mode: String,
    pub(super) external_url: Option<String>,
    pub(super) url_private: Option<String>,
    pub(super) url_private_download: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) shares: Option<Value>,
}

/// Something was done with a message of ours
/// (<https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>).
#[derive(Deserialize)]
pub(super) struct Interaction {
    #[serde(rename = "type")]
    pub(super) sort: String,
    pub(super) user: Option<Presser>,
    pub(super) channel: Option<Named>,
    pub(super) message: Option<Box<Event>>,
    #[serde(default)]
    pub(super) actions: Vec<Pressed>,
}

#[derive(Deserialize)]
pub(super) struct Presser {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Pressed {
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) action_ts: String,
}

/// A slash command (<https://docs.slack.dev/interactivity/implementing-slash-commands>).
#[derive(Deserialize)]
pub(super) struct SlashCommand {
    #[serde(default)]
    pub(super) command: String,
    #[serde(default)]
    pub(super) text: String,
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) user_name: String,
    #[serde(default)]
    pub(super) channel_id: String,
    pub(super) trigger_id: String,
}

/// An answer with a person.
#[derive(Deserialize)]
pub(super) struct UserAnswer {
    pub(super) user: User,
}

#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) real_name: String,
    pub(super) locale: Option<String>,
    #[serde(default)]
    pub(super) profile: UserProfile,
    pub(super) is_email_confirmed: Option<bool>,
}

#[derive(Deserialize, Default)]
pub(super) struct UserProfile {
    #[serde(default)]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) real_name: String,
    pub(super) email: Option<String>,
    pub(super) image_192: Option<String>,
}

impl User {
    /// As the person is called in the workspace.
    pub(super) fn shown(&self) -> &str {
        let names =
            [&self.profile.display_name, &self.profile.real_name, &self.real_name, &self.name];
        names.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }

    /// The full name.
    pub(super) fn full(&self) -> &str {
        let names =
            [&self.profile.real_name, &self.real_name, &self.profile.display_name, &self.name];
        names.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }
}

/// An answer with a channel.
#[derive(Deserialize)]
pub(super) struct ChannelAnswer {
    pub(super) channel: Named,
}

/// An answer with a file.
#[derive(Deserialize)]
pub(super) struct FileAnswer {
    pub(super) file: File,
}

/// The answer of `chat.postMessage`.
#[derive(Deserialize)]
pub(super) struct Posted {
    pub(super) channel: String,
    pub(super) ts: String,
}

/// The answer of `files.getUploadURLExternal`.
#[derive(Deserialize)]
pub(super) struct Upload {
    pub(super) upload_url: String,
    pub(super) file_id: String,
}

/// The answer of `conversations.history` and `conversations.replies`.
#[derive(Deserialize)]
pub(super) struct History {
    #[serde(default)]
    pub(super) messages: Vec<Past>,
    #[serde(default)]
    pub(super) has_more: bool,
    #[serde(default)]
    pub(super) response_metadata: Cursor,
}

#[derive(Deserialize, Default)]
pub(super) struct Cursor {
    #[serde(default)]
    pub(super) next_cursor: String,
}

/// A message in the history.
#[derive(Deserialize)]
pub(super) struct Past {
    #[serde(default)]
    pub(super) ts: String,
    #[serde(default)]
    pub(super) metadata: Value,
}

/// The answer of `auth.test`.
#[derive(Deserialize)]
pub(super) struct Identity {
    #[serde(default)]
    pub(super) user: String,
    #[serde(default)]
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) team: String,
}

/// The answer of `apps.connections.open`.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) url: String,
}
