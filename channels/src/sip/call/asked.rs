//! What telephones ask within a call. Everything is answered: whoever is not answered, or told that we
//! understand nothing of it, hangs up sooner or later.

use super::talk::{Exchange, Hold, Relay};
use super::{CallTask, Phase};
use crate::sip::dialog::allow;
use crate::sip::sdp::{Flow, Sdp};
use crate::sip::ways::transport_of;
use domain::Leg;
use rsipstack::sip::{Header, Method, Request, StatusCode, headers};
use rsipstack::transaction::Transaction;
use std::time::Duration;

/// How long an answer is repeated that the telephone must confirm (64 · T1, RFC 3261, 13.3.1.4).
const CONFIRMS: Duration = Duration::from_secs(33);

impl CallTask {
    pub(super) fn on_asked(&mut self, leg: Leg, transaction: Box<Transaction>) {
        let request = &transaction.original;
        let method = request.method;
        // Whoever does not know the tags is not that telephone.
        if !self.peer(leg).side.dialog.has(request) {
            self.answer(transaction, 481, Vec::new(), None);
            return;
        }
        if !self.peer(leg).side.dialog.is_next(request) {
            self.answer(transaction, 500, Vec::new(), None);
            return;
        }
        match method {
            Method::Bye => {
                self.answer(transaction, 200, Vec::new(), None);
                self.on_left(leg);
            }
            Method::Invite | Method::Update => self.on_offer(leg, transaction),
            Method::Options | Method::Info | Method::Notify | Method::Message => {
                self.answer(transaction, 200, vec![allow()], None);
            }
            // We do not transfer: the desk does.
            Method::Refer => self.answer(transaction, 603, Vec::new(), None),
            _ => self.answer(transaction, 405, vec![allow()], None),
        }
    }

    /// A telephone says that it listens elsewhere, that somebody waits, or only that it lives.
    fn on_offer(&mut self, leg: Leg, transaction: Box<Transaction>) {
        let request = &transaction.original;
        if self.phase == Phase::Over {
            self.answer(transaction, 481, Vec::new(), None);
            return;
        }
        self.peer(leg).side.dialog.turn_to(request);
        if request.body.is_empty() {
            let told = self.peer(leg).side.told.clone();
            let told = told.filter(|_| request.method == Method::Invite);
            self.confirm(leg, transaction, told);
            return;
        }
        let Ok(offer) = Sdp::read(&request.body) else {
            self.answer(transaction, 488, Vec::new(), None);
            return;
        };
        let is_same = self.peer(leg).side.sdp.as_ref().is_some_and(|sdp| sdp.is_same_as(&offer));
        match self.phase {
            Phase::Talking if self.exchange.is_none() && is_same => {
                let told = self.peer(leg).side.told.clone();
                self.confirm(leg, transaction, told);
            }
            Phase::Talking if self.exchange.is_none() => self.relay(leg, transaction, &offer),
            Phase::Joining | Phase::Talking => self.answer(transaction, 491, Vec::new(), None),
            // The agent's telephone is being told where the person's plays its ringing.
            Phase::Contact if self.exchange.is_some() && leg == Leg::Agent => {
                self.answer(transaction, 491, Vec::new(), None);
            }
            Phase::Agent | Phase::Contact | Phase::Over => self.take(leg, transaction, offer),
        }
    }

    /// The person has not answered: what one telephone says is not handed on yet. The person's is told afterwards
    /// where the agent's listens.
    fn take(&mut self, leg: Leg, transaction: Box<Transaction>, offer: Sdp) {
        let here = self.line.here();
        let other = match leg {
            Leg::Agent => self.heard.clone(),
            Leg::Contact => self.agent.side.sdp.clone(),
        };
        let peer = self.peer(leg);
        let session = &mut peer.side.session;
        let told = match other {
            Some(other) => other.hand_on(session, here, None),
            None => Sdp::silent(session, here),
        };
        peer.side.told = Some(told.clone());
        peer.side.sdp = Some(offer.clone());
        self.confirm(leg, transaction, Some(told));
        if leg == Leg::Contact {
            self.on_early_change(offer);
        }
    }

    fn relay(&mut self, from: Leg, transaction: Box<Transaction>, offer: &Sdp) {
        // Whom the desk holds, no telephone takes back.
        let flow = (self.hold == Hold::ByOrder).then_some(Flow::None);
        let here = self.line.here();
        let to = from.other();
        let handed = offer.hand_on(&mut self.peer(to).side.session, here, flow);
        self.peer(from).side.sdp = Some(offer.clone());
        if from == Leg::Agent {
            self.told_place = offer.place();
        }
        let relay = Relay { from, transaction, flow: offer.flow() };
        self.begin(Exchange::Relay(relay), to, handed);
    }

    fn confirm(&mut self, leg: Leg, transaction: Box<Transaction>, body: Option<String>) {
        let fields = self.refreshed(leg, &transaction.original);
        self.answer(transaction, 200, fields, body);
    }

    /// Answers, and repeats what must be confirmed.
    pub(super) fn answer(
        &mut self,
        transaction: Box<Transaction>,
        code: u16,
        mut fields: Vec<Header>,
        body: Option<String>,
    ) {
        if code < 300 && has_contact(&transaction.original) {
            fields.push(self.line.contact(way_of(&transaction.original)));
        }
        if body.is_some() {
            fields.push(Header::ContentType(headers::ContentType::new("application/sdp")));
        }
        let body = body.map(String::into_bytes);
        self.work.spawn(Box::pin(answer(transaction, code, fields, body)));
    }
}

/// Answers, and waits until it is confirmed where that is needed.
pub(in crate::sip) async fn answer(
    mut transaction: Box<Transaction>,
    code: u16,
    fields: Vec<Header>,
    body: Option<Vec<u8>>,
) {
    let answered = transaction.reply_with(StatusCode::from(code), fields, body).await;
    if answered.is_ok() && transaction.original.method == Method::Invite {
        let confirmed = async { while transaction.receive().await.is_some() {} };
        // When it is never confirmed, the telephone has heard nothing: it asks again, or hangs up.
        drop(tokio::time::timeout(CONFIRMS, confirmed).await);
    }
}

fn has_contact(request: &Request) -> bool {
    matches!(request.method, Method::Invite | Method::Update)
}

/// By which way a request came, as its own first line says it.
fn way_of(request: &Request) -> rsipstack::sip::Transport {
    transport_of(&request.uri)
}
