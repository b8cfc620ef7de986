//! When nothing is heard at one place of several, or it is full, another one is tried (RFC 3263, 4.3).

use super::CallTask;
use super::send::Ask;
use crate::sip::dialog::{anew, cancel};
use crate::sip::trace::Stage;
use domain::Leg;
use rsipstack::sip::{HeadersExt as _, Method, Response};
use rsipstack::transport::SipAddr;
use std::sync::Arc;

impl CallTask {
    /// Where a request goes, and where else it might.
    pub(super) fn on_ways(&mut self, id: u64, ways: Vec<SipAddr>) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let mut ways = ways.into_iter();
        let first = ways.next();
        if pending.ask != Ask::Invite || pending.to.is_some() {
            return;
        }
        pending.to.clone_from(&first);
        let leg = pending.leg;
        let peer = self.peer(leg);
        peer.way = first;
        peer.ways = ways.collect();
        let at = peer.way.as_ref().and_then(|way| way.get_socketaddr().ok());
        if let Some(invite) = peer.side.invite.as_mut().filter(|_| !peer.ways.is_empty()) {
            invite.at = at;
            self.tell_trace(super::Then::Nothing);
        }
    }

    /// Calls a telephone at its next place, if there is one.
    pub(super) fn turn_elsewhere(&mut self, leg: Leg) -> bool {
        let line = Arc::clone(&self.line);
        let peer = self.peer(leg);
        let Some(invited) = peer.invited.clone().filter(|_| peer.side.stage == Stage::Called)
        else {
            return false;
        };
        let Some(next) = peer.ways.pop_front() else { return false };
        peer.way = Some(next);
        peer.proofs = 0;
        let asked = peer.side.dialog.ask(Method::Invite, Vec::new(), None);
        let request = anew(&invited, &line, &asked);
        for pending in self.pending.values_mut() {
            pending.is_left |= pending.leg == leg && pending.ask == Ask::Invite;
        }
        self.plan(leg, &asked, request);
        true
    }

    /// Is a place full that says nothing of when to come again?
    pub(super) fn is_full(answer: &Response) -> bool {
        answer.status_code.code() == 503 && answer.header_value("Retry-After").is_none()
    }

    /// A place that was given up says something after all: nobody rings there.
    pub(super) fn on_late(&mut self, id: u64, answer: &Response) {
        let reason = self.reason.clone();
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let leg = pending.leg;
        match answer.status_code.code() {
            ..200 => {
                let (request, to) = (cancel(&pending.request, reason), pending.to.clone());
                // Taken back once: nothing else that it says matters, but that it has answered.
                if std::mem::replace(&mut pending.ask, Ask::Cancel) == Ask::Invite {
                    self.send_to(leg, Ask::Cancel, request, to);
                }
            }
            200..300 => self.let_other_go(leg, answer),
            _ => {}
        }
    }
}
