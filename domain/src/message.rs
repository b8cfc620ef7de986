//! Messages: the entries of a conversation's log.

use crate::call::{CallOutcome, Leg};
use crate::id::{AgentId, CallId, ChannelId, ContactId, FileId, MessageId, QueueId};
use crate::mail::MailHead;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// One entry of a conversation's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its place in the conversation: 1, 2, 3, … without a gap.
    pub seq: u64,
    /// When it was committed, by Redis's clock.
    pub at: Timestamp,
    /// What it says and who says it.
    #[serde(flatten)]
    pub content: MessageContent,
}

/// A message before the conversation's log gave it a place and a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageContent {
    /// The id.
    pub id: MessageId,
    /// Who says it.
    pub author: Author,
    /// For whose eyes, and of what sort.
    pub kind: MessageKind,
    /// Plain text, at most [`crate::limits::TEXT_BYTES_MAX`] bytes; may be empty when there are files.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Attached files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRef>,
    /// A system fact, when `kind` is `notice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The id that the sender's client minted; the same one again is the same message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What a letter says of itself, when the message came or goes by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Box<MailHead>>,
}

/// Who says a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Author {
    /// The person who asks.
    Contact {
        /// Which contact.
        id: ContactId,
    },
    /// An agent of the desk.
    Agent {
        /// Which agent.
        id: AgentId,
    },
    /// The desk itself.
    System,
}

/// What sort of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Said to the other side.
    Text,
    /// A note among agents; the contact never sees it.
    Note,
    /// A system fact in a quieter voice, told in the reader's language.
    Notice,
}

/// A file that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileRef {
    /// The id under which it is served.
    pub id: FileId,
    /// The name that the sender gave, cleaned for display.
    pub name: String,
    /// The media type found in the content.
    pub media_type: String,
    /// Its size in bytes; 0 while it is on its way.
    pub bytes: u64,
    /// It still lies at the network and is being fetched: a notice tells when it is here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

/// A system fact in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// An agent took the conversation.
    Joined {
        /// Who.
        agent: AgentId,
    },
    /// It went back to the queue.
    Requeued {
        /// Why: `agent_lost`, `transfer`, `woken`, `agent_removed`.
        reason: String,
        /// The queue it waits in now.
        queue: QueueId,
    },
    /// It was closed.
    Closed {
        /// By whom: `agent`, `contact`, `system`.
        by: String,
    },
    /// The contact came back within the window.
    Reopened,
    /// The desk told by a letter of its own that it has the matter.
    Acknowledged,
    /// The contact left an address: answers that nobody reads in the chat go there.
    AddressLeft {
        /// Which: personal data.
        address: String,
    },
    /// The contact took the address back: answers are no longer mailed.
    AddressWithdrawn,
    /// What the contact had not read went by mail.
    WentByMail {
        /// Up to this message.
        seq: u64,
    },
    /// A program answered a letter of the desk after the end: nobody waits for an answer to it.
    AutomaticAnswer {
        /// Whose program: personal data.
        address: String,
        /// How its text begins.
        text: String,
    },
    /// The contact changed an earlier message.
    Edited {
        /// Which.
        seq: u64,
        /// What it says now.
        text: String,
    },
    /// The contact took an earlier message back. What it said stays in the log.
    TakenBack {
        /// Which.
        seq: u64,
    },
    /// The contact reacted to a message.
    Reacted {
        /// To which.
        seq: u64,
        /// With what.
        emoji: String,
        /// Added, or taken away.
        added: bool,
        /// Who did, by name; empty where the network does not tell.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        by: String,
    },
    /// A file of an earlier message is here now.
    FileArrived {
        /// Of which message.
        seq: u64,
        /// The file, under the id that it had while it was on its way.
        file: FileRef,
    },
    /// A file of an earlier message will not come.
    FileMissing {
        /// Of which message.
        seq: u64,
        /// Which.
        file: FileId,
        /// What the network said, cut short.
        reason: String,
    },
    /// Somebody is to be rung, or at another time or number than before.
    CallbackRequested {
        /// By whom: `contact`, `agent`, `system`.
        by: String,
        /// The number, masked.
        number: String,
        /// Not before; absent for as soon as possible.
        from: Option<Timestamp>,
        /// The end of the window.
        until: Option<Timestamp>,
        /// The phone channel whose line rings; absent in older logs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<ChannelId>,
        /// It was wanted already: only its number or time is another one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        changed: bool,
    },
    /// Nobody is to be rung any more.
    CallbackCancelled {
        /// By whom: `contact`, `agent`, `system`.
        by: String,
    },
    /// The time at which somebody is to be rung is near.
    CallbackReminder {
        /// The time.
        at: Timestamp,
    },
    /// The contact's telephone rings.
    CallRinging {
        /// Which call.
        call: CallId,
    },
    /// Agent and contact speak with each other.
    CallConnected {
        /// Which call.
        call: CallId,
    },
    /// A call is over.
    CallEnded {
        /// Which.
        call: CallId,
        /// How it ended.
        outcome: CallOutcome,
        /// Whose telephone ended it, where somebody's did.
        by: Option<Leg>,
        /// What the network said; may be empty.
        cause: String,
        /// For how long both spoke.
        seconds: u64,
        /// How often the contact's telephone was tried so far.
        attempt: u32,
        /// When it is tried again.
        next_at: Option<Timestamp>,
        /// Under which name the PBX keeps its recording.
        recording: Option<String>,
        /// Since when both spoke; absent when they never did, and in older logs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connected_at: Option<Timestamp>,
        /// Since when the agent's telephone rang; absent when it was not told to ring, and for the contact.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_rung_at: Option<Timestamp>,
        /// For how long it rang until it was answered, in milliseconds; absent when it was not answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_rang_ms: Option<u64>,
    },
    /// A letter did not reach somebody, or is late.
    Undelivered {
        /// Which message, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
        /// Whom: personal data.
        recipient: String,
        /// For good, or is it still being tried?
        permanent: bool,
        /// What the far end said, cut short.
        reason: String,
        /// Whom else the same report names, at most [`UNREACHED_OTHERS_MAX`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<Unreached>,
        /// So many more are not named here.
        #[serde(default, skip_serializing_if = "is_zero")]
        unnamed: u32,
    },
}

/// The most recipients beside the first that one notice names: with their reasons as much as a long
/// message.
pub const UNREACHED_OTHERS_MAX: usize = 20;

/// Somebody whom a letter did not reach.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unreached {
    /// Whom: personal data.
    pub recipient: String,
    /// What the far end said, cut short.
    pub reason: String,
}

// Personal data: it must not reach a log by `{:?}`.
impl fmt::Debug for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unreached(…)")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Notice {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_log_from_before_calls_were_measured_is_read() {
        let requested = r#"{"code":"callback_requested","by":"contact","number":"+86*******1234","from":null,"until":7}"#;
        let Notice::CallbackRequested { until, line, changed, .. } = read(requested) else {
            panic!("another notice")
        };
        assert_eq!((until, line, changed), (Some(Timestamp(7)), None, false));
        let ended = r#"{"code":"call_ended","call":"call_1_1","outcome":"completed","by":null,"cause":"","seconds":9,"attempt":1,"next_at":null,"recording":null}"#;
        let Notice::CallEnded { connected_at, agent_rung_at, agent_rang_ms, .. } = read(ended)
        else {
            panic!("another notice")
        };
        assert_eq!((connected_at, agent_rung_at, agent_rang_ms), (None, None, None));
    }

    #[test]
    fn rung_but_not_answered_is_told_from_never_rung() {
        let ended = |more: &str| {
            let text = format!(
                r#"{{"code":"call_ended","call":"call_1_1","outcome":"agent_unreachable","by":"agent","cause":"","seconds":0,"attempt":0,"next_at":null,"recording":null,"connected_at":null,{more}}}"#
            );
            match read(&text) {
                Notice::CallEnded { agent_rung_at, agent_rang_ms, .. } => {
                    (agent_rung_at.is_some(), agent_rang_ms)
                }
                _ => panic!("another notice"),
            }
        };
        assert_eq!(ended(r#""agent_rung_at":5,"agent_rang_ms":null"#), (true, None));
        assert_eq!(ended(r#""agent_rung_at":null,"agent_rang_ms":null"#), (false, None));
        assert_eq!(ended(r#""agent_rung_at":5,"agent_rang_ms":900"#), (true, Some(900)));
    }
}
