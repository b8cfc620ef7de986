//! Agents: the people of the desk, what they can do, and how much at once.

use crate::channel::ChannelKind;
use crate::id::{AgentId, SkillId};
use crate::text::Locale;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A skill's level, 1 (beginner) to 5 (expert).
pub type Level = u8;

/// A person of the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The log-in, and the id everywhere.
    pub id: AgentId,
    /// Shown to colleagues and to the people who ask.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Skills with levels 1 to 5.
    #[serde(default)]
    pub skills: BTreeMap<SkillId, Level>,
    /// How much work fits, in units.
    #[serde(default)]
    pub capacity: Capacity,
    /// The language of the desk for this person.
    #[serde(default)]
    pub locale: Locale,
    /// Where the agent is rung for callbacks: a SIP address, or what the PBX calls the telephone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// A disabled agent cannot sign in and gets no work.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What a person of the desk may do; each role includes the one before.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves conversations.
    #[default]
    Agent,
    /// Also sees every queue and agent, and assigns by hand.
    Supervisor,
    /// Also changes settings.
    Admin,
}

/// How much an agent can hold at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Units in all, 1 to 1,000.
    #[serde(default = "hundred")]
    pub units: u32,
    /// Per channel kind: what one conversation costs and how many at most. A kind that is absent
    /// costs its default and is limited by the units alone.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub kinds: BTreeMap<ChannelKind, KindCapacity>,
}

/// What one channel kind costs an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindCapacity {
    /// Units that one conversation holds, 1 to 1,000.
    pub cost: u32,
    /// How many conversations at once; 0 means none of this kind.
    pub limit: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { units: 100, kinds: BTreeMap::new() }
    }
}

impl Capacity {
    /// What one conversation of this kind costs and how many fit.
    pub fn of(&self, kind: ChannelKind) -> KindCapacity {
        self.kinds
            .get(&kind)
            .copied()
            .unwrap_or(KindCapacity { cost: kind.default_cost(), limit: 100 })
    }
}

/// Whether an agent takes work just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes work.
    Ready,
    /// Signed in and takes no new work.
    Away,
    /// Missed too many offers; takes none until ready again.
    NotAnswering,
    /// Not signed in.
    Offline,
}

impl Presence {
    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Away => "away",
            Self::NotAnswering => "not_answering",
            Self::Offline => "offline",
        }
    }
}

impl std::str::FromStr for Presence {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Ready, Self::Away, Self::NotAnswering, Self::Offline]
            .into_iter()
            .find(|presence| presence.name() == text)
            .ok_or_else(|| format!("unknown presence `{text}`"))
    }
}

fn yes() -> bool {
    true
}

fn hundred() -> u32 {
    100
}
