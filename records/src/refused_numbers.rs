//! Telephone numbers that the desk does not call, because somebody asked for it. A number stands there once, with
//! who asked first; it stays until the desk takes it off.

use crate::error::Result;
use crate::store::handle;
use crate::store::statement::{Row, sql, tag, untag};
use domain::{PhoneNumber, RefusedNumberId, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

handle!(RefusedNumbers, "Telephone numbers that the desk does not call.");

/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 200;

/// Who asked that a number is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedBy {
    /// The person, by their link.
    Contact,
    /// An agent, for the person.
    Agent,
    /// A supervisor.
    Supervisor,
}

/// A number that is not called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedNumber {
    /// What it is called where the number is not shown; later ones sort later.
    pub id: RefusedNumberId,
    /// The number.
    pub number: PhoneNumber,
    /// Since when.
    pub since: Timestamp,
    /// Who asked.
    pub by: RefusedBy,
    /// Why, in the desk's words; may be empty.
    pub note: String,
}

const COLUMNS: &str = "SELECT id, number, since, asked_by, note FROM refused_numbers ";

impl RefusedNumbers<'_> {
    /// Puts a number on the list. One that stands there stays as it is. Gives what stands there.
    pub async fn put(self, tenant: &TenantId, refused: &RefusedNumber) -> Result<RefusedNumber> {
        let insert =
            sql("INSERT INTO refused_numbers (tenant, number, id, since, asked_by, note) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, number) DO NOTHING");
        let note: String = refused.note.chars().take(NOTE_CHARS_MAX).collect();
        let insert = insert
            .bind(tenant)
            .bind(refused.number.e164())
            .bind(&refused.id)
            .bind(refused.since)
            .bind(tag("asked_by", &refused.by)?)
            .bind(&note);
        self.database.write(insert).await?;
        // Gone again at this moment: it stood there for that long.
        Ok(self.find(tenant, &refused.number).await?.unwrap_or_else(|| refused.clone()))
    }

    /// Is a number on the list?
    pub async fn find(
        self,
        tenant: &TenantId,
        number: &PhoneNumber,
    ) -> Result<Option<RefusedNumber>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND number = $2");
        let row = self.database.one(select.bind(tenant).bind(number.e164())).await?;
        row.as_ref().map(read_refused).transpose()
    }

    /// One that stands on the list.
    pub async fn get(
        self,
        tenant: &TenantId,
        id: &RefusedNumberId,
    ) -> Result<Option<RefusedNumber>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND id = $2");
        let row = self.database.one(select.bind(tenant).bind(id)).await?;
        row.as_ref().map(read_refused).transpose()
    }

    /// Numbers, the newest first, from before one of them.
    pub async fn list(
        self,
        tenant: &TenantId,
        before: Option<&RefusedNumberId>,
        limit: u32,
    ) -> Result<Vec<RefusedNumber>> {
        let mut select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        if let Some(id) = before {
            select = select.push_bind(" AND id < ", id);
        }
        let select = select.push(" ORDER BY id DESC").limit(limit);
        self.database.all(select).await?.iter().map(read_refused).collect()
    }

    /// Takes a number off the list; false when none has this id.
    pub async fn remove(self, tenant: &TenantId, id: &RefusedNumberId) -> Result<bool> {
        let delete = sql("DELETE FROM refused_numbers WHERE tenant = $1 AND id = $2");
        Ok(self.database.write(delete.bind(tenant).bind(id)).await? > 0)
    }
}

fn read_refused(row: &Row) -> Result<RefusedNumber> {
    Ok(RefusedNumber {
        id: row.word("id")?,
        number: row.word("number")?,
        since: row.time("since")?,
        by: untag("asked_by", row.get("asked_by")?)?,
        note: row.get("note")?,
    })
}
