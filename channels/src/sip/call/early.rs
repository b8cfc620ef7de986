//! Sound before the answer: the person's side says where it plays its ringing, an announcement or the network's voice
//! (RFC 3261, 13.2.1; RFC 3960), and the agent's telephone is told at once, by a re-INVITE. What it was told then needs
//! not be told again when the person answers, unless the answer describes something else.
//!
//! When several telephones of the person's are called at once, the agent hears the first that describes sound,
//! until one of them answers. Where none does, the agent hears nothing: we have no media of our own.

use super::send::Ask;
use super::talk::Exchange;
use super::{CallTask, Phase};
use crate::sip::dialog::tag_of;
use crate::sip::sdp::Sdp;
use domain::Leg;
use rsipstack::sip::{Header, HeadersExt as _, Method, Response, headers};

/// The most telephones of one person whose provisional answers are kept apart.
const FORKS_MAX: usize = 16;

/// What a telephone described before it answered.
pub(super) struct Early {
    /// Which of several it is.
    tag: Option<String>,
    pub(super) sdp: Sdp,
}

/// The provisional answers that were confirmed (RFC 3262): by whom, and the last number of each.
#[derive(Debug, Default)]
pub(super) struct Confirmed(Vec<(Option<String>, u32)>);

impl Confirmed {
    /// Is it the first answer of this telephone, or the one after its last? Then it is the last now.
    fn is_next(&mut self, tag: Option<String>, number: u32) -> bool {
        let Some((_, last)) = self.0.iter_mut().find(|(known, _)| *known == tag) else {
            let has_room = self.0.len() < FORKS_MAX;
            if has_room {
                self.0.push((tag, number));
            }
            return has_room;
        };
        let is_next = last.checked_add(1) == Some(number);
        if is_next {
            *last = number;
        }
        is_next
    }
}

impl CallTask {
    /// Confirms a provisional answer that wants it (RFC 3262, 4). `false` for one that is not to be looked at: it
    /// was there before, or one before it is missing and comes again.
    pub(super) fn confirm_progress(&mut self, leg: Leg, answer: &Response) -> bool {
        let wants = |value: &str| value.split(',').any(|word| word.trim() == "100rel");
        if !answer.header_value("Require").is_some_and(|value| wants(value.as_ref())) {
            return true;
        }
        let number = answer.header_value("RSeq").and_then(|value| value.trim().parse::<u32>().ok());
        let invite = answer.cseq_header().and_then(|cseq| cseq.seq());
        let (Some(number), Ok(invite)) = (number, invite) else { return true };
        let line = self.line.clone();
        let peer = self.peer(leg);
        if !peer.confirmed.is_next(tag_of(answer), number) {
            return false;
        }
        let which = headers::RAck::new(format!("{number} {invite} INVITE"));
        let asked = peer.side.dialog.ask(Method::PRack, vec![Header::RAck(which)], None);
        // It is for this telephone, whichever is the one that we speak with later.
        if let Ok(request) = peer.side.dialog.of_other(answer).write(&line, asked) {
            self.send(leg, Ask::Prack, request);
        }
        true
    }

    /// A telephone that is called describes sound.
    pub(super) fn on_early(&mut self, leg: Leg, answer: &Response) {
        let Ok(sdp) = Sdp::read(&answer.body) else { return };
        let (tag, peer) = (tag_of(answer), self.peer(leg));
        let is_old = |early: &Early| early.tag != tag || early.sdp.is_alike(&sdp);
        if peer.early.as_ref().is_some_and(is_old) {
            return;
        }
        peer.early = Some(Early { tag, sdp });
        if leg == Leg::Contact {
            self.hand_early();
        }
    }

    /// The person's side says that it plays its sound elsewhere now.
    pub(super) fn on_early_change(&mut self, sdp: Sdp) {
        if let Some(early) = &mut self.contact.early {
            early.sdp = sdp;
            self.hand_early();
        }
    }

    /// What the telephone described that answers now without a description (RFC 3261, 13.2.1).
    pub(super) fn described(&mut self, leg: Leg, answer: &Response) -> Option<Sdp> {
        let tag = tag_of(answer);
        self.peer(leg).early.take().filter(|early| early.tag == tag).map(|early| early.sdp)
    }

    /// The agent's telephone is told where the person's plays sound.
    fn hand_early(&mut self) {
        if self.phase != Phase::Contact || self.exchange.is_some() {
            return;
        }
        let Some(sdp) = self.contact.early.as_ref().map(|early| early.sdp.clone()) else { return };
        if !self.hears(&sdp) {
            let offer = sdp.hand_on(&mut self.agent.side.session, self.line.here(), None);
            self.begin(Exchange::Early(sdp), Leg::Agent, offer);
        }
    }

    fn hears(&self, sdp: &Sdp) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.is_alike(sdp))
    }

    /// The agent's telephone was told of early sound, and has agreed or not. Meanwhile the person may have answered, or
    /// described something else.
    pub(super) fn go_on_after_early(&mut self, tried: &Sdp) {
        match self.phase {
            Phase::Joining => self.join(),
            Phase::Contact => {
                let is_new = |early: &Early| !early.sdp.is_alike(tried);
                if self.contact.early.as_ref().is_some_and(is_new) {
                    self.hand_early();
                }
            }
            Phase::Agent | Phase::Talking | Phase::Over => {}
        }
    }

    /// Both have answered: the agent's telephone is told where the person's listens, unless it knows.
    pub(super) fn join(&mut self) {
        let Some(sdp) = self.contact.side.sdp.clone() else { return };
        let is_waiting = self.times.again.is_some();
        if self.exchange.is_some() && !is_waiting {
            // It is being told of what was described before: what follows comes then.
            return;
        }
        if self.exchange.is_none() && self.hears(&sdp) {
            self.connected();
            return;
        }
        let offer = sdp.hand_on(&mut self.agent.side.session, self.line.here(), None);
        match &mut self.exchange {
            // What crossed is asked again in a moment: then this.
            Some(asking) => {
                asking.what = Exchange::Join;
                self.agent.side.told = Some(offer);
            }
            None => self.begin(Exchange::Join, Leg::Agent, offer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provisional_answer_is_confirmed_once_and_in_order() {
        let mut confirmed = Confirmed::default();
        let tag = |tag: &str| Some(tag.to_owned());
        assert!(confirmed.is_next(tag("a"), 7));
        assert!(!confirmed.is_next(tag("a"), 7), "the same again");
        assert!(!confirmed.is_next(tag("a"), 9), "one is missing");
        assert!(confirmed.is_next(tag("a"), 8) && confirmed.is_next(tag("a"), 9));
        assert!(confirmed.is_next(tag("b"), 1), "another telephone counts for itself");
        for n in 0..100 {
            confirmed.is_next(Some(n.to_string()), 1);
        }
        assert!(confirmed.0.len() <= FORKS_MAX);
        assert!(confirmed.is_next(tag("a"), 10), "who is known goes on");
    }
}
