//! What a call does in time, at a PBX that does as it is told. The clock stands and is moved.

use super::*;
use crate::SinkError;
use crate::inbound::Accepted;
use crate::phone::{CallDesk, CallEvent, CallOrder, Told};
use domain::{CallOutcome, Locale};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Mutex as Waiting, mpsc};

const AWAY: &str = "away";

/// A PBX: what it has, what it was asked, and whether it answers.
#[derive(Default)]
struct Own {
    legs: Mutex<BTreeMap<String, LegState>>,
    asked: Mutex<Vec<String>>,
    is_away: Mutex<bool>,
}

impl Own {
    fn asks(&self, what: String) -> Result<(), Refused> {
        self.asked.lock().expect("a lock").push(what);
        if *self.is_away.lock().expect("a lock") {
            Err(Refused::Away(AWAY.to_owned()))
        } else {
            Ok(())
        }
    }

    fn has(&self, call: &CallId, leg: Leg) -> LegState {
        let legs = self.legs.lock().expect("a lock");
        legs.get(&leg_id(call, leg)).copied().unwrap_or(LegState::Gone)
    }

    fn set(&self, call: &CallId, leg: Leg, state: LegState) {
        self.legs.lock().expect("a lock").insert(leg_id(call, leg), state);
    }

    fn times(&self, what: &str) -> usize {
        let asked = self.asked.lock().expect("a lock");
        asked.iter().filter(|asked| asked.starts_with(what)).count()
    }
}

#[async_trait::async_trait]
impl Pbx for Own {
    async fn ring(&self, call: &Call, leg: Leg) -> Result<(), Refused> {
        self.asks(format!("ring {}", leg.name()))?;
        self.set(&call.id, leg, LegState::Rings);
        Ok(())
    }
    async fn connect(&self, _call: &CallId) -> Result<Option<String>, Refused> {
        self.asks("connect".to_owned()).map(|()| None)
    }
    async fn hold(&self, _call: &CallId) -> Result<Option<Signal>, Refused> {
        self.asks("hold".to_owned()).map(|()| Some(Signal::Held))
    }
    async fn resume(&self, _call: &CallId) -> Result<Option<Signal>, Refused> {
        self.asks("resume".to_owned()).map(|()| Some(Signal::Resumed))
    }
    async fn let_go(&self, _call: &CallId) -> Result<(), Refused> {
        self.asks("let go".to_owned())
    }
    async fn find(&self, call: &CallId) -> Result<Found, Refused> {
        self.asks("find".to_owned())?;
        let (agent, contact) = (self.has(call, Leg::Agent), self.has(call, Leg::Contact));
        let is_up = (agent, contact) == (LegState::Up, LegState::Up);
        Ok(Found { agent, contact, joined: if is_up { Joined::Both } else { Joined::Not } })
    }
}

struct Desk {
    orders: Waiting<mpsc::Receiver<CallOrder>>,
    told: Mutex<Vec<(CallId, CallEvent)>>,
}

#[async_trait::async_trait]
impl CallDesk for Desk {
    async fn next(&self) -> CallOrder {
        match self.orders.lock().await.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
    async fn told(&self, call: &CallId, event: CallEvent) -> Result<Told, SinkError> {
        self.told.lock().expect("a lock").push((call.clone(), event));
        Ok(Told::Kept)
    }
    async fn missed(&self, _missed: MissedCall) -> Result<Accepted, SinkError> {
        Ok(Accepted::Noted)
    }
}

/// A line, its PBX and its desk; the clock moves only with [`World::after`].
struct World {
    pbx: Arc<Own>,
    desk: Arc<Desk>,
    orders: mpsc::Sender<CallOrder>,
    news: mpsc::Sender<News>,
    _keeping: tokio::task::JoinSet<()>,
}

impl World {
    fn open() -> Self {
        let (orders, taken) = mpsc::channel(2_000);
        let (news, came) = mpsc::channel(NEWS_MAX);
        let (pbx, told) = (Arc::<Own>::default(), Mutex::default());
        let desk = Arc::new(Desk { orders: Waiting::new(taken), told });
        let (its_pbx, its_desk) = (pbx.clone(), desk.clone());
        let mut keeping = tokio::task::JoinSet::new();
        keeping.spawn(async move { keep(its_pbx.as_ref(), its_desk.as_ref(), came).await });
        Self { pbx, desk, orders, news, _keeping: keeping }
    }

    async fn places(&self, n: u32) -> CallId {
        let call = call(n);
        let id = call.id.clone();
        self.orders.send(CallOrder::Place(call)).await.expect("a line");
        self.after(0).await;
        id
    }

    async fn hears(&self, call: &CallId, signal: Signal) {
        self.news.send(News::Heard(call.clone(), signal)).await.expect("a line");
        self.after(0).await;
    }

    /// So many seconds later, and a moment.
    async fn after(&self, secs: u64) {
        tokio::time::sleep(Duration::from_millis(secs * 1_000 + 1)).await;
    }

    fn end(&self, call: &CallId) -> Option<(CallOutcome, String)> {
        let told = self.desk.told.lock().expect("a lock");
        told.iter().filter(|(of, _)| of == call).find_map(|(_, event)| match event {
            CallEvent::Ended(end) => Some((end.outcome, end.cause.clone())),
            _ => None,
        })
    }

    fn ended(&self, call: &CallId, outcome: CallOutcome, cause: &str) {
        assert_eq!(self.end(call), Some((outcome, cause.to_owned())));
    }
}

fn call(n: u32) -> Call {
    Call {
        id: format!("call_{n:026}").parse().expect("an id"),
        agent: "wang".to_owned(),
        contact: "+8613800138000".parse().expect("a number"),
        locale: Locale::ZhCn,
        ring_agent: Duration::from_secs(20),
        ring_contact: Duration::from_secs(40),
    }
}

#[test]
fn a_leg_is_known_by_its_id() {
    let call: CallId = "call_01jd8x0v5q2m3n4p5r6s7t8v9w".parse().expect("an id");
    for leg in [Leg::Agent, Leg::Contact] {
        let id = leg_id(&call, leg);
        assert!(id.len() <= 36, "{id}");
        assert_eq!(leg_of(&id), Some((call.clone(), leg)));
    }
    for other in ["", "-a", "call_-a", "1700000000.17", "call_1-b", "conv_1-a"] {
        assert_eq!(leg_of(other), None, "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_telephone_of_which_the_pbx_says_nothing_more_is_let_go() {
    let world = World::open();
    let silent = world.places(1).await;
    world.hears(&silent, Signal::Rings(Leg::Agent)).await;
    world.after(24).await;
    assert_eq!(world.end(&silent), None);
    world.after(1).await;
    world.ended(&silent, CallOutcome::AgentUnreachable, "no answer in time");
    let rings = world.places(2).await;
    world.hears(&rings, Signal::Answers(Leg::Agent)).await;
    world.hears(&rings, Signal::Rings(Leg::Contact)).await;
    world.after(44).await;
    assert_eq!(world.end(&rings), None);
    world.after(1).await;
    world.ended(&rings, CallOutcome::NoAnswer, "no answer in time");
    assert_eq!(world.pbx.times("let go"), 2);
    assert_eq!(world.pbx.times("ring"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pbx_that_is_away_is_asked_again_and_not_for_ever() {
    let world = World::open();
    *world.pbx.is_away.lock().expect("a lock") = true;
    let never = world.places(1).await;
    world.after(10).await;
    let tries = world.pbx.times("ring agent");
    assert!((5..20).contains(&tries), "with pauses that grow: {tries}");
    world.after(100).await;
    world.ended(&never, CallOutcome::Failed, "the PBX does not answer");
    let soon = world.places(2).await;
    world.after(5).await;
    *world.pbx.is_away.lock().expect("a lock") = false;
    world.after(3).await;
    world.hears(&soon, Signal::Answers(Leg::Agent)).await;
    world.hears(&soon, Signal::Answers(Leg::Contact)).await;
    let told = world.desk.told.lock().expect("a lock").clone();
    assert!(told.contains(&(soon, CallEvent::Connected)), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn two_who_speak_are_looked_after_and_a_silent_end_is_seen() {
    let world = World::open();
    let call = world.places(1).await;
    world.hears(&call, Signal::Answers(Leg::Agent)).await;
    world.hears(&call, Signal::Answers(Leg::Contact)).await;
    for leg in [Leg::Agent, Leg::Contact] {
        world.pbx.set(&call, leg, LegState::Up);
    }
    world.after(3_000).await;
    assert_eq!(world.end(&call), None);
    assert_eq!(world.pbx.times("find"), 10, "each five minutes");
    world.pbx.set(&call, Leg::Contact, LegState::Gone);
    world.after(310).await;
    world.ended(&call, CallOutcome::Completed, "No cause");
}

#[tokio::test(start_paused = true)]
async fn a_line_has_room_for_a_thousand_calls() {
    let world = World::open();
    for n in 0..1_000 {
        world.orders.send(CallOrder::Place(call(n))).await.expect("a line");
    }
    world.after(1).await;
    assert_eq!(world.pbx.times("ring agent"), 1_000);
    let refused = world.places(1_000).await;
    world.ended(&refused, CallOutcome::Failed, "line full");
    // One ends, and another has its place.
    world.hears(&call(7).id, Signal::Ends(Leg::Agent, 17)).await;
    world.places(1_001).await;
    assert_eq!(world.pbx.times("ring agent"), 1_001);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_news_loses_no_end() {
    let world = World::open();
    let call = world.places(1).await;
    world.hears(&call, Signal::Answers(Leg::Agent)).await;
    world.hears(&call, Signal::Answers(Leg::Contact)).await;
    for leg in [Leg::Agent, Leg::Contact] {
        world.pbx.set(&call, leg, LegState::Up);
    }
    world.pbx.set(&call, Leg::Agent, LegState::Gone);
    // More at once than the inbox holds: the last of them may not fit.
    for n in 0..900 {
        let signal = if n % 2 == 0 { Signal::Held } else { Signal::Resumed };
        world.news.send(News::Heard(call.clone(), signal)).await.expect("a line");
    }
    world.after(5).await;
    world.ended(&call, CallOutcome::Completed, "No cause");
}
