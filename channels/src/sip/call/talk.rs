//! What is asked of telephones within the call: where the other listens, that somebody waits, and what the
//! other telephone asks. One thing at a time.

use super::send::Ask;
use super::{CallTask, Phase, Then};
use crate::phone::CallEvent;
use crate::sip::outcome::{ours, words};
use crate::sip::sdp::{Flow, Sdp};
use domain::{CallOutcome, Leg};
use rsipstack::sip::{Method, Response};
use rsipstack::transaction::Transaction;
use std::time::Duration;
use tokio::time::Instant;

/// So often something is asked again that crossed with what the telephone asked (491).
const CROSSED_MAX: u8 = 4;
/// The bounds of the pause before that, in milliseconds, for whoever chose the Call-ID (RFC 3261, 14.1).
const CROSSED_PAUSE: (u64, u64) = (2_100, 4_000);

/// Does the person wait?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    No,
    ByOrder,
    /// The agent's telephone has said so.
    ByPhone,
}

/// What is being asked, and what follows.
pub(super) enum Exchange {
    /// The agent's telephone is told where the person's plays sound that has not answered yet.
    Early(Sdp),
    /// The agent's telephone is told where the person's listens: then they speak.
    Join,
    /// The person's is told that the agent's listens elsewhere now.
    Move,
    /// The person's is told to wait, or no longer.
    Hold(Hold),
    /// The agent's is told the same.
    HoldToo,
    /// One is asked what the other asked.
    Relay(Relay),
    /// Nothing changes: the call lives on (RFC 4028).
    Refresh,
}

/// What a telephone asked for the other one.
pub(super) struct Relay {
    pub(super) from: Leg,
    pub(super) transaction: Box<Transaction>,
    pub(super) flow: Flow,
}

/// An exchange on its way.
pub(super) struct Asking {
    pub(super) what: Exchange,
    pub(super) leg: Leg,
    crossed: u8,
}

impl CallTask {
    pub(super) fn begin(&mut self, what: Exchange, leg: Leg, offer: String) {
        self.exchange = Some(Asking { what, leg, crossed: 0 });
        self.reoffer(leg, offer);
    }

    fn reoffer(&mut self, leg: Leg, offer: String) {
        self.times.exchange = Some(Instant::now() + self.line.config.trying);
        let line = self.line.clone();
        let peer = self.peer(leg);
        peer.side.told = Some(offer.clone());
        let asked = peer.side.dialog.ask(Method::Invite, Vec::new(), Some(offer));
        match peer.side.dialog.write(&line, asked) {
            Ok(request) => self.send(leg, Ask::Reoffer, request),
            Err(_unwritable) => self.on_unanswered(),
        }
    }

    /// What crossed is asked once more.
    pub(super) fn ask_again(&mut self) {
        let Some(leg) = self.exchange.as_ref().map(|asking| asking.leg) else { return };
        if let Some(offer) = self.peer(leg).side.told.clone() {
            self.reoffer(leg, offer);
        }
    }

    pub(super) fn on_reoffered(&mut self, leg: Leg, answer: &Response) {
        let code = answer.status_code.code();
        if code < 200 {
            return;
        }
        let Some(mut asking) = self.exchange.take_if(|asking| asking.leg == leg) else { return };
        self.times.exchange = None;
        match code {
            200..300 => {
                self.peer(leg).side.dialog.turn_to(answer);
                self.agree(leg, answer);
                let sdp = Sdp::read(&answer.body).ok();
                if sdp.is_some() {
                    self.peer(leg).side.sdp.clone_from(&sdp);
                }
                self.go_on(asking.what, sdp);
            }
            491 if !matches!(asking.what, Exchange::Relay(_)) && asking.crossed < CROSSED_MAX => {
                asking.crossed += 1;
                self.exchange = Some(asking);
                let pause = rand::random_range(CROSSED_PAUSE.0..CROSSED_PAUSE.1);
                self.times.again = Some(Instant::now() + Duration::from_millis(pause));
                return;
            }
            // That telephone knows of no such call any more (RFC 3261, 12.2.1.2).
            408 | 481 => {
                if !matches!(asking.what, Exchange::Early(_)) {
                    self.give_up(asking.what, code);
                }
                self.on_left(leg);
            }
            code => self.give_up(asking.what, code),
        }
        self.do_wish();
    }

    fn go_on(&mut self, what: Exchange, sdp: Option<Sdp>) {
        let here = self.line.here();
        match (what, sdp) {
            (Exchange::Early(early), sdp) => {
                if sdp.is_some() {
                    self.heard = Some(early.clone());
                    self.tell_trace(Then::Nothing);
                }
                self.go_on_after_early(&early);
            }
            (Exchange::Join, Some(_)) => self.connected(),
            (Exchange::Join, None) => self.give_up(Exchange::Join, 488),
            (Exchange::Hold(hold), Some(sdp)) => {
                self.turn(hold);
                let offer = sdp.hand_on(&mut self.agent.side.session, here, None);
                self.begin(Exchange::HoldToo, Leg::Agent, offer);
            }
            (Exchange::Relay(relay), Some(sdp)) => self.hand_back(relay, &sdp),
            (Exchange::Relay(relay), None) => self.answer(relay.transaction, 488, Vec::new(), None),
            (Exchange::Hold(_), None)
            | (Exchange::Move | Exchange::HoldToo | Exchange::Refresh, _) => {}
        }
        if self.phase == Phase::Talking {
            self.tell_trace(Then::Nothing);
        }
    }

    /// Both know where the other listens.
    pub(super) fn connected(&mut self) {
        self.phase = Phase::Talking;
        self.tell_trace(Then::Nothing);
        self.tell(CallEvent::Connected);
        // The agent's may have moved since the person's was called.
        let Some(sdp) = self.agent.side.sdp.clone() else { return };
        if sdp.place() != self.told_place {
            self.told_place = sdp.place();
            let here = self.line.here();
            let offer = sdp.hand_on(&mut self.contact.side.session, here, None);
            self.begin(Exchange::Move, Leg::Contact, offer);
        }
    }

    /// A telephone hears what the other one answered.
    fn hand_back(&mut self, relay: Relay, sdp: &Sdp) {
        let Relay { from, transaction, flow } = relay;
        let here = self.line.here();
        let peer = self.peer(from);
        let text = sdp.hand_on(&mut peer.side.session, here, None);
        peer.side.told = Some(text.clone());
        let fields = self.refreshed(from, &transaction.original);
        self.answer(transaction, 200, fields, Some(text));
        if from == Leg::Agent && self.hold != Hold::ByOrder {
            let is_held = matches!(flow, Flow::Sends | Flow::None);
            self.turn(if is_held { Hold::ByPhone } else { Hold::No });
        }
    }

    /// Somebody waits now, or no longer.
    fn turn(&mut self, hold: Hold) {
        let (was, is) = (self.hold != Hold::No, hold != Hold::No);
        self.hold = hold;
        match (was, is) {
            (false, true) => self.tell(CallEvent::Held),
            (true, false) => self.tell(CallEvent::Resumed),
            _ => {}
        }
    }

    /// A telephone did not do what was asked.
    fn give_up(&mut self, what: Exchange, code: u16) {
        match what {
            Exchange::Join => self.finish(ours(CallOutcome::Failed, &words(code))),
            Exchange::Relay(relay) => self.answer(relay.transaction, code, Vec::new(), None),
            // The person may answer all the same: then it is told once more.
            Exchange::Early(early) => self.go_on_after_early(&early),
            Exchange::Move | Exchange::Hold(_) | Exchange::HoldToo | Exchange::Refresh => {}
        }
    }

    /// Nothing was heard of what was asked.
    pub(super) fn on_unanswered(&mut self) {
        self.times.exchange = None;
        if let Some(asking) = self.exchange.take() {
            // An answer that comes now is none to what is asked next.
            self.pending.retain(|_, asked| asked.leg != asking.leg || asked.ask != Ask::Reoffer);
            self.give_up(asking.what, 408);
        }
        self.do_wish();
    }

    /// An order: the person waits, or no longer.
    pub(super) fn wish(&mut self, hold: Hold) {
        if matches!(self.phase, Phase::Joining | Phase::Talking) {
            self.wish = Some(hold);
            self.do_wish();
        }
    }

    fn do_wish(&mut self) {
        if self.phase != Phase::Talking || self.exchange.is_some() {
            return;
        }
        let Some(hold) = self.wish.take() else { return };
        let Some(sdp) = self.agent.side.sdp.clone().filter(|_| hold != self.hold) else { return };
        let flow = if hold == Hold::No { Flow::Both } else { Flow::None };
        let offer = sdp.hand_on(&mut self.contact.side.session, self.line.here(), Some(flow));
        self.begin(Exchange::Hold(hold), Leg::Contact, offer);
    }
}
