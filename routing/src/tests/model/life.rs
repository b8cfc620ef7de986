//! The life of a conversation in the twin: one method per transition, and the steps they share.

use super::super::desk::EXCLUDED_MAX;
use super::plan::step_time;
use super::{Conv, Twin};
use crate::command::{Reader, Standing};
use domain::{Entry, MessageKind, State};
use serde_json::{Value, json};

impl Twin {
    pub(super) fn queued(&mut self, id: &str, but: Option<&str>) {
        let now = self.now;
        let conv = self.edit(id);
        conv.state = State::Queued;
        (conv.agent, conv.token, conv.until, conv.units) = (None, None, None, 0);
        self.say("conversation_queued");
        self.place(id, but, now);
    }

    /// Straight to an agent, or into the lane with the plan's next step.
    pub(super) fn place(&mut self, id: &str, but: Option<&str>, now: i64) {
        if let Some(agent) = self.agent_for(id, but) {
            return self.offer(id, &agent);
        }
        let conv = self.edit(id);
        conv.step_at = step_time(conv, now);
    }

    pub(super) fn schedule_or_enter(
        &mut self,
        id: &str,
        excluded: Vec<domain::AgentId>,
        but: Option<&str>,
    ) {
        self.queues.insert(self.conv(id).entry.queue.to_string());
        let now = self.now;
        let opens = self.conv(id).entry.not_before.map_or(0, |at| at.0);
        match Some(opens.max(self.wanted_from(id))).filter(|at| *at > now) {
            None => self.enter(id, excluded, but),
            Some(at) => {
                let conv = self.edit(id);
                conv.state = State::Scheduled;
                (conv.agent, conv.token, conv.units, conv.until) = (None, None, 0, Some(at));
                self.say("conversation_scheduled");
            }
        }
    }

    pub(super) fn offer(&mut self, id: &str, agent: &str) {
        let now = self.now;
        let cost = self.people[agent].agent.capacity.of(self.conv(id).entry.kind).cost;
        self.granted(id, agent);
        self.person(agent).turn_at = now;
        self.edit(id).units = cost;
        if self.conv(id).entry.auto_accept {
            return self.assigned(id, agent);
        }
        self.person(agent).offer = Some(id.to_owned());
        let conv = self.edit(id);
        conv.offers += 1;
        conv.state = State::Offered;
        conv.agent = Some(agent.to_owned());
        conv.token = Some(format!("ofr_{}", conv.offers));
        conv.until = Some(now + conv.entry.offer_ms);
        self.say("offer_made");
    }

    fn assigned(&mut self, id: &str, agent: &str) {
        let now = self.now;
        self.person(agent).idle_since = now;
        let conv = self.edit(id);
        (conv.state, conv.token, conv.until) = (State::Active, None, None);
        (conv.agent, conv.last) = (Some(agent.to_owned()), Some(agent.to_owned()));
        conv.accepted = Some(now);
        self.say("conversation_assigned");
        self.notice(id, json!({ "code": "joined", "agent": agent }));
        self.rung_when_assigned(id);
    }

    pub(super) fn exclude(&mut self, id: &str, agent: &str) {
        let excluded = &mut self.edit(id).lane.as_mut().expect("a lane").excluded;
        excluded.push(agent.parse().expect("an agent id"));
        if excluded.len() > EXCLUDED_MAX {
            excluded.remove(0);
        }
    }

    pub(super) fn released(&mut self, id: &str, agent: &str) {
        let now = self.now;
        self.person(agent).idle_since = now;
        self.say("conversation_released");
        self.let_go_of_call(id);
        self.edit(id).agent = None;
    }

    fn finish(&mut self, id: &str) {
        let now = self.now;
        let conv = self.edit(id);
        conv.state = State::Closed;
        conv.entry.kind = conv.door;
        (conv.token, conv.until, conv.units) = (None, None, 0);
        let closed = conv.closed.unwrap_or(now);
        self.to_archive.insert(id.to_owned(), closed);
    }

    fn learn_handling(&mut self, id: &str) {
        let conv = self.conv(id);
        let took = self.now - conv.accepted.unwrap_or(self.now);
        let queue = conv.entry.queue.to_string();
        let mean = self.handling.get(&queue).copied().unwrap_or(took) as f64;
        self.handling.insert(queue, (mean * 0.9 + took as f64 * 0.1 + 0.5).floor() as i64);
    }

    /// A word for a conversation that rested or was over.
    pub(super) fn go_on(&mut self, id: &str, entry: &Entry) -> bool {
        match self.conv(id).state {
            State::Snoozed => self.wake(id),
            State::WrapUp => {
                self.say("conversation_reopened");
                self.say("conversation_assigned");
                let conv = self.edit(id);
                conv.state = State::Active;
                (conv.until, conv.closed) = (None, None);
            }
            State::Closed => {
                self.say("conversation_reopened");
                self.to_archive.remove(id);
                let conv = self.edit(id);
                (conv.closed, conv.accepted, conv.agent) = (None, None, None);
                conv.wait_by(entry);
                self.notice(id, json!({ "code": "reopened" }));
                self.schedule_or_enter(id, Vec::new(), None);
            }
            State::Scheduled | State::Queued | State::Offered | State::Active => return false,
        }
        true
    }

    pub(super) fn wake(&mut self, id: &str) {
        let now = self.now;
        let conv = self.edit(id);
        conv.entry.due_at.0 = now + (conv.entry.due_at.0 - conv.entry.arrived_at.0);
        conv.entry.arrived_at.0 = now;
        let queue = conv.entry.queue.to_string();
        self.queues.insert(queue);
        self.requeued(id, "woken");
        self.enter(id, Vec::new(), None);
    }

    pub(in super::super) fn send(
        &mut self,
        id: &str,
        agent: &str,
        (client, content): (&str, Value),
        (standing, kind): (Standing, MessageKind),
    ) -> Vec<String> {
        let Some(conv) = self.convs.get(id) else { return vec!["unknown".into()] };
        let mark = format!("{id}:{agent}:{client}");
        if let Some(seq) = self.seen.get(&mark) {
            return vec!["duplicate".into(), seq.clone()];
        }
        let holds = conv.agent.as_deref() == Some(agent);
        let may = match (kind, standing) {
            (MessageKind::Note, Standing::Supervisor) => true,
            (MessageKind::Note, Standing::Holder) => holds || conv.last.as_deref() == Some(agent),
            _ => holds && conv.state == State::Active,
        };
        if !may {
            return vec!["not_assigned".into()];
        }
        if conv.state == State::Closed {
            return vec!["unknown".into()];
        }
        let seq = self.append(id, content).to_string();
        if kind == MessageKind::Text {
            self.will_look(id);
        }
        self.seen.insert(mark, seq.clone());
        vec!["appended".into(), seq]
    }

    fn offered_to(&self, id: &str, agent: &str, token: &str) -> bool {
        self.convs.get(id).is_some_and(|conv| {
            conv.state == State::Offered
                && conv.agent.as_deref() == Some(agent)
                && conv.token.as_deref() == Some(token)
        })
    }

    pub(in super::super) fn accept(&mut self, id: &str, agent: &str, token: &str) -> &'static str {
        let repeated = self.convs.get(id).is_some_and(|conv| {
            conv.state == State::Active
                && conv.agent.as_deref() == Some(agent)
                && token == format!("ofr_{}", conv.offers)
        });
        if repeated {
            return "assigned";
        }
        if !self.offered_to(id, agent, token) {
            return "stale";
        }
        let person = self.person(agent);
        (person.offer, person.misses) = (None, 0);
        self.assigned(id, agent);
        self.match_agent(agent);
        "assigned"
    }

    pub(in super::super) fn decline(&mut self, id: &str, agent: &str, token: &str) -> &'static str {
        if !self.offered_to(id, agent, token) {
            return "stale";
        }
        self.say("offer_declined");
        self.person(agent).misses = 0;
        self.exclude(id, agent);
        self.queued(id, Some(agent));
        self.person(agent).offer = None;
        self.match_agent(agent);
        "requeued"
    }

    pub(in super::super) fn transfer(
        &mut self,
        id: &str,
        holder: &str,
        entry: &Entry,
        again: bool,
    ) -> (&'static str, Option<State>) {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.state != State::Closed) else {
            return ("unknown", None);
        };
        let agent = conv.agent.clone().unwrap_or_default();
        if conv.state != State::Active || (!holder.is_empty() && agent != holder) {
            return ("not_assigned", None);
        }
        self.released(id, &agent);
        self.edit(id).wait_by(entry);
        self.requeued(id, "transfer");
        let excluded = if again { Vec::new() } else { vec![agent.parse().expect("an id")] };
        // The agent who lets go is asked only after everyone else.
        self.schedule_or_enter(id, excluded, Some(&agent));
        self.match_agent(&agent);
        ("moved", Some(self.conv(id).state))
    }
}

impl Twin {
    pub(in super::super) fn change_queue(
        &mut self,
        id: &str,
        entry: &Entry,
    ) -> (&'static str, Option<State>) {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.state != State::Closed) else {
            return ("unknown", None);
        };
        let excluded = match conv.state {
            State::Queued => {
                conv.lane.as_ref().map(|lane| lane.excluded.clone()).unwrap_or_default()
            }
            State::Scheduled => Vec::new(),
            _ => return ("not_assigned", None),
        };
        self.edit(id).wait_by(entry);
        self.schedule_or_enter(id, excluded, None);
        ("moved", Some(self.conv(id).state))
    }

    pub(in super::super) fn assign(&mut self, id: &str, agent: &str) -> &'static str {
        let Some(conv) = self.convs.get(id).cloned() else { return "unknown" };
        let holder = conv.agent.clone().unwrap_or_default();
        if conv.state == State::Active && holder == agent {
            return "assigned";
        }
        if matches!(conv.state, State::Closed | State::WrapUp) {
            return "not_assignable";
        }
        let Some(person) = self.people.get(agent).filter(|p| p.presence != "offline") else {
            return "agent_unavailable";
        };
        let offered_already = conv.state == State::Offered && holder == agent;
        if !offered_already && !self.mask(person).contains(self.next_kind(id).letter()) {
            return "over_capacity";
        }
        let cost = person.agent.capacity.of(self.next_kind(id)).cost;
        match conv.state {
            State::Offered => {
                self.person(&holder).offer = None;
                self.say("offer_withdrawn");
            }
            State::Active => self.released(id, &holder),
            _ => {}
        }
        self.edit(id).units = cost;
        self.assigned(id, agent);
        if matches!(conv.state, State::Offered | State::Active) && holder != agent {
            self.match_agent(&holder);
        }
        self.match_agent(agent);
        "assigned"
    }

    pub(in super::super) fn close(&mut self, id: &str, by: &str, who: &str) -> &'static str {
        let Some(conv) = self.convs.get(id).cloned() else { return "unknown" };
        if matches!(conv.state, State::WrapUp | State::Closed) {
            return "already";
        }
        let agent = conv.agent.clone().unwrap_or_default();
        let allowed = match by {
            "contact" => conv.contact == who,
            "agent" => {
                (conv.state == State::Active && agent == who)
                    || (conv.state == State::Snoozed && conv.last.as_deref() == Some(who))
            }
            _ => true,
        };
        if !allowed {
            return "not_assigned";
        }
        let now = self.now;
        self.unwanted(id);
        self.edit(id).closed = Some(now);
        self.notice(id, json!({ "code": "closed", "by": by }));
        self.say("conversation_closed");
        if conv.state == State::Active {
            self.learn_handling(id);
            if conv.entry.wrap_up_ms > 0 {
                let edit = self.edit(id);
                edit.state = State::WrapUp;
                edit.until = Some(now + conv.entry.wrap_up_ms);
                return "wrap_up";
            }
            self.person(&agent).idle_since = now;
        }
        if conv.state == State::Offered {
            self.person(&agent).offer = None;
            self.say("offer_withdrawn");
            self.edit(id).agent = None;
        }
        self.finish(id);
        if matches!(conv.state, State::Active | State::Offered) {
            self.match_agent(&agent);
        }
        "closed"
    }

    pub(super) fn wrapped_up(&mut self, id: &str) {
        let now = self.now;
        if let Some(agent) = self.conv(id).agent.clone()
            && self.people.contains_key(&agent)
        {
            self.person(&agent).idle_since = now;
        }
        self.say("wrap_up_ended");
        self.finish(id);
    }

    pub(in super::super) fn end_wrap_up(&mut self, id: &str, agent: &str) -> &'static str {
        let Some(conv) = self.convs.get(id) else { return "unknown" };
        if conv.state == State::Closed {
            return "already";
        }
        if conv.state != State::WrapUp || conv.agent.as_deref() != Some(agent) {
            return "not_assigned";
        }
        self.wrapped_up(id);
        self.match_agent(agent);
        "closed"
    }

    pub(in super::super) fn snooze(
        &mut self,
        id: &str,
        agent: &str,
        until: i64,
        entry: &Entry,
    ) -> (&'static str, Option<State>) {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.state != State::Closed) else {
            return ("unknown", None);
        };
        if conv.state != State::Active || conv.agent.as_deref() != Some(agent) {
            return ("not_assigned", None);
        }
        self.released(id, agent);
        let conv = self.edit(id);
        conv.wait_by(entry);
        conv.state = State::Snoozed;
        (conv.until, conv.units) = (Some(until), 0);
        self.say("conversation_snoozed");
        self.match_agent(agent);
        ("moved", Some(State::Snoozed))
    }

    pub(in super::super) fn mark_read(&mut self, id: &str, reader: &Reader<'_>, seq: u64) -> bool {
        let Some(conv) = self.convs.get_mut(id) else { return false };
        let seq = seq.min(conv.last_seq());
        let (mine, mark) = match reader {
            Reader::Contact(contact) => {
                (conv.contact == contact.as_str(), &mut conv.read_by_contact)
            }
            Reader::Agent(agent) => {
                (conv.agent.as_deref() == Some(agent.as_str()), &mut conv.read_by_agent)
            }
        };
        if mine && seq > *mark {
            *mark = seq;
            self.say("read_marked");
        }
        mine
    }

    pub(in super::super) fn mark_received(&mut self, id: &str, who: &str, seq: u64) -> bool {
        let Some(conv) = self.convs.get_mut(id).filter(|conv| conv.contact == who) else {
            return false;
        };
        let seq = seq.min(conv.last_seq());
        if seq > conv.received_by_contact {
            conv.received_by_contact = seq;
            self.say("received_marked");
        }
        true
    }

    pub(in super::super) fn archive(&mut self, id: &str, last: u64) -> bool {
        let now = self.now;
        let Some(conv) = self.convs.get(id) else {
            self.to_archive.remove(id);
            return true;
        };
        if conv.state != State::Closed || conv.last_seq() != last {
            return false;
        }
        self.to_archive.remove(id);
        self.call_is_lost(id);
        let conv = self.conv(id);
        let left = conv.closed.unwrap_or(0) + conv.entry.reopen_ms - now;
        let look = self.unread.get(id).map(|at| at + 3_600_000 - now);
        let left = look.map_or(left, |look| left.max(look));
        let contact = conv.contact.clone();
        let pointed = self.open.get(&contact).map(String::as_str) == Some(id);
        if left <= 0 || !(pointed || conv.threads || look.is_some()) {
            self.convs.remove(id);
            if pointed {
                self.open.remove(&contact);
            }
        } else {
            let conv = self.edit(id);
            conv.base = last;
            conv.log.clear();
        }
        true
    }
}

impl Conv {
    /// From now on it waits by another entry; it stands in no lane until it enters.
    fn wait_by(&mut self, entry: &Entry) {
        let kind = self.entry.kind;
        self.entry = entry.clone();
        self.entry.kind = kind;
        self.lane = None;
    }
}

pub(super) fn new_conv(id: &str, contact: &str, entry: &Entry, now: i64) -> Conv {
    Conv {
        id: id.to_owned(),
        state: State::Queued,
        contact: contact.to_owned(),
        entry: entry.clone(),
        step: 0,
        entered: 0,
        step_at: 0,
        lane: None,
        agent: None,
        last: None,
        token: None,
        until: None,
        units: 0,
        offers: 0,
        opened: now,
        accepted: None,
        closed: None,
        log: Vec::new(),
        base: 0,
        read_by_contact: 0,
        read_by_agent: 0,
        received_by_contact: 0,
        threads: false,
        address: None,
        mailed: 0,
        door: entry.kind,
        ring: None,
    }
}
