//! What leaves through a door, and what became of it.

use domain::{Author, FileRef};
use std::time::Duration;

/// One thing to carry out at the far end.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Our id: the idempotency key at the far end, the same at each try.
    pub id: String,
    /// The address to which it goes.
    pub recipient: String,
    /// The network's conversation, thread or room, where it has one.
    pub external_conversation: Option<String>,
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Say something.
    Send {
        /// Plain text.
        text: String,
        /// Files.
        files: Vec<FileRef>,
        /// Who says it.
        author: Author,
    },
    /// Change what was said.
    Edit {
        /// The network's id of the message.
        external_id: String,
        /// The new text.
        text: String,
    },
    /// Take back what was said.
    Delete {
        /// The network's id of the message.
        external_id: String,
    },
    /// Show that somebody is typing.
    Typing,
    /// Show that everything up to a message was read.
    MarkRead {
        /// The network's id of the message.
        external_id: String,
    },
    /// React to a message.
    React {
        /// The network's id of the message.
        external_id: String,
        /// The emoji.
        emoji: String,
    },
    /// Call the contact, then connect the agent.
    StartCall {
        /// The agent's own address.
        agent_address: String,
    },
    /// End a call.
    EndCall {
        /// The network's id of the call.
        call: String,
    },
}

/// What became of a command; it says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The network took it; its ids for it.
    Sent(Vec<String>),
    /// Try again after so long; nothing was sent.
    RateLimited(Duration),
    /// The far end was not reached or failed before taking it; try again with back-off.
    Unavailable(String),
    /// The time to answer is over; another channel must carry it.
    WindowClosed,
    /// The address is dead: never try it again.
    RecipientGone,
    /// The network refuses it for good, with its reason.
    Rejected(String),
    /// It may have been sent: ask the network before trying again, never resend blindly.
    InDoubt(String),
}
