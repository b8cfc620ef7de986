//! Why an operation on the archive could not be carried out.
//!
//! Expected outcomes (a stale version, an unknown token) are not errors: they are the enums that the
//! methods return. No message carries a bound value, so none carries personal data.

/// What the archive's methods return.
pub type Result<T, E = RecordsError> = std::result::Result<T, E>;

/// A failure of the archive; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The URL is not one that the archive understands.
    #[error("records.url must be a path, `sqlite:<path>` or `postgres://…`: {problem}")]
    Url {
        /// What is wrong with it; never repeats the URL, which may hold a password.
        problem: String,
    },
    /// The database could not be opened.
    #[error("the {engine} database cannot be opened")]
    Open {
        /// Which engine.
        engine: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The file of the database could not be made.
    #[error("the database file {path} cannot be created")]
    CreateFile {
        /// Which file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database was written by a later release.
    #[error(
        "the database is at migration {found}, this release knows only {known}: run a later release"
    )]
    Newer {
        /// The database's last migration.
        found: i64,
        /// The last one that this release knows.
        known: i64,
    },
    /// A migration that the database has is not the one that this release has.
    #[error("migration {number} of the database differs from this release's migration {number}")]
    MigrationDiffers {
        /// Which migration.
        number: i64,
    },
    /// A migration failed and was undone.
    #[error("migration {number} ({name}) failed")]
    Migration {
        /// Which migration.
        number: i64,
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A statement failed.
    #[error("a statement of the archive failed: {sql}")]
    Statement {
        /// The statement, with placeholders for its values.
        sql: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A transaction could not begin or commit.
    #[error("a transaction of the archive could not {step}")]
    Transaction {
        /// `begin` or `commit`.
        step: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value is not of the form that it was stored in.
    #[error("a stored `{column}` cannot be read: {problem}")]
    Corrupt {
        /// Which column or document.
        column: &'static str,
        /// What is wrong; never repeats the value.
        problem: String,
    },
    /// The caller handed in something that can never be stored.
    #[error("`{field}` cannot be stored: {problem}")]
    Unstorable {
        /// Which argument.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// No tenant of this name exists.
    #[error("the tenant `{tenant}` does not exist")]
    UnknownTenant {
        /// The name.
        tenant: domain::TenantId,
    },
    /// Others kept changing the same row.
    #[error("{what} kept changing under concurrent writers")]
    Contended {
        /// What.
        what: &'static str,
    },
}

impl RecordsError {
    /// Is trying the same again likely to help? True when the database was unreachable or busy.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Open { source, .. }
            | Self::Statement { source, .. }
            | Self::Transaction { source, .. }
            | Self::Migration { source, .. } => is_passing(source),
            Self::Contended { .. } => true,
            Self::Url { .. }
            | Self::CreateFile { .. }
            | Self::Newer { .. }
            | Self::MigrationDiffers { .. }
            | Self::Corrupt { .. }
            | Self::Unstorable { .. }
            | Self::UnknownTenant { .. } => false,
        }
    }
}

fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        // PostgreSQL: serialisation, deadlock, connection and shutdown classes; SQLite: busy, locked.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            ["40", "08", "57P"].iter().any(|class| code.starts_with(class))
                || matches!(code.as_ref(), "5" | "6" | "261" | "517")
        }),
        _ => false,
    }
}
