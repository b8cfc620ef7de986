//! A lane's text: `kind|skills|only this agent|excluded agents`, read as a reader of events reads it.

use std::collections::BTreeMap;
use std::fmt;

/// Who may serve a conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    text: String,
    skills: BTreeMap<String, u64>,
    only: String,
    excluded: Vec<String>,
}

impl Lane {
    /// From its text; parts that are missing ask for nothing.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.split('|').skip(1);
        let mut part = || parts.next().unwrap_or_default();
        let skills = part().split(',').filter_map(|skill| {
            let (name, level) = skill.split_once(':')?;
            Some((name.to_owned(), level.parse().ok()?))
        });
        let skills = skills.collect();
        let only = part().to_owned();
        let excluded = part().split(',').filter(|name| !name.is_empty()).map(str::to_owned);
        Self { text: text.to_owned(), skills, only, excluded: excluded.collect() }
    }

    /// Has this person the skills, and may be asked?
    pub(super) fn is_served_by(&self, agent: &str, skills: &BTreeMap<String, u64>) -> bool {
        (self.only.is_empty() || self.only == agent)
            && !self.excluded.iter().any(|name| name == agent)
            && self.skills.iter().all(|(skill, level)| skills.get(skill).unwrap_or(&0) >= level)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
