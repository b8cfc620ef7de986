//! The archive: closed conversations, contacts, settings, credentials, ratings, files and the audit
//! trail. The only room that knows SQL.
//!
//! [`Records`] is one type over two engines: SQLite, embedded, by default, and PostgreSQL where one
//! machine is not enough. It hands out one small handle for each noun (`records.settings()`,
//! `records.contacts()`, …) whose methods take the tenant first: every statement carries the tenant,
//! and a row of another tenant is never seen, counted or changed.
//!
//! Two look-ups start without a tenant because finding it is their very question:
//! [`tenants::Tenants::list`] and [`credentials::ApiKeys::tenant_of`].
//!
//! What does not live here: open work (that is Redis's, in `routing`), deliveries, the bytes of
//! uploaded files, hashing of passwords, and every decision about who may see what.

pub mod audit;
pub mod contacts;
pub mod credentials;
pub mod devices;
pub mod error;
pub mod files;
pub mod history;
pub mod persons;
pub mod quarantine;
pub mod ratings;
pub mod refused_numbers;
pub mod reports;
pub mod settings;
pub mod store;
pub mod tenants;
#[cfg(test)]
mod tests;

pub use error::{RecordsError, Result};
pub use store::{Engine, Records, RecordsConfig};
