//! Needs and lanes: what a conversation requires of the agent who takes it.
//!
//! Conversations with the same need share a **lane**. A lane's text is its whole definition, so
//! whether an agent serves it is a pure function of two texts and can be remembered for ever.

use crate::agent::Level;
use crate::channel::ChannelKind;
use crate::id::{AgentId, SkillId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a conversation requires: skills at levels, and perhaps one agent in person.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Each skill with the lowest level that will do.
    #[serde(default)]
    pub skills: BTreeMap<SkillId, Level>,
    /// Only this agent will do: the sticky step, or a transfer to a colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<AgentId>,
}

impl Need {
    /// The need's text inside a plan: `tax:4,zh:1|only`.
    pub fn text(&self) -> String {
        let skills: Vec<String> = self.skills.iter().map(|(s, l)| format!("{s}:{l}")).collect();
        format!("{}|{}", skills.join(","), self.only.as_ref().map_or("", AgentId::as_str))
    }

    /// Does an agent with these skills have every skill at its level? (`only` is not asked here.)
    pub fn skills_met_by(&self, skills: &BTreeMap<SkillId, Level>) -> bool {
        self.skills.iter().all(|(skill, level)| skills.get(skill).is_some_and(|has| has >= level))
    }
}

/// The lane text: `kind letter|skills|only|excluded agents`; skills are sorted, agents stand in the
/// order in which they were excluded.
pub fn lane<'a>(
    kind: ChannelKind,
    need: &Need,
    excluded: impl IntoIterator<Item = &'a AgentId>,
) -> String {
    let excluded: Vec<&str> = excluded.into_iter().map(AgentId::as_str).collect();
    format!("{}|{}|{}", kind.letter(), need.text(), excluded.join(","))
}

/// The text of an agent's skills: `tax:5,zh:3`, sorted.
pub fn profile(skills: &BTreeMap<SkillId, Level>) -> String {
    let skills: Vec<String> = skills.iter().map(|(s, l)| format!("{s}:{l}")).collect();
    skills.join(",")
}
