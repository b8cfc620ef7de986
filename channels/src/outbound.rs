//! What leaves through a door, and what became of it.

use bytes::Bytes;
use domain::{Author, FileRef, Locale, MailAddress};
use serde::{Deserialize, Serialize};
use std::fmt;
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
    /// The network's id of the contact's last message: what this answers, for networks that want to
    /// know.
    pub answers: Option<String>,
    /// What to do.
    pub action: Action,
}

/// A file on its way out.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingFile {
    /// What is known of it.
    pub file: FileRef,
    /// Its content.
    pub bytes: Bytes,
}

impl fmt::Debug for OutgoingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingFile").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A button below a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What stands on it, at most 20 characters.
    pub label: String,
    /// What comes back when it is pressed ([`crate::Payload::Chosen`]): at most 64 bytes of
    /// `A-Z a-z 0-9 - _ . :`.
    pub value: String,
}

/// Whether a letter was written by a program, and why (RFC 3834, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoSubmitted {
    /// A person wrote it.
    #[default]
    No,
    /// It answers a letter.
    Replied,
    /// It answers none: somebody asked for it elsewhere, or a time came.
    Generated,
}

/// What goes around a text that goes by mail. Everything in it was checked for line breaks and
/// other control characters before, and is checked again when it is written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingMail {
    /// Our `Message-ID`, without brackets; the same at each try.
    pub message_id: String,
    /// The letter that it answers, without brackets.
    pub in_reply_to: Option<String>,
    /// The letters before, without brackets, the oldest first.
    pub references: Vec<String>,
    /// To whom.
    pub to: Vec<MailAddress>,
    /// Who reads along.
    pub cc: Vec<MailAddress>,
    /// The subject.
    pub subject: String,
    /// Goes behind a plus sign into the reply address, where the channel's mail server carries that.
    pub reply_token: String,
    /// The name under which the desk speaks, for example the agent's; may be empty.
    pub from_name: String,
    /// Whether a program wrote it: marked so that no other program answers it.
    pub auto_submitted: AutoSubmitted,
    /// The language of the signature.
    pub locale: Locale,
}

// Addresses and subjects are personal data.
impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail").field("to", &self.to.len()).finish_non_exhaustive()
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Say something.
    Send {
        /// Plain text.
        text: String,
        /// Files, with their content.
        files: Vec<OutgoingFile>,
        /// Who says it.
        author: Author,
        /// What goes around it, when it goes by mail.
        mail: Option<Box<OutgoingMail>>,
        /// Buttons below it. Only for doors with `capabilities.cards`; elsewhere the text says it all.
        choices: Vec<Choice>,
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

/// Somebody whom a message does not reach.
#[derive(Clone, PartialEq, Eq)]
pub struct Missed {
    /// The address.
    pub recipient: String,
    /// What the network says, in one line.
    pub reason: String,
}

// Addresses are personal data.
impl fmt::Debug for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Missed").finish_non_exhaustive()
    }
}

/// What became of a command; it says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The network took it; its ids for it.
    Sent(Vec<String>),
    /// The network took it for some of its recipients, and refuses the others for good.
    SentInPart {
        /// Its ids for it.
        ids: Vec<String>,
        /// Whom it does not reach.
        missed: Vec<Missed>,
    },
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
