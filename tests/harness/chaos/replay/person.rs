//! The people of the desk file, and what the events say of each.

use crate::desk::DeskFile;
use serde_json::Value;
use std::collections::BTreeMap;

/// Units of an agent whose desk file does not say.
const UNITS: i64 = 100;

/// An agent.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) skills: BTreeMap<String, u64>,
    pub(super) units: i64,
    /// As last said; whoever was not heard of is offline.
    pub(super) presence: String,
    /// Units of offers, assignments and wrap-ups.
    pub(super) used: i64,
    /// The conversation held out.
    pub(super) offer: Option<String>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            skills: BTreeMap::new(),
            units: UNITS,
            presence: "offline".to_owned(),
            used: 0,
            offer: None,
        }
    }
}

/// Everyone in the file.
pub(super) fn all(desk: &DeskFile) -> BTreeMap<String, Person> {
    let agents = desk.json()["agents"].as_array().cloned().unwrap_or_default();
    let named = |agent: &Value| (agent["id"].as_str().unwrap_or_default().to_owned(), of(agent));
    agents.iter().map(named).collect()
}

fn of(agent: &Value) -> Person {
    let skills = agent["skills"].as_object().into_iter().flatten();
    let skills = skills.map(|(skill, level)| (skill.clone(), level.as_u64().unwrap_or(0)));
    Person {
        skills: skills.collect(),
        units: agent["capacity"]["units"].as_i64().unwrap_or(UNITS),
        ..Person::default()
    }
}
