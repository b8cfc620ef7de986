//! Agents and time in the twin: who takes work, who fell silent, what is due.

use super::plan::{step_time, steps_to_come};
use super::{Person, Twin};
use domain::{PlanAction, State};
use std::collections::BTreeSet;

impl Twin {
    pub(in super::super) fn set_agent(&mut self, agent: &domain::Agent) {
        let (now, id) = (self.now, agent.id.to_string());
        let text = domain::need::profile(&agent.skills);
        let profile = super::dump::profile_id(&text);
        self.profiles.insert(text);
        match self.people.get_mut(&id) {
            None => {
                let person = Person {
                    agent: agent.clone(),
                    profile,
                    presence: "offline",
                    since: now,
                    lease: None,
                    idle_since: 0,
                    turn_at: 0,
                    offer: None,
                    misses: 0,
                };
                self.people.insert(id, person);
                self.say("agent_changed");
            }
            Some(person) if person.agent == *agent => {}
            Some(person) => {
                person.agent = agent.clone();
                person.profile = profile;
                self.say("agent_changed");
                self.match_agent(&id);
            }
        }
    }

    fn present(&mut self, agent: &str, presence: &'static str) {
        let now = self.now;
        let person = self.person(agent);
        if person.presence == presence {
            return;
        }
        if presence == "ready" {
            (person.idle_since, person.misses) = (now, 0);
        }
        (person.presence, person.since) = (presence, now);
        self.say("presence_changed");
    }

    pub(in super::super) fn set_presence(
        &mut self,
        agent: &str,
        presence: &'static str,
        lease: i64,
    ) -> &'static str {
        let now = self.now;
        let Some(person) = self.people.get_mut(agent) else { return "unknown" };
        person.lease = (presence != "offline").then_some(now + lease);
        if person.presence == presence {
            return "unchanged";
        }
        self.present(agent, presence);
        match presence {
            "ready" => {
                self.ask_anew(agent);
                self.match_agent(agent);
            }
            "offline" => self.abandon(agent, "signed_out", false),
            _ => self.withdraw(agent),
        }
        "set"
    }

    /// Whoever says `ready` again is asked anew for what was declined or missed before.
    fn ask_anew(&mut self, agent: &str) {
        for conv in self.convs.values_mut().filter(|conv| conv.state == State::Queued) {
            if let Some(lane) = &mut conv.lane {
                lane.excluded.retain(|excluded| excluded.as_str() != agent);
            }
        }
    }

    /// Nobody is excluded any more, when all who are at work and could take it are.
    fn ask_again(&mut self, id: &str, in_any_case: bool) -> bool {
        let conv = self.conv(id);
        let lane = conv.lane.as_ref().expect("a lane");
        let others = self.people.values().any(|person| {
            let of = person.agent.capacity.of(conv.entry.kind);
            person.presence == "ready"
                && of.limit > 0
                && of.cost <= person.agent.capacity.units
                && lane.need.skills_met_by(&person.agent.skills)
                && lane.need.only.as_ref().is_none_or(|only| *only == person.agent.id)
                && !lane.excluded.contains(&person.agent.id)
        });
        if lane.excluded.is_empty() || (others && !in_any_case) {
            return false;
        }
        self.edit(id).lane.as_mut().expect("a lane").excluded.clear();
        true
    }

    fn withdraw(&mut self, agent: &str) {
        if let Some(id) = self.person(agent).offer.take() {
            self.say("offer_withdrawn");
            self.queued(&id, Some(agent));
        }
    }

    /// Everything that an agent holds goes back, in order of due time; mail only with `all`.
    fn abandon(&mut self, agent: &str, reason: &str, all: bool) {
        let mut held: Vec<_> = self
            .convs
            .values()
            .filter(|conv| conv.agent.as_deref() == Some(agent))
            .map(|conv| {
                let stays = conv.entry.kind == domain::ChannelKind::Email || self.on_call(&conv.id);
                (conv.entry.due_at, conv.id.clone(), conv.state, stays)
            })
            .collect();
        held.sort_by_key(|(due, id, ..)| (*due, id.clone()));
        for (_, id, state, stays) in held {
            match state {
                State::Offered => self.withdraw(agent),
                State::Active if all || !stays => {
                    self.released(&id, agent);
                    self.requeued(&id, reason);
                    self.enter(&id, Vec::new(), None);
                }
                State::WrapUp => self.wrapped_up(&id),
                _ => {}
            }
        }
    }

    pub(in super::super) fn remove_agent(&mut self, agent: &str) -> bool {
        if !self.people.contains_key(agent) {
            return false;
        }
        self.present(agent, "offline");
        self.abandon(agent, "agent_removed", true);
        self.say("agent_changed");
        self.people.remove(agent);
        true
    }

    pub(in super::super) fn heartbeat(&mut self, agents: &[String], lease: i64) -> Vec<String> {
        let until = self.now + lease;
        let mut lost = Vec::new();
        for agent in agents {
            match self.people.get_mut(agent).filter(|person| person.presence != "offline") {
                Some(person) => person.lease = Some(until),
                None => lost.push(agent.clone()),
            }
        }
        lost
    }

    /// Every timer as (time, kind, whose); those that can end in a match are in order of due time.
    pub(super) fn timers(&self) -> BTreeSet<(i64, char, String)> {
        let mut timers = BTreeSet::new();
        for conv in self.convs.values() {
            let timer = match conv.state {
                State::Queued => Some(('w', Some(conv.step_at))),
                State::Offered => Some(('o', conv.until)),
                State::WrapUp => Some(('u', conv.until)),
                State::Snoozed => Some(('z', conv.until)),
                State::Scheduled => Some(('s', conv.until)),
                State::Active | State::Closed => None,
            };
            let due = conv.entry.due_at.0;
            let name = match conv.state {
                State::Queued | State::Scheduled => placed(due, &conv.id),
                State::Snoozed => placed(due - conv.entry.arrived_at.0, &conv.id),
                _ => conv.id.clone(),
            };
            if let Some((kind, Some(at))) = timer {
                timers.insert((at, kind, name));
            }
        }
        for conv in self.convs.values() {
            if let Some(at) = conv.ring.as_ref().and_then(|ring| ring.remind) {
                timers.insert((at, 'c', conv.id.clone()));
            }
        }
        for person in self.people.values() {
            if let Some(lease) = person.lease {
                timers.insert((lease, 'h', person.agent.id.to_string()));
            }
        }
        timers
    }

    /// Runs what is due, earliest first, at most `limit`; says how many ran and what comes next.
    pub(in super::super) fn run_timers(&mut self, limit: usize) -> (u64, Option<i64>) {
        let (mut ran, mut moment) = (0, (0, ' '));
        while (ran as usize) < limit {
            let Some((at, kind, name)) = self.timers().into_iter().next() else { break };
            if at > self.now {
                break;
            }
            // What happens at one moment is judged together; an offer's end comes after another's.
            if moment != (at, kind) || !"swz".contains(kind) {
                self.nobody_was_overtaken();
                moment = (at, kind);
            }
            self.run_timer(kind, name.rsplit(':').next().expect("an id"));
            ran += 1;
        }
        (ran, self.timers().into_iter().next().map(|(at, ..)| at))
    }

    fn run_timer(&mut self, kind: char, id: &str) {
        match kind {
            'w' => self.next_step(id),
            'o' => self.expired(id),
            'z' => self.wake(id),
            's' => self.enter(id, Vec::new(), None),
            'c' => {
                let at = self.reminded(id);
                self.notice(id, serde_json::json!({ "code": "callback_reminder", "at": at }));
            }
            'u' => {
                let agent = self.conv(id).agent.clone().unwrap_or_default();
                self.wrapped_up(id);
                self.match_agent(&agent);
            }
            _ => {
                self.person(id).lease = None;
                self.present(id, "offline");
                self.abandon(id, "agent_lost", false);
            }
        }
    }

    fn next_step(&mut self, id: &str) {
        let now = self.now;
        let conv = self.conv(id).clone();
        let action = steps_to_come(&conv, now)[conv.step - 1].1.clone();
        match &action {
            PlanAction::Lane(need) => {
                let edit = self.edit(id);
                edit.step += 1;
                edit.lane.as_mut().expect("a lane").need = need.clone();
                self.ask_again(id, false);
                self.say("need_relaxed");
                return self.place(id, None, now);
            }
            PlanAction::Overdue => self.say("conversation_overdue"),
            PlanAction::Overflow => self.say("conversation_overflowed"),
            PlanAction::Remind => self.say("conversation_reminded"),
        }
        let reminder = action == PlanAction::Remind;
        let edit = self.edit(id);
        if !reminder {
            edit.step += 1;
        }
        edit.step_at = step_time(edit, now);
        if self.ask_again(id, reminder) {
            self.place(id, None, now);
        }
    }

    fn expired(&mut self, id: &str) {
        let conv = self.conv(id).clone();
        let agent = conv.agent.clone().unwrap_or_default();
        self.say("offer_expired");
        let person = self.person(&agent);
        person.misses += 1;
        if person.misses >= conv.entry.misses_max {
            self.present(&agent, "not_answering");
        }
        self.exclude(id, &agent);
        self.queued(id, Some(&agent));
        self.person(&agent).offer = None;
        self.match_agent(&agent);
    }
}

fn placed(due: i64, id: &str) -> String {
    format!("{:016}:{id}", due + 1_000_000_000_000_000)
}
