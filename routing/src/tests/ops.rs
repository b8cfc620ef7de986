//! The transitions of the random sequences, and how often each comes up.

use proptest::prelude::*;

/// One transition with the numbers from which its arguments are made.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Receive { who: u32, message: u32, shape: u32 },
    Letter { who: u32, message: u32, shape: u32, answers: u32 },
    Notice { conv: usize, name: u32 },
    Send { conv: usize, agent: usize, message: u32, kind: usize },
    Accept { conv: usize, agent: usize, wrong: bool },
    Decline { conv: usize, agent: usize, wrong: bool },
    Presence { agent: usize, presence: usize },
    Heartbeat { lease: i64 },
    SetAgent { agent: usize, shape: u32 },
    RemoveAgent { agent: usize },
    Transfer { conv: usize, holder: usize, shape: u32, again: bool },
    ChangeQueue { conv: usize, shape: u32 },
    Assign { conv: usize, agent: usize },
    Close { conv: usize, by: usize },
    EndWrapUp { conv: usize, agent: usize },
    Snooze { conv: usize, agent: usize, shape: u32 },
    Mark { conv: usize, by: usize, seq: u64 },
    Archive { conv: usize, off: bool },
    Timers { limit: u32 },
    LeaveAddress { conv: usize, address: u32 },
    WithdrawAddress { conv: usize },
    MailUnread { conv: usize, stale: bool, letter: bool },
    Transcript { conv: usize, address: u32 },
    Attend { who: u32, socket: u32, ms: u64 },
    Ring { conv: usize, by: usize, number: u32, from: i64 },
    CancelRing { conv: usize, by: usize, opens: i64 },
    PlaceCall { conv: usize, agent: usize },
    TakeCall { conv: usize, epoch: u64 },
    NoteCall { conv: usize, stage: usize, owner: usize },
    EndCall { conv: usize, outcome: usize, follows: usize, owner: usize },
    SteerCall { conv: usize, agent: usize, wish: usize },
}

pub(super) const AGENTS: [&str; 6] = ["amy", "bo", "cy", "di", "ed", "flo"];
pub(super) const SKILLS: [&str; 6] = ["", "tax:1", "tax:3", "tax:5,zh:2", "zh:4", "tax:2,zh:5"];

/// The op and how long after the one before it happens.
pub(super) fn op() -> impl Strategy<Value = (Op, i64)> {
    let conv = 0usize..10;
    let agent = 0usize..6;
    let ops = prop_oneof![
        8 => (0u32..6, 0u32..200, 0u32..5000).prop_map(|(who, message, shape)| Op::Receive { who, message, shape }),
        3 => (0u32..6, 0u32..40, 0u32..5000, 0u32..60).prop_map(|(who, message, shape, answers)| Op::Letter { who, message, shape, answers }),
        1 => (conv.clone(), 0u32..6).prop_map(|(conv, name)| Op::Notice { conv, name }),
        2 => (conv.clone(), agent.clone(), 0u32..8, 0usize..3).prop_map(|(conv, agent, message, kind)| Op::Send { conv, agent, message, kind }),
        8 => (conv.clone(), agent.clone(), prop::bool::weighted(0.25)).prop_map(|(conv, agent, wrong)| Op::Accept { conv, agent, wrong }),
        3 => (conv.clone(), agent.clone(), prop::bool::weighted(0.1)).prop_map(|(conv, agent, wrong)| Op::Decline { conv, agent, wrong }),
        6 => (agent.clone(), 0usize..5).prop_map(|(agent, presence)| Op::Presence { agent, presence }),
        1 => (1_000i64..120_000).prop_map(|lease| Op::Heartbeat { lease }),
        2 => (agent.clone(), 0u32..100).prop_map(|(agent, shape)| Op::SetAgent { agent, shape }),
        1 => agent.clone().prop_map(|agent| Op::RemoveAgent { agent }),
        3 => (conv.clone(), 0usize..7, 0u32..5000, any::<bool>()).prop_map(|(conv, holder, shape, again)| Op::Transfer { conv, holder, shape, again }),
        2 => (conv.clone(), 0u32..5000).prop_map(|(conv, shape)| Op::ChangeQueue { conv, shape }),
        2 => (conv.clone(), agent.clone()).prop_map(|(conv, agent)| Op::Assign { conv, agent }),
        4 => (conv.clone(), 0usize..8).prop_map(|(conv, by)| Op::Close { conv, by }),
        2 => (conv.clone(), agent.clone()).prop_map(|(conv, agent)| Op::EndWrapUp { conv, agent }),
        2 => (conv.clone(), agent, 0u32..5000).prop_map(|(conv, agent, shape)| Op::Snooze { conv, agent, shape }),
        1 => (conv.clone(), 0usize..8, 0u64..9).prop_map(|(conv, by, seq)| Op::Mark { conv, by, seq }),
        2 => (conv.clone(), prop::bool::weighted(0.2)).prop_map(|(conv, off)| Op::Archive { conv, off }),
        3 => (conv.clone(), 0u32..4).prop_map(|(conv, address)| Op::LeaveAddress { conv, address }),
        1 => conv.clone().prop_map(|conv| Op::WithdrawAddress { conv }),
        3 => (conv.clone(), prop::bool::weighted(0.2), prop::bool::weighted(0.8)).prop_map(|(conv, stale, letter)| Op::MailUnread { conv, stale, letter }),
        4 => (conv.clone(), 0usize..6, 0u32..4, -20_000i64..60_000).prop_map(|(conv, by, number, from)| Op::Ring { conv, by, number, from }),
        1 => (conv.clone(), 0usize..6, -20_000i64..20_000).prop_map(|(conv, by, opens)| Op::CancelRing { conv, by, opens }),
        1 => (conv.clone(), 1usize..6).prop_map(|(conv, agent)| Op::PlaceCall { conv, agent }),
        3 => (conv.clone(), 0u64..4).prop_map(|(conv, epoch)| Op::TakeCall { conv, epoch }),
        4 => (conv.clone(), 0usize..9, 0usize..5).prop_map(|(conv, stage, owner)| Op::NoteCall { conv, stage, owner }),
        3 => (conv.clone(), 0usize..11, 0usize..3, 0usize..5).prop_map(|(conv, outcome, follows, owner)| Op::EndCall { conv, outcome, follows, owner }),
        2 => (conv.clone(), 0usize..7, 0usize..3).prop_map(|(conv, agent, wish)| Op::SteerCall { conv, agent, wish }),
        1 => (conv, 0u32..4).prop_map(|(conv, address)| Op::Transcript { conv, address }),
        2 => (0u32..6, 0u32..2, prop_oneof![Just(0u64), 300_000u64..400_000]).prop_map(|(who, socket, ms)| Op::Attend { who, socket, ms }),
        8 => (1u32..20).prop_map(|limit| Op::Timers { limit }),
    ];
    (ops, prop_oneof![5 => 0i64..50, 3 => 0i64..20_000, 1 => 0i64..900_000])
}
