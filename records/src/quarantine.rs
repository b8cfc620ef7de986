//! The quarantine: letters that were taken in and could not go on. Each has its bytes, in a file, and
//! the reason; a person looks at it, tries it again or lets it go.

use crate::error::Result;
use crate::store::handle;
use crate::store::statement::{Row, json, sql, tag, untag};
use domain::{ChannelId, FileId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

handle!(Quarantine, "Letters that could not go on.");

/// The longest detail that is kept, in characters.
const DETAIL_CHARS_MAX: usize = 500;

/// Why a letter could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineReason {
    /// Nothing can be made of its bytes.
    Unreadable,
    /// The channel is switched off or was removed.
    ChannelClosed,
    /// It has neither text nor files, or breaks another rule of the queue.
    Refused,
    /// This sender wrote so many letters that a loop is likely.
    Loop,
    /// A report about a letter that is not ours, or whose conversation is over.
    Report,
    /// It failed again and again while others went on.
    Failing,
}

/// A letter that could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The file that holds every byte; also its name here.
    pub original: FileId,
    /// Through which channel it came.
    pub channel: ChannelId,
    /// Where it lay at the far end.
    pub place: String,
    /// The return path, where a server told it.
    pub mail_from: Option<String>,
    /// The recipients, where a server told them.
    pub rcpt_to: Vec<String>,
    /// Its size.
    pub bytes: u64,
    /// Are the bytes all of it, or its head alone, since it was too large?
    pub is_whole: bool,
    /// Why it could not go on.
    pub reason: QuarantineReason,
    /// More of why, for people, in one line.
    pub detail: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
}

#[derive(Serialize, Deserialize)]
struct Around {
    mail_from: Option<String>,
    rcpt_to: Vec<String>,
    /// Rows of before have none.
    #[serde(default = "yes")]
    is_whole: bool,
}

fn yes() -> bool {
    true
}

const COLUMNS: &str = "SELECT original, channel, place, envelope, bytes, reason, detail, received_at, \
                       tries FROM quarantine ";

impl Quarantine<'_> {
    /// Puts a letter aside. One that lies here already keeps its place, with the new reason and one
    /// try more.
    pub async fn put(self, tenant: &TenantId, letter: &Quarantined) -> Result<()> {
        let around = Around {
            mail_from: letter.mail_from.clone(),
            rcpt_to: letter.rcpt_to.clone(),
            is_whole: letter.is_whole,
        };
        let detail: String = letter.detail.chars().take(DETAIL_CHARS_MAX).collect();
        let upsert =
            sql("INSERT INTO quarantine (tenant, original, channel, place, envelope, bytes, \
             reason, detail, received_at, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) \
             ON CONFLICT (tenant, original) DO UPDATE SET reason = excluded.reason, \
             detail = excluded.detail, tries = quarantine.tries + 1")
            .bind(tenant)
            .bind(&letter.original)
            .bind(&letter.channel)
            .bind(&letter.place)
            .bind(json("envelope", &around)?)
            .bind(letter.bytes)
            .bind(tag("reason", &letter.reason)?)
            .bind(detail)
            .bind(letter.received_at);
        self.database.write(upsert).await.map(drop)
    }

    /// One letter.
    pub async fn get(self, tenant: &TenantId, original: &FileId) -> Result<Option<Quarantined>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND original = $2");
        let row = self.database.one(select.bind(tenant).bind(original)).await?;
        row.as_ref().map(read_letter).transpose()
    }

    /// Letters, the newest first, from before a time and letter.
    pub async fn list(
        self,
        tenant: &TenantId,
        before: Option<(Timestamp, &FileId)>,
        limit: u32,
    ) -> Result<Vec<Quarantined>> {
        let mut select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        if let Some((at, original)) = before {
            select = select
                .push_bind(" AND (received_at, original) < (", at)
                .push_bind(", ", original)
                .push(")");
        }
        let select = select.push(" ORDER BY received_at DESC, original DESC").limit(limit);
        self.database.all(select).await?.iter().map(read_letter).collect()
    }

    /// How many lie here.
    pub async fn count(self, tenant: &TenantId) -> Result<u64> {
        let select = sql("SELECT COUNT(*) AS count FROM quarantine WHERE tenant = $1");
        // It looks at many rows: those who look up one must not wait behind it.
        let rows = self.database.all(select.bind(tenant)).await?;
        rows.first().map_or(Ok(0), |row| row.number("count"))
    }

    /// How many bytes lie here.
    pub async fn bytes(self, tenant: &TenantId) -> Result<u64> {
        let select = sql("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes \
             FROM quarantine WHERE tenant = $1");
        let row = self.database.one(select.bind(tenant)).await?;
        row.map_or(Ok(0), |row| row.number("bytes"))
    }

    /// The oldest letters, at most so many.
    pub async fn oldest(self, tenant: &TenantId, limit: u32) -> Result<Vec<Quarantined>> {
        let select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        let select = select.push(" ORDER BY received_at, original").limit(limit);
        self.database.all(select).await?.iter().map(read_letter).collect()
    }

    /// Lets a letter go: it went on, or a person gave it up. False when it is not here. Its bytes are
    /// pruned like those of any file that no message carries.
    pub async fn remove(self, tenant: &TenantId, original: &FileId) -> Result<bool> {
        let delete = sql("DELETE FROM quarantine WHERE tenant = $1 AND original = $2");
        Ok(self.database.write(delete.bind(tenant).bind(original)).await? == 1)
    }
}

fn read_letter(row: &Row) -> Result<Quarantined> {
    let around: Around = row.json("envelope")?;
    Ok(Quarantined {
        original: row.word("original")?,
        channel: row.word("channel")?,
        place: row.get("place")?,
        mail_from: around.mail_from,
        rcpt_to: around.rcpt_to,
        bytes: row.number("bytes")?,
        is_whole: around.is_whole,
        reason: untag("reason", row.get("reason")?)?,
        detail: row.get("detail")?,
        received_at: row.time("received_at")?,
        tries: row.number("tries")?,
    })
}
