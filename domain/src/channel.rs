//! Channels: the configured doors, and what kind of door each is.

use crate::id::{ChannelId, QueueId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// The kind of door; it decides what a conversation costs an agent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Chat on a website.
    WebChat,
    /// Electronic mail.
    Email,
    /// An instant messenger.
    Im,
    /// A mobile app.
    App,
    /// A telephone callback.
    Phone,
}

impl ChannelKind {
    /// Every kind, in the order of the mask letters.
    pub const ALL: [Self; 5] = [Self::WebChat, Self::Email, Self::Im, Self::App, Self::Phone];

    /// The name as it stands in lanes, settings and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebChat => "web_chat",
            Self::Email => "email",
            Self::Im => "im",
            Self::App => "app",
            Self::Phone => "phone",
        }
    }

    /// The one letter that stands for the kind in lanes and in an agent's mask: `w e i a p`.
    pub fn letter(self) -> char {
        match self {
            Self::WebChat => 'w',
            Self::Email => 'e',
            Self::Im => 'i',
            Self::App => 'a',
            Self::Phone => 'p',
        }
    }

    /// Does the contact read the conversation's log directly, on a website or in an app? Elsewhere words
    /// leave by deliveries.
    pub fn is_chat(self) -> bool {
        matches!(self, Self::WebChat | Self::App)
    }

    /// What one conversation of this kind costs an agent by default, of 100 units.
    pub fn default_cost(self) -> u32 {
        match self {
            Self::WebChat => 30,
            Self::Email => 10,
            Self::Im | Self::App => 20,
            Self::Phone => 100,
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChannelKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown channel kind `{text}`"))
    }
}

/// A configured door: which adapter speaks through it, and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name.
    pub id: ChannelId,
    /// Shown to agents, by language.
    pub name: crate::text::Localized,
    /// What kind of door it is.
    pub kind: ChannelKind,
    /// Which adapter of `channels/` speaks its protocol, for example `web_chat`.
    pub adapter: String,
    /// Whom the door is for.
    pub audience: crate::contact::Audience,
    /// The topics a person may choose, in the person's words; the first is the default.
    pub topics: Vec<Topic>,
    /// Is the door open at all?
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The adapter's own settings, checked by the adapter.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
}

impl Channel {
    /// The mail channel that carries the letters of a chat, as its settings name it.
    pub fn mailbox(&self) -> Option<&str> {
        let names = self.settings.get("mail").filter(|_| self.kind == ChannelKind::WebChat);
        names?.get("channel")?.as_str()
    }
}

impl Channel {
    /// The phone channel that rings those who come through this one, as its settings name it.
    pub fn telephone(&self) -> Option<&str> {
        if self.kind == ChannelKind::Phone {
            return Some(self.id.as_str());
        }
        self.settings.get(TELEPHONE)?.get("channel")?.as_str()
    }
}

/// The key of a channel's settings that names the phone channel for callbacks: `{"channel": "hotline"}`.
pub const TELEPHONE: &str = "phone";

/// A choice offered to the person who asks, leading to a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// A short stable key, sent by the widget.
    pub id: String,
    /// In the person's words, by language.
    pub name: crate::text::Localized,
    /// The queue that it leads to.
    pub queue: QueueId,
    /// The request type that it implies, if any.
    #[serde(default)]
    pub request_type: Option<String>,
}

fn yes() -> bool {
    true
}
