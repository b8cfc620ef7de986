//! The frames of the two sockets, as published in `socket-protocol.json`.
//!
//! One JSON object per text frame, tagged by `type`; unknown types and fields are refused with a
//! fixed error. The first frame must be `hello` (the token travels in it, never in the URL); until
//! then nothing is answered, and after [`HELLO_WITHIN_MS`] the socket closes.
//!
//! **Acks.** A frame that changes something carries the client's own `client_id`; its `ack` is sent
//! only after the durable commit. No ack means unknown: send the same frame again after reconnecting;
//! the same `client_id` is the same message.
//!
//! **Resume.** `welcome` names the `epoch` (changes when Redis lost its history) and a position. A
//! visitor resumes by the conversation's message `seq`; an agent by the tenant's `cursor`. A client
//! that resumes gets exactly what it missed, or `reset`, upon which it forgets what it knows.
//!
//! Close codes: 4001 not authenticated or revoked · 4002 bad frame · 4003 replaced ·
//! 4008 too slow (reconnect and resume) · 1012 going away (reconnect after the hint) · 1013 try later.

mod chat;

pub use chat::{ChatCallback, ChatState, Position};

use crate::pipeline::letters::reply::Addressees;
use domain::{
    AgentId, ChannelId, Conversation, ConversationId, DeviceId, FileId, Localized, Message,
    MessageId, OfferToken, Presence, QueueId, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A socket that has not said `hello` within so many milliseconds is closed.
pub const HELLO_WITHIN_MS: u64 = 10_000;

/// What an agent's desk sends.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgentFrame {
    /// The first frame.
    Hello {
        /// The access token.
        token: String,
        /// Where the client stopped reading.
        #[serde(default)]
        resume: Option<AgentResume>,
    },
    /// A fresh access token before the old one ends; the socket stays.
    Renew {
        /// The access token.
        token: String,
    },
    /// Takes work, or not.
    Presence {
        /// `ready` or `away`.
        presence: Presence,
    },
    /// Takes an offer.
    Accept {
        /// Minted by the client; echoed in the ack.
        client_id: String,
        /// Which.
        conversation: ConversationId,
        /// The offer's token.
        token: OfferToken,
    },
    /// Refuses an offer.
    Decline {
        /// Minted by the client; echoed in the ack.
        client_id: String,
        /// Which.
        conversation: ConversationId,
        /// The offer's token.
        token: OfferToken,
        /// Why, at most 200 characters.
        #[serde(default)]
        reason: String,
    },
    /// Says something to the contact.
    Send {
        /// Minted by the client: the dedupe key and the ack's address.
        client_id: String,
        /// To which conversation.
        conversation: ConversationId,
        /// The text.
        #[serde(default)]
        text: String,
        /// Files uploaded before.
        #[serde(default)]
        files: Vec<FileId>,
        /// To whom, where it leaves as a letter; simply to the last writer when absent.
        #[serde(default)]
        mail: Option<Addressees>,
    },
    /// Writes a note that only agents see.
    Note {
        /// Minted by the client: the dedupe key and the ack's address.
        client_id: String,
        /// In which conversation.
        conversation: ConversationId,
        /// The text.
        text: String,
    },
    /// Is typing; lost without harm, shown for five seconds.
    Typing {
        /// In which conversation.
        conversation: ConversationId,
    },
    /// Has read up to a seq.
    Read {
        /// Which conversation.
        conversation: ConversationId,
        /// Up to here.
        seq: u64,
    },
    /// Asks for a `pong`. A browser cannot see the protocol's own pings, so its client asks when the
    /// socket was silent for long, and reconnects when no answer comes.
    Ping,
}

/// Where an agent's desk stopped reading.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentResume {
    /// From `welcome`.
    pub epoch: String,
    /// The `cursor` of the last `event` frame, or of `welcome`.
    pub cursor: String,
}

/// What an agent's desk receives.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeskFrame {
    /// The answer to `hello`. With `resumed`, the events missed follow; without, load the desk anew.
    Welcome {
        /// Names this history.
        epoch: String,
        /// Where reading starts.
        cursor: String,
        /// Does reading go on where it stopped?
        resumed: bool,
        /// Who signed in.
        agent: AgentId,
        /// The agent's presence.
        presence: Presence,
        /// Redis's time.
        now: Timestamp,
    },
    /// Forget everything and load the desk anew.
    Reset {
        /// Names the new history.
        epoch: String,
        /// Where reading starts.
        cursor: String,
    },
    /// A frame of this client was carried out, durably.
    Ack {
        /// As sent.
        client_id: String,
        /// The place in the log, for `send` and `note`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// The message, for `send` and `note`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
    },
    /// A frame of this client was refused; nothing changed.
    Refused {
        /// As sent; absent when the frame had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<String>,
        /// The problem's code, as in problem+json.
        code: String,
        /// In plain words.
        detail: String,
        /// When a retry may succeed, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Something became true that concerns this agent (or, for supervisors, the desk).
    Event {
        /// The position after this event's commit.
        cursor: String,
        /// The event.
        event: Box<domain::Event>,
    },
    /// The contact or a colleague is typing.
    Typing {
        /// In which conversation.
        conversation: ConversationId,
        /// Who: `contact`, or an agent's id.
        who: String,
        /// What the contact has typed so far, if the channel shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preview: Option<String>,
    },
    /// The gateway lost or regained Redis: sending waits meanwhile.
    Link {
        /// Is everything well?
        up: bool,
    },
    /// The answer to `ping`.
    Pong,
}

/// What a visitor's widget sends.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum VisitorFrame {
    /// The first frame.
    Hello {
        /// The visitor token of `POST /v1/chat/{channel}/sessions`.
        token: String,
        /// Where the client stopped reading.
        #[serde(default)]
        resume: Option<VisitorResume>,
        /// The name of the device, as it was registered. Until it says `attend`, the app is not in the
        /// foreground.
        #[serde(default)]
        device: Option<DeviceId>,
    },
    /// The app of this device is in the foreground from now on, or no longer: while it is, the device
    /// is not woken.
    Attend {
        /// Is it?
        foreground: bool,
    },
    /// Says something; the first word opens the conversation.
    Send {
        /// Minted by the client: the dedupe key and the ack's address.
        client_id: String,
        /// The text.
        #[serde(default)]
        text: String,
        /// Files uploaded before.
        #[serde(default)]
        files: Vec<FileId>,
        /// The topic, needed for the first word; later ignored.
        #[serde(default)]
        topic: Option<String>,
        /// The request type, for the first word.
        #[serde(default)]
        request_type: Option<String>,
        /// The page from which the person writes.
        #[serde(default)]
        page_url: Option<String>,
    },
    /// Is typing.
    Typing {
        /// What is typed so far, if the widget is set to show it; at most 500 characters.
        #[serde(default)]
        preview: Option<String>,
    },
    /// Has read up to a seq.
    Read {
        /// Up to here.
        seq: u64,
    },
    /// What came up to a seq is here, and not read yet; `read` says it, too.
    Received {
        /// Up to here.
        seq: u64,
    },
    /// Ends the conversation.
    End {
        /// Minted by the client; echoed in the ack.
        client_id: String,
    },
    /// Rates the conversation after its end; one rating per conversation, a later one replaces it.
    Rate {
        /// Minted by the client; echoed in the ack.
        client_id: String,
        /// Which.
        conversation: ConversationId,
        /// 1 非常不满意 to 5 非常满意.
        grade: u8,
        /// In the person's words, at most 1,000 characters.
        #[serde(default)]
        comment: String,
    },
    /// Asks for a `pong`. A browser cannot see the protocol's own pings, so its client asks when the
    /// socket was silent for long, and reconnects when no answer comes.
    Ping,
}

/// Where a visitor's widget stopped reading.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorResume {
    /// From `welcome`.
    pub epoch: String,
    /// Which conversation.
    pub conversation: ConversationId,
    /// The highest seq seen.
    pub seq: u64,
}

/// What a visitor's widget receives.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WidgetFrame {
    /// The answer to `hello`: the state now, and every message after the resumed seq; those that do
    /// not fit follow as `message` frames. Without `resumed`, the newest messages that fit.
    Welcome {
        /// Names this history.
        epoch: String,
        /// Were `messages` counted from the resumed seq? Otherwise forget what was shown.
        resumed: bool,
        /// The open (or just closed) conversation, if there is one.
        conversation: Option<Box<ChatState>>,
        /// Messages that the contact may see, in order.
        messages: Vec<Message>,
        /// Redis's time.
        now: Timestamp,
    },
    /// A message that the contact may see.
    Message {
        /// Which conversation.
        conversation: ConversationId,
        /// The message.
        message: Box<Message>,
    },
    /// A frame of this client was carried out, durably.
    Ack {
        /// As sent.
        client_id: String,
        /// The conversation, for `send`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationId>,
        /// The place in the log, for `send`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// The message, for `send`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
    },
    /// A frame of this client was refused; nothing changed.
    Refused {
        /// As sent; absent when the frame had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<String>,
        /// The problem's code, as in problem+json.
        code: String,
        /// In plain words.
        detail: String,
        /// When a retry may succeed, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The conversation's state changed (queued, position, agent joined, closed, …).
    State {
        /// The state now.
        conversation: Box<ChatState>,
    },
    /// The agent is typing; shown for five seconds.
    Typing,
    /// The agent has read, or the contact has on another device.
    Read {
        /// Whose: `agent` or `contact`.
        by: String,
        /// Up to here.
        seq: u64,
    },
    /// The gateway lost or regained Redis.
    Link {
        /// Is everything well?
        up: bool,
    },
    /// The answer to `ping`.
    Pong,
}

/// A conversation in the desk's lists: its routing state and its last words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConversationSummary {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// The last words of a person; where there are none near the end, the last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<Message>,
}

/// A change to what is known of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeConversation {
    /// The request type.
    #[serde(default)]
    pub request_type: Option<String>,
    /// The contact's name.
    #[serde(default)]
    pub contact_name: Option<String>,
}

/// Everything a desk needs at once: the answer to `GET /v1/desk`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeskSnapshot {
    /// Names this history.
    pub epoch: String,
    /// The position that this snapshot is not older than: events up to it may be applied twice
    /// (they are idempotent) but none is missed.
    pub cursor: String,
    /// Who signed in.
    pub me: domain::Agent,
    /// The presence.
    pub presence: Presence,
    /// Conversations held by or offered to this agent.
    pub conversations: Vec<ConversationSummary>,
    /// Colleagues' names.
    pub agents: Vec<AgentName>,
    /// Queues' names.
    pub queues: Vec<QueueName>,
    /// Channels' names.
    pub channels: Vec<ChannelName>,
    /// Request types.
    pub request_types: Vec<domain::RequestType>,
    /// Prepared answers.
    pub quick_replies: Vec<domain::QuickReply>,
    /// The desk's skills, for showing needs in words.
    pub skills: Vec<domain::Skill>,
    /// Redis's time.
    pub now: Timestamp,
}

/// An agent's id and name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AgentName {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
}

/// A queue's id and name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QueueName {
    /// The id.
    pub id: QueueId,
    /// The name.
    pub name: Localized,
}

/// A channel's id, name, kind and network.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChannelName {
    /// The id.
    pub id: ChannelId,
    /// The name.
    pub name: Localized,
    /// What kind of door it is.
    pub kind: domain::ChannelKind,
    /// The adapter's name: which network it is.
    pub adapter: String,
    /// Can those who come through it be called back?
    pub calls: bool,
}
