//! The one writer of SQLite: what waits is written together, in one transaction.
//!
//! A commit costs the same for one statement as for a hundred: a write of the log that the disk must
//! confirm. While one commit is under way, others queue up and become the next one.

use super::database::{Answer, SqliteWrite, run_sqlite};
use crate::error::{RecordsError, Result};
use sqlx::Sqlite;
use sqlx::sqlite::SqlitePool;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// So many statements are written together; more wait for the next commit.
const TOGETHER_MAX: usize = 256;
/// So many statements wait; whoever comes then waits for room.
const WAITING_MAX: usize = 4_096;

/// Statements that are written all or none, and who waits for their answers.
struct Job {
    writes: Vec<SqliteWrite>,
    reply: oneshot::Sender<Result<Vec<Answer>>>,
}

/// Hands statements to the writer. Clones share it; when the last goes, the writer ends.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    _task: Arc<JoinSet<()>>,
}

impl Writer {
    /// Starts the writer of a pool of one connection, on the runtime in which it is called.
    pub(crate) fn start(pool: SqlitePool) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let mut task = JoinSet::new();
        task.spawn(write_all(pool, waiting));
        Self { jobs, _task: Arc::new(task) }
    }

    /// Resolves after the commit. If dropped before, the statements may be written or not.
    pub(crate) async fn write(&self, writes: Vec<SqliteWrite>) -> Result<Vec<Answer>> {
        let (reply, answers) = oneshot::channel();
        self.jobs.send(Job { writes, reply }).await.map_err(|_closed| gone())?;
        answers.await.map_err(|_dropped| gone())?
    }

    /// The same of one statement.
    pub(crate) async fn write_one(&self, write: SqliteWrite) -> Result<Answer> {
        self.write(vec![write]).await?.pop().ok_or_else(gone)
    }
}

fn gone() -> RecordsError {
    RecordsError::Transaction { step: "reach", source: sqlx::Error::WorkerCrashed }
}

async fn write_all(pool: SqlitePool, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(TOGETHER_MAX);
    while waiting.recv_many(&mut jobs, TOGETHER_MAX).await > 0 {
        let together = match jobs.len() {
            1 => None,
            _ => write_together(&pool, &jobs).await.ok(),
        };
        let mut together = together.into_iter().flatten();
        for Job { writes, reply } in jobs.drain(..) {
            let answers = match together.next() {
                Some(answers) => Ok(answers),
                // Nothing was written: each is tried by itself and gets the error that is its own.
                None => write_alone(&pool, writes).await,
            };
            // Nobody may wait any more: then nobody needs to know.
            let _gone = reply.send(answers);
        }
    }
}

/// The answers to all jobs, after one commit.
async fn write_together(pool: &SqlitePool, jobs: &[Job]) -> Result<Vec<Vec<Answer>>> {
    let mut tx = begin(pool).await?;
    let mut all = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut answers = Vec::with_capacity(job.writes.len());
        for write in &job.writes {
            answers.push(run_sqlite(&mut *tx, write.clone()).await?);
        }
        all.push(answers);
    }
    commit(tx).await?;
    Ok(all)
}

async fn write_alone(pool: &SqlitePool, mut writes: Vec<SqliteWrite>) -> Result<Vec<Answer>> {
    if writes.len() == 1
        && let Some(write) = writes.pop()
    {
        return Ok(vec![run_sqlite(pool, write).await?]);
    }
    let mut tx = begin(pool).await?;
    let mut answers = Vec::with_capacity(writes.len());
    for write in writes {
        answers.push(run_sqlite(&mut *tx, write).await?);
    }
    commit(tx).await?;
    Ok(answers)
}

async fn begin(pool: &SqlitePool) -> Result<sqlx::Transaction<'static, Sqlite>> {
    let begun = pool.begin_with("BEGIN IMMEDIATE").await;
    begun.map_err(|source| RecordsError::Transaction { step: "begin", source })
}

async fn commit(tx: sqlx::Transaction<'static, Sqlite>) -> Result<()> {
    let done = tx.commit().await;
    done.map_err(|source| RecordsError::Transaction { step: "commit", source })
}
