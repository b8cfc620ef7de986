//! The twin: the switchboard's meaning in plain Rust, written from the rules and not from the Lua.
//!
//! It knows no index. Whoever is to be found is found by looking at everyone, and the indexes that
//! Redis should hold are computed from the state alone ([`Twin::dump`]).

mod dump;
mod fairness;
mod life;
mod matching;
mod outbox;
mod people;
mod plan;

pub(super) use dump::read as dump_of;
pub(super) use outbox::Outbox;

use domain::{AgentRule, Entry, PlanAction, PlanStep, State};
use std::collections::{BTreeMap, BTreeSet};

/// A conversation as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Conv {
    pub(super) id: String,
    pub(super) state: State,
    pub(super) contact: String,
    pub(super) entry: Entry,
    /// The plan's step that comes next.
    pub(super) step: usize,
    pub(super) entered: i64,
    /// When the next step comes, while it waits.
    pub(super) step_at: i64,
    pub(super) lane: Option<Lane>,
    pub(super) agent: Option<String>,
    pub(super) last: Option<String>,
    pub(super) token: Option<String>,
    pub(super) until: Option<i64>,
    pub(super) units: u32,
    pub(super) offers: u32,
    pub(super) opened: i64,
    pub(super) accepted: Option<i64>,
    pub(super) closed: Option<i64>,
    pub(super) log_length: u64,
    pub(super) base: u64,
    pub(super) read_by_contact: u64,
    pub(super) read_by_agent: u64,
}

/// What a waiting conversation wants just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) need: domain::Need,
    /// In the order in which they were excluded.
    pub(super) excluded: Vec<domain::AgentId>,
}

/// An agent as the rules see it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) agent: domain::Agent,
    /// The short name of the agent's skills.
    pub(super) profile: String,
    pub(super) presence: &'static str,
    pub(super) since: i64,
    pub(super) lease: Option<i64>,
    pub(super) idle_since: i64,
    pub(super) turn_at: i64,
    pub(super) offer: Option<String>,
    pub(super) misses: u32,
}

/// The whole desk.
#[derive(Debug, Clone, Default)]
pub(super) struct Twin {
    pub(super) now: i64,
    pub(super) convs: BTreeMap<String, Conv>,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) open: BTreeMap<String, String>,
    pub(super) seen: BTreeMap<String, String>,
    pub(super) to_archive: BTreeMap<String, i64>,
    pub(super) profiles: BTreeSet<String>,
    pub(super) handling: BTreeMap<String, i64>,
    pub(super) queues: BTreeSet<String>,
    /// Names of the events of the transition just made.
    pub(super) events: Vec<&'static str>,
    /// Who was given what, since the moment began.
    pub(super) grants: Vec<fairness::Grant>,
    /// Who was overtaken by a conversation that is due later.
    pub(super) overtaken: Vec<String>,
}

impl Twin {
    /// Begins a transition at this time.
    pub(super) fn at(&mut self, now: i64) -> &mut Self {
        self.now = now;
        self.events.clear();
        self
    }

    pub(super) fn say(&mut self, event: &'static str) {
        self.events.push(event);
    }

    pub(super) fn conv(&self, id: &str) -> &Conv {
        &self.convs[id]
    }

    pub(super) fn edit(&mut self, id: &str) -> &mut Conv {
        self.convs.get_mut(id).expect("a conversation of the model")
    }

    pub(super) fn person(&mut self, id: &str) -> &mut Person {
        self.people.get_mut(id).expect("an agent of the model")
    }

    /// Appends to a log; returns the seq.
    pub(super) fn append(&mut self, id: &str) -> u64 {
        self.say("message_appended");
        let conv = self.edit(id);
        conv.log_length += 1;
        conv.base + conv.log_length
    }
}

impl Conv {
    pub(super) fn rule(&self) -> AgentRule {
        self.entry.rule
    }

    pub(super) fn lane_text(&self) -> String {
        self.lane.as_ref().map_or_else(String::new, |lane| {
            domain::need::lane(self.entry.kind, &lane.need, &lane.excluded)
        })
    }

    pub(super) fn need_of(step: &PlanStep) -> &domain::Need {
        match &step.action {
            PlanAction::Lane(need) => need,
            PlanAction::Overdue | PlanAction::Overflow | PlanAction::Remind => {
                panic!("the first step is a lane")
            }
        }
    }
}
