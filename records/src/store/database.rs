//! Connections: one writer and a few readers for SQLite, a pool for PostgreSQL.
//!
//! SQLite allows one writer. All writes of this process take turns (single statements that wait are
//! written together, see [`super::thread`]), and
//! every transaction takes the write lock as it begins, so none has to be upgraded half way (the one
//! case in which waiting does not help and SQLite answers "busy"). Other processes are waited for.

use super::Engine;
use super::statement::{Row, Statement, Value, sql};
use super::thread::{Duty, Thread, Work};
use crate::error::{RecordsError, Result};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Postgres, Sqlite};
use std::{path::Path, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a writer waits for another process's lock on the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Reading connections to SQLite; they never wait for the writer.
const SQLITE_READERS_MAX: u32 = 4;
/// Connections to PostgreSQL from one gateway.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// A statement that runs longer has gone wrong; PostgreSQL ends it.
const STATEMENT_TIMEOUT: &str = "30s";
/// A gateway that stands still inside a transaction must not hold the others' locks for ever.
const IDLE_TRANSACTION_TIMEOUT: &str = "60s";
/// Rows of an index that SQLite looks at when it refreshes its statistics on closing.
const ANALYSIS_LIMIT: u32 = 400;

/// Runs a [`Statement`] on one engine. A macro, since sqlx's engines share no type to be generic over
/// without bounds longer than this.
macro_rules! run {
    ($engine:ty, $executor:expr, $statement:expr, $method:ident) => {{
        let Statement { text, values } = $statement;
        #[cfg(test)]
        check_tenant(&text);
        let sql = text.clone();
        let mut query = sqlx::query::<$engine>(AssertSqlSafe(text));
        for value in values {
            query = match value {
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Bool(yes) => query.bind(yes),
            };
        }
        let answer = query.$method($executor).await;
        answer.map_err(|source| RecordsError::Statement { sql: sql.into_owned(), source })
    }};
}
/// In tests every statement that runs must ask for its tenant, but for those that find tenants and
/// those that touch no tenant's rows.
#[cfg(test)]
pub(super) fn check_tenant(text: &str) {
    const WITHOUT: [&str; 10] = [
        "SELECT 1 AS one",
        "SELECT pg_advisory_xact_lock(",
        "SET LOCAL statement_timeout = 0",
        "CREATE TABLE IF NOT EXISTS migrations ",
        "SELECT number, sha256 FROM migrations ",
        "INSERT INTO migrations ",
        "SELECT id, name, created_at FROM tenants ",
        "SELECT tenant FROM api_keys WHERE id = $1",
        // Is the id another tenant's? Only that there is one is read.
        "SELECT 1 AS one FROM settings WHERE kind = $1 AND id = $2 AND tenant <> $3 LIMIT 1",
        // Its row is tied to one of `messages`, which has the tenant.
        "INSERT INTO message_search (rowid, tokens) ",
    ];
    let is_free = WITHOUT.iter().any(|known| match known.ends_with([' ', '(']) {
        true => text.starts_with(known),
        false => text == *known,
    });
    let is_bound = match text.split(' ').next() {
        Some("INSERT") => text.contains("(tenant, ") || text.contains(", tenant)"),
        _ => text.contains("tenant = $"),
    };
    let is_of_tenants =
        text.starts_with("INSERT INTO tenants ") || text.ends_with(" WHERE id = $1");
    let finds_itself = is_of_tenants && text.contains(" tenants ");
    assert!(is_free || is_bound || finds_itself, "a statement without its tenant: {text}");
}

/// The open database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// SQLite: two connections write, in turn, the others read.
    Sqlite {
        /// Writes transactions of several steps.
        writer: SqlitePool,
        /// Whoever holds it may write.
        turn: Arc<Mutex<()>>,
        /// Writes single statements.
        statements: Thread,
        /// Looks up single rows.
        lookups: Thread,
        /// These read lists.
        readers: SqlitePool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Database {
    pub(crate) async fn open_sqlite(url: &str) -> Result<Self> {
        let path = sqlite_path(url)?;
        create_private_file(path)?;
        let failed = |source| RecordsError::Open { engine: "SQLite", source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = || SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        // The writer opens first, so that the readers find the file in WAL mode.
        let writer = pool()
            .min_connections(1)
            .max_connections(1)
            .connect_with(options.clone().optimize_on_close(true, ANALYSIS_LIMIT))
            .await
            .map_err(failed)?;
        let readers = pool()
            .max_connections(SQLITE_READERS_MAX)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(failed)?;
        let turn = Arc::new(Mutex::new(()));
        let statements = Thread::start(path, BUSY_TIMEOUT, Duty::Write(turn.clone()))?;
        let lookups = Thread::start(path, BUSY_TIMEOUT, Duty::Read)?;
        Ok(Self::Sqlite { writer, turn, statements, lookups, readers })
    }

    pub(crate) async fn open_postgres(url: &str) -> Result<Self> {
        // The parser's own error might repeat parts of the URL.
        let options = PgConnectOptions::from_str(url)
            .map_err(|_hidden| RecordsError::Url {
                problem: "it is not a PostgreSQL URL".to_owned(),
            })?
            .application_name("hutong")
            .options([
                ("statement_timeout", STATEMENT_TIMEOUT),
                ("idle_in_transaction_session_timeout", IDLE_TRANSACTION_TIMEOUT),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|source| RecordsError::Open { engine: "PostgreSQL", source })?;
        Ok(Self::Postgres(pool))
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        match self {
            Self::Sqlite { writer, turn, .. } => {
                let turn = Some(turn.clone().lock_owned().await);
                let begun = writer.begin_with("BEGIN IMMEDIATE").await;
                begun.map(|tx| Transaction::Sqlite(tx, turn))
            }
            Self::Postgres(pool) => pool.begin().await.map(Transaction::Postgres),
        }
        .map_err(|source| RecordsError::Transaction { step: "begin", source })
    }

    /// Begins a transaction that only reads, and sees one state throughout.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction> {
        match self {
            Self::Sqlite { readers, .. } => {
                readers.begin().await.map(|tx| Transaction::Sqlite(tx, None))
            }
            Self::Postgres(pool) => pool
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map(Transaction::Postgres),
        }
        .map_err(|source| RecordsError::Transaction { step: "begin", source })
    }

    /// Reads all rows.
    pub(crate) async fn all(&self, statement: Statement) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite { readers, .. } => {
                run!(Sqlite, readers, statement, fetch_all).map(sqlite_rows)
            }
            Self::Postgres(pool) => run!(Postgres, pool, statement, fetch_all).map(postgres_rows),
        }
    }

    /// Reads one row that is found by a key or an index; others wait behind it.
    pub(crate) async fn one(&self, statement: Statement) -> Result<Option<Row>> {
        let rows = match self {
            Self::Sqlite { lookups, .. } => lookups.run_one(Work::Rows(statement)).await?.rows,
            Self::Postgres(_) => self.all(statement).await?,
        };
        Ok(rows.into_iter().next())
    }

    /// Writes by one statement; tells how many rows it changed.
    pub(crate) async fn write(&self, statement: Statement) -> Result<u64> {
        match self {
            Self::Sqlite { statements, .. } => {
                statements.run_one(Work::Change(statement)).await.map(|answer| answer.changed)
            }
            Self::Postgres(pool) => {
                run!(Postgres, pool, statement, execute).map(|done| done.rows_affected())
            }
        }
    }

    /// Writes by several statements, all or none; tells how many rows each changed.
    pub(crate) async fn write_all(&self, statements: Vec<Statement>) -> Result<Vec<u64>> {
        match self {
            Self::Sqlite { statements: writer, .. } => {
                let works = statements.into_iter().map(Work::Change).collect();
                let answers = writer.run(works).await?;
                Ok(answers.into_iter().map(|answer| answer.changed).collect())
            }
            Self::Postgres(_) => {
                let mut tx = self.begin().await?;
                let mut changed = Vec::with_capacity(statements.len());
                for statement in statements {
                    changed.push(tx.write(statement).await?);
                }
                tx.commit().await?;
                Ok(changed)
            }
        }
    }

    /// Writes by one statement with a RETURNING clause; gives the first row.
    pub(crate) async fn write_returning(&self, statement: Statement) -> Result<Option<Row>> {
        // All rows are fetched, so that the statement runs to its end and commits.
        let rows = match self {
            Self::Sqlite { statements, .. } => {
                statements.run_one(Work::Rows(statement)).await.map(|answer| answer.rows)
            }
            Self::Postgres(pool) => run!(Postgres, pool, statement, fetch_all).map(postgres_rows),
        }?;
        Ok(rows.into_iter().next())
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, statements, lookups, readers, .. } => {
                statements.close().await;
                lookups.close().await;
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction of either engine. Dropped without [`Transaction::commit`], it is undone.
#[derive(Debug)]
pub(crate) enum Transaction {
    /// With its turn, if it writes.
    Sqlite(sqlx::Transaction<'static, Sqlite>, Option<OwnedMutexGuard<()>>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// Makes transactions that lock the same name wait for each other until they end. SQLite's
    /// already do, for whichever name.
    pub(crate) async fn lock(&mut self, noun: &'static str, name: &str) -> Result<()> {
        if let Self::Postgres(_) = self {
            let lock = sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
            self.all(lock.bind(format!("hutong/{noun}/{name}"))).await?;
        }
        Ok(())
    }

    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(tx, _) => run!(Sqlite, &mut **tx, statement, fetch_all).map(sqlite_rows),
            Self::Postgres(tx) => {
                run!(Postgres, &mut **tx, statement, fetch_all).map(postgres_rows)
            }
        }
    }

    pub(crate) async fn one(&mut self, statement: Statement) -> Result<Option<Row>> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// Tells how many rows the statement changed.
    pub(crate) async fn write(&mut self, statement: Statement) -> Result<u64> {
        match self {
            Self::Sqlite(tx, _) => {
                run!(Sqlite, &mut **tx, statement, execute).map(|done| done.rows_affected())
            }
            Self::Postgres(tx) => {
                run!(Postgres, &mut **tx, statement, execute).map(|done| done.rows_affected())
            }
        }
    }

    /// Runs a text of several statements without values: a migration.
    pub(crate) async fn run_script(&mut self, script: &'static str) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx, _) => sqlx::raw_sql(script).execute(&mut **tx).await.map(drop),
            Self::Postgres(tx) => sqlx::raw_sql(script).execute(&mut **tx).await.map(drop),
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx, _turn) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(|source| RecordsError::Transaction { step: "commit", source })
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(..) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

fn sqlite_rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn postgres_rows(rows: Vec<sqlx::postgres::PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

fn sqlite_path(url: &str) -> Result<&Path> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    let problem = if path.is_empty() || path.starts_with(":memory:") {
        "it needs a file: memory would forget everything"
    } else if path.contains("://") {
        "the scheme is not known"
    } else if path.contains('?') {
        "a SQLite path takes no options"
    } else {
        return Ok(Path::new(path));
    };
    Err(RecordsError::Url { problem: problem.to_owned() })
}

/// Makes the file, readable by its owner alone: it holds what people wrote. SQLite gives its log and
/// index files the same mode.
fn create_private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|source| RecordsError::CreateFile { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_url_is_a_path() {
        for url in ["/data/r.db", "sqlite:/data/r.db", "sqlite:///data/r.db"] {
            assert_eq!(sqlite_path(url).unwrap(), Path::new("/data/r.db"), "{url}");
        }
        for url in ["", "sqlite::memory:", "mysql://h/d", "sqlite:/r.db?mode=ro"] {
            assert!(sqlite_path(url).is_err(), "{url}");
        }
    }
}
