//! The kinds of settings: the parts of a desk.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What sort of document; the names are the parts of a [`domain::Desk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Skills that agents have and queues need.
    Skills,
    /// Queues.
    Queues,
    /// Agents, without their passwords.
    Agents,
    /// Channels.
    Channels,
    /// Business calendars.
    Calendars,
    /// Request types.
    RequestTypes,
    /// Quick replies.
    QuickReplies,
    /// Outbound webhooks.
    Webhooks,
}

impl SettingKind {
    /// Every kind, in the order in which a desk is best read: what others refer to comes first.
    pub const ALL: [Self; 8] = [
        Self::Skills,
        Self::RequestTypes,
        Self::Calendars,
        Self::Queues,
        Self::Agents,
        Self::Channels,
        Self::QuickReplies,
        Self::Webhooks,
    ];

    /// The name in URLs and in a [`domain::Desk`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Skills => "skills",
            Self::Queues => "queues",
            Self::Agents => "agents",
            Self::Channels => "channels",
            Self::Calendars => "calendars",
            Self::RequestTypes => "request_types",
            Self::QuickReplies => "quick_replies",
            Self::Webhooks => "webhooks",
        }
    }
}

impl fmt::Display for SettingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SettingKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown kind of setting `{text}`"))
    }
}
