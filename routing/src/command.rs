//! What the transitions take: plain data, checked by the types of `domain`.

use domain::{
    AgentId, ChannelId, ContactId, ConversationId, ConversationInfo, DeliveryId, DeviceId,
    EndpointId, Entry, Locale, MessageContent, Notice, PhoneNumber, Role, Timestamp,
};

/// Somebody wants to be rung.
#[derive(Debug, Clone)]
pub struct RequestCallback<'a> {
    /// The number.
    pub number: &'a PhoneNumber,
    /// The phone channel whose line rings.
    pub line: &'a ChannelId,
    /// Not before.
    pub from: Option<Timestamp>,
    /// The end of the window.
    pub until: Option<Timestamp>,
    /// When the contact is reminded.
    pub remind_at: Option<Timestamp>,
    /// Who asks for it: the contact, whoever holds the conversation or held it last, or the desk itself.
    pub by: Closer<'a>,
    /// The contact's language.
    pub locale: Locale,
}

/// A contact's word on its way into the queue.
#[derive(Debug, Clone)]
pub struct ReceiveMessage<'a> {
    /// The channel through which it came.
    pub channel: &'a ChannelId,
    /// Who says it.
    pub contact: &'a ContactId,
    /// The id that the channel gave it; the same one again is the same message. At most 256 bytes.
    pub external_id: &'a str,
    /// The id that a new conversation would get.
    pub new_conversation: &'a ConversationId,
    /// The message.
    pub content: &'a MessageContent,
    /// How the conversation waits, if this opens or reopens one.
    pub entry: &'a Entry,
    /// What else is known, if this opens one.
    pub info: &'a ConversationInfo,
    /// Which conversation it belongs to.
    pub belongs: Belongs<'a>,
    /// Where the contact is to be answered, opaque here; empty where the contact reads the log.
    pub way: &'a str,
    /// Deliveries that fetch what the message refers to, at most 64.
    pub fetches: &'a [NewDelivery<'a>],
}

/// How a word finds its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs<'a> {
    /// The contact's one open conversation on the channel.
    ToContact,
    /// A letter: the conversation that it answers, as long as that is open or may be reopened;
    /// otherwise it opens one.
    ToThread {
        /// The conversation that it answers.
        into: Option<&'a ConversationId>,
        /// Its own name in the index of threads, of characters that are safe in a key, at most 64
        /// bytes: whoever answers it finds the conversation by it for [`THREAD_MS`].
        name: Option<&'a str>,
    },
}

/// How long a letter is found by its name, in milliseconds (180 days).
pub const THREAD_MS: i64 = 180 * 24 * 3_600_000;

/// An agent's word, or a note.
#[derive(Debug, Clone)]
pub struct SendMessage<'a> {
    /// Which conversation.
    pub conversation: &'a ConversationId,
    /// Who says it; to say something to the contact the agent must hold the conversation.
    pub agent: &'a AgentId,
    /// In which standing: it decides where notes may be written.
    pub standing: Standing,
    /// The message; `client_id` is its dedupe key within the conversation and the agent.
    pub content: &'a MessageContent,
    /// The deliveries that carry it out in their order, at most 64, for channels that are not read from
    /// the log.
    pub deliveries: &'a [NewDelivery<'a>],
    /// How long it may stay unread before it goes by mail to the address that the contact left, in
    /// milliseconds; none for notes and where nothing goes on by mail.
    pub unread_after_ms: Option<u64>,
}

/// What the desk itself says to a contact, beside the log.
#[derive(Debug, Clone)]
pub struct PostWord<'a> {
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// The word's name: said once.
    pub name: &'a str,
    /// What the agent sees of it.
    pub notice: Option<&'a Notice>,
    /// What it tells of the place in the queue.
    pub place: Option<PlaceTold<'a>>,
    /// The deliveries that carry it out in their order, at most 64.
    pub parts: &'a [NewDelivery<'a>],
}

/// What a word tells of the place in the queue.
#[derive(Debug, Clone, Copy)]
pub struct PlaceTold<'a> {
    /// What was told, as whoever looks again reads it; not empty.
    pub told: &'a str,
    /// When to look whether it is still so, in milliseconds from now.
    pub look_after_ms: u64,
    /// When the word is said.
    pub said: PlaceSaid,
}

/// When a word about the place in the queue is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceSaid {
    /// In any case.
    Anyway,
    /// Only while the conversation waits, is nobody's yet and is held out to nobody.
    WhileWaiting,
}

/// A contact's address for answers.
#[derive(Clone)]
pub struct LeaveAddress<'a> {
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// Whose it is.
    pub contact: &'a ContactId,
    /// Where to: personal data.
    pub address: &'a str,
    /// What stands for the address where it is counted: of characters that are safe in a key.
    pub name: &'a str,
    /// How long words may stay unread before they go there, in milliseconds.
    pub unread_after_ms: u64,
}

// The address must not reach a log by `{:?}`.
impl std::fmt::Debug for LeaveAddress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeaveAddress")
            .field("conversation", self.conversation)
            .finish_non_exhaustive()
    }
}

/// What a contact has not read, on its way out by mail.
#[derive(Debug, Clone)]
pub struct MailUnread<'a> {
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// The contact had read, or was mailed, up to here when the letter was composed.
    pub known: u64,
    /// The letter, or what there was to see, goes up to here.
    pub upto: u64,
    /// How long to wait when the contact is on the line, in milliseconds.
    pub wait_ms: u64,
    /// The letter; none when there is nothing to go.
    pub letter: Option<NewDelivery<'a>>,
}

/// What a contact has not read, on its way to their devices.
#[derive(Debug, Clone)]
pub struct PushUnread<'a> {
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// The contact had read up to here when the notifications were composed.
    pub known: u64,
    /// The notifications, or what there was to see, go up to here.
    pub upto: u64,
    /// How long to wait where a device is in the foreground, in milliseconds.
    pub wait_ms: u64,
    /// When to look again, whatever happens; none when nothing is left to look at.
    pub look_at: Option<Timestamp>,
    /// A notification for each device that is to be told.
    pub notifications: Vec<(&'a DeviceId, NewDelivery<'a>)>,
}

/// In which standing a member of the desk writes a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the one who holds the conversation, or held it last.
    Holder,
    /// As a supervisor: in any open conversation.
    Supervisor,
}

impl Standing {
    /// The standing that a role gives.
    pub fn of(role: Role) -> Self {
        if role >= Role::Supervisor { Self::Supervisor } else { Self::Holder }
    }
}

/// A delivery to put in the outbox.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    /// Its id, which is also the idempotency key that the far end sees.
    pub id: &'a DeliveryId,
    /// Where to; deliveries of one endpoint go out in order.
    pub endpoint: &'a EndpointId,
    /// What to deliver, opaque here.
    pub payload: &'a str,
}

/// Who closes a conversation.
#[derive(Debug, Clone)]
pub enum Closer<'a> {
    /// The agent who holds it.
    Agent(&'a AgentId),
    /// The contact whose it is.
    Contact(&'a ContactId),
    /// A supervisor or a rule.
    System,
}

impl<'a> Closer<'a> {
    /// What it is, and who.
    pub(crate) fn parts(&self) -> (&'static str, &'a str) {
        match self {
            Self::Agent(agent) => ("agent", agent.as_str()),
            Self::Contact(contact) => ("contact", contact.as_str()),
            Self::System => ("system", ""),
        }
    }
}

/// Who may let go of a conversation in a transfer.
#[derive(Debug, Clone)]
pub enum Holder<'a> {
    /// The agent who holds it.
    Agent(&'a AgentId),
    /// A supervisor, whoever holds it.
    Anyone,
}

/// How a delivery's try ended.
#[derive(Debug, Clone)]
pub enum DeliveryOutcome<'a> {
    /// It arrived.
    Sent,
    /// It arrived, and the far end calls it so, at most 64 names: what comes in under one of them later
    /// is this, or is about it.
    SentAs {
        /// Through which channel.
        channel: &'a ChannelId,
        /// Its names there.
        names: &'a [String],
    },
    /// Try again at this time.
    RetryAt(Timestamp, &'a str),
    /// Give up: to the dead letters, with the reason.
    Dead(&'a str),
}

/// Whose reading of a conversation.
#[derive(Debug, Clone)]
pub enum Reader<'a> {
    /// The contact.
    Contact(&'a ContactId),
    /// An agent who holds it.
    Agent(&'a AgentId),
}

/// How much the outbox may hold.
#[derive(Debug, Clone, Copy)]
pub struct OutboxBounds {
    /// Deliveries that wait for one endpoint.
    pub box_max: u64,
    /// How long a dead letter is kept, in milliseconds.
    pub dead_ms: i64,
    /// Dead letters.
    pub dead_max: u64,
}
