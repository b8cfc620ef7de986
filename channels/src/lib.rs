//! The doors: third-party protocols, one folder per adapter, one trait for all.
//!
//! An adapter turns what an outside network says into [`Inbound`] and carries a [`Command`] out. It
//! knows nothing of queues, Redis, SQL or HTTP servers, and no adapter knows another; `registry` is
//! the only file that names them all. The traits are shaped for every door: polled mailboxes,
//! webhooks that call us back, connections that we open, push services, telephones.

pub mod adapter;
pub mod email;
pub mod error;
pub mod inbound;
pub mod outbound;
pub mod reach;
pub mod registry;
pub mod settings;
pub mod web_chat;

pub use adapter::{
    Bookmarks, Capabilities, ChannelAdapter, Descriptor, Inlet, Limits, RawReply, RawRequest,
    ReplyWindow,
};
pub use error::{AdapterError, SettingsProblem};
pub use inbound::{
    Accepted, Answers, Assurance, Attachment, Envelope, Inbound, InboundSink, LetterView,
    NewMessage, Payload, RawInbound, Refusal, RemoteImages, Sender, SinkError,
};
pub use outbound::{Action, AutoSubmitted, Command, Missed, Outcome, OutgoingFile, OutgoingMail};
pub use reach::{NotAllowed, Reach};
