//! The house from outside: real processes, published interfaces only, one module for each feature.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and a story is told in one piece"
)]

mod apps;
mod bad_input;
mod bridged;
mod callbacks;
mod closing;
mod conversation;
mod files;
mod gateways;
mod hours;
mod idempotency;
mod letters;
mod limits;
mod matching;
mod messengers;
mod moving;
mod offers;
mod openapi;
mod persons;
mod program;
mod redis_away;
mod resume;
mod sign_in;
mod supervisors;
mod talk_by_mail;
mod tenants;
mod topologies;
mod webhooks;
