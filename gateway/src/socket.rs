//! The two sockets, frame by frame as in [`protocol`].
//!
//! A socket is one task that owns the raw stream: the HTTP worker hands it over right after the
//! handshake and forgets it, so an idle chat costs a few KiB. Everything that changes something is
//! acknowledged only after the durable commit.

mod agent;
mod handshake;
mod heartbeat;
pub mod protocol;
mod session;
mod upgrade;
pub(crate) mod visitor;

pub use upgrade::upgrade;

pub(crate) use heartbeat::spawn as spawn_heartbeat;
