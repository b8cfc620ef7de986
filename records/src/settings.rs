//! The desk's settings: versioned documents, always valid as a whole.
//!
//! A change is checked together with everything else that is set, in the transaction that stores it:
//! two admins cannot each make a valid change that is invalid together. Each change adds one to the
//! tenant's settings version, which gateways compare to know that their caches are old.

mod document;
mod kind;
mod outcome;

pub use kind::SettingKind;
pub use outcome::{Applied, AppliedChange, AppliedOutcome, Deleted, Put};

use crate::credentials::end_sessions;
use crate::error::{RecordsError, Result};
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::{Row, Statement, json, sql};
use document::Documents;
use domain::desk::DeskProblem;
use domain::{Agent, Desk, TenantId, Timestamp};
use serde::Serialize;
use serde_json::Value;

handle!(Settings, "The settings of a desk.");

/// How many versions of one document are kept for undoing.
pub const VERSIONS_KEPT_MAX: u32 = 50;

/// A document as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Its id, unique in its kind.
    pub id: String,
    /// Counts its changes, from 1; also goes on after deleting and making it anew.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
    /// The document, with every default written out.
    pub value: Value,
}

/// A version that a document has or had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingVersion {
    /// Which.
    pub version: u64,
    /// The document then; none: it was deleted.
    pub value: Option<Value>,
    /// When it became so.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
}

/// Who changes what and when.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The version that the change is based on: 0 for a document that must not exist yet, none to
    /// overwrite whatever is there.
    pub expected_version: Option<u64>,
    /// Who.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Settings<'_> {
    /// The documents of a kind, by id.
    pub async fn list(self, tenant: &TenantId, kind: SettingKind) -> Result<Vec<Setting>> {
        let select = sql("SELECT id, version, value, updated_at, updated_by FROM settings \
             WHERE tenant = $1 AND kind = $2 ORDER BY id");
        let rows = self.database.all(select.bind(tenant).bind(kind.name())).await?;
        rows.iter().map(read_setting).collect()
    }

    /// One document.
    pub async fn get(
        self,
        tenant: &TenantId,
        kind: SettingKind,
        id: &str,
    ) -> Result<Option<Setting>> {
        let select = sql("SELECT id, version, value, updated_at, updated_by FROM settings \
             WHERE tenant = $1 AND kind = $2 AND id = $3");
        let row = self.database.one(select.bind(tenant).bind(kind.name()).bind(id)).await?;
        row.as_ref().map(read_setting).transpose()
    }

    /// The tenant's settings version: it grows with each change of any document.
    pub async fn version(self, tenant: &TenantId) -> Result<u64> {
        let select = sql("SELECT settings_version FROM tenants WHERE id = $1");
        match self.database.one(select.bind(tenant)).await? {
            Some(row) => row.number("settings_version"),
            None => Err(RecordsError::UnknownTenant { tenant: tenant.clone() }),
        }
    }

    /// The whole desk and its settings version, read at one moment.
    pub async fn desk(self, tenant: &TenantId) -> Result<(Desk, u64)> {
        let mut tx = self.database.begin_reading().await?;
        let version = read_version(&mut tx, tenant).await?;
        let desk = Documents::load(&mut tx, tenant).await?.desk()?;
        tx.commit().await?;
        Ok((desk, version))
    }

    /// Stores one document if it is based on the present version and the desk stays valid.
    pub async fn put(
        self,
        tenant: &TenantId,
        kind: SettingKind,
        id: &str,
        value: Value,
        change: Change<'_>,
    ) -> Result<Put> {
        let mut tx = self.begin(tenant).await?;
        let mut documents = Documents::load(&mut tx, tenant).await?;
        let current = documents.get(kind, id).cloned();
        if is_stale(change.expected_version, current.as_ref()) {
            return Ok(Put::Stale { current });
        }
        let value = match documents.put(kind, id, value) {
            Ok(value) => value,
            Err(problems) => return Ok(Put::Refused { problems }),
        };
        if current.is_none()
            && let Some(problem) = taken_channel(&mut tx, tenant, kind, id).await?
        {
            return Ok(Put::Refused { problems: vec![problem] });
        }
        if let Some(same) = current.filter(|current| current.value == value) {
            return Ok(Put::Unchanged { version: same.version });
        }
        let version = store(&mut tx, tenant, kind, id, Some(&value), &change).await?;
        end_sessions_of_disabled(&mut tx, tenant, kind, &value, change.now).await?;
        grow_version(&mut tx, tenant).await?;
        tx.commit().await?;
        Ok(Put::Saved { version })
    }

    /// Deletes one document if it is still as expected and the desk stays valid.
    pub async fn delete(
        self,
        tenant: &TenantId,
        kind: SettingKind,
        id: &str,
        change: Change<'_>,
    ) -> Result<Deleted> {
        let mut tx = self.begin(tenant).await?;
        let mut documents = Documents::load(&mut tx, tenant).await?;
        let Some(current) = documents.get(kind, id).cloned() else { return Ok(Deleted::Unknown) };
        if is_stale(change.expected_version, Some(&current)) {
            return Ok(Deleted::Stale { current });
        }
        documents.remove(kind, id);
        let problems = documents.desk()?.problems();
        if !problems.is_empty() {
            return Ok(Deleted::Refused { problems });
        }
        store(&mut tx, tenant, kind, id, None, &change).await?;
        grow_version(&mut tx, tenant).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }

    /// Stores every document of a desk, in one transaction; deletes nothing.
    pub async fn apply(
        self,
        tenant: &TenantId,
        desk: &Desk,
        by: &str,
        now: Timestamp,
    ) -> Result<Applied> {
        let change = Change { expected_version: None, by, now };
        let mut tx = self.begin(tenant).await?;
        let (documents, changes) = match merge(&mut tx, tenant, desk).await? {
            Ok(merged) => merged,
            Err(problems) => return Ok(Applied::Refused { problems }),
        };
        let mut changed = false;
        for AppliedChange { kind, id, outcome } in &changes {
            if *outcome != AppliedOutcome::Unchanged {
                let value = documents.get(*kind, id).map(|setting| &setting.value);
                store(&mut tx, tenant, *kind, id, value, &change).await?;
                if let Some(value) = value {
                    end_sessions_of_disabled(&mut tx, tenant, *kind, value, now).await?;
                }
                changed = true;
            }
        }
        if changed {
            grow_version(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        Ok(Applied::Applied { changes })
    }

    /// What [`Settings::apply`] would do, without doing it.
    pub async fn preview(self, tenant: &TenantId, desk: &Desk) -> Result<Applied> {
        let mut tx = self.database.begin_reading().await?;
        let merged = merge(&mut tx, tenant, desk).await?;
        Ok(match merged {
            Ok((_, changes)) => Applied::Applied { changes },
            Err(problems) => Applied::Refused { problems },
        })
    }

    /// The versions of a document, the present one first; the next one is what "undo" puts back.
    pub async fn history(
        self,
        tenant: &TenantId,
        kind: SettingKind,
        id: &str,
        limit: u32,
    ) -> Result<Vec<SettingVersion>> {
        let select = sql("SELECT version, value, changed_at, changed_by FROM settings_history \
             WHERE tenant = $1 AND kind = $2 AND id = $3 ORDER BY version DESC");
        let select = select.bind(tenant).bind(kind.name()).bind(id).limit(limit);
        let rows = self.database.all(select).await?;
        rows.iter()
            .map(|row| {
                let deleted = row.get::<Option<String>>("value")?.is_none();
                Ok(SettingVersion {
                    version: row.number("version")?,
                    value: if deleted { None } else { Some(row.json("value")?) },
                    changed_at: row.time("changed_at")?,
                    changed_by: row.get("changed_by")?,
                })
            })
            .collect()
    }

    /// Begins a change: the changes of one tenant wait for each other.
    async fn begin(self, tenant: &TenantId) -> Result<Transaction> {
        let mut tx = self.database.begin().await?;
        tx.lock("settings", tenant.as_str()).await?;
        Ok(tx)
    }
}

/// An agent who is disabled is signed out for good, not until being enabled again.
async fn end_sessions_of_disabled(
    tx: &mut Transaction,
    tenant: &TenantId,
    kind: SettingKind,
    value: &Value,
    now: Timestamp,
) -> Result<()> {
    if kind != SettingKind::Agents {
        return Ok(());
    }
    let agent: Agent = serde_json::from_value(value.clone()).map_err(|error| {
        RecordsError::Corrupt { column: "settings.value", problem: error.to_string() }
    })?;
    if agent.enabled {
        return Ok(());
    }
    end_sessions(tx, tenant, &agent.id, now).await
}

fn is_stale(expected: Option<u64>, current: Option<&Setting>) -> bool {
    expected.is_some_and(|expected| expected != current.map_or(0, |current| current.version))
}

fn read_setting(row: &Row) -> Result<Setting> {
    Ok(Setting {
        id: row.get("id")?,
        version: row.number("version")?,
        updated_at: row.time("updated_at")?,
        updated_by: row.get("updated_by")?,
        value: row.json("value")?,
    })
}

async fn read_version(tx: &mut Transaction, tenant: &TenantId) -> Result<u64> {
    let select = sql("SELECT settings_version FROM tenants WHERE id = $1");
    match tx.one(select.bind(tenant)).await? {
        Some(row) => row.number("settings_version"),
        None => Err(RecordsError::UnknownTenant { tenant: tenant.clone() }),
    }
}

async fn grow_version(tx: &mut Transaction, tenant: &TenantId) -> Result<()> {
    let grow = sql("UPDATE tenants SET settings_version = settings_version + 1 WHERE id = $1");
    match tx.write(grow.bind(tenant)).await? {
        0 => Err(RecordsError::UnknownTenant { tenant: tenant.clone() }),
        _ => Ok(()),
    }
}

type Merged = std::result::Result<(Documents, Vec<AppliedChange>), Vec<DeskProblem>>;

/// The desk that stands, with the given one over it.
async fn merge(tx: &mut Transaction, tenant: &TenantId, desk: &Desk) -> Result<Merged> {
    read_version(tx, tenant).await?;
    let mut documents = Documents::load(tx, tenant).await?;
    let changes = match documents.merge(desk)? {
        Ok(changes) => changes,
        Err(problems) => return Ok(Err(problems)),
    };
    let mut problems = Vec::new();
    for new in changes.iter().filter(|change| change.outcome == AppliedOutcome::Created) {
        problems.extend(taken_channel(tx, tenant, new.kind, &new.id).await?);
    }
    Ok(if problems.is_empty() { Ok((documents, changes)) } else { Err(problems) })
}

/// A channel's id is all that a visitor's page says, so it names one channel of the whole house: why a
/// new one may not have this id. Changes that make channels wait for each other, whosever they are.
async fn taken_channel(
    tx: &mut Transaction,
    tenant: &TenantId,
    kind: SettingKind,
    id: &str,
) -> Result<Option<DeskProblem>> {
    if kind != SettingKind::Channels {
        return Ok(None);
    }
    tx.lock("settings", "channels of every tenant").await?;
    let select = sql("SELECT 1 AS one FROM settings \
         WHERE kind = $1 AND id = $2 AND tenant <> $3 LIMIT 1");
    let taken = tx.one(select.bind(kind.name()).bind(id).bind(tenant)).await?.is_some();
    Ok(taken.then(|| DeskProblem {
        path: format!("{kind}.{id}"),
        problem:
            "another tenant has a channel of this id; choose an id that is free in the whole house"
                .to_owned(),
    }))
}

/// Writes one document, or its deletion, with its next version, and forgets the oldest versions.
async fn store(
    tx: &mut Transaction,
    tenant: &TenantId,
    kind: SettingKind,
    id: &str,
    value: Option<&Value>,
    change: &Change<'_>,
) -> Result<u64> {
    let of = |statement: Statement| statement.bind(tenant).bind(kind.name()).bind(id);
    let last = sql("SELECT COALESCE(MAX(version), 0) AS version FROM settings_history \
         WHERE tenant = $1 AND kind = $2 AND id = $3");
    let last = tx.one(of(last)).await?;
    let version: u64 = last.map_or(Ok(0), |row| row.number("version"))? + 1;
    let text = value.map(|value| json("value", value)).transpose()?;
    let with = |statement| {
        of(statement).bind(version).bind(text.as_deref()).bind(change.now).bind(change.by)
    };
    tx.write(with(sql(
        "INSERT INTO settings_history (tenant, kind, id, version, value, changed_at, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )))
    .await?;
    if text.is_some() {
        tx.write(with(sql(
            "INSERT INTO settings (tenant, kind, id, version, value, updated_at, updated_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version, \
             value = excluded.value, updated_at = excluded.updated_at, \
             updated_by = excluded.updated_by",
        )))
        .await?;
    } else {
        let delete = sql("DELETE FROM settings WHERE tenant = $1 AND kind = $2 AND id = $3");
        tx.write(of(delete)).await?;
    }
    let forget = sql("DELETE FROM settings_history \
         WHERE tenant = $1 AND kind = $2 AND id = $3 AND version <= $4");
    tx.write(of(forget).bind(version.saturating_sub(u64::from(VERSIONS_KEPT_MAX)))).await?;
    Ok(version)
}
