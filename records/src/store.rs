//! Opening the archive, and the one type over both engines.
//!
//! **Why an enum of two pools, and not sqlx's `Any` driver:** `Any` cannot set what we need of each
//! engine (WAL, foreign keys, `BEGIN IMMEDIATE`), hides native types and loses typed NULLs. Here a
//! [`statement::Statement`] is a text with `$n` placeholders, which both engines read, and its
//! values; [`database::Database`] and [`database::Transaction`] carry it to whichever engine is
//! open. So each query is written once, in the file of its noun, and only the pragmas, the migration
//! texts and the two full-text indexes differ.

pub(crate) mod database;
mod migrate;
pub(crate) mod statement;
mod thread;

use crate::audit::Audit;
use crate::contacts::Contacts;
use crate::credentials::{ApiKeys, Bootstrap, Credentials, RefreshTokens};
use crate::devices::Devices;
use crate::error::Result;
use crate::files::Files;
use crate::history::History;
use crate::persons::Persons;
use crate::quarantine::Quarantine;
use crate::ratings::Ratings;
use crate::refused_numbers::RefusedNumbers;
use crate::reports::Reports;
use crate::settings::Settings;
use crate::tenants::Tenants;
use database::Database;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the archive is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsConfig {
    /// A path or `sqlite:<path>` for SQLite, `postgres://user:password@host/database` for PostgreSQL.
    pub url: String,
}

impl fmt::Debug for RecordsConfig {
    /// Without the user, password, host and query of a PostgreSQL URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if is_postgres(&self.url) { "postgres://[redacted]" } else { &self.url };
        f.debug_struct("RecordsConfig").field("url", &shown).finish()
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Which engine holds the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// SQLite in this process.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    /// The name on the wire and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The archive. Cloning is cheap; clones share the connections.
#[derive(Debug, Clone)]
pub struct Records {
    database: Database,
}

impl Records {
    /// Opens the archive and brings it to this release's migrations. Safe when several gateways
    /// start at once; refuses a database of a later release.
    pub async fn open(config: &RecordsConfig) -> Result<Self> {
        let database = if is_postgres(&config.url) {
            Database::open_postgres(&config.url).await?
        } else {
            Database::open_sqlite(&config.url).await?
        };
        migrate::migrate(&database).await?;
        Ok(Self { database })
    }

    /// Which engine holds it.
    pub fn engine(&self) -> Engine {
        self.database.engine()
    }

    /// Asks the database for an answer: for readiness.
    pub async fn ping(&self) -> Result<()> {
        self.database.one(statement::sql("SELECT 1 AS one")).await.map(drop)
    }

    /// Finishes what is under way and closes the connections; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Tenants and their secrets.
    pub fn tenants(&self) -> Tenants<'_> {
        Tenants::new(&self.database)
    }

    /// The desk's settings.
    pub fn settings(&self) -> Settings<'_> {
        Settings::new(&self.database)
    }

    /// Passwords of agents, and since when their sign-ins count.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials::new(&self.database)
    }

    /// Refresh tokens and their families.
    pub fn refresh_tokens(&self) -> RefreshTokens<'_> {
        RefreshTokens::new(&self.database)
    }

    /// The one-time code for the first admin.
    pub fn bootstrap(&self) -> Bootstrap<'_> {
        Bootstrap::new(&self.database)
    }

    /// API keys of integrations.
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys::new(&self.database)
    }

    /// The people who ask.
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts::new(&self.database)
    }

    /// Apps on people's devices.
    pub fn devices(&self) -> Devices<'_> {
        Devices::new(&self.database)
    }

    /// Closed conversations.
    pub fn history(&self) -> History<'_> {
        History::new(&self.database)
    }

    /// Contacts who are one person.
    pub fn persons(&self) -> Persons<'_> {
        Persons::new(&self.database)
    }

    /// Letters that could not go on.
    pub fn quarantine(&self) -> Quarantine<'_> {
        Quarantine::new(&self.database)
    }

    /// Ratings after close.
    pub fn ratings(&self) -> Ratings<'_> {
        Ratings::new(&self.database)
    }

    /// The audit trail.
    pub fn audit(&self) -> Audit<'_> {
        Audit::new(&self.database)
    }

    /// Telephone numbers that the desk does not call.
    pub fn refused_numbers(&self) -> RefusedNumbers<'_> {
        RefusedNumbers::new(&self.database)
    }

    /// Numbers over closed conversations.
    pub fn reports(&self) -> Reports<'_> {
        Reports::new(&self.database)
    }

    /// What is known of uploaded files.
    pub fn files(&self) -> Files<'_> {
        Files::new(&self.database)
    }
}

/// Declares the handle of one noun: a borrowed view of the archive with that noun's methods.
macro_rules! handle {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            database: &'a $crate::store::database::Database,
        }

        impl<'a> $name<'a> {
            pub(crate) fn new(database: &'a $crate::store::database::Database) -> Self {
                Self { database }
            }
        }
    };
}
pub(crate) use handle;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_does_not_show_a_password() {
        let config = RecordsConfig { url: "postgres://hutong:s3cret@db/hutong".to_owned() };
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
