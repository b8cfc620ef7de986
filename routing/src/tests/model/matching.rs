//! Who takes what: by looking at everybody.

use super::{Conv, Person, Twin};
use domain::{AgentRule, ChannelKind, State};
use std::collections::BTreeMap;

impl Twin {
    /// Units and conversations that an agent holds, by kind: recomputed, never counted along.
    pub(super) fn load(&self, agent: &str) -> (u32, BTreeMap<ChannelKind, u32>) {
        let mut used = 0;
        let mut kinds = BTreeMap::new();
        for conv in self.convs.values() {
            let holds = matches!(conv.state, State::Offered | State::Active | State::WrapUp);
            if holds && conv.agent.as_deref() == Some(agent) {
                used += conv.units;
                *kinds.entry(conv.entry.kind).or_insert(0) += 1;
            }
        }
        (used, kinds)
    }

    /// The kinds for which an agent has room, as letters.
    pub(super) fn mask(&self, person: &Person) -> String {
        let (used, kinds) = self.load(person.agent.id.as_str());
        ChannelKind::ALL
            .into_iter()
            .filter(|kind| {
                let of = person.agent.capacity.of(*kind);
                used + of.cost <= person.agent.capacity.units
                    && kinds.get(kind).copied().unwrap_or(0) < of.limit
            })
            .map(ChannelKind::letter)
            .collect()
    }

    /// The group in which an agent is found, if the agent takes work now.
    pub(super) fn group(&self, person: &Person) -> Option<String> {
        let mask = self.mask(person);
        if person.presence != "ready" || person.offer.is_some() || mask.is_empty() {
            return None;
        }
        Some(format!("{}|{mask}|{}", person.profile, self.load(person.agent.id.as_str()).0))
    }

    /// May this agent be offered this conversation now?
    pub(super) fn able(&self, person: &Person, conv: &Conv) -> bool {
        let Some(lane) = &conv.lane else { return false };
        lane.need.skills_met_by(&person.agent.skills)
            && !lane.excluded.contains(&person.agent.id)
            && lane.need.only.as_ref().is_none_or(|only| *only == person.agent.id)
            && person.presence == "ready"
            && person.offer.is_none()
            && self.mask(person).contains(conv.entry.kind.letter())
    }

    /// The agent for a conversation by its queue's rule. `but` is not looked at: an agent who is
    /// just letting go counts as free only afterwards.
    pub(super) fn agent_for(&self, id: &str, but: Option<&str>) -> Option<String> {
        let conv = self.conv(id);
        let skills = &conv.lane.as_ref()?.need.skills;
        self.people
            .values()
            .filter(|person| Some(person.agent.id.as_str()) != but && self.able(person, conv))
            .min_by_key(|person| {
                let group = self.group(person).unwrap_or_default();
                let sum: i64 = skills.keys().map(|s| i64::from(person.agent.skills[s])).sum();
                let rank = match conv.rule() {
                    AgentRule::LongestIdle | AgentRule::RoundRobin => 0,
                    AgentRule::LeastLoaded => i64::from(self.load(person.agent.id.as_str()).0),
                    AgentRule::BestSkilled => -sum,
                };
                let score = if conv.rule() == AgentRule::RoundRobin {
                    person.turn_at
                } else {
                    person.idle_since
                };
                (rank, score, group, person.agent.id.clone())
            })
            .map(|person| person.agent.id.to_string())
    }

    /// The conversation for an agent: earliest due, then by lane, then by id.
    pub(super) fn conv_for(&self, agent: &str) -> Option<String> {
        let person = self.people.get(agent)?;
        self.convs
            .values()
            .filter(|conv| conv.state == State::Queued && self.able(person, conv))
            .min_by_key(|conv| (conv.entry.due_at, conv.lane_text(), conv.id.clone()))
            .map(|conv| conv.id.clone())
    }

    /// Gives an agent what can be given now.
    pub(super) fn match_agent(&mut self, agent: &str) {
        while let Some(id) = self.conv_for(agent) {
            self.offer(&id, agent);
        }
    }

    /// No conversation waits that somebody could take.
    pub(in super::super) fn nobody_waits_in_vain(&self) -> Result<(), String> {
        for conv in self.convs.values().filter(|conv| conv.state == State::Queued) {
            if let Some(agent) = self.agent_for(&conv.id, None) {
                return Err(format!("{} waits although {agent} could take it", conv.id));
            }
        }
        Ok(())
    }

    /// What each agent holds.
    pub(in super::super) fn loads(&self) -> BTreeMap<String, u32> {
        self.people.keys().map(|agent| (agent.clone(), self.load(agent).0)).collect()
    }

    /// Nobody was given more than fits (I8). A capacity made smaller under what is held already is
    /// no grant, so only what grew is looked at.
    pub(in super::super) fn nobody_was_given_too_much(
        &self,
        before: &BTreeMap<String, u32>,
    ) -> Result<(), String> {
        for person in self.people.values() {
            let agent = person.agent.id.as_str();
            let (used, kinds) = self.load(agent);
            let over = kinds.iter().any(|(kind, n)| *n > person.agent.capacity.of(*kind).limit);
            if used > before.get(agent).copied().unwrap_or(0)
                && (used > person.agent.capacity.units || over)
            {
                return Err(format!("{agent} holds {used} units"));
            }
        }
        Ok(())
    }
}
