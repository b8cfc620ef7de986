//! What the transitions answer: every tag of a Lua function is one variant here.

use crate::error::RoutingError;
use domain::{
    AgentId, CallId, CallStage, CallWish, ConversationId, DeliveryId, EndpointId, Locale,
    PhoneNumber, Presence, QueueId, State, Timestamp,
};

/// The answer to `receive_message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It stands in the log.
    Appended {
        /// The conversation that it belongs to.
        conversation: ConversationId,
        /// Its place.
        seq: u64,
        /// Did it open or reopen the conversation?
        entered: bool,
        /// Where the conversation stands now.
        state: State,
    },
    /// The same external id was received before; nothing changed.
    Duplicate {
        /// Where it stands.
        conversation: ConversationId,
        /// At which place.
        seq: u64,
    },
    /// So many wait already that nobody may enter this queue; nothing changed.
    QueueFull,
}

/// The answer to `send_message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It stands in the log at this place.
    Appended(u64),
    /// The same client id was sent before; it stands at this place.
    Duplicate(u64),
    /// The agent does not hold the conversation.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `accept_offer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The agent holds the conversation. Repeating the call says so again.
    Assigned,
    /// The offer is no longer this one: expired, withdrawn, taken.
    Stale,
}

/// The answer to `decline_offer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// It went back to its old place, and this agent is not asked again.
    Requeued,
    /// The offer is no longer this one.
    Stale,
}

/// The answer to `append_notice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// It stands in the log, now or since an earlier call, at this place.
    Appended(u64),
    /// Likewise, of a conversation that is over: nobody works on it.
    Over(u64),
    /// There is no such conversation, or it is over for so long that only the records have it.
    Unknown,
}

/// The answer to `leave_address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressLeft {
    /// Answers go there from now on.
    Left,
    /// They did already.
    Same,
    /// The conversation has its two addresses.
    TooMany,
    /// The conversation is over.
    Closed,
    /// There is no such conversation of this contact.
    Unknown,
}

/// The answer to `withdraw_address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressWithdrawn {
    /// Nothing goes there any more.
    Withdrawn,
    /// There was none.
    None,
    /// There is no such conversation of this contact.
    Unknown,
}

/// The answer to `push_unread`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadPushed {
    /// So many notifications are on their way.
    Pushed(u64),
    /// The contact has read meanwhile: look again.
    Changed,
    /// There is no such conversation.
    Unknown,
}

/// The answer to `mail_unread`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadMailed {
    /// The letter lies in the outbox.
    Mailed,
    /// Nothing had to go.
    Nothing,
    /// The contact is on the line: it is looked at again later.
    Here,
    /// The contact read meanwhile, or another letter went: compose anew.
    Changed,
    /// There is no such conversation.
    Unknown,
}

/// The answer to `send_transcript`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptSent {
    /// It lies in the outbox.
    Sent,
    /// It went before.
    Already,
    /// The conversation has its two addresses.
    TooMany,
}

/// The address that a contact left.
#[derive(Clone, PartialEq, Eq)]
pub struct LeftAddress {
    /// Where answers go: personal data.
    pub address: String,
    /// What was said up to here went there already.
    pub mailed: u64,
}

// The address must not reach a log by `{:?}`.
impl std::fmt::Debug for LeftAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeftAddress").field("mailed", &self.mailed).finish_non_exhaustive()
    }
}

/// The answer to `set_presence`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresenceSet {
    /// It is so now.
    Set,
    /// It was so before.
    Unchanged,
    /// No such agent.
    Unknown,
}

/// The answer to `transfer`, `change_queue` and `snooze`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// Done; the conversation stands in this state now.
    Moved(State),
    /// Somebody else holds it, or it is in a state in which this cannot be.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `request_callback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedCallback {
    /// It is wanted; the conversation stands in this state now.
    Requested(State),
    /// The number is to be rung for another conversation already.
    Taken(ConversationId),
    /// A call is under way.
    Busy,
    /// It is somebody else's.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `cancel_callback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// The conversation goes on without a telephone.
    WaitsOn(State),
    /// Being rung was all that it was for.
    NothingLeft,
    /// None is wanted.
    None,
    /// It is somebody else's.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `place_call`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacedCall {
    /// This call is under way.
    Placed(CallId),
    /// No callback is wanted.
    None,
    /// Somebody else holds it.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `steer_call`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SteeredCall {
    /// Its line is told.
    Steered,
    /// No call is under way.
    None,
    /// Somebody else holds it.
    NotAssigned,
    /// There is no such conversation.
    Unknown,
}

/// The answer to `take_call`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TookCall {
    /// It is this owner's.
    Taken(TakenCall),
    /// There is none any more: both telephones are let go.
    Gone,
    /// A later owner has it: it is no business of this one.
    Elsewhere,
}

/// A call that a line's owner took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenCall {
    /// Is it to be dialled, or was it somebody's?
    pub how: Taking,
    /// The call.
    pub call: CallId,
    /// Whom it is for.
    pub number: PhoneNumber,
    /// Who is rung first.
    pub agent: AgentId,
    /// How far it had come.
    pub stage: CallStage,
    /// What the owner before left behind.
    pub trace: Option<String>,
    /// What is to be done with it.
    pub wish: Option<CallWish>,
    /// The contact's language.
    pub locale: Locale,
}

/// How a call was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// Nobody has dialled it.
    Place,
    /// Another owner had it.
    TakeOver,
    /// It was ours already.
    Ours,
}

/// The answer to `note_call` and `end_call`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotedCall {
    /// It is kept, or was known.
    Kept,
    /// The call is over, or another owner's.
    NotOurs,
}

/// The answer to `assign`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// The agent holds it.
    Assigned,
    /// It does not fit into the agent's capacity.
    OverCapacity,
    /// No such agent, or not signed in.
    AgentUnavailable,
    /// It is closed, or in wrap-up.
    NotAssignable,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `close` and `end_wrap_up`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Over for the contact; the agent has wrap-up time.
    WrapUp,
    /// Over.
    Closed,
    /// It was over before.
    Already,
    /// Not this caller's.
    NotAssigned,
    /// There is no such open conversation.
    Unknown,
}

/// The answer to `run_timers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimersRun {
    /// How many ran.
    pub ran: u64,
    /// When the next one is due, if there is one; in the past when more remain.
    pub next_due: Option<Timestamp>,
    /// Those that failed and were put aside; `fsck` tells what is broken.
    pub failed: Vec<FailedTimer>,
}

/// A timer that could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTimer {
    /// Its name in Redis: a letter for its kind, and whose it is.
    pub timer: String,
    /// Why, with the place in the Lua source when it is known.
    pub why: String,
}

/// The answer to `take_duty`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// It is ours, in this epoch, which only grows. Pass it to every fenced write.
    Held {
        /// The epoch.
        epoch: u64,
    },
    /// Somebody else's until then.
    Elsewhere {
        /// Whose.
        owner: String,
        /// Until when, unless renewed.
        until: Timestamp,
    },
}

/// A delivery that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    /// Its id: the idempotency key at the far end.
    pub id: DeliveryId,
    /// Where to.
    pub endpoint: EndpointId,
    /// The claim's token; recording needs it.
    pub token: String,
    /// Tries before this one.
    pub tries: u32,
    /// What to deliver.
    pub payload: String,
    /// It was claimed before, and nobody knows how that try ended.
    pub in_doubt: bool,
}

/// A delivery as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Where it should have gone.
    pub endpoint: EndpointId,
    /// How often it was tried.
    pub tries: u32,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What somebody who waits may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// At least so many are before them: those in the same lane.
    pub before_min: u64,
    /// At most so many: also those of lanes that compete for the same agents.
    pub before_max: u64,
    /// How many agents signed in and taking work could serve them.
    pub agents: u64,
    /// How many conversations of this kind those agents can hold at once.
    pub slots: u64,
    /// The mean time that a conversation of this queue was held, milliseconds; 0 when unknown.
    pub handling_ms: i64,
}

/// An agent as the switchboard sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentState {
    /// Who.
    pub agent: AgentId,
    /// Takes work?
    pub presence: Presence,
    /// Since when.
    pub since: Timestamp,
    /// Units in use.
    pub used: u32,
    /// Units in all.
    pub units: u32,
    /// How many conversations are held or offered.
    pub held: u64,
    /// The conversation offered just now.
    pub offered: Option<ConversationId>,
}

/// A queue as the switchboard sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    /// Which.
    pub queue: QueueId,
    /// How many wait.
    pub waiting: u64,
    /// The earliest due time of those who wait.
    pub oldest_due: Option<Timestamp>,
    /// The earliest arrival among the first of those who wait.
    pub oldest_arrival: Option<Timestamp>,
}

/// The answer to `take_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Go on.
    Allowed,
    /// Not before so many milliseconds.
    RetryAfterMs(i64),
}

/// The answer to `begin_idempotent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// First time: do it, then call `finish_idempotent`.
    Fresh,
    /// Somebody is at it just now.
    InProgress,
    /// Done before, with this answer.
    Done(String),
    /// The key was used for another request.
    Mismatch,
}

/// A raw reply: a tag and its fields.
#[derive(Debug)]
pub(crate) struct Reply {
    function: &'static str,
    fields: Vec<String>,
}

impl Reply {
    pub(crate) fn new(function: &'static str, fields: Vec<String>) -> Self {
        Self { function, fields }
    }

    pub(crate) fn tag(&self) -> &str {
        self.fields.first().map_or("", String::as_str)
    }

    /// The fields after the tag.
    pub(crate) fn rest(&self) -> &[String] {
        self.fields.get(1..).unwrap_or(&[])
    }

    pub(crate) fn text(&self, place: usize) -> Result<&str, RoutingError> {
        self.fields.get(place).map(String::as_str).ok_or_else(|| self.unexpected())
    }

    pub(crate) fn parse<T: std::str::FromStr>(&self, place: usize) -> Result<T, RoutingError> {
        self.text(place)?.parse().map_err(|_bad| self.unexpected())
    }

    pub(crate) fn time(&self, place: usize) -> Result<Timestamp, RoutingError> {
        Ok(Timestamp(self.parse(place)?))
    }

    /// An empty field is `None`.
    pub(crate) fn maybe<T: std::str::FromStr>(
        &self,
        place: usize,
    ) -> Result<Option<T>, RoutingError> {
        if self.text(place)?.is_empty() { Ok(None) } else { self.parse(place).map(Some) }
    }

    pub(crate) fn unexpected(&self) -> RoutingError {
        RoutingError::UnexpectedReply {
            function: self.function,
            reply: format!("{:?}", self.fields),
        }
    }
}
