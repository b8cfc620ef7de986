//! Conversations: what a contact wants, from first word to close.

use crate::callback::Callback;
use crate::channel::ChannelKind;
use crate::contact::Audience;
use crate::id::{AgentId, ChannelId, ContactId, ConversationId, OfferToken, QueueId};
use crate::text::Locale;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a conversation stands; it is in exactly one state and in exactly that state's indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for opening hours.
    Scheduled,
    /// Waits for an agent.
    Queued,
    /// Is held out to exactly one agent.
    Offered,
    /// Is served.
    Active,
    /// Rests until a time or the contact's next word.
    Snoozed,
    /// Is over for the contact; the agent finishes notes.
    WrapUp,
    /// Is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Scheduled,
        Self::Queued,
        Self::Offered,
        Self::Active,
        Self::Snoozed,
        Self::WrapUp,
        Self::Closed,
    ];

    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Offered => "offered",
            Self::Active => "active",
            Self::Snoozed => "snoozed",
            Self::WrapUp => "wrap_up",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| format!("unknown conversation state `{text}`"))
    }
}

/// What is known of a conversation beside its routing: opaque to the switchboard, shown by the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationInfo {
    /// The contact's name as shown; may be empty.
    #[serde(default)]
    pub contact_name: String,
    /// Whom it is for.
    pub audience: Audience,
    /// The contact's language.
    pub locale: Locale,
    /// The topic chosen, its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The request type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_type: Option<String>,
    /// What came of it, set on closing: `solved`, `unsolved`, `forwarded`, `no_answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// The page from which the person wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// Was the contact's identity proved?
    #[serde(default)]
    pub verified: bool,
}

/// A conversation as it stands in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// The id.
    pub id: ConversationId,
    /// Where it stands.
    pub state: State,
    /// Who asks.
    pub contact: ContactId,
    /// Through which channel.
    pub channel: ChannelId,
    /// What kind of channel. While a callback is wanted, a telephone serves it all the same.
    pub kind: ChannelKind,
    /// In which queue.
    pub queue: QueueId,
    /// Who holds it, to whom it is offered, or with whom it rests.
    pub agent: Option<AgentId>,
    /// The offer's token, while offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_token: Option<OfferToken>,
    /// When the offer, wrap-up, snooze or schedule ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The first word.
    pub opened_at: Timestamp,
    /// When the waiting began.
    pub arrived_at: Timestamp,
    /// When the current agent accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The due time.
    pub due_at: Timestamp,
    /// The seq of the last message.
    pub last_seq: u64,
    /// The contact has read up to here.
    pub read_by_contact: u64,
    /// The agents have read up to here.
    pub read_by_agent: u64,
    /// Up to here it has reached a device of the contact, read or not.
    #[serde(default)]
    pub received_by_contact: u64,
    /// The decision record of the last offer: why this agent, who was passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub why: Option<serde_json::Value>,
    /// Somebody wants, or wanted, to be rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
    /// What else is known.
    pub info: ConversationInfo,
}
