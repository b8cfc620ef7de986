//! Calling: first the agent, then the person.

use super::send::Ask;
use super::{CallTask, Made, Phase, Then};
use crate::phone::{CallEnd, CallEvent};
use crate::sip::outcome::{Rang, is_machine, ours, refused};
use crate::sip::sdp::{Flow, Sdp};
use crate::sip::trace::Stage;
use domain::{CallOutcome, Leg};
use rsipstack::sip::{Header, Method, Response, headers};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Why nothing more is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing at all was heard.
    Dead,
    /// It has rung long enough.
    Rang,
}

impl CallTask {
    /// Begins a call: nobody was called yet.
    pub(in crate::sip) fn place(made: Made) -> Self {
        let mut call = Self::new(made, Phase::Agent);
        let here = call.line.here();
        let offer = Sdp::silent(&mut call.agent.side.session, here);
        call.invite(Leg::Agent, offer);
        call
    }

    fn rings(&self, leg: Leg) -> Duration {
        match leg {
            Leg::Agent => self.call.ring_agent,
            Leg::Contact => self.call.ring_contact,
        }
    }

    fn invite(&mut self, leg: Leg, offer: String) {
        // The network stops ringing by itself when nobody is left to say so (RFC 3261, 13.2.1).
        let secs = self.rings(leg).as_secs().max(1);
        let mut fields = vec![Header::Expires(headers::Expires::new(secs.to_string()))];
        if leg == Leg::Contact {
            // What is described before the answer may be told reliably (RFC 3262).
            fields.push(Header::Supported(headers::Supported::new("100rel")));
        }
        let line = Arc::clone(&self.line);
        let peer = self.peer(leg);
        peer.side.told = Some(offer.clone());
        let asked = peer.side.dialog.ask(Method::Invite, fields, Some(offer));
        let named = asked.name();
        match peer.side.dialog.write(&line, asked) {
            Ok(request) => self.plan(leg, &named, request),
            Err(_unwritable) => self.on_unreachable(leg),
        }
    }

    /// What was planned goes out.
    pub(super) fn call_planned(&mut self, leg: Leg) {
        let (rings, trying) = (self.rings(leg), self.line.config.trying);
        let peer = self.peer(leg);
        let Some(request) = peer.planned.take().filter(|_| peer.side.stage == Stage::Planned)
        else {
            return;
        };
        peer.side.stage = Stage::Called;
        peer.invited = Some(request.clone());
        peer.is_heard = false;
        let now = Instant::now();
        // A second request, with who we are, does not make it ring longer.
        self.times.ring = self.times.ring.or(Some(now + rings));
        self.times.trying = Some(now + trying);
        self.send(leg, Ask::Invite, request);
    }

    pub(super) fn on_unreachable(&mut self, leg: Leg) {
        self.peer(leg).side.stage = Stage::Over;
        let outcome = match leg {
            Leg::Agent => CallOutcome::AgentUnreachable,
            Leg::Contact => CallOutcome::Failed,
        };
        self.finish(ours(outcome, "the address cannot be reached from here"));
    }

    pub(super) fn on_silence(&mut self, silence: Silence) {
        let leg = match self.phase {
            Phase::Agent => Leg::Agent,
            Phase::Contact => Leg::Contact,
            Phase::Joining | Phase::Talking | Phase::Over => return,
        };
        if silence == Silence::Dead && self.turn_elsewhere(leg) {
            return;
        }
        let outcome = match (leg, silence) {
            (Leg::Agent, _) => CallOutcome::AgentUnreachable,
            (Leg::Contact, Silence::Dead) => CallOutcome::Failed,
            (Leg::Contact, Silence::Rang) => CallOutcome::NoAnswer,
        };
        let cause = match (leg, silence) {
            (Leg::Agent, Silence::Dead) => "no response from the agent's telephone",
            (Leg::Contact, Silence::Dead) => "no response from the trunk",
            (_, Silence::Rang) => "nobody answered in time",
        };
        self.finish(ours(outcome, cause));
    }

    /// A telephone that is called says something.
    pub(super) fn on_invited(&mut self, leg: Leg, answer: &Response) {
        let code = answer.status_code.code();
        self.peer(leg).is_heard = true;
        self.times.trying = None;
        match (self.peer(leg).side.stage, code) {
            (Stage::Recalled, ..200) => self.recall(leg),
            (Stage::Called, 101..200) => self.on_progress(leg, answer),
            (Stage::Called, 200..300) => self.on_accepted(leg, answer),
            // It answered at the moment when it was told to stop.
            (Stage::Recalled, 200..300) => {
                self.peer(leg).side.dialog.learn(answer);
                self.peer(leg).side.stage = Stage::Up;
                self.let_go(leg);
            }
            (Stage::Up | Stage::Over, 200..300) => self.on_fork(leg, answer),
            (Stage::Called, 503) if Self::is_full(answer) && self.turn_elsewhere(leg) => {}
            (Stage::Called | Stage::Recalled, 300..) => {
                let rang = self.peer(leg).rang;
                self.peer(leg).side.stage = Stage::Over;
                self.finish(refused(leg, answer, rang));
            }
            _ => {}
        }
    }

    fn on_progress(&mut self, leg: Leg, answer: &Response) {
        if !self.confirm_progress(leg, answer) {
            return;
        }
        let peer = self.peer(leg);
        // Of several telephones the first one counts until one of them answers.
        if !peer.side.dialog.is_other(answer) {
            peer.side.dialog.learn(answer);
        }
        let rings = matches!(answer.status_code.code(), 180 | 183);
        if rings && peer.rang == Rang::No {
            peer.rang = Rang::Yes;
            self.tell_trace(Then::Nothing);
            self.tell(CallEvent::Ringing(leg));
        }
        self.on_early(leg, answer);
    }

    fn on_accepted(&mut self, leg: Leg, answer: &Response) {
        self.times.ring = None;
        let sdp = if answer.body.is_empty() {
            self.described(leg, answer)
        } else {
            Sdp::read(&answer.body).ok()
        };
        let peer = self.peer(leg);
        peer.side.dialog.learn(answer);
        peer.side.stage = Stage::Up;
        peer.side.sdp.clone_from(&sdp);
        self.agree(leg, answer);
        if leg == Leg::Contact && is_machine(answer) {
            let cause = "the network says that a machine answers";
            self.finish(ours(CallOutcome::Voicemail, cause));
            return;
        }
        let Some(sdp) = sdp else {
            self.finish(no_sound(leg));
            return;
        };
        self.tell_trace(Then::Nothing);
        self.tell(CallEvent::Answered(leg));
        match leg {
            Leg::Agent => {
                let here = self.line.here();
                self.phase = Phase::Contact;
                let session = &mut self.contact.side.session;
                let offer = sdp.hand_on(session, here, Some(Flow::Both));
                self.told_place = sdp.place();
                self.invite(Leg::Contact, offer);
            }
            Leg::Contact => {
                self.phase = Phase::Joining;
                self.join();
            }
        }
    }

    /// Two telephones answered one call: the second is let go.
    fn on_fork(&mut self, leg: Leg, answer: &Response) {
        if self.peer(leg).side.dialog.is_other(answer) {
            self.let_other_go(leg, answer);
        }
    }

    pub(super) fn let_other_go(&mut self, leg: Leg, answer: &Response) {
        let mut other = self.peer(leg).side.dialog.of_other(answer);
        let asked = other.ask(Method::Bye, Vec::new(), None);
        if let Ok(request) = other.write(&self.line, asked) {
            self.send(leg, Ask::Bye, request);
        }
    }
}

fn no_sound(leg: Leg) -> CallEnd {
    let outcome = match leg {
        Leg::Agent => CallOutcome::AgentUnreachable,
        Leg::Contact => CallOutcome::Failed,
    };
    ours(outcome, "the answer describes no sound that both understand")
}
