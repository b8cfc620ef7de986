//! Hanging up: whatever the reason, both telephones are let go.

use super::send::Ask;
use super::talk::Exchange;
use super::{CallTask, LINGERS, Phase};
use crate::phone::{CallEnd, CallEvent};
use crate::sip::dialog::cancel;
use crate::sip::outcome::ours;
use crate::sip::trace::Stage;
use domain::{CallOutcome, Leg};
use rsipstack::sip::{Header, Method, Response, headers};
use tokio::time::Instant;

impl CallTask {
    /// By order.
    pub(super) fn hang_up(&mut self) {
        let outcome = match self.phase {
            Phase::Talking => CallOutcome::Completed,
            _ => CallOutcome::Cancelled,
        };
        self.finish(ours(outcome, "the desk hung up"));
    }

    /// A telephone has hung up.
    pub(super) fn on_left(&mut self, leg: Leg) {
        self.peer(leg).side.stage = Stage::Over;
        let outcome = match (self.phase, leg) {
            (Phase::Talking, _) => CallOutcome::Completed,
            (_, Leg::Agent) => CallOutcome::AgentLeft,
            (_, Leg::Contact) => CallOutcome::Declined,
        };
        let cause = "hung up".to_owned();
        self.finish(CallEnd { outcome, by: Some(leg), cause, retry_after: None });
    }

    /// It is over.
    pub(super) fn finish(&mut self, end: CallEnd) {
        if self.phase == Phase::Over {
            return;
        }
        self.close(reason(end.outcome));
        self.tell(CallEvent::Ended(end));
    }

    /// It is somebody else's: nothing more is told, and nobody is left ringing.
    pub(super) fn abandon(&mut self) {
        self.outbox.clear();
        if self.phase != Phase::Over {
            self.close(reason(CallOutcome::Lost));
        }
    }

    fn close(&mut self, reason: Header) {
        self.phase = Phase::Over;
        self.room = None;
        self.reason = reason;
        self.times = super::Times { over: Some(Instant::now() + LINGERS), ..Default::default() };
        self.agent.refresh_at = None;
        self.contact.refresh_at = None;
        if let Some(Exchange::Relay(relay)) = self.exchange.take().map(|asking| asking.what) {
            self.answer(relay.transaction, 487, Vec::new(), None);
        }
        self.let_go(Leg::Agent);
        self.let_go(Leg::Contact);
    }

    /// A telephone stops ringing, or hangs up.
    pub(super) fn let_go(&mut self, leg: Leg) {
        let peer = self.peer(leg);
        match peer.side.stage {
            Stage::Idle | Stage::Over => {}
            Stage::Planned => {
                peer.planned = None;
                peer.side.stage = Stage::Over;
            }
            Stage::Called | Stage::Recalled => {
                peer.side.stage = Stage::Recalled;
                // Nothing may be taken back before something was heard (RFC 3261, 9.1).
                if peer.is_heard {
                    self.recall(leg);
                }
            }
            Stage::Up => {
                peer.side.stage = Stage::Over;
                self.bye(leg);
            }
        }
    }

    pub(super) fn bye(&mut self, leg: Leg) {
        let (line, reason) = (self.line.clone(), self.reason.clone());
        let peer = self.peer(leg);
        let asked = peer.side.dialog.ask(Method::Bye, vec![reason], None);
        if let Ok(request) = peer.side.dialog.write(&line, asked) {
            self.send(leg, Ask::Bye, request);
        }
    }

    /// Takes the first request back.
    pub(super) fn recall(&mut self, leg: Leg) {
        let reason = self.reason.clone();
        let peer = self.peer(leg);
        if peer.is_recalled {
            return;
        }
        if let Some(request) = peer.invited.as_ref().map(|invite| cancel(invite, reason)) {
            peer.is_recalled = true;
            self.send(leg, Ask::Cancel, request);
        }
    }

    /// What became of taking it back. Where there is nothing to take back (481), the telephone may have
    /// answered somebody who died before they could tell.
    pub(super) fn on_cancelled(&mut self, leg: Leg, answer: &Response) {
        let peer = self.peer(leg);
        let knows_it = peer.side.dialog.remote_tag.is_some();
        if answer.status_code.code() == 481 && peer.side.stage == Stage::Recalled && knows_it {
            peer.side.stage = Stage::Over;
            self.bye(leg);
        }
    }
}

/// Why, for the telephone (RFC 3326).
pub(super) fn reason(outcome: CallOutcome) -> Header {
    let text = match outcome {
        CallOutcome::Busy => "SIP;cause=486;text=\"Busy Here\"",
        CallOutcome::NoAnswer => "SIP;cause=480;text=\"Temporarily Unavailable\"",
        CallOutcome::Declined => "SIP;cause=603;text=\"Decline\"",
        CallOutcome::BadNumber => "SIP;cause=404;text=\"Not Found\"",
        CallOutcome::Failed => "SIP;cause=503;text=\"Service Unavailable\"",
        CallOutcome::Completed
        | CallOutcome::Voicemail
        | CallOutcome::AgentUnreachable
        | CallOutcome::AgentLeft
        | CallOutcome::Cancelled
        | CallOutcome::Lost => "Q.850;cause=16;text=\"Normal call clearing\"",
    };
    Header::Reason(headers::Reason::new(text))
}
