//! Nobody is overtaken: an agent is given nothing while a conversation that is due earlier, and that
//! this agent could take, waits. Judged from the state alone, without a word about order.

use super::{Conv, Person, Twin};
use domain::State;

/// An agent was offered or given a conversation.
#[derive(Debug, Clone)]
pub(in super::super) struct Grant {
    /// The agent, and the kinds for which there was room.
    person: Person,
    room: String,
    conv: String,
    due: i64,
}

impl Grant {
    fn overtakes(&self, conv: &Conv) -> bool {
        let Some(lane) = conv.lane.as_ref().filter(|_| conv.state == State::Queued) else {
            return false;
        };
        let agent = &self.person.agent;
        conv.id != self.conv
            && conv.entry.due_at.0 < self.due
            && lane.need.skills_met_by(&agent.skills)
            && lane.need.only.as_ref().is_none_or(|only| *only == agent.id)
            && !lane.excluded.contains(&agent.id)
            && self.room.contains(conv.entry.kind.letter())
    }
}

impl Twin {
    /// An agent is about to be given a conversation.
    pub(super) fn granted(&mut self, id: &str, agent: &str) {
        let person = self.people[agent].clone();
        let room = self.mask(&person);
        let due = self.conv(id).entry.due_at.0;
        let grant = Grant { person, room, conv: id.to_owned(), due };
        self.judge(&grant);
        self.grants.push(grant);
    }

    /// The moment is over: whoever still waits, and waited when an agent was given something else,
    /// was not overtaken.
    pub(in super::super) fn nobody_was_overtaken(&mut self) {
        for grant in std::mem::take(&mut self.grants) {
            self.judge(&grant);
        }
    }

    fn judge(&mut self, grant: &Grant) {
        let late = self.convs.values().find(|conv| grant.overtakes(conv));
        if let Some(conv) = late {
            let (agent, id) = (&grant.person.agent.id, &conv.id);
            self.overtaken.push(format!("{agent} was given {} before {id}", grant.conv));
        }
    }
}
