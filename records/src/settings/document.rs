//! A tenant's documents in memory, so that a change can be tried on the whole before it is stored.

use super::{AppliedChange, AppliedOutcome, Setting, SettingKind, read_setting};
use crate::error::{RecordsError, Result};
use crate::store::database::Transaction;
use crate::store::statement::sql;
use domain::desk::DeskProblem;
use domain::{Desk, TenantId, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Every document of a tenant, by kind and id.
#[derive(Debug)]
pub(super) struct Documents(BTreeMap<(SettingKind, String), Setting>);

impl Documents {
    pub(super) async fn load(tx: &mut Transaction, tenant: &TenantId) -> Result<Self> {
        let select = sql("SELECT kind, id, version, value, updated_at, updated_by FROM settings \
             WHERE tenant = $1");
        let rows = tx.all(select.bind(tenant)).await?;
        rows.iter()
            .map(|row| {
                let setting = read_setting(row)?;
                Ok(((row.word("kind")?, setting.id.clone()), setting))
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    pub(super) fn get(&self, kind: SettingKind, id: &str) -> Option<&Setting> {
        self.0.get(&(kind, id.to_owned()))
    }

    pub(super) fn remove(&mut self, kind: SettingKind, id: &str) {
        self.0.remove(&(kind, id.to_owned()));
    }

    /// Puts a document in; gives it as it is to be stored, or why the desk is not valid with it.
    pub(super) fn put(
        &mut self,
        kind: SettingKind,
        id: &str,
        value: Value,
    ) -> std::result::Result<Value, Vec<DeskProblem>> {
        let refused = |problem: String| vec![DeskProblem { path: format!("{kind}.{id}"), problem }];
        if value.get("id").and_then(Value::as_str) != Some(id) {
            return Err(refused(format!("`id` must be `{id}`")));
        }
        // The typed form of this document alone writes out the defaults and refuses unknown keys.
        let whole =
            Value::from(Map::from_iter([(kind.name().to_owned(), Value::from(vec![value]))]));
        let typed: Desk = serde_json::from_value(whole).map_err(|e| refused(e.to_string()))?;
        let written = documents_of(&typed).map_err(|e| refused(e.to_string()))?;
        let Some((_, _, value)) = written.into_iter().next() else {
            return Err(refused("it is empty".to_owned()));
        };
        self.insert(kind, id, value.clone());
        let problems = self.desk().map_err(|e| refused(e.to_string()))?.problems();
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }

    /// Puts a desk over this one; tells what that changes, or why the result is not valid.
    pub(super) fn merge(
        &mut self,
        desk: &Desk,
    ) -> Result<std::result::Result<Vec<AppliedChange>, Vec<DeskProblem>>> {
        let mut changes: Vec<AppliedChange> = Vec::new();
        let mut problems = Vec::new();
        for (kind, id, value) in documents_of(desk)? {
            if changes.iter().any(|change| change.kind == kind && change.id == id) {
                let problem = format!("`{id}` is there twice");
                problems.push(DeskProblem { path: kind.name().to_owned(), problem });
                continue;
            }
            let outcome = match self.get(kind, &id) {
                None => AppliedOutcome::Created,
                Some(current) if current.value == value => AppliedOutcome::Unchanged,
                Some(_) => AppliedOutcome::Updated,
            };
            self.insert(kind, &id, value);
            changes.push(AppliedChange { kind, id, outcome });
        }
        problems.extend(self.desk()?.problems());
        Ok(if problems.is_empty() { Ok(changes) } else { Err(problems) })
    }

    /// The documents as a typed desk, each kind in the order of ids.
    pub(super) fn desk(&self) -> Result<Desk> {
        let mut parts = Map::new();
        for ((kind, _), setting) in &self.0 {
            let part = parts.entry(kind.name()).or_insert_with(|| Value::from(Vec::<Value>::new()));
            if let Value::Array(list) = part {
                list.push(setting.value.clone());
            }
        }
        serde_json::from_value(Value::from(parts)).map_err(|error| RecordsError::Corrupt {
            column: "settings.value",
            problem: error.to_string(),
        })
    }

    fn insert(&mut self, kind: SettingKind, id: &str, value: Value) {
        let entry = self.0.entry((kind, id.to_owned())).or_insert_with(|| Setting {
            id: id.to_owned(),
            version: 0,
            updated_at: Timestamp(0),
            updated_by: String::new(),
            value: Value::Null,
        });
        entry.value = value;
    }
}

/// A desk's documents, each with its kind and id.
fn documents_of(desk: &Desk) -> Result<Vec<(SettingKind, String, Value)>> {
    let unstorable = |problem: String| RecordsError::Unstorable { field: "desk", problem };
    let whole = serde_json::to_value(desk).map_err(|error| unstorable(error.to_string()))?;
    let mut documents = Vec::new();
    for kind in SettingKind::ALL {
        let list = whole.get(kind.name()).and_then(Value::as_array);
        for value in list.into_iter().flatten() {
            let id = value.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| unstorable(format!("an entry of {kind} has no id")))?;
            documents.push((kind, id.to_owned(), value.clone()));
        }
    }
    Ok(documents)
}
