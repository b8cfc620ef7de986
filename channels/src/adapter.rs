//! The one trait for all doors, and what a door says of itself.
//!
//! A door may open connections of its own ([`ChannelAdapter::run`]: mailboxes, sockets, telephones),
//! be called back ([`ChannelAdapter::callback`]: webhooks, with the raw bytes because signatures
//! cover them), both, or neither: web chat is served by the gateway's own socket, which uses the
//! adapter's pure functions.

use crate::error::AdapterError;
use crate::inbound::InboundSink;
use crate::outbound::{Command, Outcome};
use bytes::Bytes;
use domain::{ChannelId, ChannelKind};
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What one configured door can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The configured channel.
    pub channel: ChannelId,
    /// What kind of door it is.
    pub kind: ChannelKind,
    /// The adapter's name, as in the channel's `adapter`.
    pub adapter: &'static str,
    /// What it can carry.
    pub capabilities: Capabilities,
    /// How much it can carry.
    pub limits: Limits,
    /// How long after the contact's last word we may answer.
    pub reply_window: ReplyWindow,
}

/// What a door can carry; conformance tests choose by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent abilities")]
pub struct Capabilities {
    /// Opens connections of its own: `run` does something.
    pub runs: bool,
    /// Is called back: `callback` answers.
    pub callbacks: bool,
    /// The contact reads the conversation's log directly, so nothing is put in the outbox and
    /// `deliver` is never needed for messages.
    pub read_from_log: bool,
    /// Contacts may send files.
    pub media_in: bool,
    /// Agents may send files.
    pub media_out: bool,
    /// A message may be changed after it was sent.
    pub edit: bool,
    /// A message may be taken back.
    pub delete: bool,
    /// Emoji reactions.
    pub reactions: bool,
    /// Who is typing is shown.
    pub typing: bool,
    /// What was read is shown.
    pub receipts: bool,
    /// Several threads per contact.
    pub threads: bool,
    /// Spoken calls.
    pub voice: bool,
    /// Cards with buttons.
    pub cards: bool,
}

/// How much a door can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub text_bytes_max: usize,
    /// The largest file, in bytes; 0 for none.
    pub file_bytes_max: usize,
    /// The most files in one message.
    pub files_max: usize,
}

/// How long after the contact's last word we may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyWindow {
    /// At any time.
    Always,
    /// Within a time, and at most so many messages (WeCom: 48 h, 5).
    After {
        /// Counted from the contact's last word.
        within: Duration,
        /// Messages until the next word; 0 is no limit.
        messages_max: u32,
    },
}

/// A request of an outside network, byte for byte.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// `GET` (challenges) or `POST`.
    pub method: String,
    /// The path and query as received.
    pub path_and_query: String,
    /// Header names in lower case with their values, in order.
    pub headers: Vec<(String, Bytes)>,
    /// The body's raw bytes: signatures cover them.
    pub body: Bytes,
}

impl RawRequest {
    /// The first header of this name (lower case), if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(found, _)| found == name)?;
        std::str::from_utf8(value).ok()
    }
}

/// What the outside network is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body: for example the echo of a challenge.
    pub body: Bytes,
}

/// One configured door.
#[async_trait::async_trait]
pub trait ChannelAdapter: Send + Sync + fmt::Debug {
    /// What this door is and can do.
    fn descriptor(&self) -> &Descriptor;

    /// Keeps connections that we open, and gives everything that arrives to the sink, until stopped.
    /// Returns early only when it cannot go on; the caller starts it again with back-off. Doors
    /// without `capabilities.runs` return at once.
    ///
    /// # Errors
    /// See [`AdapterError`].
    async fn run(
        &self,
        sink: Arc<dyn InboundSink>,
        stop: CancellationToken,
    ) -> Result<(), AdapterError> {
        let _unused = (sink, stop);
        Ok(())
    }

    /// Answers a request of the outside network: checks its authenticity over the raw bytes, gives
    /// what it says to the sink, and answers well only after the sink has committed it.
    ///
    /// # Errors
    /// [`AdapterError::NotAuthentic`], [`AdapterError::Malformed`], [`AdapterError::NotTaken`], and
    /// [`AdapterError::Unsupported`] for doors without `capabilities.callbacks`.
    async fn callback(
        &self,
        request: &RawRequest,
        sink: &dyn InboundSink,
    ) -> Result<RawReply, AdapterError> {
        let _unused = (request, sink);
        Err(AdapterError::Unsupported("be called back"))
    }

    /// Carries out one command. Failing is an outcome, not an error: the caller must know what to
    /// do next. The same command id twice must not reach the contact twice where the network can
    /// prevent it, and is [`Outcome::InDoubt`] where it cannot.
    async fn deliver(&self, command: &Command) -> Outcome;

    /// Fetches a file that an inbound message refers to, at most `bytes_max` of it.
    ///
    /// # Errors
    /// See [`AdapterError`]; [`AdapterError::Unsupported`] for doors without `media_in`.
    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        let _unused = (reference, bytes_max);
        Err(AdapterError::Unsupported("fetch media"))
    }
}
