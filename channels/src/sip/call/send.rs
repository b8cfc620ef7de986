//! What a call asks of telephones, and who it says it is.

use super::{CallTask, Then};
use crate::sip::dialog::{Asked, again};
use crate::sip::digest::Challenge;
use crate::sip::line::Line;
use crate::sip::trace::{Invite, Stage};
use domain::Leg;
use rsipstack::sip::{Request, Response, SipMessage};
use rsipstack::transport::SipAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// So often we say who we are: once, and once more when only the nonce was too old.
const PROOFS_MAX: u8 = 2;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// To take the call.
    Invite,
    /// To stop ringing.
    Cancel,
    /// To send media elsewhere, or otherwise.
    Reoffer,
    /// To repeat a provisional answer no more.
    Prack,
    /// To hang up.
    Bye,
}

/// What was asked, and not answered yet.
pub(super) struct Pending {
    pub(super) leg: Leg,
    pub(super) ask: Ask,
    pub(super) request: Request,
    proofs: u8,
    /// Where it goes, or went.
    pub(super) to: Option<SipAddr>,
    /// It was given up: somebody else was called instead.
    pub(super) is_left: bool,
}

/// What a telephone says.
pub(in crate::sip) struct Answer {
    id: u64,
    said: Said,
}

impl Answer {
    /// The answer itself, where it is one.
    pub(in crate::sip) fn response(self) -> Option<Box<Response>> {
        match self.said {
            Said::Answer(answer) => Some(answer),
            Said::Ways(_) | Said::Unsent | Said::Over => None,
        }
    }
}

enum Said {
    /// It goes to the first of these places; the others may be tried instead.
    Ways(Vec<SipAddr>),
    Answer(Box<Response>),
    /// It could not be asked.
    Unsent,
    /// Nothing more comes.
    Over,
}

impl CallTask {
    /// Asks something.
    pub(super) fn send(&mut self, leg: Leg, ask: Ask, request: Request) {
        let to = match ask {
            // What takes it back goes the same way (RFC 3263, 4).
            Ask::Invite | Ask::Cancel => self.peer(leg).way.clone(),
            Ask::Reoffer | Ask::Prack | Ask::Bye => None,
        };
        self.send_to(leg, ask, request, to);
    }

    pub(super) fn send_to(&mut self, leg: Leg, ask: Ask, request: Request, to: Option<SipAddr>) {
        self.send_proved(Pending { leg, ask, request, proofs: 0, to, is_left: false });
    }

    fn send_proved(&mut self, pending: Pending) {
        self.asked += 1;
        let (id, request, to) = (self.asked, pending.request.clone(), pending.to.clone());
        self.pending.insert(id, pending);
        let (line, answers) = (Arc::clone(&self.line), self.answers.0.clone());
        self.work.spawn(Box::pin(ask(line, (request, to), id, answers)));
    }

    pub(super) fn on_answer(&mut self, Answer { id, said }: Answer) {
        let answer = match said {
            Said::Over => {
                self.pending.remove(&id);
                return;
            }
            Said::Unsent => {
                if let Some(pending) = self.pending.remove(&id).filter(|asked| !asked.is_left) {
                    self.on_unsent(pending.leg, pending.ask);
                }
                return;
            }
            Said::Ways(ways) => {
                self.on_ways(id, ways);
                return;
            }
            Said::Answer(answer) => answer,
        };
        let Some(pending) = self.pending.get(&id) else { return };
        let (leg, ask) = (pending.leg, pending.ask);
        if pending.is_left {
            self.on_late(id, &answer);
            return;
        }
        if matches!(answer.status_code.code(), 401 | 407) && self.prove(id, &answer) {
            return;
        }
        match ask {
            Ask::Invite => self.on_invited(leg, &answer),
            Ask::Reoffer => self.on_reoffered(leg, &answer),
            Ask::Cancel => self.on_cancelled(leg, &answer),
            Ask::Prack | Ask::Bye => {}
        }
    }

    /// Asks again with who we are, where we can say it.
    fn prove(&mut self, id: u64, answer: &Response) -> bool {
        let Some(pending) = self.pending.get(&id) else { return false };
        let (leg, ask, proofs) = (pending.leg, pending.ask, pending.proofs);
        let request = pending.request.clone();
        let is_recalled = ask == Ask::Invite && self.peer(leg).side.stage != Stage::Called;
        let Some(challenge) = Challenge::of(answer) else { return false };
        let proofs = if ask == Ask::Invite { self.peer(leg).proofs } else { proofs };
        let may_prove = proofs == 0 || (challenge.is_stale && proofs < PROOFS_MAX);
        let Some(who) = self.peer(leg).credentials.clone() else { return false };
        if is_recalled || !may_prove || ask == Ask::Cancel {
            return false;
        }
        let line = Arc::clone(&self.line);
        let peer = self.peer(leg);
        let asked = peer.side.dialog.ask(request.method, Vec::new(), None);
        let proof = challenge.answer(&who, request.method, &request.uri);
        let request = again(&request, &line, &asked, proof);
        if ask == Ask::Invite {
            peer.proofs += 1;
            self.plan(leg, &asked, request);
        } else {
            let (to, is_left) = (None, false);
            self.send_proved(Pending { leg, ask, request, proofs: proofs + 1, to, is_left });
        }
        true
    }

    /// Calls a telephone as soon as it is kept by what it would be taken back.
    pub(super) fn plan(&mut self, leg: Leg, asked: &Asked, request: Request) {
        let peer = self.peer(leg);
        let at = peer.way.as_ref().and_then(|way| way.get_socketaddr().ok());
        peer.side.invite = Some(Invite { at, ..peer.side.dialog.invite_of(asked) });
        peer.side.stage = Stage::Planned;
        peer.planned = Some(request);
        self.tell_trace(Then::Call(leg));
    }

    fn on_unsent(&mut self, leg: Leg, ask: Ask) {
        match ask {
            Ask::Invite if self.turn_elsewhere(leg) => {}
            Ask::Invite => self.on_unreachable(leg),
            Ask::Reoffer => self.on_unanswered(),
            Ask::Cancel | Ask::Prack | Ask::Bye => {}
        }
    }
}

/// Asks, there or where the request's own address says, and gives every answer under this number, and at last that
/// nothing more comes.
pub(in crate::sip) async fn ask(
    line: Arc<Line>,
    (request, to): (Request, Option<SipAddr>),
    id: u64,
    answers: mpsc::Sender<Answer>,
) {
    let ways = match to {
        Some(to) => Ok(vec![to]),
        None => line.ways.locate(&request.destination()).await,
    };
    let ways = ways.unwrap_or_default();
    let begun = ways.first().cloned().map(|first| line.begin(request, first));
    drop(answers.send(Answer { id, said: Said::Ways(ways) }).await);
    let Some(Ok(mut transaction)) = begun.map(|begun| begun.map(Box::new)) else {
        drop(answers.send(Answer { id, said: Said::Unsent }).await);
        return;
    };
    if Box::pin(transaction.send()).await.is_err() {
        drop(answers.send(Answer { id, said: Said::Unsent }).await);
        return;
    }
    while let Some(message) = Box::pin(transaction.receive()).await {
        if let SipMessage::Response(answer) = message {
            let said = Said::Answer(Box::new(answer));
            // Nobody listens any more: what must be confirmed is confirmed all the same.
            drop(answers.send(Answer { id, said }).await);
        }
    }
    drop(answers.send(Answer { id, said: Said::Over }).await);
}
