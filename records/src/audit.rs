//! The audit trail: who did what to which object, in rows that are only ever appended.
//!
//! Each row's hash covers its content and the hash of the row before, so a row that was changed,
//! taken out or put in later breaks the chain at its place; the head that is kept beside the rows
//! shows when rows were cut off at the end. Whoever can rewrite the whole database can also rewrite
//! the chain: print or export a head now and then to notice even that.

use crate::error::{RecordsError, Result};
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::{Row, json, sql, storable};
use domain::{TenantId, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cmp::Ordering;

handle!(Audit, "The audit trail.");

/// How many rows are checked at a time.
const VERIFY_ROWS: u32 = 1000;
/// What a trail's first row has for the hash of the row before.
const FIRST_PREV_HASH: [u8; 32] = [0; 32];
/// Where a reader stands who has stored nothing yet.
const BEGINNING: &str = "0-0";

/// Something that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// By whom: `agent:<id>`, `contact:<id>`, `api_key:<id>`, `system`.
    pub actor: String,
    /// What, in one word of the glossary, for example `conversation_assigned` or `signed_in`.
    pub action: String,
    /// To what: `conversation:<id>`, `contact:<id>`, `setting:<kind>/<id>`; may be empty.
    pub object: String,
    /// What else must be known of it; never a message's text or a secret.
    pub details: Value,
}

/// A row of the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its place: 1, 2, 3, … without a gap.
    pub n: u64,
    /// What was done.
    pub entry: AuditEntry,
    /// The hash of the row.
    pub hash: [u8; 32],
}

/// What came of [`Audit::append_commits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitsAppended {
    /// The rows and the cursor are stored.
    Stored,
    /// The reader does not stand where this stretch begins; nothing was stored.
    Elsewhere {
        /// How far it is.
        cursor: String,
    },
}

/// Whether a trail is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Every row is as it was appended.
    Intact {
        /// How many rows there are.
        rows: u64,
    },
    /// The row at this place was changed, or is missing.
    BrokenAt {
        /// The place.
        n: u64,
    },
}

/// So many rows are written by one statement.
const ROWS_AT_ONCE: usize = 64;

impl Audit<'_> {
    /// Appends one row: for what happens outside the tenant's stream.
    pub async fn append(self, tenant: &TenantId, entry: &AuditEntry) -> Result<()> {
        let mut tx = self.database.begin().await?;
        append_all(&mut tx, tenant, std::slice::from_ref(entry)).await?;
        tx.commit().await
    }

    /// Appends the rows of a stretch of the tenant's stream and notes how far the reader has come, in
    /// one transaction. The stretch goes from behind `from` (`0-0` is the beginning) up to `cursor`,
    /// both stream ids `<ms>-<n>`, and is stored only while the reader stands at `from`: each stretch
    /// is stored exactly once, however often it is handed in, and none that overlaps what another
    /// writer stored meanwhile.
    pub async fn append_commits(
        self,
        tenant: &TenantId,
        reader: &str,
        (from, cursor): (&str, &str),
        entries: &[AuditEntry],
    ) -> Result<CommitsAppended> {
        if place(from).is_none() || place(cursor).is_none() {
            return Err(RecordsError::Unstorable {
                field: "cursor",
                problem: "it is not of the form `<ms>-<n>`".to_owned(),
            });
        }
        let mut tx = self.database.begin().await?;
        tx.lock("audit", tenant.as_str()).await?;
        let select = sql("SELECT cursor FROM audit_readers WHERE tenant = $1 AND name = $2");
        let row = tx.one(select.bind(tenant).bind(reader)).await?;
        let stored = match row {
            Some(row) => row.get("cursor")?,
            None => BEGINNING.to_owned(),
        };
        if stored != from {
            return Ok(CommitsAppended::Elsewhere { cursor: stored });
        }
        append_all(&mut tx, tenant, entries).await?;
        let note = sql("INSERT INTO audit_readers (tenant, name, cursor) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant, name) DO UPDATE SET cursor = excluded.cursor");
        tx.write(note.bind(tenant).bind(reader).bind(cursor)).await?;
        tx.commit().await?;
        Ok(CommitsAppended::Stored)
    }

    /// How far a reader has come.
    pub async fn cursor(self, tenant: &TenantId, reader: &str) -> Result<Option<String>> {
        let select = sql("SELECT cursor FROM audit_readers WHERE tenant = $1 AND name = $2");
        let row = self.database.one(select.bind(tenant).bind(reader)).await?;
        row.map(|row| row.get("cursor")).transpose()
    }

    /// Rows, the newest first: those before a place, and of one object if given.
    pub async fn list(
        self,
        tenant: &TenantId,
        before: Option<u64>,
        limit: u32,
        object: Option<&str>,
    ) -> Result<Vec<AuditRow>> {
        let mut select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        if let Some(before) = before {
            select = select.push_bind(" AND n < ", before);
        }
        if let Some(object) = object {
            select = select.push_bind(" AND object = ", object);
        }
        let rows = self.database.all(select.push(" ORDER BY n DESC").limit(limit)).await?;
        rows.iter()
            .map(|row| {
                let link = read_link(row)?;
                let details = serde_json::from_str(&link.content.details).map_err(|error| {
                    RecordsError::Corrupt { column: "details", problem: error.to_string() }
                })?;
                let Content { at, actor, action, object, .. } = link.content;
                let entry = AuditEntry { at, actor, action, object, details };
                Ok(AuditRow { n: link.n, entry, hash: link.hash })
            })
            .collect()
    }

    /// Checks the whole trail from its first row to its head.
    pub async fn verify(self, tenant: &TenantId) -> Result<Verified> {
        let mut tx = self.database.begin_reading().await?;
        let head = read_head(&mut tx, tenant).await?;
        let mut last = Head { n: 0, hash: FIRST_PREV_HASH };
        loop {
            let select = sql(COLUMNS)
                .push_bind("WHERE tenant = ", tenant)
                .push_bind(" AND n > ", last.n)
                .push(" ORDER BY n")
                .limit(VERIFY_ROWS);
            let rows = tx.all(select).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let n = last.n + 1;
                let Ok(link) = read_link(row) else { return Ok(Verified::BrokenAt { n }) };
                let hash = link.content.hash(tenant, n, &last.hash);
                if link.n != n || link.prev_hash != last.hash || link.hash != hash {
                    return Ok(Verified::BrokenAt { n });
                }
                last = Head { n, hash };
            }
        }
        tx.commit().await?;
        Ok(match last.n.cmp(&head.n) {
            Ordering::Equal if last == head => Verified::Intact { rows: last.n },
            Ordering::Equal => Verified::BrokenAt { n: last.n },
            // Rows were cut off, or put in behind the head's back.
            Ordering::Less => Verified::BrokenAt { n: last.n + 1 },
            Ordering::Greater => Verified::BrokenAt { n: head.n + 1 },
        })
    }
}

const COLUMNS: &str = "SELECT n, at, actor, action, object, details, prev_hash, hash FROM audit ";

/// Where a trail ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    n: u64,
    hash: [u8; 32],
}

/// What a row's hash covers, in the very texts that are stored.
struct Content {
    at: Timestamp,
    actor: String,
    action: String,
    object: String,
    details: String,
}

/// A stored row, unchecked.
struct Link {
    n: u64,
    content: Content,
    prev_hash: [u8; 32],
    hash: [u8; 32],
}

impl Content {
    fn of(entry: &AuditEntry) -> Result<Self> {
        Ok(Self {
            at: entry.at,
            actor: storable(&entry.actor).into_owned(),
            action: storable(&entry.action).into_owned(),
            object: storable(&entry.object).into_owned(),
            details: json("details", &entry.details)?,
        })
    }

    /// Every part goes in with its length, so that no two contents are the same bytes.
    fn hash(&self, tenant: &TenantId, n: u64, prev_hash: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"hutong audit 1\n");
        hasher.update(prev_hash);
        hasher.update(n.to_be_bytes());
        hasher.update(self.at.0.to_be_bytes());
        for part in [tenant.as_str(), &self.actor, &self.action, &self.object, &self.details] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().into()
    }
}

fn read_link(row: &Row) -> Result<Link> {
    Ok(Link {
        n: row.number("n")?,
        content: Content {
            at: row.time("at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            object: row.get("object")?,
            details: row.get("details")?,
        },
        prev_hash: row.hash("prev_hash")?,
        hash: row.hash("hash")?,
    })
}

async fn read_head(tx: &mut Transaction, tenant: &TenantId) -> Result<Head> {
    let select = sql("SELECT n, hash FROM audit_heads WHERE tenant = $1");
    match tx.one(select.bind(tenant)).await? {
        Some(row) => Ok(Head { n: row.number("n")?, hash: row.hash("hash")? }),
        None => Ok(Head { n: 0, hash: FIRST_PREV_HASH }),
    }
}

async fn append_all(tx: &mut Transaction, tenant: &TenantId, entries: &[AuditEntry]) -> Result<()> {
    tx.lock("audit", tenant.as_str()).await?;
    let mut head = read_head(tx, tenant).await?;
    for entries in entries.chunks(ROWS_AT_ONCE) {
        let mut insert = sql(
            "INSERT INTO audit (tenant, n, at, actor, action, object, details, prev_hash, hash) VALUES ",
        );
        for (place, entry) in entries.iter().enumerate() {
            let content = Content::of(entry)?;
            let n = head.n + 1;
            let hash = content.hash(tenant, n, &head.hash);
            insert = insert
                .push_bind(if place == 0 { "(" } else { ", (" }, tenant)
                .push_bind(", ", n)
                .push_bind(", ", content.at)
                .push_bind(", ", content.actor)
                .push_bind(", ", content.action)
                .push_bind(", ", content.object)
                .push_bind(", ", content.details)
                .push_bind(", ", &head.hash)
                .push_bind(", ", &hash)
                .push(")");
            head = Head { n, hash };
        }
        tx.write(insert).await?;
    }
    let note = sql("INSERT INTO audit_heads (tenant, n, hash) VALUES ($1, $2, $3) \
         ON CONFLICT (tenant) DO UPDATE SET n = excluded.n, hash = excluded.hash");
    tx.write(note.bind(tenant).bind(head.n).bind(&head.hash)).await.map(drop)
}

/// A stream id's two numbers.
fn place(cursor: &str) -> Option<(u64, u64)> {
    let (ms, n) = cursor.split_once('-')?;
    Some((ms.parse().ok()?, n.parse().ok()?))
}
