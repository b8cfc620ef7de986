//! What a call does at every PBX that we steer, whatever the PBX.

use super::board::Board;
use super::running::{Running, UNTIL_BOTH_SPEAK, call, comes_to};
use channels::ChannelAdapter;
use channels::phone::{Call, CallEnd, CallEvent, CallOrder};
use domain::{CallOutcome, CallStage, Leg};
use std::sync::Arc;
use tests::networks::telephones::{Does, Happened, Shared, Telephones};

/// A PBX that stands in for a real one, with our adapter before it.
pub(super) trait Rig: Send + Sync {
    fn open() -> Self;
    fn adapter(&self) -> Arc<dyn ChannelAdapter>;
    fn phones(&self) -> &Shared;
    /// Lines of another shape than the protocol's.
    fn noise(&self) -> Vec<String>;
}

pub(super) struct World<R> {
    pub(super) rig: R,
    pub(super) board: Arc<Board>,
    pub(super) running: Running,
}

pub(super) fn leg(call: &Call, leg: Leg) -> String {
    format!("{}-{}", call.id, if leg == Leg::Agent { "a" } else { "c" })
}

impl<R: Rig> World<R> {
    pub(super) async fn open() -> Self {
        Self::that(|_| ()).await
    }

    /// Opens one whose telephones are set so.
    pub(super) async fn that(set: impl FnOnce(&mut Telephones)) -> Self {
        let (rig, board) = (R::open(), Board::open());
        rig.phones().change(set);
        let running = Running::start(rig.adapter(), &board);
        let world = Self { rig, board, running };
        world.has_line(1).await;
        world
    }

    async fn has_line(&self, so_far: usize) {
        let what = format!("line {so_far}");
        self.rig
            .phones()
            .until(&what, |phones| {
                (phones.lines > 0 && phones.lines_so_far >= so_far).then_some(())
            })
            .await;
    }

    pub(super) fn places(&self, n: u8) -> Call {
        let call = call(n, "wang");
        self.board.order(CallOrder::Place(call.clone()));
        call
    }

    pub(super) async fn connects(&self, n: u8) -> Call {
        let call = self.places(n);
        comes_to(&self.board, &call.id, CallStage::Connected).await;
        call
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Telephones) -> T) -> T {
        self.rig.phones().change(change)
    }

    async fn told(&self, call: &Call) -> Vec<CallEvent> {
        let end = self.board.end(&call.id).await;
        self.board.until(&call.id, &CallEvent::Ended(end)).await
    }

    /// Nobody's telephone is left, and all that was said was said as the protocol has it.
    pub(super) async fn ends_quiet(self) {
        self.rig
            .phones()
            .until("nobody rings", |phones| phones.legs.is_empty().then_some(()))
            .await;
        self.ends_well().await;
    }

    pub(super) async fn ends_well(self) {
        self.running.ends().await;
        self.rig.phones().look(|phones| {
            assert!(phones.faults.is_empty(), "{:#?}", phones.faults);
        });
    }
}

fn ended(outcome: CallOutcome, by: Option<Leg>, cause: &str) -> CallEnd {
    CallEnd { outcome, by, cause: cause.to_owned(), retry_after: None }
}

pub(super) async fn two_speak_and_either_hangs_up<R: Rig>() {
    let world = World::<R>::open().await;
    for (n, by) in [(1, Leg::Agent), (2, Leg::Contact)] {
        let call = world.connects(n).await;
        let ids = [leg(&call, Leg::Agent), leg(&call, Leg::Contact)];
        let (speak, music) = world.change(|phones| phones.in_call(call.id.as_str()));
        assert_eq!((speak, music), (ids.to_vec(), Vec::new()));
        world.change(|phones| phones.hangs_up(&leg(&call, by)));
        let mut expected = UNTIL_BOTH_SPEAK.to_vec();
        let end = ended(CallOutcome::Completed, Some(by), "16 Normal call clearing");
        expected.push(CallEvent::Ended(end));
        assert_eq!(world.told(&call).await, expected);
    }
    world.ends_quiet().await;
}

pub(super) async fn the_person_is_not_reached<R: Rig>() {
    let world = World::<R>::open().await;
    let contact = Some(Leg::Contact);
    let cases = [
        (17, ended(CallOutcome::Busy, contact, "17 User busy")),
        (21, ended(CallOutcome::Declined, contact, "21 Call rejected")),
        (19, ended(CallOutcome::NoAnswer, None, "19 No answer")),
        (1, ended(CallOutcome::BadNumber, None, "1 Unallocated number")),
        (28, ended(CallOutcome::BadNumber, None, "28 Invalid number format")),
        (38, ended(CallOutcome::Failed, None, "38 Network out of order")),
    ];
    for (n, (cause, expected)) in cases.into_iter().enumerate() {
        world.change(|phones| phones.persons = Does::Fail(cause));
        let call = world.places(u8::try_from(n).unwrap());
        let told = world.told(&call).await;
        let before = &UNTIL_BOTH_SPEAK[..2];
        assert_eq!(told, [before, &[CallEvent::Ended(expected)]].concat());
    }
    // It rings, and rings out.
    world.change(|phones| phones.persons = Does::Ring);
    let call = world.places(20);
    comes_to(&world.board, &call.id, CallStage::ContactRinging).await;
    let timeout = world.change(|phones| phones.legs[&leg(&call, Leg::Contact)].timeout);
    assert_eq!(timeout, call.ring_contact.as_secs());
    world.change(|phones| phones.ends(&leg(&call, Leg::Contact), 19));
    let end = world.board.end(&call.id).await;
    assert_eq!(end, ended(CallOutcome::NoAnswer, None, "19 No answer"));
    // The PBX does not take what it shall dial.
    world.change(|phones| phones.persons = Does::Refuse);
    let call = world.places(21);
    assert_eq!(world.board.end(&call.id).await.outcome, CallOutcome::Failed);
    world.ends_quiet().await;
}

pub(super) async fn the_agent_is_not_there_or_leaves<R: Rig>() {
    let world = World::<R>::that(|phones| phones.agents = Does::Fail(18)).await;
    let call = world.places(1);
    let unreachable = ended(CallOutcome::AgentUnreachable, None, "18 No user responding");
    assert_eq!(world.told(&call).await, [CallEvent::Ended(unreachable)]);
    world.change(|phones| phones.agents = Does::Refuse);
    let call = world.places(2);
    assert_eq!(world.board.end(&call.id).await.outcome, CallOutcome::AgentUnreachable);
    // It rings, and rings out.
    world.change(|phones| phones.agents = Does::Ring);
    let call = world.places(5);
    comes_to(&world.board, &call.id, CallStage::AgentRinging).await;
    let agent = leg(&call, Leg::Agent);
    assert_eq!(world.change(|phones| phones.legs[&agent].timeout), call.ring_agent.as_secs());
    world.change(|phones| phones.ends(&agent, 19));
    let rang_out = ended(CallOutcome::AgentUnreachable, None, "19 No answer");
    let told = [CallEvent::Ringing(Leg::Agent), CallEvent::Ended(rang_out)];
    assert_eq!(world.told(&call).await, told);
    // An address that is an order of its own to the PBX is not dialled.
    let strange = Call { agent: "wang&boss".to_owned(), ..super::running::call(3, "") };
    world.board.order(CallOrder::Place(strange.clone()));
    let end = world.board.end(&strange.id).await;
    assert_eq!(end.outcome, CallOutcome::AgentUnreachable);
    // They answer, and leave while the person's telephone rings.
    world.change(|phones| (phones.agents, phones.persons) = (Does::Answer, Does::Ring));
    let call = world.places(4);
    comes_to(&world.board, &call.id, CallStage::ContactRinging).await;
    world.change(|phones| phones.hangs_up(&leg(&call, Leg::Agent)));
    let left = ended(CallOutcome::AgentLeft, Some(Leg::Agent), "16 Normal call clearing");
    assert_eq!(world.board.end(&call.id).await, left);
    let dialled = world.change(|phones| phones.dialled.clone());
    assert_eq!(dialled.iter().filter(|id| id.ends_with("-c")).count(), 1, "{dialled:?}");
    world.ends_quiet().await;
}

pub(super) async fn the_desk_hangs_up<R: Rig>() {
    let world = World::<R>::that(|phones| phones.agents = Does::Ring).await;
    let cancelled = ended(CallOutcome::Cancelled, None, "hung up by the desk");
    let hangs_up = async |call: &Call| {
        world.board.order(CallOrder::HangUp(call.id.clone()));
        world.board.order(CallOrder::HangUp(call.id.clone()));
        world.board.end(&call.id).await
    };
    let call = world.places(1);
    comes_to(&world.board, &call.id, CallStage::AgentRinging).await;
    assert_eq!(hangs_up(&call).await, cancelled);
    world.change(|phones| (phones.agents, phones.persons) = (Does::Answer, Does::Ring));
    let call = world.places(2);
    comes_to(&world.board, &call.id, CallStage::ContactRinging).await;
    assert_eq!(hangs_up(&call).await, cancelled);
    world.change(|phones| phones.persons = Does::Answer);
    let call = world.connects(3).await;
    let completed = ended(CallOutcome::Completed, None, "hung up by the desk");
    assert_eq!(hangs_up(&call).await, completed);
    world.ends_quiet().await;
}

pub(super) async fn the_person_waits_on_hold<R: Rig>() {
    let world = World::<R>::open().await;
    let call = world.connects(1).await;
    let (agent, contact) = (leg(&call, Leg::Agent), leg(&call, Leg::Contact));
    world.board.order(CallOrder::Hold(call.id.clone()));
    world.board.order(CallOrder::Hold(call.id.clone()));
    comes_to(&world.board, &call.id, CallStage::Held).await;
    let hears_music = |phones: &Telephones| phones.legs[&contact].has_music.then_some(());
    world.rig.phones().until("the person hears music", hears_music).await;
    world.board.order(CallOrder::Resume(call.id.clone()));
    world.board.until(&call.id, &CallEvent::Resumed).await;
    let (speak, music) = world.change(|phones| phones.in_call(call.id.as_str()));
    assert_eq!((speak, music), (vec![agent.clone(), contact.clone()], Vec::new()));
    // The agent's own telephone may hold, too.
    world.change(|phones| {
        let leg = phones.legs[&agent].clone();
        phones.says(Happened::Holds(leg.clone()));
        phones.says(Happened::Holds(leg.clone()));
        phones.says(Happened::Resumes(leg));
        phones.hangs_up(&agent);
    });
    let told = world.told(&call).await;
    let holds = [CallEvent::Held, CallEvent::Resumed];
    assert_eq!(told[5..told.len() - 1], [holds.clone(), holds].concat());
    world.ends_quiet().await;
}

pub(super) async fn the_same_order_twice_rings_once<R: Rig>() {
    let world = World::<R>::open().await;
    let call = world.connects(1).await;
    world.board.order(CallOrder::Place(call.clone()));
    let other = world.connects(2).await;
    // Another gateway is told to place what was placed already: it finds it.
    let World { rig, board, running } = world;
    running.dies().await;
    let running = Running::start(rig.adapter(), &board);
    let world = World { rig, board, running };
    world.has_line(2).await;
    world.board.order(CallOrder::Place(call.clone()));
    world.board.order(CallOrder::HangUp(other.id.clone()));
    world
        .rig
        .phones()
        .until("nobody rings twice", |phones| {
            let times = phones.dialled.iter().filter(|id| **id == leg(&call, Leg::Agent)).count();
            assert_eq!(times, 1, "{:?}", phones.dialled);
            Some(())
        })
        .await;
    let again = world.board.until_told_again(&call.id, &CallEvent::Connected).await;
    assert_eq!(again, 2, "it tells how far it is");
    let dialled = world.change(|phones| phones.dialled.clone());
    assert_eq!(dialled.len(), 4, "{dialled:?}");
    world.ends_well().await;
}

pub(super) async fn a_cut_line_is_opened_again_and_calls_are_looked_up<R: Rig>() {
    let world = World::<R>::that(|phones| phones.persons = Does::Ring).await;
    let answered = world.places(1);
    let left = world.places(2);
    for call in [&answered, &left] {
        comes_to(&world.board, &call.id, CallStage::ContactRinging).await;
    }
    world.change(|phones| {
        phones.is_away = true;
        phones.cuts += 1;
    });
    world.rig.phones().until("it is cut", |phones| (phones.lines == 0).then_some(())).await;
    // All of this nobody hears.
    world.change(|phones| {
        phones.answers(&leg(&answered, Leg::Contact));
        phones.hangs_up(&leg(&left, Leg::Contact));
        phones.is_away = false;
    });
    comes_to(&world.board, &answered.id, CallStage::Connected).await;
    assert_eq!(world.board.end(&left.id).await, ended(CallOutcome::NoAnswer, None, "No cause"));
    // Cut while they speak, and nothing happened: they speak on.
    world.change(|phones| phones.cuts += 1);
    world.has_line(3).await;
    world.change(|phones| phones.hangs_up(&leg(&answered, Leg::Agent)));
    let end = world.board.end(&answered.id).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Agent)));
    world.ends_quiet().await;
}

pub(super) async fn another_owner_leaves_alone_who_speaks<R: Rig>() {
    let world = World::<R>::open().await;
    let speaks = world.connects(1).await;
    let holds = world.connects(4).await;
    world.board.order(CallOrder::Hold(holds.id.clone()));
    comes_to(&world.board, &holds.id, CallStage::Held).await;
    world.change(|phones| phones.persons = Does::Ring);
    let rings = world.places(2);
    comes_to(&world.board, &rings.id, CallStage::ContactRinging).await;
    let World { rig, board, running } = world;
    running.dies().await;
    let running = Running::start(rig.adapter(), &board);
    let world = World { rig, board, running };
    world.has_line(2).await;
    let unknown = call(3, "wang");
    for (call, stage) in [
        (&speaks, CallStage::ContactRinging),
        (&holds, CallStage::Held),
        (&rings, CallStage::ContactRinging),
        (&unknown, CallStage::Connected),
    ] {
        let call = call.clone();
        world.board.order(CallOrder::TakeOver { call, stage, trace: None });
    }
    let lost = ended(CallOutcome::Lost, None, "its owner died");
    assert_eq!(world.board.end(&rings.id).await, lost);
    assert_eq!(world.board.end(&unknown.id).await, lost);
    world
        .rig
        .phones()
        .until("only those who speak are left", |phones| (phones.legs.len() == 4).then_some(()))
        .await;
    assert_eq!(world.board.until_told_again(&speaks.id, &CallEvent::Connected).await, 2);
    world.board.order(CallOrder::Resume(holds.id.clone()));
    world.board.until(&holds.id, &CallEvent::Resumed).await;
    world.board.order(CallOrder::HangUp(holds.id.clone()));
    let end = world.board.end(&holds.id).await;
    assert_eq!(end, ended(CallOutcome::Completed, None, "hung up by the desk"));
    world.change(|phones| phones.hangs_up(&leg(&speaks, Leg::Contact)));
    let end = world.board.end(&speaks.id).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Contact)));
    world.ends_quiet().await;
}

pub(super) async fn the_desk_is_away_for_a_while<R: Rig>() {
    let world = World::<R>::open().await;
    world.board.heard.change(|heard| heard.refusals = 7);
    let call = world.connects(1).await;
    let connected = world.board.until(&call.id, &CallEvent::Connected).await;
    assert_eq!(connected, UNTIL_BOTH_SPEAK);
    // And a call that is another's now is let go, with nothing more told of it.
    world.board.heard.change(|heard| heard.not_ours.push(call.id.clone()));
    world.board.order(CallOrder::Hold(call.id.clone()));
    world
        .rig
        .phones()
        .until("both are let go", |phones| phones.legs.is_empty().then_some(()))
        .await;
    let strange = call_that_is_not_ours(&world);
    world.board.order(CallOrder::Place(strange.clone()));
    let last = world.places(3);
    comes_to(&world.board, &last.id, CallStage::Connected).await;
    let dialled = world.change(|phones| phones.dialled.clone());
    assert!(!dialled.contains(&leg(&strange, Leg::Agent)), "{dialled:?}");
    world.board.order(CallOrder::HangUp(last.id.clone()));
    world.ends_quiet().await;
}

fn call_that_is_not_ours<R>(world: &World<R>) -> Call {
    let strange = call(2, "wang");
    world.board.heard.change(|heard| heard.not_ours.push(strange.id.clone()));
    strange
}

pub(super) async fn what_is_malformed_is_left_out<R: Rig>() {
    let world = World::<R>::open().await;
    let noise = world.rig.noise();
    world.change(|phones| noise.into_iter().for_each(|one| phones.says(Happened::Noise(one))));
    let call = world.connects(1).await;
    world.board.heard.look(|heard| {
        assert!(heard.events.iter().all(|(of, _)| *of == call.id) && heard.missed.is_empty());
    });
    world.board.order(CallOrder::HangUp(call.id.clone()));
    world.ends_quiet().await;
}

pub(super) async fn who_rang_in_vain_is_told<R: Rig>() {
    let world = World::<R>::open().await;
    world.change(|phones| {
        for (id, number) in [("17.1", "anonymous"), ("17.2", "13900139000")] {
            phones.callers.push(id.to_owned());
            phones.says(Happened::Missed(id.to_owned(), number.to_owned()));
        }
    });
    let missed =
        world.board.heard.until("a missed call", |heard| heard.missed.first().cloned()).await;
    assert_eq!((missed.external_id.as_str(), missed.to.as_str()), ("17.2", "65529988"));
    assert_eq!(missed.from.e164(), "+8613900139000");
    assert_eq!(missed.at, Some(domain::Timestamp(1_795_743_000_123)));
    world
        .rig
        .phones()
        .until("the callers are let go", |phones| phones.callers.is_empty().then_some(()))
        .await;
    world.ends_well().await;
}

/// The scenarios as tests of one PBX.
macro_rules! scenarios {
    ($rig:ty: $($name:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::phone::pbx::$name::<$rig>().await;
            }
        )+
    };
    ($rig:ty) => {
        crate::phone::pbx::scenarios! {
            $rig:
            two_speak_and_either_hangs_up,
            the_person_is_not_reached,
            the_agent_is_not_there_or_leaves,
            the_desk_hangs_up,
            the_person_waits_on_hold,
            the_same_order_twice_rings_once,
            a_cut_line_is_opened_again_and_calls_are_looked_up,
            another_owner_leaves_alone_who_speaks,
            the_desk_is_away_for_a_while,
            what_is_malformed_is_left_out,
            who_rang_in_vain_is_told,
        }
    };
}

pub(super) use scenarios;
