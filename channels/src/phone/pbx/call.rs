//! One call of a PBX, from its order to its end.

mod does;

use super::outcome::{Course, of};
use super::{Found, Joined, Pbx, Refused, Signal, leg_id};
use crate::phone::telling::{end, tell};
use crate::phone::{Call, CallDesk, CallEnd, CallEvent, Told};
use domain::{CallId, CallOutcome, CallStage, Leg};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How much longer than a telephone may ring we wait for the PBX to say that it rang out.
const GRACE: Duration = Duration::from_secs(5);
/// How long connecting two who have answered may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// How long a leg may be gone before the line says why.
const CAUSE_WITHIN: Duration = Duration::from_secs(1);
/// How long letting go is tried.
const LET_GO_WITHIN: Duration = Duration::from_secs(60);
/// How often the PBX is asked whether two who speak still do, were something not told.
const CHECK_EVERY: Duration = Duration::from_secs(300);
/// The pause before something is asked again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// What a call is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input {
    /// The PBX says something.
    Heard(Signal),
    /// Nobody knows what the PBX did meanwhile.
    Doubt,
    /// An order.
    HangUp,
    Hold,
    Resume,
}

/// What the PBX shall do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Ring(Leg),
    Connect,
    Hold,
    Resume,
    Check,
}

/// It is over; with `None` nothing is told of it.
struct Over(Option<CallEnd>);

/// One call.
pub(super) struct Served<'a> {
    pbx: &'a dyn Pbx,
    desk: &'a dyn CallDesk,
    call: Call,
    inbox: mpsc::Receiver<Input>,
    has_missed: Arc<AtomicBool>,
    stage: CallStage,
    rung: Vec<Leg>,
    contact_answered: bool,
    actions: VecDeque<Action>,
    next_try: Instant,
    pause: Duration,
    deadline: Instant,
    /// Since when a leg is known to be gone without a word.
    gone_since: Option<Instant>,
}

impl<'a> Served<'a> {
    pub(super) fn new(
        (pbx, desk): (&'a dyn Pbx, &'a dyn CallDesk),
        call: Call,
        (inbox, has_missed): (mpsc::Receiver<Input>, Arc<AtomicBool>),
    ) -> Self {
        let now = Instant::now();
        let deadline = now + call.ring_agent + GRACE;
        Self {
            pbx,
            desk,
            call,
            inbox,
            has_missed,
            stage: CallStage::Dialing,
            rung: Vec::new(),
            contact_answered: false,
            actions: VecDeque::new(),
            next_try: now,
            pause: PAUSE.0,
            deadline,
            gone_since: None,
        }
    }

    /// Brings the two together, and ends with the call.
    pub(super) async fn place(mut self) -> CallId {
        let trace = leg_id(&self.call.id, Leg::Agent);
        if self.tell(CallEvent::Trace(trace)).await.is_ok() {
            self.wants(Action::Ring(Leg::Agent));
            let over = self.serve().await;
            self.ends(over).await;
        }
        self.call.id
    }

    /// Goes on with a call whose owner died, if both speak; lets it go otherwise.
    pub(super) async fn take_over(mut self, told: CallStage) -> CallId {
        let over = match self.find().await.map(|found| found.joined) {
            Some(joined @ (Joined::Both | Joined::Held)) => match self.adopt(told, joined).await {
                Ok(()) => self.serve().await,
                Err(over) => over,
            },
            Some(Joined::Not) | None => Over(Some(end(CallOutcome::Lost, None, "its owner died"))),
        };
        self.ends(over).await;
        self.call.id
    }

    /// What the PBX has, as soon as it says so.
    async fn find(&mut self) -> Option<Found> {
        let until = Instant::now() + LET_GO_WITHIN;
        while Instant::now() < until {
            match self.pbx.find(&self.call.id).await {
                Ok(found) => return Some(found),
                Err(Refused::Away(_)) => self.rest().await,
                Err(Refused::Exists | Refused::No(_)) => return None,
            }
        }
        None
    }

    async fn adopt(&mut self, told: CallStage, joined: Joined) -> Result<(), Over> {
        self.rung = vec![Leg::Agent, Leg::Contact];
        self.contact_answered = true;
        self.stage = CallStage::Connected;
        if told < CallStage::Connected {
            self.tell(CallEvent::Connected).await?;
        } else if told == CallStage::Held {
            self.stage = CallStage::Held;
        }
        self.speaks();
        match joined {
            Joined::Held => self.hears(Signal::Held).await,
            Joined::Both | Joined::Not => self.hears(Signal::Resumed).await,
        }
    }

    async fn serve(&mut self) -> Over {
        loop {
            let next = match self.actions.is_empty() {
                true => self.deadline,
                false => self.deadline.min(self.next_try),
            };
            let step = tokio::select! {
                input = self.inbox.recv() => match input {
                    Some(input) => self.takes(input).await,
                    None => return Over(None),
                },
                () = tokio::time::sleep_until(next) => self.is_due().await,
            };
            if let Err(over) = step {
                return over;
            }
            if self.has_missed.swap(false, Ordering::AcqRel) {
                self.wants(Action::Check);
            }
        }
    }

    async fn takes(&mut self, input: Input) -> Result<(), Over> {
        match (input, self.stage) {
            (Input::Heard(signal), _) => return self.hears(signal).await,
            (Input::Doubt, _) => self.wants(Action::Check),
            (Input::HangUp, CallStage::Connected | CallStage::Held) => {
                return Err(over(CallOutcome::Completed, "hung up by the desk"));
            }
            (Input::HangUp, _) => return Err(over(CallOutcome::Cancelled, "hung up by the desk")),
            (Input::Hold, CallStage::Connected) => self.wants(Action::Hold),
            (Input::Resume, CallStage::Held) => self.wants(Action::Resume),
            (Input::Hold | Input::Resume, _) => {}
        }
        Ok(())
    }

    async fn hears(&mut self, signal: Signal) -> Result<(), Over> {
        use CallStage::{AgentAnswered, AgentRinging, Connected, ContactRinging, Dialing, Held};
        match (signal, self.stage) {
            (Signal::Rings(Leg::Agent), Dialing) => {
                self.stage = AgentRinging;
                self.tell(CallEvent::Ringing(Leg::Agent)).await
            }
            (Signal::Answers(Leg::Agent), Dialing | AgentRinging) => {
                if self.stage == Dialing {
                    self.tell(CallEvent::Ringing(Leg::Agent)).await?;
                }
                self.stage = AgentAnswered;
                self.tell(CallEvent::Answered(Leg::Agent)).await?;
                self.deadline = Instant::now() + self.call.ring_contact + GRACE;
                self.wants(Action::Ring(Leg::Contact));
                Ok(())
            }
            (Signal::Rings(Leg::Contact), AgentAnswered) if !self.contact_answered => {
                self.stage = ContactRinging;
                self.tell(CallEvent::Ringing(Leg::Contact)).await
            }
            (Signal::Answers(Leg::Contact), AgentAnswered | ContactRinging)
                if !self.contact_answered =>
            {
                if self.stage == AgentAnswered {
                    self.stage = ContactRinging;
                    self.tell(CallEvent::Ringing(Leg::Contact)).await?;
                }
                self.contact_answered = true;
                self.tell(CallEvent::Answered(Leg::Contact)).await?;
                self.deadline = Instant::now() + CONNECT_WITHIN;
                self.wants(Action::Connect);
                Ok(())
            }
            (Signal::Held, Connected) => {
                self.stage = Held;
                self.tell(CallEvent::Held).await
            }
            (Signal::Resumed, Held) => {
                self.stage = Connected;
                self.tell(CallEvent::Resumed).await
            }
            (Signal::Leaves(leg), _) if self.has_answered(leg) => Err(self.over_by(leg, 16)),
            (Signal::Ends(leg, cause), _) if self.rung.contains(&leg) => {
                Err(self.over_by(leg, cause))
            }
            _ => Ok(()),
        }
    }

    fn has_answered(&self, leg: Leg) -> bool {
        match leg {
            Leg::Agent => self.stage >= CallStage::AgentAnswered,
            Leg::Contact => self.contact_answered,
        }
    }

    fn over_by(&self, leg: Leg, cause: u16) -> Over {
        let course = Course { stage: self.stage, contact_answered: self.contact_answered };
        Over(Some(of(leg, cause, course)))
    }

    /// Nothing more must happen in time.
    fn speaks(&mut self) {
        self.deadline = Instant::now() + CHECK_EVERY;
    }

    fn wants(&mut self, action: Action) {
        if !self.actions.contains(&action) {
            self.actions.push_back(action);
            self.next_try = Instant::now();
        }
    }

    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE.1);
    }

    async fn tell(&self, event: CallEvent) -> Result<(), Over> {
        match tell(self.desk, &self.call.id, event).await {
            Told::Kept => Ok(()),
            Told::NotOurs => Err(Over(None)),
        }
    }

    /// Lets both go, then tells how it ended.
    async fn ends(&mut self, Over(how): Over) {
        let until = Instant::now() + LET_GO_WITHIN;
        self.pause = PAUSE.0;
        while let Err(refused) = self.pbx.let_go(&self.call.id).await {
            tracing::debug!(call = %self.call.id, why = ?refused, "a call is not let go");
            if Instant::now() >= until || matches!(refused, Refused::No(_)) {
                break;
            }
            self.rest().await;
        }
        if let Some(how) = how {
            tell(self.desk, &self.call.id, CallEvent::Ended(how)).await;
        }
    }
}

fn over(outcome: CallOutcome, cause: &str) -> Over {
    Over(Some(end(outcome, None, cause)))
}
