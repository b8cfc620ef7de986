//! Queues and their policy: how a conversation waits, computed once when it enters.
//!
//! Policy is decided here, in pure Rust, and written into an [`Entry`]; the switchboard only
//! carries it out. A conversation's due time is fixed on entry, so waiting never re-scores anything:
//! it can be overtaken only by conversations whose due time is earlier, that is by those which
//! arrive less than `target + credit − own target` later (the bound against starvation).

use crate::calendar::Calendar;
use crate::channel::ChannelKind;
use crate::contact::Audience;
use crate::id::{AgentId, CalendarId, QueueId, SkillId};
use crate::need::Need;
use crate::text::Localized;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A named service line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name.
    pub id: QueueId,
    /// Shown to people, by language.
    pub name: Localized,
    /// The need ladder: the first rung holds at once, later ones relax it.
    pub ladder: Vec<Rung>,
    /// How long the agent whom the person last spoke with is preferred, in seconds; 0 is never.
    #[serde(default)]
    pub sticky_secs: u32,
    /// The service-level target: due time is arrival plus this, in seconds.
    pub target_secs: u32,
    /// Seconds that a request type or an audience moves the due time earlier.
    #[serde(default)]
    pub priority: Priority,
    /// Which of several eligible agents is asked.
    #[serde(default)]
    pub rule: AgentRule,
    /// How an offer behaves.
    #[serde(default)]
    pub offer: OfferPolicy,
    /// Seconds an agent has after closing to finish notes; 0 is none.
    #[serde(default)]
    pub wrap_up_secs: u32,
    /// Opening hours; none means always open.
    #[serde(default)]
    pub calendar: Option<CalendarId>,
    /// What happens outside the opening hours.
    #[serde(default)]
    pub closed: ClosedPolicy,
    /// What happens when too many wait, or one waits too long.
    #[serde(default)]
    pub overflow: Overflow,
    /// Hours after closing within which the person's next word reopens the conversation.
    #[serde(default = "day")]
    pub reopen_hours: u32,
}

/// One rung of a need ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Seconds of waiting after which this rung holds; the first has 0.
    #[serde(default)]
    pub after_secs: u32,
    /// Skills with the lowest level that will do.
    #[serde(default)]
    pub skills: BTreeMap<SkillId, u8>,
}

/// What moves the due time earlier, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// By request type.
    #[serde(default)]
    pub request_types: BTreeMap<String, u32>,
    /// By audience.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub audiences: BTreeMap<Audience, u32>,
}

/// Which of several eligible agents is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentRule {
    /// Who was last given or finished work longest ago.
    #[default]
    LongestIdle,
    /// Who holds the fewest units; then longest idle.
    LeastLoaded,
    /// Whose levels in the needed skills add up highest; then longest idle.
    BestSkilled,
    /// Whose last offer is longest ago.
    RoundRobin,
}

impl AgentRule {
    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::LeastLoaded => "least_loaded",
            Self::BestSkilled => "best_skilled",
            Self::RoundRobin => "round_robin",
        }
    }
}

/// How an offer behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferPolicy {
    /// Seconds to accept.
    pub timeout_secs: u32,
    /// Given at once, without asking.
    #[serde(default)]
    pub auto_accept: bool,
    /// Offers missed in a row after which the agent is `not_answering`.
    pub misses_max: u32,
}

impl Default for OfferPolicy {
    fn default() -> Self {
        Self { timeout_secs: 30, auto_accept: false, misses_max: 3 }
    }
}

/// What happens to a request outside the opening hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "do", deny_unknown_fields)]
pub enum ClosedPolicy {
    /// It is kept as a message and queued when the desk opens, due from then.
    #[default]
    LeaveMessage,
    /// It waits like any other; whoever is ready may take it.
    Queue,
}

/// What happens when too many wait, or one waits too long.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overflow {
    /// So many waiting are the most; 0 is no limit.
    #[serde(default)]
    pub waiting_max: u32,
    /// So many seconds of waiting are the most; 0 is no limit.
    #[serde(default)]
    pub wait_secs_max: u32,
    /// The queue that takes over; none keeps the place and tells supervisors.
    #[serde(default)]
    pub to: Option<QueueId>,
}

/// How one conversation waits: the policy, computed. The switchboard carries it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The queue.
    pub queue: QueueId,
    /// The kind of channel that an agent needs room for.
    pub kind: ChannelKind,
    /// When the person began to wait; kept over requeueing.
    pub arrived_at: Timestamp,
    /// The score: earliest is first.
    pub due_at: Timestamp,
    /// Not before this time (closed hours): the conversation is `scheduled` until then.
    pub not_before: Option<Timestamp>,
    /// What happens while it waits, in order of time; the first is a lane at 0.
    pub plan: Vec<PlanStep>,
    /// Which of several eligible agents is asked.
    pub rule: AgentRule,
    /// Milliseconds to accept an offer.
    pub offer_ms: i64,
    /// Given at once, without asking.
    pub auto_accept: bool,
    /// Misses in a row after which an agent is `not_answering`.
    pub misses_max: u32,
    /// Milliseconds of wrap-up after closing.
    pub wrap_up_ms: i64,
    /// Milliseconds after closing within which the next word reopens it.
    pub reopen_ms: i64,
    /// Refuse to enter when so many wait in the queue; 0 is no limit.
    pub waiting_max: u32,
}

/// One step of an [`Entry`]'s plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Milliseconds after entering the queue.
    pub after_ms: i64,
    /// What happens then.
    pub action: PlanAction,
}

/// What a plan step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanAction {
    /// Moves to the lane of this need.
    Lane(Need),
    /// Says that it is overdue (event only).
    Overdue,
    /// Asks the gateway for the overflow policy (event; the conversation keeps its place).
    Overflow,
    /// Says that it still waits, every `after_ms` from here on. Always the last step.
    Remind,
}

/// Milliseconds between reminders that a conversation still waits after its plan has run out.
pub const REMIND_EVERY_MS: i64 = 600_000;

/// What the policy needs to know of a request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The kind of channel.
    pub kind: ChannelKind,
    /// Whom it is for.
    pub audience: Audience,
    /// The request type, if known.
    pub request_type: Option<&'a str>,
    /// When it arrived.
    pub arrived_at: Timestamp,
    /// The agent whom the person last spoke with.
    pub last_agent: Option<&'a AgentId>,
    /// Now.
    pub now: Timestamp,
}

/// Computes how a request waits in a queue.
///
/// `calendar` is the queue's calendar, if it has one. Due time is arrival (or opening) plus the
/// target minus what priority buys, counted in opening hours.
pub fn enter(queue: &Queue, calendar: Option<&Calendar>, request: &Request<'_>) -> Entry {
    let opens_at = match (calendar, queue.closed) {
        (Some(calendar), ClosedPolicy::LeaveMessage) => calendar.next_open(request.now),
        _ => None,
    };
    let starts_at = opens_at.unwrap_or(request.arrived_at).max(request.arrived_at);
    let budget_ms = (i64::from(queue.target_secs) - priority_secs(queue, request)) * 1000;
    let due_at = match calendar {
        Some(calendar) if budget_ms > 0 => calendar.after_open_ms(starts_at, budget_ms),
        _ => starts_at.plus_ms(budget_ms),
    };
    Entry {
        queue: queue.id.clone(),
        kind: request.kind,
        arrived_at: request.arrived_at,
        due_at,
        not_before: opens_at,
        plan: plan(queue, request, due_at.ms_since(starts_at)),
        rule: queue.rule,
        offer_ms: i64::from(queue.offer.timeout_secs) * 1000,
        auto_accept: queue.offer.auto_accept,
        misses_max: queue.offer.misses_max,
        wrap_up_ms: i64::from(queue.wrap_up_secs) * 1000,
        reopen_ms: i64::from(queue.reopen_hours) * 3_600_000,
        waiting_max: queue.overflow.waiting_max,
    }
}

fn priority_secs(queue: &Queue, request: &Request<'_>) -> i64 {
    let by_type = request
        .request_type
        .and_then(|name| queue.priority.request_types.get(name))
        .copied()
        .unwrap_or(0);
    let by_audience = queue.priority.audiences.get(&request.audience).copied().unwrap_or(0);
    i64::from(by_type) + i64::from(by_audience)
}

fn plan(queue: &Queue, request: &Request<'_>, overdue_ms: i64) -> Vec<PlanStep> {
    let mut steps = Vec::new();
    let sticky_ms = i64::from(queue.sticky_secs) * 1000;
    let sticky = request.last_agent.filter(|_| sticky_ms > 0);
    if let Some(agent) = sticky {
        // The sticky agent needs the skills of the most relaxed rung, and no more.
        let skills = queue.ladder.last().map(|rung| rung.skills.clone()).unwrap_or_default();
        let need = Need { skills, only: Some(agent.clone()) };
        steps.push(PlanStep { after_ms: 0, action: PlanAction::Lane(need) });
    }
    let offset_ms = if sticky.is_some() { sticky_ms } else { 0 };
    for (place, rung) in queue.ladder.iter().enumerate() {
        let after_ms = if place == 0 { 0 } else { i64::from(rung.after_secs) * 1000 };
        let need = Need { skills: rung.skills.clone(), only: None };
        steps.push(PlanStep { after_ms: offset_ms + after_ms, action: PlanAction::Lane(need) });
    }
    if steps.is_empty() {
        steps.push(PlanStep { after_ms: 0, action: PlanAction::Lane(Need::default()) });
    }
    steps.push(PlanStep { after_ms: overdue_ms, action: PlanAction::Overdue });
    if queue.overflow.wait_secs_max > 0 {
        let after_ms = i64::from(queue.overflow.wait_secs_max) * 1000;
        steps.push(PlanStep { after_ms, action: PlanAction::Overflow });
    }
    // The first step must be a lane, also when the due time has passed on arrival.
    steps.sort_by_key(|step| (step.after_ms, !matches!(step.action, PlanAction::Lane(_))));
    steps.push(PlanStep { after_ms: REMIND_EVERY_MS, action: PlanAction::Remind });
    steps
}

impl Entry {
    /// This entry with a first step that waits for one agent only, for so many milliseconds; the
    /// lanes that followed are moved back by as much. Used for transfers to a colleague: a person
    /// chose the agent, so no skill is asked.
    #[must_use]
    pub fn reserved_for(mut self, agent: &AgentId, for_ms: i64) -> Self {
        let remind = self.plan.pop();
        for step in &mut self.plan {
            if matches!(step.action, PlanAction::Lane(_)) {
                step.after_ms += for_ms;
            }
        }
        let need = Need { skills: BTreeMap::new(), only: Some(agent.clone()) };
        self.plan.push(PlanStep { after_ms: 0, action: PlanAction::Lane(need) });
        self.plan.sort_by_key(|step| (step.after_ms, !matches!(step.action, PlanAction::Lane(_))));
        self.plan.extend(remind);
        self
    }
}

fn day() -> u32 {
    24
}

#[cfg(test)]
#[path = "queue/tests.rs"]
mod tests;
