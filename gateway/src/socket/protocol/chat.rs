//! What a visitor is shown of the conversation.

use domain::{
    CallOutcome, CallStage, Callback, CallbackState, ConversationId, Localized, State, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A conversation as the person who asks may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChatState {
    /// Which.
    pub id: ConversationId,
    /// Where it stands; `offered` is shown as `queued`, `wrap_up` as `closed`.
    pub state: State,
    /// The queue's name, in both languages.
    pub queue_name: Localized,
    /// The agent's name, when one serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// While queued: how many are before, at least and at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// While scheduled: when the desk opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
    /// The highest seq in the log.
    pub last_seq: u64,
    /// The agent has read up to here.
    pub read_by_agent: u64,
    /// The contact has read up to here.
    pub read_by_contact: u64,
    /// The grade given, after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<u8>,
    /// The call that is wanted, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Box<ChatCallback>>,
    /// Where answers go that are not read here, most of it hidden (`w…@city.cn`); absent when no address
    /// was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_address: Option<String>,
}

/// A callback as the person who is rung may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatCallback {
    /// How it stands.
    pub state: CallbackState,
    /// The number, masked.
    pub number: String,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The end of the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// How the last call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CallOutcome>,
    /// How far the call has come that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<CallStage>,
}

impl From<Callback> for ChatCallback {
    fn from(callback: Callback) -> Self {
        Self {
            state: callback.state,
            number: callback.number,
            from: callback.from,
            until: callback.until,
            next_at: callback.next_at,
            outcome: callback.outcome,
            stage: callback.call.map(|call| call.stage),
        }
    }
}

/// An honest place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// At least so many are before.
    pub before_min: u64,
    /// At most so many are before.
    pub before_max: u64,
    /// The wait in seconds, at least; absent when nothing can be said honestly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_secs_min: Option<u64>,
    /// The wait in seconds, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_secs_max: Option<u64>,
    /// How many agents who could help are at work now.
    pub agents: u64,
}
