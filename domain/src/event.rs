//! Events: facts in the past tense, appended by the transition that made them true.
//!
//! A transition's events form one **commit**, one entry of the tenant's stream; its id is the
//! cursor from which sockets, webhooks, metrics and records go on reading.

use crate::agent::Presence;
use crate::callback::Callback;
use crate::conversation::State;
use crate::id::{
    AgentId, ChannelId, ContactId, ConversationId, DeliveryId, EndpointId, OfferToken, QueueId,
};
use crate::message::Message;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One entry of a tenant's stream: everything that one transition made true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// The stream id, `<ms>-<n>`, strictly increasing.
    pub cursor: String,
    /// The facts, in order.
    pub events: Vec<Event>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A contact's first word opened a conversation.
    ConversationOpened {
        /// Which.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Through which channel.
        channel: ChannelId,
        /// In which queue.
        queue: QueueId,
    },
    /// A message was appended to a conversation's log: said, noted or noticed.
    MessageAppended {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Who holds the conversation, if anyone.
        agent: Option<AgentId>,
        /// The message.
        message: Message,
    },
    /// It waits for opening hours.
    ConversationScheduled {
        /// Which.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// In which queue.
        queue: QueueId,
        /// Until when.
        until: Timestamp,
    },
    /// It waits for an agent.
    ConversationQueued {
        /// Which.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// In which queue.
        queue: QueueId,
        /// The lane.
        lane: String,
        /// Its due time, unchanged by requeueing.
        due_at: Timestamp,
        /// Why: `arrival`, `reopened`, `declined`, `expired`, `withdrawn`, `agent_lost`,
        /// `transfer`, `queue_changed`, `opening`, `woken`, `agent_removed`.
        reason: String,
    },
    /// A ladder step relaxed its need.
    NeedRelaxed {
        /// Which.
        conversation: ConversationId,
        /// The new lane.
        lane: String,
    },
    /// It waits past its due time.
    ConversationOverdue {
        /// Which.
        conversation: ConversationId,
        /// In which queue.
        queue: QueueId,
    },
    /// It waited too long: the gateway applies the overflow policy.
    ConversationOverflowed {
        /// Which.
        conversation: ConversationId,
        /// In which queue.
        queue: QueueId,
    },
    /// It still waits, its plan long run out.
    ConversationReminded {
        /// Which.
        conversation: ConversationId,
        /// In which queue.
        queue: QueueId,
    },
    /// It is held out to an agent.
    OfferMade {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// To whom.
        agent: AgentId,
        /// The token that accepting needs.
        token: OfferToken,
        /// Until when.
        deadline: Timestamp,
        /// The decision record.
        #[schema(value_type = Object)]
        why: serde_json::Value,
    },
    /// The agent said no.
    OfferDeclined {
        /// Which conversation.
        conversation: ConversationId,
        /// Who declined.
        agent: AgentId,
        /// The reason given.
        reason: String,
    },
    /// The agent did not answer in time.
    OfferExpired {
        /// Which conversation.
        conversation: ConversationId,
        /// Who missed it.
        agent: AgentId,
    },
    /// The offer was taken back: the contact left, the agent went away, a supervisor acted.
    OfferWithdrawn {
        /// Which conversation.
        conversation: ConversationId,
        /// From whom.
        agent: AgentId,
    },
    /// An agent holds it now.
    ConversationAssigned {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Who holds it.
        agent: AgentId,
        /// How: `accepted`, `auto`, `manual`, `reopened`.
        how: String,
        /// How long the contact waited, in milliseconds since arrival.
        waited_ms: i64,
    },
    /// The agent let go of it: transfer, requeue, snooze.
    ConversationReleased {
        /// Which conversation.
        conversation: ConversationId,
        /// Who held it.
        agent: AgentId,
        /// Why: `transfer`, `agent_lost`, `agent_removed`, `snoozed`, `taken_over`.
        reason: String,
    },
    /// It rests.
    ConversationSnoozed {
        /// Which.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Until when.
        until: Timestamp,
    },
    /// It is over for the contact.
    ConversationClosed {
        /// Which.
        conversation: ConversationId,
        /// Who asked.
        contact: ContactId,
        /// Who held it, if anyone.
        agent: Option<AgentId>,
        /// By whom: `agent`, `contact`, `system`.
        by: String,
        /// The state it was in before; `queued` or `offered` is an abandonment.
        from: State,
        /// Has it a wrap-up?
        wrap_up: bool,
    },
    /// The wrap-up ended; the conversation is closed.
    WrapUpEnded {
        /// Which.
        conversation: ConversationId,
        /// Who finished notes.
        agent: AgentId,
    },
    /// The contact came back within the window.
    ConversationReopened {
        /// Which.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
    },
    /// What is known of it changed.
    ConversationDescribed {
        /// Which.
        conversation: ConversationId,
        /// Who holds it, if anyone.
        agent: Option<AgentId>,
    },
    /// A reader has read up to a seq.
    ReadMarked {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Who holds it, if anyone.
        agent: Option<AgentId>,
        /// Whose reading: `contact` or `agent`.
        by: String,
        /// Up to here.
        seq: u64,
    },
    /// What was said up to a seq has reached a device of the contact.
    ReceivedMarked {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Who holds it, if anyone.
        agent: Option<AgentId>,
        /// Up to here.
        seq: u64,
    },
    /// A callback is wanted, was changed, or its call came further.
    CallbackChanged {
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks.
        contact: ContactId,
        /// Who holds it, if anyone.
        agent: Option<AgentId>,
        /// The phone channel whose line rings.
        line: ChannelId,
        /// How it stands now.
        callback: Callback,
    },
    /// An agent's presence changed.
    PresenceChanged {
        /// Whose.
        agent: AgentId,
        /// Now.
        presence: Presence,
        /// Why: `agent`, `supervisor`, `missed_offers`, `heartbeat_lost`, `removed`.
        reason: String,
    },
    /// An agent's skills or capacity changed.
    AgentChanged {
        /// Whose.
        agent: AgentId,
    },
    /// A delivery reached its end.
    DeliveryRecorded {
        /// Which.
        delivery: DeliveryId,
        /// Where to.
        endpoint: EndpointId,
        /// `sent`, `retrying` or `dead`.
        outcome: String,
        /// How many tries so far.
        tries: u32,
    },
    /// A subject's sign-ins were revoked: its sockets close.
    SessionRevoked {
        /// Whose: an agent.
        agent: AgentId,
    },
    /// Settings of a kind changed: caches reload.
    SettingsChanged {
        /// Which kind.
        kind: String,
    },
    /// A rating was given after close.
    ConversationRated {
        /// Which.
        conversation: ConversationId,
        /// 1 (very dissatisfied) to 5 (very satisfied).
        grade: u8,
    },
}

impl Event {
    /// The tag, as in `type` on the wire: for metrics and webhook filters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConversationOpened { .. } => "conversation_opened",
            Self::MessageAppended { .. } => "message_appended",
            Self::ConversationScheduled { .. } => "conversation_scheduled",
            Self::ConversationQueued { .. } => "conversation_queued",
            Self::NeedRelaxed { .. } => "need_relaxed",
            Self::ConversationOverdue { .. } => "conversation_overdue",
            Self::ConversationOverflowed { .. } => "conversation_overflowed",
            Self::ConversationReminded { .. } => "conversation_reminded",
            Self::OfferMade { .. } => "offer_made",
            Self::OfferDeclined { .. } => "offer_declined",
            Self::OfferExpired { .. } => "offer_expired",
            Self::OfferWithdrawn { .. } => "offer_withdrawn",
            Self::ConversationAssigned { .. } => "conversation_assigned",
            Self::ConversationReleased { .. } => "conversation_released",
            Self::ConversationSnoozed { .. } => "conversation_snoozed",
            Self::ConversationClosed { .. } => "conversation_closed",
            Self::WrapUpEnded { .. } => "wrap_up_ended",
            Self::ConversationReopened { .. } => "conversation_reopened",
            Self::ConversationDescribed { .. } => "conversation_described",
            Self::ReadMarked { .. } => "read_marked",
            Self::ReceivedMarked { .. } => "received_marked",
            Self::CallbackChanged { .. } => "callback_changed",
            Self::PresenceChanged { .. } => "presence_changed",
            Self::AgentChanged { .. } => "agent_changed",
            Self::DeliveryRecorded { .. } => "delivery_recorded",
            Self::SessionRevoked { .. } => "session_revoked",
            Self::SettingsChanged { .. } => "settings_changed",
            Self::ConversationRated { .. } => "conversation_rated",
        }
    }

    /// The conversation that it is about, if it is about one.
    pub fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::ConversationOpened { conversation, .. }
            | Self::MessageAppended { conversation, .. }
            | Self::ConversationScheduled { conversation, .. }
            | Self::ConversationQueued { conversation, .. }
            | Self::NeedRelaxed { conversation, .. }
            | Self::ConversationOverdue { conversation, .. }
            | Self::ConversationOverflowed { conversation, .. }
            | Self::ConversationReminded { conversation, .. }
            | Self::OfferMade { conversation, .. }
            | Self::OfferDeclined { conversation, .. }
            | Self::OfferExpired { conversation, .. }
            | Self::OfferWithdrawn { conversation, .. }
            | Self::ConversationAssigned { conversation, .. }
            | Self::ConversationReleased { conversation, .. }
            | Self::ConversationSnoozed { conversation, .. }
            | Self::ConversationClosed { conversation, .. }
            | Self::WrapUpEnded { conversation, .. }
            | Self::ConversationReopened { conversation, .. }
            | Self::ConversationDescribed { conversation, .. }
            | Self::ReadMarked { conversation, .. }
            | Self::ReceivedMarked { conversation, .. }
            | Self::CallbackChanged { conversation, .. }
            | Self::ConversationRated { conversation, .. } => Some(conversation),
            Self::PresenceChanged { .. }
            | Self::AgentChanged { .. }
            | Self::DeliveryRecorded { .. }
            | Self::SessionRevoked { .. }
            | Self::SettingsChanged { .. } => None,
        }
    }
}
