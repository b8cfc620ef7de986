//! Why a door could not do what it was asked.

use std::time::Duration;

/// Why an adapter failed. Each variant answers the caller's next question: what now?
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The far end cannot be reached or answers nonsense; trying again may help.
    #[error("the far end is not available: {0}")]
    Unavailable(String),
    /// The far end asks us to wait.
    #[error("the far end asks us to wait {} ms", .0.as_millis())]
    RateLimited(Duration),
    /// The far end refuses our credentials: a person must act.
    #[error("the far end refuses our credentials")]
    Unauthorised,
    /// A request that is not from the far end, or not signed as it must be; nothing was done.
    #[error("the request is not authentic")]
    NotAuthentic,
    /// What arrived cannot be read; it goes to the dead letters with its raw bytes.
    #[error("what arrived cannot be read: {0}")]
    Malformed(String),
    /// This adapter does not do this.
    #[error("this channel cannot {0}")]
    Unsupported(&'static str),
    /// The sink did not take the message; the platform must not be told that it arrived.
    #[error("the message could not be taken in")]
    NotTaken(#[source] crate::inbound::SinkError),
}

/// A problem of a channel's settings, with the dotted path of what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct SettingsProblem {
    /// For example `widget.privacy.url`; empty for the settings as a whole.
    pub path: String,
    /// What is wrong, in one sentence, with the offending value where it is not secret.
    pub problem: String,
}
