//! The bridge's two directions against the library of Standard Webhooks, and against the schema that
//! bridges are written by.

mod desk;
mod schema;
mod signed;
mod xmpp;

pub(crate) use desk::library;
