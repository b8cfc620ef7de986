//! The one trait for all doors, and what a door says of itself.
//!
//! A door may open connections of its own ([`ChannelAdapter::run`]: mailboxes, sockets, telephones),
//! be called back ([`ChannelAdapter::callback`]: webhooks, with the raw bytes because signatures
//! cover them), both, or neither: web chat is served by the gateway's own socket, which uses the
//! adapter's pure functions.

use crate::error::AdapterError;
use crate::inbound::{Inbound, InboundSink, LetterView, RawInbound, RemoteImages, SinkError};
use crate::outbound::{Command, Outcome};
use crate::phone::{CallDesk, NoCalls};
use crate::push::PushProvider;
use bytes::Bytes;
use domain::{ChannelId, ChannelKind, FileRef, Locale};
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
    /// What leaves goes over a connection that `run` keeps: `deliver` works only where `run` does,
    /// and says [`Outcome::Unavailable`] elsewhere. The caller lets the gateway deliver that runs it.
    pub delivers_where_it_runs: bool,
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
    /// What arrives is kept as it came and read afterwards: `read` answers.
    pub reads: bool,
    /// We may write to somebody who has not written to us.
    pub proactive: bool,
    /// `profile` answers.
    pub profiles: bool,
    /// A command in doubt is sent again under the same id: whoever receives it tells doubles by the id
    /// (mail, by `Message-ID`). Elsewhere a person decides.
    pub resends_in_doubt: bool,
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
    /// What of the path lies behind the address that the network was given: empty, or
    /// `/transactions/7`. Percent signs stand as received.
    pub below: String,
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

    /// The first value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.path_and_query.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
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

impl RawReply {
    /// 200 without a word.
    pub fn empty() -> Self {
        Self { status: 200, content_type: "text/plain", body: Bytes::new() }
    }

    /// 200 with a text.
    pub fn text(text: impl Into<Bytes>) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: text.into() }
    }

    /// JSON under a status.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: value.to_string().into() }
    }
}

/// What a network tells of a person. All of it is personal data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The name; empty when it is not told.
    pub name: String,
    /// The departments or groups of the directory, from the widest to the narrowest.
    pub departments: Vec<String>,
    /// Where a picture lies.
    pub avatar_url: Option<String>,
    /// An address of the person that the network, or the organisation's directory, has verified.
    pub email: Option<String>,
    /// A telephone number likewise, in E.164 form.
    pub phone: Option<String>,
    /// The organisation's own id of the person, the same on every network that shares the directory.
    pub directory_id: Option<String>,
    /// The language.
    pub locale: Option<Locale>,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

/// How one point of a live check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// It is in order.
    Yes,
    /// It is not: `detail` says what the network said.
    No,
    /// It cannot be told from here.
    Unknown,
}

/// One point of a live check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// What was looked at, a fixed key that the desk explains: `credentials`, `permissions`,
    /// `connection`, `callback`, `identity`.
    pub point: String,
    /// How it came out.
    pub passed: Passed,
    /// What the network said, or what to do; without secrets. May be empty.
    pub detail: String,
}

impl Finding {
    /// A point that is in order.
    pub fn yes(point: &str, detail: impl Into<String>) -> Self {
        Self { point: point.to_owned(), passed: Passed::Yes, detail: detail.into() }
    }

    /// A point that is not.
    pub fn no(point: &str, detail: impl Into<String>) -> Self {
        Self { point: point.to_owned(), passed: Passed::No, detail: detail.into() }
    }

    /// A point that cannot be told.
    pub fn unknown(point: &str, detail: impl Into<String>) -> Self {
        Self { point: point.to_owned(), passed: Passed::Unknown, detail: detail.into() }
    }
}

/// What a door must remember at our side: how far it has read at the far end, where the far end does
/// not remember it for us (a mailbox's validity and UID, a next cursor). Kept as durably as messages,
/// and known to every gateway.
#[async_trait::async_trait]
pub trait Bookmarks: Send + Sync {
    /// Where a bookmark lies; `None` when it was never laid.
    ///
    /// # Errors
    /// [`SinkError`] when it cannot be read: the door does nothing then, rather than start anew.
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError>;

    /// Lays a bookmark, after everything before it was accepted, never earlier.
    ///
    /// # Errors
    /// [`SinkError`] when the outcome is unknown: what follows may come again, and is known then.
    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError>;

    /// How far a reading has come, for the people who watch it: so many were taken in since it began,
    /// and at most so many are left. Nothing depends on it.
    fn told(&self, _taken: u64, _left: u64) {}
}

/// Where a door gives what arrives, and what it remembers.
#[derive(Clone)]
pub struct Inlet {
    /// Takes in what arrives.
    pub sink: Arc<dyn InboundSink>,
    /// The channel's own bookmarks.
    pub bookmarks: Arc<dyn Bookmarks>,
    /// The calls of a telephone's line.
    pub calls: Arc<dyn CallDesk>,
}

impl Inlet {
    /// The inlet of a door without telephones.
    pub fn new(sink: Arc<dyn InboundSink>, bookmarks: Arc<dyn Bookmarks>) -> Self {
        Self { sink, bookmarks, calls: Arc::new(NoCalls) }
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}

/// One configured door.
#[async_trait::async_trait]
pub trait ChannelAdapter: Send + Sync + fmt::Debug {
    /// What this door is and can do.
    fn descriptor(&self) -> &Descriptor;

    /// The desk's own addresses on this network, the one that it writes from first; none where the desk
    /// has no address.
    fn own_addresses(&self) -> &[String] {
        &[]
    }

    /// Keeps connections that we open, and gives everything that arrives to the sink, until stopped.
    /// What the sink did not take is given again; the far end, or the bookmark, is told of nothing
    /// that was not accepted. A line that breaks is opened again from here. Returns early only when it cannot go on; the caller starts it again with back-off. Doors
    /// without `capabilities.runs` return at once.
    ///
    /// # Errors
    /// See [`AdapterError`].
    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        let _unused = (inlet, stop);
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
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let _unused = (request, inlet);
        Err(AdapterError::Unsupported("be called back"))
    }

    /// Reads a letter that was kept as it came. Reading the same letter again gives the same, so that
    /// what was put aside can be tried anew.
    ///
    /// # Errors
    /// [`AdapterError::Malformed`] with the reason when nothing can be made of it;
    /// [`AdapterError::Unsupported`] for doors without `capabilities.reads`.
    async fn read(&self, raw: &RawInbound) -> Result<Inbound, AdapterError> {
        let _unused = raw;
        Err(AdapterError::Unsupported("read letters"))
    }

    /// Shows a letter in full, from its bytes.
    ///
    /// # Errors
    /// As [`ChannelAdapter::read`].
    fn view(&self, bytes: &Bytes, images: RemoteImages) -> Result<LetterView, AdapterError> {
        let _unused = (bytes, images);
        Err(AdapterError::Unsupported("show letters"))
    }

    /// What stands behind the channel's callback address where the network calls us: empty, or `/events`.
    fn called_below(&self) -> &'static str {
        ""
    }

    /// The endings of the names of files that the network takes, in lower case and without a dot; empty
    /// when it takes any.
    fn file_endings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Does the network take this file from us? What it does not take goes as a link.
    fn carries(&self, file: &FileRef) -> bool {
        let what = self.descriptor();
        let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let endings = self.file_endings();
        let is_taken =
            endings.is_empty() || ending.is_some_and(|it| endings.contains(&it.as_str()));
        what.capabilities.media_out
            && is_taken
            && usize::try_from(file.bytes).is_ok_and(|bytes| bytes <= what.limits.file_bytes_max)
    }

    /// Carries out one command. Failing is an outcome, not an error: the caller must know what to
    /// do next. The same command id twice must not reach the contact twice where the network can
    /// prevent it, and is [`Outcome::InDoubt`] where it cannot.
    async fn deliver(&self, command: &Command) -> Outcome;

    /// Asks the network what became of a command that is [`Outcome::InDoubt`], and sends nothing.
    /// [`Outcome::Unavailable`] means that it was not sent and may be tried again. A network that
    /// cannot be asked leaves it in doubt, and a person decides.
    async fn look_up(&self, command: &Command) -> Outcome {
        Outcome::InDoubt(format!("this network cannot be asked what became of {}", command.id))
    }

    /// What the network tells of a person; `None` when it does not know them.
    ///
    /// # Errors
    /// See [`AdapterError`]; [`AdapterError::Unsupported`] for doors without `capabilities.profiles`.
    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        let _unused = user;
        Err(AdapterError::Unsupported("tell of people"))
    }

    /// Tries the settings at the network without sending anything to anybody: are the credentials
    /// taken, are the permissions there, does a line come about? Empty when there is nothing to try.
    async fn check(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// The services that wake the devices of this door's contacts; none where nobody has a device.
    fn push_providers(&self) -> &[Arc<dyn PushProvider>] {
        &[]
    }

    /// Fetches a file that an inbound message refers to, at most `bytes_max` of it.
    ///
    /// # Errors
    /// See [`AdapterError`]; [`AdapterError::Unsupported`] for doors without `media_in`, and for those
    /// whose contacts upload to us, so that no file is still at a network.
    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        let _unused = (reference, bytes_max);
        Err(AdapterError::Unsupported("fetch media"))
    }
}
