//! SQLite's own threads: one writes single statements, one looks up single rows. Each takes whatever
//! waits in one go, so that a hundred callers at once cost one handing over there and not a hundred.
//!
//! A library for one thread does this (rusqlite), since sqlx hands each statement to a thread of its own
//! and each row back; transactions of several steps and long lists stay with sqlx.

use super::statement::{Cell, HeldRow, Row, Statement, Value};
use crate::error::{RecordsError, Result};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};

/// So many statements are taken together; more wait for the next time.
const TOGETHER_MAX: usize = 256;
/// So many statements wait; whoever comes then waits for room.
const WAITING_MAX: usize = 4_096;
/// So many statements stay prepared.
const PREPARED_MAX: usize = 128;

/// A statement, and what is wanted of it.
#[derive(Debug, Clone)]
pub(super) enum Work {
    /// Its count of changed rows.
    Change(Statement),
    /// Its rows.
    Rows(Statement),
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// So many rows were changed; 0 when rows were wanted.
    pub(super) changed: u64,
    /// The rows, when they were wanted.
    pub(super) rows: Vec<Row>,
}

/// Statements that are carried out all or none, and who waits for their answers.
struct Job {
    works: Vec<Work>,
    reply: oneshot::Sender<Result<Vec<Answer>>>,
}

enum Order {
    Run(Job),
    /// Close the connection and end.
    Close(oneshot::Sender<()>),
}

/// Hands statements to a thread. Clones share it; when the last goes, the thread ends.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    orders: mpsc::Sender<Order>,
}

/// What a thread does with what waits.
#[derive(Debug, Clone)]
pub(crate) enum Duty {
    /// Write it together, in one transaction. A commit costs the same for one statement as for a
    /// hundred: a write of the log that the disk must confirm. It holds the turn meanwhile: whoever else
    /// writes in this process waits for it instead of asking SQLite again and again.
    Write(Arc<Mutex<()>>),
    /// Read it, one after the other.
    Read,
}

impl Thread {
    /// Opens a connection and starts its thread.
    ///
    /// # Errors
    /// When the file cannot be opened, or no thread be started.
    pub(crate) fn start(path: &Path, busy_timeout: Duration, duty: Duty) -> Result<Self> {
        let failed = |error: rusqlite::Error| RecordsError::Open {
            engine: "SQLite",
            source: as_sqlx(error),
        };
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(busy_timeout).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_MAX);
        let (name, pragmas) = match &duty {
            Duty::Write(_) => {
                ("records-writer", "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL")
            }
            Duty::Read => ("records-reader", "PRAGMA query_only = ON"),
        };
        connection.execute_batch(pragmas).map_err(failed)?;
        let (orders, waiting) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || serve(connection, &duty, waiting))
            .map_err(|error| RecordsError::Open { engine: "SQLite", source: error.into() })?;
        Ok(Self { orders })
    }

    /// Resolves after the commit. If dropped before, the statements may be written or not.
    pub(super) async fn run(&self, works: Vec<Work>) -> Result<Vec<Answer>> {
        let (reply, answers) = oneshot::channel();
        let order = Order::Run(Job { works, reply });
        self.orders.send(order).await.map_err(|_closed| gone())?;
        answers.await.map_err(|_dropped| gone())?
    }

    /// The same of one statement.
    pub(super) async fn run_one(&self, work: Work) -> Result<Answer> {
        self.run(vec![work]).await?.pop().ok_or_else(gone)
    }

    /// Closes the connection behind what waits. What comes later is refused.
    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).await.is_ok() {
            // Gone without a word it is closed as well.
            let _gone = done.await;
        }
    }
}

fn gone() -> RecordsError {
    RecordsError::Transaction { step: "reach", source: sqlx::Error::PoolClosed }
}

fn serve(connection: Connection, duty: &Duty, mut waiting: mpsc::Receiver<Order>) {
    let (mut orders, mut jobs) = (Vec::with_capacity(TOGETHER_MAX), Vec::new());
    while waiting.blocking_recv_many(&mut orders, TOGETHER_MAX) > 0 {
        let mut closing = None;
        for order in orders.drain(..) {
            match order {
                Order::Run(job) => jobs.push(job),
                Order::Close(closed) => closing = Some(closed),
            }
        }
        match duty {
            Duty::Write(turn) => {
                let _turn = turn.blocking_lock();
                write(&connection, &mut jobs);
            }
            Duty::Read => jobs.drain(..).for_each(|job| job.answer(&connection)),
        }
        if let Some(closed) = closing {
            if let Err((_, error)) = connection.close() {
                tracing::warn!(%error, "a connection to the records did not close");
            }
            let _gone = closed.send(());
            return;
        }
    }
}

/// Writes jobs in one transaction; if it fails, each by itself, so that it gets the error that is its own.
fn write(connection: &Connection, jobs: &mut Vec<Job>) {
    let together = match jobs.len() {
        0 | 1 => None,
        _ => in_transaction(connection, || {
            jobs.iter().map(|job| job.run(connection)).collect::<Result<Vec<_>>>()
        })
        .ok(),
    };
    let mut together = together.into_iter().flatten();
    for job in jobs.drain(..) {
        match together.next() {
            Some(answers) => job.tell(Ok(answers)),
            None if job.works.len() == 1 => job.answer(connection),
            None => {
                let answers = in_transaction(connection, || job.run(connection));
                job.tell(answers);
            }
        }
    }
}

impl Job {
    fn run(&self, connection: &Connection) -> Result<Vec<Answer>> {
        self.works.iter().map(|work| run(connection, work)).collect()
    }

    fn answer(self, connection: &Connection) {
        let answers = self.run(connection);
        self.tell(answers);
    }

    fn tell(self, answers: Result<Vec<Answer>>) {
        // Nobody may wait any more: then nobody needs to know.
        let _gone = self.reply.send(answers);
    }
}

fn in_transaction<T>(connection: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let step = |step, text| {
        let done = connection.prepare_cached(text).and_then(|mut prepared| prepared.execute([]));
        let failed = |error| RecordsError::Transaction { step, source: as_sqlx(error) };
        done.map(drop).map_err(failed)
    };
    step("begin", "BEGIN IMMEDIATE")?;
    let done = work().and_then(|done| step("commit", "COMMIT").map(|()| done));
    if done.is_err() && !connection.is_autocommit() {
        // Otherwise SQLite has undone it already.
        step("undo", "ROLLBACK")?;
    }
    done
}

fn run(connection: &Connection, work: &Work) -> Result<Answer> {
    let (Work::Change(statement) | Work::Rows(statement)) = work;
    #[cfg(test)]
    super::database::check_tenant(&statement.text);
    let wants_rows = matches!(work, Work::Rows(_));
    carry_out(connection, statement, wants_rows.then(Vec::new)).map_err(|error| {
        RecordsError::Statement { sql: statement.text.to_string(), source: as_sqlx(error) }
    })
}

fn carry_out(
    connection: &Connection,
    statement: &Statement,
    rows: Option<Vec<Row>>,
) -> rusqlite::Result<Answer> {
    let mut prepared = connection.prepare_cached(&statement.text)?;
    for place in 1..=prepared.parameter_count() {
        // SQLite numbers `$3` by where it stands, we by what it says.
        let name = prepared.parameter_name(place).and_then(|name| name.strip_prefix('$'));
        let number = name.and_then(|number| number.parse::<usize>().ok());
        let value = number.and_then(|number| statement.values.get(number.checked_sub(1)?));
        let value =
            value.ok_or(rusqlite::Error::InvalidParameterCount(statement.values.len(), place))?;
        prepared.raw_bind_parameter(place, value)?;
    }
    let Some(mut all) = rows else {
        let changed = prepared.raw_execute()?;
        return Ok(Answer { changed: changed as u64, rows: Vec::new() });
    };
    let names: Arc<[String]> = prepared.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        let cells = (0..names.len()).map(|column| row.get_ref(column).map(cell));
        let cells = cells.collect::<rusqlite::Result<_>>()?;
        all.push(Row::Held(HeldRow { names: names.clone(), cells }));
    }
    Ok(Answer { changed: 0, rows: all })
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(_) => Cell::Real,
        // SQLite does not check texts; what is no text is shown as well as it can be.
        ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(None) | Self::Text(None) => ValueRef::Null,
            Self::Int(Some(number)) => ValueRef::Integer(*number),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Bool(yes) => ValueRef::Integer(i64::from(*yes)),
        }))
    }
}

/// An error of SQLite as sqlx would tell it, so that there is one kind.
fn as_sqlx(error: rusqlite::Error) -> sqlx::Error {
    match error {
        rusqlite::Error::SqliteFailure(error, message) => {
            let message = message.unwrap_or_else(|| error.to_string());
            sqlx::Error::Database(Box::new(Failure { code: error.extended_code, message }))
        }
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

/// What SQLite said.
#[derive(Debug, thiserror::Error)]
#[error("(code: {code}) {message}")]
struct Failure {
    /// The extended result code.
    code: i32,
    message: String,
}

impl sqlx::error::DatabaseError for Failure {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(self.code.to_string()))
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        match self.code {
            1_555 | 2_067 => sqlx::error::ErrorKind::UniqueViolation,
            787 => sqlx::error::ErrorKind::ForeignKeyViolation,
            1_299 => sqlx::error::ErrorKind::NotNullViolation,
            275 => sqlx::error::ErrorKind::CheckViolation,
            _ => sqlx::error::ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statement::sql;

    fn told(error: rusqlite::Error) -> RecordsError {
        RecordsError::Statement { sql: String::new(), source: as_sqlx(error) }
    }

    #[test]
    fn a_busy_database_may_be_asked_again_and_a_wrong_statement_not() {
        let code = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        assert!(told(code(5)).may_retry());
        assert!(told(code(517)).may_retry());
        assert!(!told(code(19)).may_retry());
        assert!(!told(rusqlite::Error::InvalidQuery).may_retry());
    }

    #[test]
    fn values_go_where_their_numbers_say_and_come_back_as_they_are() {
        let connection = Connection::open_in_memory().unwrap();
        let select = sql("SELECT $3 AS c, $1 AS a, $2 AS b, $1 AS d, $4 AS e, $5 AS f");
        let select = select.bind("一").bind(2_i64).bind(&b"3"[..]).bind(None::<i64>).bind(true);
        let answer = carry_out(&connection, &select, Some(Vec::new())).unwrap();
        let [row] = answer.rows.as_slice() else { panic!("one row") };
        assert_eq!(row.get::<String>("a").unwrap(), "一");
        assert_eq!(row.get::<i64>("b").unwrap(), 2);
        assert_eq!(row.get::<Vec<u8>>("c").unwrap(), b"3");
        assert_eq!(row.get::<Option<String>>("d").unwrap().as_deref(), Some("一"));
        assert_eq!(row.get::<Option<i64>>("e").unwrap(), None);
        assert!(row.get::<bool>("f").unwrap());
        assert!(row.get::<i64>("a").is_err(), "a text is no number");
        assert!(row.get::<i64>("g").is_err(), "there is no such column");
        let missing = carry_out(&connection, &sql("SELECT $2 AS a").bind(1_i64), Some(Vec::new()));
        assert!(missing.is_err(), "a value is missing");
    }
}
