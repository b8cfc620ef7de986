//! Telephones: what a line is told to do, and what it tells.
//!
//! A call brings two people together: the agent's telephone rings first, then the person's. Its owner among
//! the gateways is whoever holds the channel's duty and runs the adapter ([`ChannelAdapter::run`]); a
//! dead owner's calls are given to the next one as [`CallOrder::TakeOver`]. Everything that happens is told to
//! the [`CallDesk`], which keeps it before it answers, so that nothing about a call lives in the adapter
//! alone that another gateway would need.
//!
//! [`ChannelAdapter::run`]: crate::ChannelAdapter::run

pub mod code;
pub(crate) mod dialling;
pub mod number;
pub(crate) mod pbx;
pub mod policy;
pub(crate) mod telling;

use crate::adapter::{Capabilities, Descriptor, Limits, ReplyWindow};
use crate::inbound::{Accepted, SinkError};
use domain::{
    CallId, CallOutcome, CallStage, Channel, ChannelKind, Leg, Locale, PhoneNumber, Timestamp,
};
use std::fmt;
use std::time::Duration;

/// What every line of telephones says of itself: it carries calls and no text.
pub(crate) fn descriptor(
    channel: &Channel,
    adapter: &'static str,
    callbacks: Called,
) -> Descriptor {
    Descriptor {
        channel: channel.id.clone(),
        kind: ChannelKind::Phone,
        adapter,
        capabilities: Capabilities {
            runs: true,
            callbacks: callbacks == Called::Back,
            voice: true,
            proactive: true,
            ..Capabilities::default()
        },
        limits: Limits { text_bytes_max: 0, file_bytes_max: 0, files_max: 0 },
        reply_window: ReplyWindow::Always,
    }
}

/// How a line hears of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Called {
    /// On its own connection.
    Never,
    /// By requests of the far end, too.
    Back,
}

/// A call that is wanted.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id. An adapter uses it as the far end's id wherever the far end takes one, so that the same order
    /// twice rings nobody twice.
    pub id: CallId,
    /// The agent's telephone, as the agent's settings have it: a SIP URI, or what the PBX calls an
    /// endpoint. Personal data.
    pub agent: String,
    /// The person's number.
    pub contact: PhoneNumber,
    /// The person's language.
    pub locale: Locale,
    /// For how long the agent's telephone may ring.
    pub ring_agent: Duration,
    /// For how long the person's may.
    pub ring_contact: Duration,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("id", &self.id)
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

/// What a line is told to do. The same order may come twice, and must then do nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOrder {
    /// Ring the agent, then the person, and connect them.
    Place(Call),
    /// End it, whatever its stage; unknown calls have ended.
    HangUp(CallId),
    /// The person hears nothing, or music of the PBX, and is not heard, until [`CallOrder::Resume`].
    Hold(CallId),
    /// Both speak again.
    Resume(CallId),
    /// A call whose owner died. Two people who speak are left alone and watched from here on, where the
    /// network lets us; otherwise both telephones are let go (never left ringing) and
    /// [`CallEvent::Ended`] tells [`CallOutcome::Lost`].
    TakeOver {
        /// The call.
        call: Call,
        /// How far it had come, as far as was told.
        stage: CallStage,
        /// The last [`CallEvent::Trace`]; `None` when there was none: then maybe nobody was rung yet, maybe somebody was.
        trace: Option<String>,
    },
}

/// What is told of a call. Each is told once, in order; after `Ended` nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum CallEvent {
    /// This telephone rings.
    Ringing(Leg),
    /// Its owner has answered. The agent's answer comes before the person is rung.
    Answered(Leg),
    /// Both hear each other: media flows between them, or through the PBX.
    Connected,
    /// The person is on hold: by order, or by the agent's own telephone.
    Held,
    /// No longer.
    Resumed,
    /// What another gateway needs to find the call again, at most [`TRACE_BYTES_MAX`] bytes; it replaces the one before. Told before whatever
    /// it is about is sent, where that is possible.
    Trace(String),
    /// The PBX records it under this id, at most 256 characters.
    Recorded(String),
    /// It is over.
    Ended(CallEnd),
}

impl fmt::Debug for CallEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ringing(leg) => write!(f, "Ringing({leg:?})"),
            Self::Answered(leg) => write!(f, "Answered({leg:?})"),
            Self::Connected => f.write_str("Connected"),
            Self::Held => f.write_str("Held"),
            Self::Resumed => f.write_str("Resumed"),
            // It has addresses.
            Self::Trace(_) => f.write_str("Trace"),
            Self::Recorded(id) => write!(f, "Recorded({id})"),
            Self::Ended(end) => write!(f, "{end:?}"),
        }
    }
}

/// The most calls of one line at once; more are refused.
pub const CALLS_MAX: usize = 1_000;
/// The most bytes of a trace.
pub const TRACE_BYTES_MAX: usize = 16 * 1024;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEnd {
    /// How.
    pub outcome: CallOutcome,
    /// Whose telephone ended it, where somebody's did.
    pub by: Option<Leg>,
    /// What the network said, in fixed words without personal data: `486 Busy Here`; at most 128 characters.
    pub cause: String,
    /// The trunk asks for so long a pause before anything else (SIP `Retry-After`).
    pub retry_after: Option<Duration>,
}

/// Somebody rang the desk and nobody took the call.
#[derive(Clone, PartialEq, Eq)]
pub struct MissedCall {
    /// The network's id of that call: the same again is the same call. At most 256 bytes.
    pub external_id: String,
    /// Who rang.
    pub from: PhoneNumber,
    /// Which of the desk's numbers, as the network says it; may be empty.
    pub to: String,
    /// When, where the network tells.
    pub at: Option<Timestamp>,
}

impl fmt::Debug for MissedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MissedCall").field("from", &self.from).finish_non_exhaustive()
    }
}

/// What became of something that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is kept.
    Kept,
    /// The call is known no longer, ended before, or another gateway's now: let both telephones go.
    NotOurs,
}

/// Where a line gets its orders, and where it tells what happens.
#[async_trait::async_trait]
pub trait CallDesk: Send + Sync {
    /// The next order for this channel's line; waits for one. Only for [`ChannelAdapter::run`].
    ///
    /// Cancel safety: an order that was not returned comes again.
    ///
    /// [`ChannelAdapter::run`]: crate::ChannelAdapter::run
    async fn next(&self) -> CallOrder;

    /// Tells what happened to a call, and resolves when it is kept. Also for [`ChannelAdapter::callback`], on
    /// any gateway.
    ///
    /// # Errors
    /// [`SinkError`] when the outcome is unknown: tell it again, before anything later.
    ///
    /// [`ChannelAdapter::callback`]: crate::ChannelAdapter::callback
    async fn told(&self, call: &CallId, event: CallEvent) -> Result<Told, SinkError>;

    /// Tells of a call that nobody took, so that the desk calls back.
    ///
    /// # Errors
    /// [`SinkError`] when the outcome is unknown.
    async fn missed(&self, missed: MissedCall) -> Result<Accepted, SinkError>;
}

/// A desk for doors without telephones: no order ever comes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCalls;

#[async_trait::async_trait]
impl CallDesk for NoCalls {
    async fn next(&self) -> CallOrder {
        std::future::pending().await
    }

    async fn told(&self, _call: &CallId, _event: CallEvent) -> Result<Told, SinkError> {
        Ok(Told::NotOurs)
    }

    async fn missed(&self, _missed: MissedCall) -> Result<Accepted, SinkError> {
        Ok(Accepted::Refused(crate::inbound::Refusal::Unsupported))
    }
}
