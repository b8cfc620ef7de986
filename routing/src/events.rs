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
    /// A reader that goes on after `cursor` (`0-0` is from the beginning).
    pub fn new(store: &Store, tenant: &TenantId, cursor: &str) -> Self {
        let (key, cursor) = (keys::events(tenant), cursor.to_owned());
        Self { store: store.clone(), connection: None, key, cursor }
    }

    /// Where it reads on.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The next commits, waiting at most `block_ms` for the first. After an error the next call
    /// connects anew and goes on at the same place; after [`Read::Lost`] a new reader is needed.
    ///
    /// Cancel safety: safe; the cursor moves only when commits are returned.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn next(&mut self, limit: usize, block_ms: u64) -> Result<Read, RoutingError> {
        let (mut connection, fresh) = match self.connection.take() {
            Some(connection) => (connection, false),
            None => (self.store.own_connection().await?, true),
        };
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(limit).arg("BLOCK").arg(block_ms.max(1));
        read.arg("STREAMS").arg(&self.key).arg(&self.cursor);
        let value = connection.run("next", &read).await?;
        let entries = stream_entries(&value).map_or(&[][..], Vec::as_slice);
        // XREAD goes on at the first entry that is left and does not say what was trimmed before it.
        // Only a reader that was away, or is a full batch behind, can have been overtaken.
        let may_be_cut = !entries.is_empty() && (fresh || entries.len() >= limit);
        if may_be_cut {
            let info = connection.run("next", &stream_info(&self.key)).await?;
            if is_cut(&info, &self.cursor) {
                return Ok(Read::Lost);
            }
        }
        let commits = decode(&self.store, &self.key, entries)?;
        self.connection = Some(connection);
        if let Some(last) = commits.last() {
            self.cursor.clone_from(&last.cursor);
        }
        Ok(Read::Commits(commits))
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
        let mut commits = decode(self.store(), &key, entries)?;
        if commits.first().is_some_and(|first| first.cursor == cursor) {
            commits.remove(0);
            return Ok(Read::Commits(commits));
        }
        // The cursor's own commit is gone: fine only for the beginning, if nothing was ever trimmed.
        if cursor != "0-0" {
            return Ok(Read::Lost);
        }
        if commits.is_empty() {
            return Ok(Read::Commits(commits));
        }
        let info = self.store().run("commits_after", &stream_info(&key)).await?;
        Ok(if is_cut(&info, cursor) { Read::Lost } else { Read::Commits(commits) })
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

fn stream_info(key: &str) -> redis::Cmd {
    let mut info = redis::cmd("XINFO");
    info.arg("STREAM").arg(key);
    info
}

/// Was the stream trimmed beyond a cursor? Its own entry is the last one that must be left.
fn is_cut(info: &Value, cursor: &str) -> bool {
    let number = |name| match field(info, name) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    };
    if cursor == "0-0" {
        return number("entries-added") > number("length");
    }
    let Some(Value::Array(first)) = field(info, "first-entry") else { return true };
    let first = first.first().and_then(crate::router::text).unwrap_or_default();
    is_before(cursor, &first)
}

/// A field of an XINFO reply, of either protocol.
fn field<'a>(info: &'a Value, name: &str) -> Option<&'a Value> {
    let is_named = |key: &Value| crate::router::text(key).as_deref() == Some(name);
    match info {
        Value::Map(pairs) => pairs.iter().find(|(key, _)| is_named(key)).map(|(_, value)| value),
        Value::Array(items) => {
            items.chunks_exact(2).find(|pair| pair.first().is_some_and(is_named))?.get(1)
        }
        _ => None,
    }
}

fn decode(store: &Store, key: &str, entries: &[Value]) -> Result<Vec<Commit>, RoutingError> {
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
            match serde_json::from_slice(json) {
                Ok(event) => events.push(event),
                // A newer gateway on the same Redis may tell what this one does not know yet: to
                // stand still for ever before it would lose all that follows.
                Err(error) => {
                    tracing::warn!(key, cursor, error = %error, "an event that cannot be read was passed over");
                    store.observe("read_event", "skipped");
                }
            }
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
