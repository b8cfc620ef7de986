//! Reads a tenant's commits from a cursor. Truth is read from the stream; nothing is pushed that
//! could be missed.

use crate::error::RoutingError;
use crate::keys;
use crate::router::Router;
use crate::store::{OwnConnection, Store};
use domain::{Commit, Event, TenantId};
use redis::Value;

/// What a read found.
#[derive(Debug)]
pub enum Read {
    /// These commits follow the cursor; empty when nothing came in time.
    Commits(Vec<Commit>),
    /// The cursor lies before what is kept: commits were missed, start anew.
    Lost,
}

/// Reads commits of one tenant, on a connection of its own.
#[derive(Debug)]
pub struct EventReader {
    store: Store,
    connection: Option<OwnConnection>,
    key: String,
    cursor: String,
}

impl EventReader {
    /// A reader that goes on after `cursor` (`$` is from now on, `0-0` from the beginning).
    pub fn new(store: &Store, tenant: &TenantId, cursor: &str) -> Self {
        let (key, cursor) = (keys::events(tenant), cursor.to_owned());
        Self { store: store.clone(), connection: None, key, cursor }
    }

    /// Where it reads on.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The next commits, waiting at most `block_ms` for the first. After an error the next call
    /// connects anew and goes on at the same place.
    ///
    /// Cancel safety: safe; the cursor moves only when commits are returned.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn next(&mut self, limit: usize, block_ms: u64) -> Result<Vec<Commit>, RoutingError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.own_connection().await?,
        };
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(limit).arg("BLOCK").arg(block_ms.max(1));
        read.arg("STREAMS").arg(&self.key).arg(&self.cursor);
        let value = connection.run("next", &read).await?;
        self.connection = Some(connection);
        let commits = match &value {
            Value::Nil => Vec::new(),
            _ => stream_entries(&value)
                .map(|entries| decode(&self.key, entries))
                .transpose()?
                .unwrap_or_default(),
        };
        if let Some(last) = commits.last() {
            self.cursor.clone_from(&last.cursor);
        }
        Ok(commits)
    }
}

impl Router {
    /// The cursor of the newest commit; `0-0` when there is none.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn newest_cursor(&self, tenant: &TenantId) -> Result<String, RoutingError> {
        let mut newest = redis::cmd("XREVRANGE");
        newest.arg(keys::events(tenant)).arg("+").arg("-").arg("COUNT").arg(1);
        let value = self.store().run("newest_cursor", &newest).await?;
        Ok(oldest_id(&value).unwrap_or_else(|| "0-0".to_owned()))
    }

    /// At most `limit` commits after `cursor`, without waiting; [`Read::Lost`] when some before
    /// them are no longer kept.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn commits_after(
        &self,
        tenant: &TenantId,
        cursor: &str,
        limit: usize,
    ) -> Result<Read, RoutingError> {
        let key = keys::events(tenant);
        let mut range = redis::cmd("XRANGE");
        // The cursor itself is read too: when it is still there, nothing was lost.
        range.arg(&key).arg(cursor).arg("+").arg("COUNT").arg(limit.saturating_add(1));
        let value = self.store().run("commits_after", &range).await?;
        let Value::Array(entries) = &value else { return Ok(Read::Commits(Vec::new())) };
        let mut commits = decode(&key, entries)?;
        if commits.first().is_some_and(|first| first.cursor == cursor) {
            commits.remove(0);
            return Ok(Read::Commits(commits));
        }
        // The cursor's own commit is gone: fine only if nothing was ever trimmed beyond it.
        if cursor == "0-0" { Ok(Read::Commits(commits)) } else { Ok(Read::Lost) }
    }
}

/// The entries of the only stream in an XREAD reply, of either protocol.
fn stream_entries(value: &Value) -> Option<&Vec<Value>> {
    match value {
        Value::Map(streams) => match streams.first() {
            Some((_, Value::Array(entries))) => Some(entries),
            _ => None,
        },
        Value::Array(streams) => match streams.first() {
            Some(Value::Array(pair)) => match pair.get(1) {
                Some(Value::Array(entries)) => Some(entries),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn decode(key: &str, entries: &[Value]) -> Result<Vec<Commit>, RoutingError> {
    let corrupt = |problem: String| RoutingError::Corrupt { key: key.to_owned(), problem };
    let mut commits = Vec::with_capacity(entries.len());
    for entry in entries {
        let Value::Array(parts) = entry else { return Err(corrupt("an entry".to_owned())) };
        let (Some(Value::BulkString(id)), Some(Value::Array(fields))) =
            (parts.first(), parts.get(1))
        else {
            return Err(corrupt("an entry's parts".to_owned()));
        };
        let cursor = String::from_utf8_lossy(id).into_owned();
        let mut events: Vec<Event> = Vec::with_capacity(fields.len() / 2);
        for value in fields.iter().skip(1).step_by(2) {
            let Value::BulkString(json) = value else {
                return Err(corrupt(format!("commit {cursor}")));
            };
            let event = serde_json::from_slice(json);
            events.push(event.map_err(|error| corrupt(format!("commit {cursor}: {error}")))?);
        }
        commits.push(Commit { cursor, events });
    }
    Ok(commits)
}

/// The id of the last entry of an X(REV)RANGE reply.
pub(crate) fn oldest_id(value: &Value) -> Option<String> {
    let Value::Array(entries) = value else { return None };
    let Some(Value::Array(parts)) = entries.last() else { return None };
    match parts.first() {
        Some(Value::BulkString(id)) => Some(String::from_utf8_lossy(id).into_owned()),
        _ => None,
    }
}

/// Is stream id `a` before `b`?
pub fn is_before(a: &str, b: &str) -> bool {
    let parts = |id: &str| -> (u64, u64) {
        let (ms, n) = id.split_once('-').unwrap_or((id, "0"));
        (ms.parse().unwrap_or(0), n.parse().unwrap_or(0))
    };
    parts(a) < parts(b)
}
