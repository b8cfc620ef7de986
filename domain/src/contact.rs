//! Contacts: the people who ask, and the addresses by which channels know them.

use crate::id::{ChannelId, ContactId};
use crate::text::Locale;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The three groups that a platform serves (GB/T 34077.3-2021, chapters 5 to 7).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Agencies that use the platform 服务使用机构.
    Agency,
    /// Civil servants and staff 公务人员.
    Staff,
    /// The public 公众.
    #[default]
    Public,
}

/// A person who asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// As the person or the website gave it; may be empty.
    pub name: String,
    /// Which group the person belongs to.
    pub audience: Audience,
    /// The language that the person last used.
    pub locale: Locale,
    /// When we first met.
    pub created_at: Timestamp,
    /// The addresses on channels.
    pub identities: Vec<Identity>,
    /// Facts that the website or app sent along; shown to agents, at most 32.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// A contact's address on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The channel.
    pub channel: ChannelId,
    /// What sort of address: `visitor`, `email`, `user_id`, `phone`.
    pub kind: String,
    /// The address itself: personal data, never logged.
    pub value: String,
    /// Was it proved (a signed identity token, a verified mail), or only claimed?
    pub verified: bool,
}
