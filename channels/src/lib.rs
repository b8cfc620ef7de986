//! The doors: third-party protocols, one folder per adapter, one trait for all.
//!
//! An adapter turns what an outside network says into [`Inbound`] and carries a [`Command`] out. It
//! knows nothing of queues, Redis, SQL or HTTP servers, and no adapter knows another; `registry` is
//! the only file that names them all. The traits are shaped for every door: polled mailboxes,
//! webhooks that call us back, connections that we open, push services, telephones.

pub mod adapter;
pub mod app;
pub mod asterisk;
pub mod bridge;
mod digest;
pub mod dingtalk;
pub mod email;
pub mod error;
pub mod feishu;
pub mod freeswitch;
pub mod http;
pub mod im;
pub mod inbound;
pub mod ledger;
pub mod mail_reach;
pub mod matrix;
pub mod means;
pub mod outbound;
pub mod phone;
pub mod phone_bridge;
pub mod push;
mod refusal;
pub mod registry;
#[cfg(test)]
mod rig;
pub mod secret;
pub mod settings;
pub mod sip;
pub mod slack;
pub mod socket;
pub mod split;
mod standard_webhooks;
pub mod telegram;
pub mod token;
pub mod web_chat;
pub mod wecom;

pub use adapter::{
    Bookmarks, Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Passed, Profile,
    RawReply, RawRequest, ReplyWindow,
};
pub use error::{AdapterError, SettingsProblem};
pub use inbound::{
    Accepted, Answers, Assurance, Attachment, Envelope, Inbound, InboundSink, LetterView,
    NewMessage, Payload, RawInbound, Refusal, RemoteImages, Sender, SinkError,
};
pub use mail_reach::{MailReach, NotAllowed};
pub use means::{Means, OwnShelf, Shelf};
pub use outbound::{
    Action, AutoSubmitted, Choice, Command, Missed, Outcome, OutgoingFile, OutgoingMail,
};
pub use secret::Secret;
pub use sip::reach::{SipCertificate, SipNotAllowed, SipReach};
