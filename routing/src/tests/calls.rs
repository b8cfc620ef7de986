//! Callbacks and calls in the random sequences, and what they promise.

use super::desk::*;
use super::model::{CALL_STAGES, Twin, Wanted};
use super::ops::{AGENTS, Op};
use super::properties::{agree, cases, check, differ};
use crate::command::{Closer, RequestCallback};
use crate::reply::*;
use crate::router::{CallNote, CallOver, CallTeller, Router};
use domain::{
    AgentId, CallId, CallOutcome, CallWish, ChannelId, ContactId, ConversationId, Follows, Leg,
    Locale, PhoneNumber, Timestamp,
};
use proptest::prelude::{Just, Strategy, prop, prop_oneof};
use proptest::test_runner::TestCaseError;

impl Op {
    /// Whose call it is about.
    pub(super) fn calls_of(&self) -> Option<usize> {
        match self {
            Self::Ring { conv, .. }
            | Self::CancelRing { conv, .. }
            | Self::PlaceCall { conv, .. }
            | Self::TakeCall { conv, .. }
            | Self::NoteCall { conv, .. }
            | Self::EndCall { conv, .. }
            | Self::SteerCall { conv, .. } => Some(*conv),
            _ => None,
        }
    }
}

/// Desks at which one conversation is to be rung, and what happens to its calls: in sequences of every
/// transition few calls get as far as that somebody answers.
pub(super) fn calls() -> impl Strategy<Value = (Vec<u32>, Vec<(Op, i64)>)> {
    let conv = 0usize;
    // Mostly by whose words count.
    let owner = || prop_oneof![5 => Just(2usize), 2 => Just(0), 1 => 0usize..5];
    let ops = prop_oneof![
        10 => (0usize..8, owner()).prop_map(move |(stage, owner)| Op::NoteCall { conv, stage, owner }),
        4 => (0usize..11, 0usize..3, owner()).prop_map(move |(outcome, follows, owner)| Op::EndCall { conv, outcome, follows, owner }),
        4 => (1usize..4).prop_map(move |agent| Op::PlaceCall { conv, agent }),
        2 => (0u64..3).prop_map(move |epoch| Op::TakeCall { conv, epoch }),
        2 => (0usize..5, 0u32..3, -20_000i64..20_000).prop_map(move |(by, number, from)| Op::Ring { conv, by, number, from }),
        1 => (0usize..5).prop_map(move |by| Op::CancelRing { conv, by, opens: 0 }),
        1 => (0usize..7, 0usize..3).prop_map(move |(agent, wish)| Op::SteerCall { conv, agent, wish }),
        2 => (0usize..6).prop_map(move |agent| Op::Accept { conv, agent, wrong: false }),
        1 => (0usize..6).prop_map(move |agent| Op::Assign { conv, agent }),
        1 => Just(Op::Timers { limit: 20 }),
    ];
    let shapes = prop::collection::vec(0u32..100, 6);
    let steps = prop::collection::vec((ops, 0i64..20_000), 4..50);
    (shapes, 0u32..5000, steps).prop_map(move |(shapes, shape, steps)| {
        let mut all = vec![
            (Op::Receive { who: 0, message: 0, shape }, 10),
            (Op::Ring { conv, by: 4, number: 0, from: -20_000 }, 10),
            (Op::Accept { conv, agent: 0, wrong: false }, 10),
        ];
        all.extend((0..6).map(|agent| (Op::Assign { conv, agent }, 10)));
        all.extend(steps);
        (shapes, all)
    })
}

#[test]
fn redis_and_the_twin_agree_on_what_calls_tell() {
    check(cases(32), &small_library(), &calls(), agree).unwrap();
}

fn line() -> ChannelId {
    "line".parse().unwrap()
}

/// Who asks: mostly somebody who may.
struct Asking {
    contact: ContactId,
    agent: AgentId,
    by: usize,
}

impl Asking {
    fn of(twin: &Twin, id: &str, by: usize) -> Self {
        let conv = twin.convs.get(id);
        let holder =
            conv.and_then(|conv| conv.agent.clone()).unwrap_or_else(|| AGENTS[by].to_owned());
        let contact = conv.map_or_else(|| "ctc_0".to_owned(), |conv| conv.contact.clone());
        let contact = if by == 5 { "ctc_stranger".to_owned() } else { contact };
        Self { contact: contact.parse().unwrap(), agent: agent_id(&holder), by }
    }

    fn closer(&self) -> Closer<'_> {
        match self.by {
            0 | 1 | 5 => Closer::Contact(&self.contact),
            2 | 3 => Closer::Agent(&self.agent),
            _ => Closer::System,
        }
    }
}

/// Those whose words count, and those whose do not: another call's, a later epoch's, another line's.
fn teller(twin: &Twin, id: &str, of: usize) -> (CallId, ChannelId, Option<u64>) {
    let call = twin.convs.get(id).and_then(|conv| conv.ring.as_ref()?.call.clone());
    let epoch = call.as_ref().map_or(0, |call| call.epoch);
    let name = call.filter(|_| of != 3).map_or_else(|| "call_none_9".to_owned(), |call| call.id);
    let line = if of == 4 { "other".parse().unwrap() } else { line() };
    let epoch = match of {
        0 | 4 => None,
        1 => Some(epoch + 1),
        _ => Some(epoch),
    };
    (name.parse().unwrap(), line, epoch)
}

pub(super) async fn carry_out(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    op: &Op,
) -> Result<(), TestCaseError> {
    let (t, parsed): (_, ConversationId) = (tenant(), id.parse().unwrap());
    match op {
        Op::Ring { by, number, from, .. } => ring(router, twin, id, (*by, *number, *from)).await,
        Op::CancelRing { by, opens, .. } => {
            let asking = Asking::of(twin, id, *by);
            let opens = (*opens > 0).then_some(twin.now + opens);
            let real = router
                .cancel_callback(&t, &parsed, &asking.closer(), opens.map(Timestamp))
                .await
                .unwrap();
            let real = match real {
                Cancelled::WaitsOn(state) => format!("waits on {}", state.name()),
                Cancelled::NothingLeft => "nothing left".to_owned(),
                Cancelled::None => "none".to_owned(),
                Cancelled::NotAssigned => "not_assigned".to_owned(),
                Cancelled::Unknown => "unknown".to_owned(),
            };
            differ("cancel_callback", &real, &twin.cancel(id, asking.closer().parts(), opens))
        }
        Op::PlaceCall { agent, .. } => {
            let agent = Asking::of(twin, id, *agent).agent;
            let real = match router.place_call(&t, &parsed, &agent).await.unwrap() {
                PlacedCall::Placed(call) => format!("placed {call}"),
                PlacedCall::None => "none".to_owned(),
                PlacedCall::NotAssigned => "not_assigned".to_owned(),
                PlacedCall::Unknown => "unknown".to_owned(),
            };
            differ("place_call", &real, &twin.place_call(id, agent.as_str()))
        }
        Op::TakeCall { epoch, .. } => {
            let taken = match router.take_call(&t, &line(), &parsed, *epoch).await.unwrap() {
                TookCall::Gone => "gone".to_owned(),
                TookCall::Elsewhere => "elsewhere".to_owned(),
                TookCall::Taken(taken) => {
                    let how = match taken.how {
                        Taking::Place => "place",
                        Taking::TakeOver => "take_over",
                        Taking::Ours => "ours",
                    };
                    let (call, stage) = (taken.call, taken.stage.name());
                    format!("{how} {call} {stage} {}", taken.trace.unwrap_or_default())
                }
            };
            differ("take_call", &taken, &twin.take_call(id, *epoch))
        }
        Op::NoteCall { stage, owner: whose, .. } => {
            let (call, line, epoch) = teller(twin, id, *whose);
            let of = (call.as_str(), line.as_str(), epoch);
            let stages = [&CALL_STAGES[1..], &["held", "connected"]].concat();
            let (note, known) = match stages.get(*stage) {
                Some(stage) => {
                    (CallNote::Stage(stage.parse().unwrap()), twin.note_call(id, of, stage))
                }
                None => (CallNote::Trace("{\"tag\":1}"), twin.trace_call(id, of, "{\"tag\":1}")),
            };
            let real = router
                .note_call(&t, (&parsed, &call), CallTeller { line: &line, epoch }, note)
                .await
                .unwrap();
            differ("note_call", &(real == NotedCall::Kept), &known)
        }
        Op::EndCall { outcome, follows, owner: whose, .. } => {
            let (call, line, epoch) = teller(twin, id, *whose);
            let (outcome, at) = (CallOutcome::ALL[*outcome], twin.now + 15_000);
            let (follows, name) = [
                (Follows::Stay, "stay"),
                (Follows::Rest(Timestamp(at)), "rest"),
                (Follows::Over, "over"),
            ][*follows];
            let over = CallOver { outcome, by: Some(Leg::Contact), cause: "486 \"Busy\"", follows };
            let real = router
                .end_call(&t, (&parsed, &call), CallTeller { line: &line, epoch }, &over)
                .await
                .unwrap();
            let known =
                twin.end_call(id, (call.as_str(), line.as_str(), epoch), outcome, (name, at));
            differ("end_call", &(real == NotedCall::Kept), &known)
        }
        Op::SteerCall { agent, wish, .. } => {
            let by = (*agent < 6).then(|| Asking::of(twin, id, (*agent).min(4)).agent);
            let wish = CallWish::ALL[*wish];
            let real = match router.steer_call(&t, &parsed, by.as_ref(), wish).await.unwrap() {
                SteeredCall::Steered => "steered",
                SteeredCall::None => "none",
                SteeredCall::NotAssigned => "not_assigned",
                SteeredCall::Unknown => "unknown",
            };
            differ(
                "steer_call",
                &real.to_owned(),
                &twin.steer_call(id, by.as_ref().map(AgentId::as_str), wish),
            )
        }
        _ => unreachable!("not of calls"),
    }
}

async fn ring(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    (by, number, from): (usize, u32, i64),
) -> Result<(), TestCaseError> {
    let asking = Asking::of(twin, id, by);
    let number: PhoneNumber = format!("+8613800000{number:03}").parse().unwrap();
    let from = (from > -10_000).then_some(twin.now + from);
    let (until, remind) = (from.map(|from| from + 3_600_000), from.map(|from| from - 5_000));
    let line = line();
    let wanted = RequestCallback {
        number: &number,
        line: &line,
        from: from.map(Timestamp),
        until: until.map(Timestamp),
        remind_at: remind.map(Timestamp),
        by: asking.closer(),
        locale: Locale::En,
    };
    let real =
        match router.request_callback(&tenant(), &id.parse().unwrap(), &wanted).await.unwrap() {
            RequestedCallback::Requested(state) => format!("requested {}", state.name()),
            RequestedCallback::Taken(other) => format!("taken {other}"),
            RequestedCallback::Busy => "busy".to_owned(),
            RequestedCallback::NotAssigned => "not_assigned".to_owned(),
            RequestedCallback::Unknown => "unknown".to_owned(),
        };
    let wanted = Wanted { number: &number, from, until, remind, by: asking.closer().parts() };
    differ("request_callback", &real, &twin.request(id, &wanted))
}
