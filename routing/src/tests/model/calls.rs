//! Callbacks and calls in the twin.

use super::Twin;
use domain::{ChannelKind, State};
use serde_json::{Value, json};

/// A callback as the rules see it.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Ring {
    pub(in super::super) wanted: bool,
    pub(in super::super) number: String,
    shown: String,
    from: Option<i64>,
    until: Option<i64>,
    pub(super) remind: Option<i64>,
    at: i64,
    tries: u32,
    next: Option<i64>,
    outcome: Option<String>,
    calls: u32,
    pub(in super::super) call: Option<Live>,
}

/// A call under way.
#[derive(Debug, Clone)]
pub(in super::super) struct Live {
    pub(in super::super) id: String,
    pub(in super::super) agent: String,
    pub(in super::super) stage: usize,
    pub(in super::super) held: bool,
    pub(in super::super) epoch: u64,
    pub(in super::super) since: i64,
    pub(in super::super) trace: String,
    /// Since when the agent's telephone rang, and when it was answered.
    rung: Option<i64>,
    answered: Option<i64>,
    connected: Option<i64>,
    wish: Option<&'static str>,
}

/// The stages in order; on hold is as far as connected.
pub(in super::super) const STAGES: [&str; 6] =
    ["ordered", "dialing", "agent_ringing", "agent_answered", "contact_ringing", "connected"];

impl Live {
    pub(in super::super) fn stage(&self) -> &'static str {
        if self.held { "held" } else { STAGES[self.stage] }
    }
}

impl Ring {
    pub(super) fn view(&self) -> Value {
        let state = match (self.wanted, &self.call) {
            (false, _) => "over",
            (true, Some(_)) => "calling",
            (true, None) => "wanted",
        };
        let call = self.call.as_ref().map(|call| {
            json!({ "id": call.id, "agent": call.agent, "stage": call.stage(), "since": call.since,
                "connected_at": call.connected, "wish": call.wish })
        });
        json!({ "state": state, "number": self.shown, "line": "line", "from": self.from, "until": self.until,
            "requested_at": self.at, "tries": self.tries, "next_at": self.next, "outcome": self.outcome, "call": call })
    }
}

/// Of which call, by which line, in which epoch.
type Told<'a> = (&'a str, &'a str, Option<u64>);

/// What is wanted.
#[derive(Debug, Clone)]
pub(in super::super) struct Wanted<'a> {
    pub(in super::super) number: &'a domain::PhoneNumber,
    pub(in super::super) from: Option<i64>,
    pub(in super::super) until: Option<i64>,
    pub(in super::super) remind: Option<i64>,
    pub(in super::super) by: (&'a str, &'a str),
}

impl Twin {
    fn ring(&mut self, id: &str) -> &mut Ring {
        self.edit(id).ring.as_mut().expect("a callback")
    }

    fn live(&self, id: &str) -> Option<&Live> {
        self.convs.get(id)?.ring.as_ref()?.call.as_ref()
    }

    /// Do two speak, or are about to?
    pub(super) fn on_call(&self, id: &str) -> bool {
        self.live(id).is_some()
    }

    pub(super) fn next_kind(&self, id: &str) -> ChannelKind {
        let conv = self.conv(id);
        if conv.ring.as_ref().is_some_and(|ring| ring.wanted) {
            ChannelKind::Phone
        } else {
            conv.door
        }
    }

    fn settle_kind(&mut self, id: &str) {
        let kind = self.next_kind(id);
        self.edit(id).entry.kind = kind;
    }

    pub(super) fn wanted_from(&self, id: &str) -> i64 {
        let conv = self.conv(id);
        let ring =
            conv.ring.as_ref().filter(|ring| ring.wanted && conv.entry.kind == ChannelKind::Phone);
        ring.and_then(|ring| ring.from).unwrap_or(0)
    }

    fn order(&mut self, id: &str) {
        let (now, agent) = (self.now, self.conv(id).agent.clone().expect("who holds it"));
        let ring = self.ring(id);
        ring.calls += 1;
        (ring.next, ring.remind) = (None, None);
        ring.call = Some(Live {
            id: format!("call_{}_{}", id.trim_start_matches("conv_"), ring.calls),
            agent,
            stage: 0,
            held: false,
            epoch: 0,
            since: now,
            trace: String::new(),
            rung: None,
            answered: None,
            connected: None,
            wish: None,
        });
        self.say("callback_changed");
    }

    pub(super) fn rung_when_assigned(&mut self, id: &str) {
        let conv = self.conv(id);
        let waits = conv.ring.as_ref().is_some_and(|ring| ring.wanted && ring.call.is_none());
        if waits && conv.entry.kind == ChannelKind::Phone {
            self.order(id);
        }
    }

    pub(super) fn let_go_of_call(&mut self, id: &str) {
        if self.on_call(id) {
            self.ring(id).call.as_mut().expect("a call").wish = Some("hang_up");
            self.say("callback_changed");
        }
        self.settle_kind(id);
    }

    fn over(&mut self, id: &str, outcome: &str) {
        let ring = self.ring(id);
        ring.wanted = false;
        (ring.outcome, ring.next, ring.remind) = (Some(outcome.to_owned()), None, None);
        if let Some(call) = &mut ring.call {
            call.wish = Some("hang_up");
        }
        self.say("callback_changed");
    }

    pub(super) fn unwanted(&mut self, id: &str) {
        if self.conv(id).ring.as_ref().is_some_and(|ring| ring.wanted) {
            self.over(id, "cancelled");
        }
    }

    /// Its conversation is archived: its line finds it no more.
    pub(super) fn call_is_lost(&mut self, id: &str) {
        if self.on_call(id) {
            let ring = self.ring(id);
            (ring.call, ring.outcome) = (None, Some("lost".to_owned()));
            self.say("callback_changed");
        }
    }

    /// The time is near: it is told once.
    pub(super) fn reminded(&mut self, id: &str) -> Option<i64> {
        let ring = self.ring(id);
        ring.remind = None;
        ring.from
    }

    fn may(&self, id: &str, (by, who): (&str, &str)) -> bool {
        let conv = self.conv(id);
        match by {
            "contact" => conv.contact == who,
            "agent" => conv.agent.as_deref() == Some(who) || conv.last.as_deref() == Some(who),
            _ => true,
        }
    }

    fn wait_anew(&mut self, id: &str, from: Option<i64>) {
        let conv = self.conv(id).clone();
        let was = conv.state;
        let agent = (was == State::Offered).then(|| conv.agent.clone().expect("an agent"));
        if let Some(agent) = &agent {
            self.person(agent).offer = None;
            self.say("offer_withdrawn");
        }
        self.edit(id).agent = None;
        self.settle_kind(id);
        self.queues.insert(conv.entry.queue.to_string());
        match from.filter(|at| *at > self.now) {
            Some(at) => self.scheduled(id, at),
            None if matches!(was, State::Queued | State::Offered) => {
                self.queued(id, agent.as_deref())
            }
            None => self.enter(id, Vec::new(), None),
        }
        if let Some(agent) = agent {
            self.match_agent(&agent);
        }
    }

    fn scheduled(&mut self, id: &str, at: i64) {
        let conv = self.edit(id);
        conv.state = State::Scheduled;
        conv.lane = None;
        (conv.agent, conv.token, conv.units, conv.until) = (None, None, 0, Some(at));
        self.say("conversation_scheduled");
    }

    fn open(&self, id: &str) -> bool {
        self.convs.get(id).is_some_and(|conv| !matches!(conv.state, State::Closed | State::WrapUp))
    }

    pub(in super::super) fn request(&mut self, id: &str, wanted: &Wanted<'_>) -> String {
        if !self.open(id) {
            return "unknown".to_owned();
        }
        if !self.may(id, wanted.by) {
            return "not_assigned".to_owned();
        }
        let number = wanted.number.e164();
        let elsewhere = self.convs.values().find(|conv| {
            conv.id != id
                && conv.ring.as_ref().is_some_and(|ring| ring.wanted && ring.number == number)
        });
        if let Some(other) = elsewhere {
            return format!("taken {}", other.id);
        }
        if self.on_call(id) {
            return "busy".to_owned();
        }
        let now = self.now;
        let mut ring = self.conv(id).ring.clone().unwrap_or_default();
        let changed = ring.wanted;
        if !changed {
            (ring.at, ring.tries) = (now, 0);
        }
        ring.wanted = true;
        (ring.number, ring.shown) = (number.to_owned(), wanted.number.masked());
        (ring.from, ring.until, ring.next, ring.outcome) = (wanted.from, wanted.until, None, None);
        ring.remind = wanted.remind.filter(|at| *at > now);
        let shown = ring.shown.clone();
        self.edit(id).ring = Some(ring);
        self.say("callback_changed");
        self.notice(
            id,
            json!({ "code": "callback_requested", "by": wanted.by.0, "number": shown,
            "from": wanted.from, "until": wanted.until, "line": "line", "changed": changed }),
        );
        let later = wanted.from.filter(|at| *at > now);
        let conv = self.conv(id);
        match (conv.state, later) {
            (State::Active, Some(at)) if wanted.by.0 == "agent" => {
                let agent = conv.agent.clone().expect("who holds it");
                self.released(id, &agent);
                self.scheduled(id, at);
                self.match_agent(&agent);
            }
            (State::Active, None) if conv.entry.kind == ChannelKind::Phone => self.order(id),
            (State::Active, _) => {}
            _ => self.wait_anew(id, wanted.from),
        }
        format!("requested {}", self.conv(id).state.name())
    }

    pub(in super::super) fn cancel(
        &mut self,
        id: &str,
        by: (&str, &str),
        opens: Option<i64>,
    ) -> String {
        if !self.open(id) {
            return "unknown".to_owned();
        }
        if !self.may(id, by) {
            return "not_assigned".to_owned();
        }
        if !self.conv(id).ring.as_ref().is_some_and(|ring| ring.wanted) {
            return "none".to_owned();
        }
        self.notice(id, json!({ "code": "callback_cancelled", "by": by.0 }));
        self.over(id, "cancelled");
        if self.conv(id).door == ChannelKind::Phone {
            return "nothing left".to_owned();
        }
        if self.conv(id).state != State::Active {
            self.wait_anew(id, opens);
        }
        format!("waits on {}", self.conv(id).state.name())
    }

    pub(in super::super) fn place_call(&mut self, id: &str, agent: &str) -> String {
        let Some(conv) = self.convs.get(id).filter(|conv| conv.state != State::Closed) else {
            return "unknown".to_owned();
        };
        if conv.state != State::Active || conv.agent.as_deref() != Some(agent) {
            return "not_assigned".to_owned();
        }
        if !conv.ring.as_ref().is_some_and(|ring| ring.wanted) {
            return "none".to_owned();
        }
        if !self.on_call(id) {
            self.order(id);
        }
        format!("placed {}", self.live(id).expect("a call").id)
    }

    pub(in super::super) fn take_call(&mut self, id: &str, epoch: u64) -> String {
        let Some(call) = self.live(id).cloned() else { return "gone".to_owned() };
        if call.epoch > epoch {
            return "elsewhere".to_owned();
        }
        let said = |how: &str| format!("{how} {} {} {}", call.id, call.stage(), call.trace);
        let held = self.ring(id).call.as_mut().expect("a call");
        held.epoch = epoch;
        if call.stage == 0 {
            held.stage = 1;
            self.say("callback_changed");
            said("place")
        } else if call.epoch < epoch {
            said("take_over")
        } else {
            said("ours")
        }
    }

    /// Whose words count: those of its own line, and there of nobody but the owner, where it has one.
    fn ours(&self, id: &str, (call, line, epoch): Told<'_>) -> bool {
        let fits = |live: &Live| live.id == call && epoch.is_none_or(|epoch| epoch == live.epoch);
        line == "line" && self.live(id).is_some_and(fits)
    }

    pub(in super::super) fn note_call(&mut self, id: &str, told: Told<'_>, stage: &str) -> bool {
        if !self.ours(id, told) {
            return false;
        }
        let now = self.now;
        let live = self.ring(id).call.as_mut().expect("a call");
        let place = STAGES.iter().position(|known| *known == stage).unwrap_or(5);
        if stage == live.stage() || place < live.stage {
            return true;
        }
        let first = place > live.stage;
        (live.stage, live.held) = (place, stage == "held");
        match stage {
            "agent_ringing" => live.rung = Some(now),
            "ordered" | "dialing" => {}
            // Whatever comes later, the agent has answered by then.
            _ => live.answered = live.answered.or(Some(now)),
        }
        if first && stage == "connected" {
            live.connected = Some(now);
        }
        self.say("callback_changed");
        let said = match stage {
            "contact_ringing" => "call_ringing",
            "connected" => "call_connected",
            _ => return true,
        };
        if first {
            self.notice(id, json!({ "code": said, "call": told.0 }));
        }
        true
    }

    pub(in super::super) fn trace_call(&mut self, id: &str, told: Told<'_>, trace: &str) -> bool {
        let ours = self.ours(id, told);
        if ours {
            self.ring(id).call.as_mut().expect("a call").trace = trace.to_owned();
        }
        ours
    }

    pub(in super::super) fn end_call(
        &mut self,
        id: &str,
        told: Told<'_>,
        outcome: domain::CallOutcome,
        (follows, at): (&str, i64),
    ) -> bool {
        if !self.ours(id, told) {
            return false;
        }
        let now = self.now;
        let ring = self.ring(id);
        let live = ring.call.take().expect("a call");
        ring.tries += u32::from(outcome.reached_for_contact());
        ring.outcome = Some(outcome.name().to_owned());
        self.say("callback_changed");
        let wanted = self.ring(id).wanted;
        if wanted && follows == "over" {
            self.over(id, outcome.name());
        } else if wanted && follows == "rest" {
            self.ring(id).next = Some(at);
            self.say("callback_changed");
        }
        let seconds = live.connected.map_or(0, |since| (now - since) / 1000);
        let rang = live.rung.zip(live.answered).map(|(rung, answered)| answered - rung);
        let (tries, next) = (self.ring(id).tries, self.ring(id).next);
        self.notice(id, json!({ "code": "call_ended", "call": told.0, "outcome": outcome.name(), "by": "contact",
            "cause": "486 \"Busy\"", "seconds": seconds, "attempt": tries, "next_at": next, "recording": null,
            "connected_at": live.connected, "agent_rung_at": live.rung, "agent_rang_ms": rang }));
        if self.conv(id).state != State::Active {
            return true;
        }
        let agent = self.conv(id).agent.clone().expect("who holds it");
        if follows == "rest" && wanted {
            self.released(id, &agent);
            let conv = self.edit(id);
            conv.state = State::Snoozed;
            (conv.until, conv.units) = (Some(at), 0);
            self.say("conversation_snoozed");
            self.match_agent(&agent);
        } else if self.people[&agent].presence == "offline" {
            self.released(id, &agent);
            self.requeued(id, "agent_lost");
            self.enter(id, Vec::new(), None);
        }
        true
    }

    pub(in super::super) fn steer_call(
        &mut self,
        id: &str,
        agent: Option<&str>,
        wish: domain::CallWish,
    ) -> String {
        let Some(conv) = self.convs.get(id) else { return "unknown".to_owned() };
        if agent.is_some_and(|agent| conv.agent.as_deref() != Some(agent)) {
            return "not_assigned".to_owned();
        }
        let Some(live) = self.live(id).cloned() else { return "none".to_owned() };
        let wish = wish.name();
        if wish == "hang_up" && live.stage == 0 {
            let ring = self.ring(id);
            (ring.call, ring.outcome) = (None, Some("cancelled".to_owned()));
            self.say("callback_changed");
        } else if live.wish != Some("hang_up") {
            self.ring(id).call.as_mut().expect("a call").wish = Some(wish);
            self.say("callback_changed");
        }
        "steered".to_owned()
    }
}
