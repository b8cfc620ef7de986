//! One call, from the first ring to the last word.
//!
//! The agent is called with an offer in which nothing flows, the person with what the agent's telephone
//! answered, and then each is told where the other listens: the agent's as soon as the person's side describes any sound,
//! so that the agent hears it ring. So no offer comes late (RFC 3725 has it so in
//! its flows I to III), which old exchanges do not understand, and media goes from telephone to telephone.
//!
//! A call is a task that waits for four things: what it told to be kept, an order, an answer, and a time.
//! Nothing that it does waits for anything else. What must not happen before something is kept (nobody is
//! rung before the trace is) stands behind it in the outbox.

mod adopt;
mod asked;
mod early;
mod refresh;
mod release;
mod ring;
mod send;
mod talk;
mod turn;

use super::digest::Credentials;
use super::line::Line;
use super::outcome::Rang;
use super::sdp::Sdp;
use super::trace::{Side, Trace};
use crate::phone::{Call, CallDesk, CallEvent, Told};
pub(in crate::sip) use asked::answer;
use domain::{CallId, CallOutcome, Leg};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rsipstack::sip::{Header, Request, Response};
use rsipstack::transaction::Transaction;
use rsipstack::transport::SipAddr;
pub(in crate::sip) use send::ask;

use early::{Confirmed, Early};
use ring::Silence;
use send::{Answer, Pending};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use talk::{Asking, Hold};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many things may wait for a call.
const WAITING_MAX: usize = 64;
/// How long a call that is over answers what still comes, and repeats what was not confirmed (64 · T1, RFC 3261).
const LINGERS: Duration = Duration::from_secs(35);
/// The bounds of the pause after which something is told again.
const PAUSES: (u64, u64) = (50, 5_000);

/// What a call is sent.
pub(super) enum Mail {
    HangUp,
    Hold,
    Resume,
    /// A telephone asks something.
    Asked(Leg, Box<Transaction>),
    /// An answer to somebody who died.
    Stray(Leg, Box<Response>),
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The agent's telephone is called.
    Agent,
    /// The person's.
    Contact,
    /// Both have answered, and are told of each other.
    Joining,
    /// They speak, or one of them waits.
    Talking,
    /// It has ended.
    Over,
}

/// One telephone.
struct Peer {
    side: Side,
    rang: Rang,
    /// Something was heard of it since it was called.
    is_heard: bool,
    /// It has been told to stop ringing.
    is_recalled: bool,
    /// What goes out as soon as its trace is kept.
    planned: Option<Request>,
    /// The request by which it was called.
    invited: Option<Request>,
    /// Where that went.
    way: Option<SipAddr>,
    /// Where else it may be called.
    ways: VecDeque<SipAddr>,
    /// So often we have said who we are.
    proofs: u8,
    credentials: Option<Credentials>,
    /// What it said of its media before it answered.
    early: Option<Early>,
    /// Its provisional answers that were confirmed.
    confirmed: Confirmed,
    refresh_at: Option<Instant>,
}

impl Peer {
    fn new(side: Side, credentials: Option<Credentials>) -> Self {
        Self {
            side,
            rang: Rang::No,
            is_heard: false,
            is_recalled: false,
            planned: None,
            invited: None,
            way: None,
            ways: VecDeque::new(),
            proofs: 0,
            credentials,
            early: None,
            confirmed: Confirmed::default(),
            refresh_at: None,
        }
    }
}

/// What follows when something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    /// What is planned for this telephone goes out.
    Call(Leg),
}

/// When something is to be done.
#[derive(Debug, Default)]
struct Times {
    /// The telephone has rung long enough.
    ring: Option<Instant>,
    /// Nothing at all was heard.
    trying: Option<Instant>,
    /// What was asked of a telephone within the call was not answered.
    exchange: Option<Instant>,
    /// It is asked again.
    again: Option<Instant>,
    /// Nobody waits any longer.
    over: Option<Instant>,
}

/// What a call needs to be made.
pub(super) struct Made {
    pub(super) line: Arc<Line>,
    pub(super) desk: Arc<dyn CallDesk>,
    pub(super) call: Call,
    pub(super) mail: mpsc::Receiver<Mail>,
    /// Both sides, of which nobody was called.
    pub(super) sides: Sides,
    /// Its room among the calls of the line, until it is over.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Both sides, and who we are there.
pub(super) struct Sides {
    pub(super) agent: (Side, Option<Credentials>),
    pub(super) contact: (Side, Option<Credentials>),
}

/// One call.
pub(super) struct CallTask {
    line: Arc<Line>,
    desk: Arc<dyn CallDesk>,
    call: Call,
    phase: Phase,
    agent: Peer,
    contact: Peer,
    mail: mpsc::Receiver<Mail>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    pending: HashMap<u64, Pending>,
    asked: u64,
    work: JoinSet<()>,
    outbox: VecDeque<(CallEvent, Then)>,
    telling: Option<(BoxFuture<'static, Told>, Then)>,
    exchange: Option<Asking>,
    hold: Hold,
    /// What the last order wants, where it was not done yet.
    wish: Option<Hold>,
    /// What the person's side described that the agent's telephone has agreed to.
    heard: Option<Sdp>,
    /// Where the person's telephone was told to send media.
    told_place: Option<(String, u16)>,
    times: Times,
    /// Why telephones are let go.
    reason: Header,
    room: Option<OwnedSemaphorePermit>,
}

/// A way to a call for orders.
pub(super) fn mailbox() -> (mpsc::Sender<Mail>, mpsc::Receiver<Mail>) {
    mpsc::channel(WAITING_MAX)
}

impl CallTask {
    fn new(made: Made, phase: Phase) -> Self {
        let Made { line, desk, call, mail, sides, room } = made;
        Self {
            line,
            desk,
            call,
            phase,
            agent: Peer::new(sides.agent.0, sides.agent.1),
            contact: Peer::new(sides.contact.0, sides.contact.1),
            mail,
            answers: mpsc::channel(WAITING_MAX),
            pending: HashMap::new(),
            asked: 0,
            work: JoinSet::new(),
            outbox: VecDeque::new(),
            telling: None,
            exchange: None,
            hold: Hold::No,
            wish: None,
            heard: None,
            told_place: None,
            times: Times::default(),
            reason: release::reason(CallOutcome::Completed),
            room,
        }
    }

    /// Keeps the call until it is over and everything about it was told.
    pub(super) async fn run(mut self) -> CallId {
        while !self.is_done() {
            self.step().await;
        }
        self.call.id
    }

    fn is_done(&self) -> bool {
        let is_late = self.times.over.is_some_and(|over| over <= Instant::now());
        self.phase == Phase::Over
            && self.outbox.is_empty()
            && self.telling.is_none()
            && (is_late || self.work.is_empty())
    }

    async fn step(&mut self) {
        self.tell_next();
        let wake = self.next_time();
        tokio::select! {
            told = kept(&mut self.telling) => self.on_told(told),
            Some(mail) = self.mail.recv() => self.on_mail(mail),
            Some(answer) = self.answers.1.recv() => self.on_answer(answer),
            Some(_done) = self.work.join_next() => {}
            () = tokio::time::sleep_until(wake) => self.on_time(Instant::now()),
        }
    }

    fn on_mail(&mut self, mail: Mail) {
        match mail {
            Mail::HangUp => self.hang_up(),
            Mail::Hold => self.wish(Hold::ByOrder),
            Mail::Resume => self.wish(Hold::No),
            Mail::Asked(leg, transaction) => self.on_asked(leg, transaction),
            Mail::Stray(leg, answer) => self.on_stray(leg, &answer),
        }
    }

    fn peer(&mut self, leg: Leg) -> &mut Peer {
        match leg {
            Leg::Agent => &mut self.agent,
            Leg::Contact => &mut self.contact,
        }
    }

    fn tell(&mut self, event: CallEvent) {
        self.outbox.push_back((event, Then::Nothing));
    }

    /// Tells where both sides are, and what goes out then.
    fn tell_trace(&mut self, then: Then) {
        let trace = Trace { agent: self.agent.side.clone(), contact: self.contact.side.clone() };
        // One that was not told yet is overtaken by this one.
        if matches!(self.outbox.back(), Some((CallEvent::Trace(_), Then::Nothing))) {
            self.outbox.pop_back();
        }
        self.outbox.push_back((CallEvent::Trace(trace.write()), then));
    }

    fn tell_next(&mut self) {
        if self.telling.is_none()
            && let Some((event, then)) = self.outbox.pop_front()
        {
            let telling = tell(Arc::clone(&self.desk), self.call.id.clone(), event);
            self.telling = Some((telling.boxed(), then));
        }
    }

    fn on_told(&mut self, (told, then): (Told, Then)) {
        match (told, then) {
            (Told::Kept, Then::Nothing) => {}
            (Told::Kept, Then::Call(leg)) => self.call_planned(leg),
            (Told::NotOurs, _) => self.abandon(),
        }
    }

    fn next_time(&self) -> Instant {
        let Times { ring, trying, exchange, again, over } = self.times;
        let refresh = [self.agent.refresh_at, self.contact.refresh_at];
        let all = [ring, trying, exchange, again, over].into_iter().chain(refresh).flatten();
        let far = Instant::now() + Duration::from_secs(86_400);
        all.min().unwrap_or(far)
    }

    fn on_time(&mut self, now: Instant) {
        let is_due = |time: &mut Option<Instant>| time.take_if(|time| *time <= now).is_some();
        if is_due(&mut self.times.trying) {
            self.on_silence(Silence::Dead);
        }
        if is_due(&mut self.times.ring) {
            self.on_silence(Silence::Rang);
        }
        if is_due(&mut self.times.exchange) {
            self.on_unanswered();
        }
        if is_due(&mut self.times.again) {
            self.ask_again();
        }
        for leg in [Leg::Agent, Leg::Contact] {
            if is_due(&mut self.peer(leg).refresh_at) {
                self.on_refresh(leg);
            }
        }
    }
}

/// Tells something until it is kept, or known to be somebody else's.
async fn tell(desk: Arc<dyn CallDesk>, call: CallId, event: CallEvent) -> Told {
    loop {
        match desk.told(&call, event.clone()).await {
            Ok(told) => return told,
            Err(error) => {
                tracing::warn!(%call, "what happened to a call could not be told; it is told again");
                let pause = error.retry_after_ms.clamp(PAUSES.0, PAUSES.1);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    }
}

/// What became of what is being told.
async fn kept(telling: &mut Option<(BoxFuture<'static, Told>, Then)>) -> (Told, Then) {
    match telling {
        Some((future, then)) => {
            let (told, then) = (future.await, *then);
            *telling = None;
            (told, then)
        }
        None => std::future::pending().await,
    }
}
