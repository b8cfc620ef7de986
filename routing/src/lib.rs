//! The switchboard: who talks to whom. The only room with a Redis tap.
//!
//! Every transition is one Redis Function (`lua/functions/NAME.lua`) and one [`Router`] method of
//! the same name. A Function validates first, then writes state, indexes, timers, outbox and events
//! together; nothing here decides policy (that is `domain`), and nothing here knows channels, HTTP
//! or SQL.

pub mod command;
pub mod durability;
pub mod ephemeral;
pub mod error;
pub mod events;
pub mod fsck;
pub mod keys;
pub mod library;
mod packed;
pub mod reply;
pub mod router;
pub mod store;

pub use error::RoutingError;
pub use events::EventReader;
pub use router::Router;
pub use store::{Durability, RedisConfig, Store, Topology};

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "scores of tests are small whole numbers; a table of all transitions is long"
)]
mod tests;
