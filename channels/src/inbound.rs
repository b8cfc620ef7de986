//! What arrives through a door, in one envelope for all of them.

use crate::outbound::Missed;
use bytes::Bytes;
use domain::{
    Audience, ChannelId, ContactId, ConversationId, FileRef, Locale, MailHead, MessageId, Timestamp,
};
use std::fmt;

/// One event from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Through which configured door.
    pub channel: ChannelId,
    /// The network's id of the event: the same one again is the same event. At most
    /// [`EXTERNAL_ID_BYTES_MAX`] bytes; an adapter hashes longer ones.
    pub external_id: String,
    /// The network's id of the conversation, thread or room, where it has one.
    pub external_conversation: Option<String>,
    /// Who says it.
    pub sender: Sender,
    /// When it happened, by the network's clock.
    pub occurred_at: Option<Timestamp>,
    /// When we received it.
    pub received_at: Timestamp,
    /// What happened.
    pub payload: Payload,
    /// The raw bytes, for the dead letters; empty when the payload says everything.
    pub raw: Bytes,
}

/// The longest external id that the switchboard remembers, in bytes.
pub const EXTERNAL_ID_BYTES_MAX: usize = 256;

/// Who says it: the address on the network and how sure we are of it.
#[derive(Clone, PartialEq)]
pub struct Sender {
    /// What sort of address: `visitor`, `email`, `user_id`, `phone`.
    pub kind: String,
    /// The address itself: personal data, never logged.
    pub value: String,
    /// How sure we are.
    pub assurance: Assurance,
    /// The contact, where the door knows it already (a visitor's token names it).
    pub contact: Option<ContactId>,
    /// The name that the person gave; may be empty.
    pub name: String,
    /// The person's language, where known.
    pub locale: Option<Locale>,
}

// The address and the name are personal data: they must not reach a log by `{:?}`.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("kind", &self.kind)
            .field("assurance", &self.assurance)
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

/// How sure we are that the sender is who the address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Only claimed.
    Claimed,
    /// Proved: a signed identity token, a signature of the platform, an aligned DKIM signature.
    Proved,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every event is a message")]
pub enum Payload {
    /// Somebody said something.
    MessageNew(NewMessage),
    /// A message was changed; its external id and its new text.
    Edited {
        /// The message's external id.
        external_id: String,
        /// The new text.
        text: String,
    },
    /// A message was taken back.
    Deleted {
        /// The message's external id.
        external_id: String,
    },
    /// Somebody reacted to a message.
    Reaction {
        /// The message's external id.
        external_id: String,
        /// The emoji.
        emoji: String,
        /// Added, or removed.
        added: bool,
    },
    /// Somebody pressed a button of ours.
    Chosen {
        /// The button's value.
        value: String,
    },
    /// Somebody is typing.
    Typing,
    /// Somebody has read up to a message.
    Read {
        /// The place in the log, for doors that read from it; 0 when unknown.
        seq: u64,
        /// The last message read, its external id; empty when the door has none.
        external_id: String,
    },
    /// What became of something that we sent.
    DeliveryReport {
        /// Our command's id.
        command: String,
        /// Did it arrive?
        delivered: bool,
        /// Why not; empty when it did.
        reason: String,
    },
    /// A letter of ours came back, or part of its way failed (RFC 3464). At least one of the lists has an
    /// entry; whom the letter reached stands in neither.
    Bounced {
        /// The `Message-ID` of our letter, without brackets, where the report tells it.
        message_id: Option<String>,
        /// Whom it will not reach (`failed`, 5.x.x).
        failed: Vec<Missed>,
        /// Whom it has not reached yet, while it is still being tried (`delayed`, 4.x.x).
        delayed: Vec<Missed>,
    },
    /// A call changed its state.
    CallState {
        /// The network's id of the call.
        call: String,
        /// `ringing`, `answered`, `ended`, `failed`.
        state: String,
    },
    /// Somebody joined or left a room, or blocked us.
    Membership {
        /// Joined, or left?
        joined: bool,
    },
    /// Something that this door does not understand, kept so that the person can be told.
    Unsupported {
        /// What the network calls it.
        what: String,
    },
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewMessage {
    /// Plain text.
    pub text: String,
    /// Files that are stored already.
    pub files: Vec<FileRef>,
    /// Files that are still at the network; fetched after the commit.
    pub media: Vec<MediaRef>,
    /// The id that the sender's client minted, where there is one.
    pub client_id: Option<String>,
    /// The topic chosen, its key.
    pub topic: Option<String>,
    /// The request type chosen.
    pub request_type: Option<String>,
    /// The page from which the person writes.
    pub page_url: Option<String>,
    /// Files that came along, byte for byte: the caller stores them before the commit.
    pub attachments: Vec<Attachment>,
    /// The name or id of the group in which it was said, where others read along.
    pub group: Option<String>,
    /// For whom the sender speaks, where the channel's settings know it by the address.
    pub audience: Option<Audience>,
    /// What a letter says of itself. Its `original` and `warning` are the caller's to fill in.
    pub mail: Option<Box<MailHead>>,
    /// What it answers.
    pub answers: Answers,
    /// A conversation that it opens waits for nobody before this: what else is wanted is still to be told.
    pub not_before: Option<Timestamp>,
    /// Who or what wrote it.
    pub writer: Writer,
}

/// Who or what wrote a message, as far as it says (RFC 3834).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Writer {
    /// A person, to us.
    #[default]
    Person,
    /// A person, to a list that we are on (`List-Id`, RFC 2919). No program may answer it, but people do.
    List,
    /// A program: an automatic answer, a newsletter.
    Program,
}

/// What a letter answers, by its own account: nothing of it is proved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// Message ids without brackets, the nearest first: `In-Reply-To`, then `References` backwards.
    pub message_ids: Vec<String>,
    /// The addresses at which it arrived (envelope, `To`, `Cc`, `Delivered-To`): one of them may
    /// carry a token of ours behind a plus sign.
    pub recipients: Vec<String>,
}

/// A file that came along with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name that the sender gave, cleaned for display; never a path.
    pub name: String,
    /// The media type that the sender claims.
    pub media_type: String,
    /// Its content.
    pub bytes: Bytes,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A letter as it looks in full, read anew from its bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LetterView {
    /// The header fields in their order, decoded.
    pub headers: Vec<(String, String)>,
    /// The HTML body, made harmless for a frame without scripts; `None` when it has none.
    pub html: Option<String>,
    /// So many pictures elsewhere were left out of it: loading them would tell the sender.
    pub images_blocked: usize,
    /// The text that the message leaves out: quotes and signature.
    pub rest: String,
    /// The whole text, when the message had to cut it.
    pub text: String,
}

// Letters are personal data.
impl fmt::Debug for LetterView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterView").field("headers", &self.headers.len()).finish_non_exhaustive()
    }
}

/// What becomes of pictures that a letter keeps elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteImages {
    /// They are left out.
    Blocked,
    /// Somebody asked to see them.
    Shown,
}

/// A letter as the network carried it, before anything of it was read. It is kept in this form first,
/// so that what cannot be read is not lost.
#[derive(Clone, PartialEq)]
pub struct RawInbound {
    /// Through which configured door.
    pub channel: ChannelId,
    /// Where it lay or how it came, for people who look for it: `INBOX 17/4711`, `lmtp`.
    pub place: String,
    /// What the delivering server said around it.
    pub envelope: Envelope,
    /// When we received it.
    pub received_at: Timestamp,
    /// Every byte, unless only the head could be fetched.
    pub bytes: Bytes,
    /// Is it the whole letter? Of one that is too large the head is taken in, so that somebody sees who
    /// wrote; the letter stays where it lies.
    pub is_whole: bool,
}

/// What a delivering server says around a letter (RFC 5321); empty for letters out of a mailbox.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// The return path; `Some("")` is the null path of a bounce.
    pub mail_from: Option<String>,
    /// The recipients.
    pub rcpt_to: Vec<String>,
}

// Letters and addresses are personal data.
impl fmt::Debug for RawInbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawInbound")
            .field("channel", &self.channel)
            .field("place", &self.place)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("rcpt_to", &self.rcpt_to.len()).finish_non_exhaustive()
    }
}

/// A file at the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRef {
    /// What `fetch_media` needs.
    pub reference: String,
    /// The name that the sender gave.
    pub name: String,
    /// The media type that the network claims.
    pub media_type: String,
}

/// What became of an inbound event, after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// A message stands in the log, now or since an earlier try.
    Message {
        /// The conversation that it belongs to.
        conversation: ConversationId,
        /// Its place.
        seq: u64,
        /// The message.
        message: MessageId,
        /// Was it there before?
        duplicate: bool,
    },
    /// Something that leaves no message was taken note of.
    Noted,
    /// It cannot be taken in, ever: acknowledge it to the network all the same.
    Refused(Refusal),
}

/// Why something can never be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The channel is not configured or switched off.
    ChannelClosed,
    /// Neither text nor files.
    Empty,
    /// Text, files or ids over a limit.
    TooLarge,
    /// No such topic.
    UnknownTopic,
    /// No such request type.
    UnknownRequestType,
    /// A kind of event that is not carried further yet.
    Unsupported,
}

impl Refusal {
    /// The problem's code, as in problem+json.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChannelClosed => "channel_closed",
            Self::Empty => "empty_message",
            Self::TooLarge => "too_large",
            Self::UnknownTopic => "unknown_topic",
            Self::UnknownRequestType => "unknown_request_type",
            Self::Unsupported => "unsupported",
        }
    }

    /// In plain words.
    pub fn detail(&self) -> &'static str {
        match self {
            Self::ChannelClosed => "This channel is switched off.",
            Self::Empty => "A message needs text or a file.",
            Self::TooLarge => "The message is too large.",
            Self::UnknownTopic => "This channel has no such topic.",
            Self::UnknownRequestType => "This desk has no such request type.",
            Self::Unsupported => "This channel does not carry this.",
        }
    }
}

/// The sink could not commit: the outcome is unknown, so the network must not be told that it
/// arrived. The same event may be given again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct SinkError {
    /// Why, for the log.
    pub reason: String,
    /// When a retry may succeed.
    pub retry_after_ms: u64,
}

/// Takes in what arrives. Resolves only after the durable commit, so whoever awaits it may then
/// acknowledge to the network.
#[async_trait::async_trait]
pub trait InboundSink: Send + Sync {
    /// Takes one event in; repeating it with the same external id is safe.
    ///
    /// Cancel safety: if dropped, the outcome is unknown; give the event again.
    ///
    /// # Errors
    /// [`SinkError`] when the outcome is unknown.
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError>;

    /// Takes a letter in as it came: keeps every byte, then reads it with the channel's own
    /// [`ChannelAdapter::read`](crate::ChannelAdapter::read), then does as `accept` does. What cannot
    /// be read goes to the quarantine, and is [`Accepted::Noted`]: the network may forget it.
    ///
    /// Cancel safety and repeating: as `accept`.
    ///
    /// # Errors
    /// [`SinkError`] when the outcome is unknown.
    async fn accept_raw(&self, raw: RawInbound) -> Result<Accepted, SinkError>;

    /// Takes several letters of one channel in, as if each were given to `accept_raw` after the one
    /// before it, but sooner. The answers stand in the letters' order, one for each.
    ///
    /// One that fails keeps out what belongs behind it (an answer to it, the same sender's next one) and
    /// nothing else; what was taken is known when it comes again.
    async fn accept_together(&self, letters: Vec<RawInbound>) -> Vec<Result<Accepted, SinkError>> {
        let mut answers: Vec<Result<Accepted, SinkError>> = Vec::with_capacity(letters.len());
        for letter in letters {
            let answer = match answers.last() {
                // Which of them belong together is not known here.
                Some(Err(before)) => Err(before.clone()),
                _ => self.accept_raw(letter).await,
            };
            answers.push(answer);
        }
        answers
    }
}
