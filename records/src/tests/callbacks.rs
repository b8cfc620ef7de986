//! Measures of callbacks over archived logs.

use crate::history::{CallbackEnding, CallbackOver, ClosedConversation};
use crate::reports::{CallbackReport, Period};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{closed, message};
use domain::{Author, CallOutcome, Message, MessageKind, Notice, TenantId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const ALWAYS: Period = Period { from: Timestamp(0), to: Timestamp(i64::MAX) };

/// A fact of the log at a second.
fn fact(secs: i64, notice: Value) -> (i64, Notice) {
    (secs * 1_000, serde_json::from_value(notice).unwrap())
}

fn asks(secs: i64, line: &str, (from, until): (Option<i64>, Option<i64>)) -> (i64, Notice) {
    let ms = |secs: Option<i64>| secs.map(|secs| secs * 1_000);
    let (from, until) = (ms(from), ms(until));
    fact(
        secs,
        json!({ "code": "callback_requested", "by": "contact", "number": "+86*******1234",
            "from": from, "until": until, "line": line, "changed": false }),
    )
}

fn changes(secs: i64, line: &str, window: (Option<i64>, Option<i64>)) -> (i64, Notice) {
    let (at, mut notice) = asks(secs, line, window);
    if let Notice::CallbackRequested { changed, .. } = &mut notice {
        *changed = true;
    }
    (at, notice)
}

fn cancels(secs: i64, by: &str) -> (i64, Notice) {
    fact(secs, json!({ "code": "callback_cancelled", "by": by }))
}

fn connects(secs: i64, call: u32) -> (i64, Notice) {
    fact(secs, json!({ "code": "call_connected", "call": format!("call_1_{call}") }))
}

/// When a call ended and how, what the agent's telephone did (rung, and answered after so many
/// milliseconds), and whether it is tried again.
fn ends(
    (secs, call): (i64, u32),
    outcome: CallOutcome,
    (rung, rang_ms): (bool, Option<u64>),
    again: bool,
) -> (i64, Notice) {
    let (rung, next) = (rung.then_some(secs * 1_000 - 500), again.then_some(1));
    fact(
        secs,
        json!({ "code": "call_ended", "call": format!("call_1_{call}"), "outcome": outcome.name(),
            "by": null, "cause": "", "seconds": 0, "attempt": 1, "next_at": next, "recording": null,
            "agent_rung_at": rung, "agent_rang_ms": rang_ms }),
    )
}

fn over(secs: i64) -> (i64, Notice) {
    fact(secs, json!({ "code": "closed", "by": "agent" }))
}

fn log(facts: Vec<(i64, Notice)>) -> Vec<Message> {
    (1..)
        .zip(facts)
        .map(|(seq, (at, notice))| {
            let mut entry = message(seq, "");
            entry.at = Timestamp(at);
            (entry.content.kind, entry.content.author) = (MessageKind::Notice, Author::System);
            entry.content.notice = Some(notice);
            entry
        })
        .collect()
}

fn conversation(n: u128, facts: Vec<(i64, Notice)>) -> ClosedConversation {
    let mut one = closed(n, 9_000_000, &[]);
    one.messages = log(facts);
    one.conversation.last_seq = u64::try_from(one.messages.len()).unwrap();
    one
}

async fn store(
    records: &TestRecords,
    tenant: &TenantId,
    one: &ClosedConversation,
) -> Vec<CallbackOver> {
    records.history().store_closed(tenant, one).await.unwrap().callbacks
}

async fn report(records: &TestRecords, tenant: &TenantId) -> Vec<CallbackReport> {
    records.reports().callbacks(tenant, ALWAYS).await.unwrap()
}

use CallOutcome::{AgentUnreachable, Busy, Cancelled, Completed, Lost, NoAnswer};

/// Seven conversations whose numbers are reckoned by hand below.
fn by_hand() -> Vec<ClosedConversation> {
    let none = (None, None);
    vec![
        // Connected at the first try, 40 s after the request; the agent answered after 4 s.
        conversation(
            1,
            vec![
                asks(100, "hotline", none),
                connects(140, 1),
                ends((200, 1), Completed, (true, Some(4_000)), false),
                over(210),
            ],
        ),
        // The agent did not answer; then busy; then connected, 30 s after the window opened and before its end.
        conversation(
            2,
            vec![
                asks(100, "hotline", (Some(1_000), Some(4_600))),
                ends((900, 1), AgentUnreachable, (true, None), false),
                ends((1_000, 2), Busy, (true, Some(15_000)), true),
                connects(1_030, 3),
                ends((1_100, 3), Completed, (true, Some(15_001)), false),
                over(1_110),
            ],
        ),
        // Moved to another window, and connected after its end: 2,000 s after it opened.
        conversation(
            3,
            vec![
                asks(100, "hotline", (Some(500), Some(9_000))),
                changes(150, "hotline", (Some(1_000), Some(2_000))),
                connects(3_000, 1),
                ends((3_010, 1), Completed, (false, None), false),
                over(3_020),
            ],
        ),
        // Cancelled while the agent's telephone rang.
        conversation(
            4,
            vec![
                asks(100, "hotline", (None, Some(5_000))),
                cancels(110, "contact"),
                ends((111, 1), Cancelled, (true, None), false),
                over(120),
            ],
        ),
        // Given up after two tries; asked anew; closed before anybody rang.
        conversation(
            5,
            vec![
                asks(100, "hotline", none),
                ends((200, 1), Busy, (true, Some(2_000)), true),
                ends((300, 2), NoAnswer, (true, Some(2_000)), false),
                asks(400, "hotline", none),
                over(500),
            ],
        ),
        // The desk took it back.
        conversation(6, vec![asks(100, "hotline", none), cancels(130, "agent"), over(140)]),
        // Another line; closed by the agent while both still spoke.
        conversation(
            7,
            vec![
                asks(100, "night", none),
                connects(110, 1),
                over(120),
                ends((130, 1), Completed, (true, Some(0)), false),
            ],
        ),
    ]
}

on_both_engines! {
    async fn each_measure_follows_its_definition(r) {
        let (city, other) = (r.tenant("city").await, r.tenant("other").await);
        for one in by_hand() {
            store(r, &city, &one).await;
        }
        let reports = report(r, &city).await;
        let [hotline, night] = &reports[..] else { panic!("{reports:?}") };
        let expected = CallbackReport {
            line: "hotline".parse().unwrap(),
            requested: 7,
            connected: 3,
            // All but the cancelled, the one that was closed, and the one that was taken back.
            tried: 4,
            first_try: 2,
            with_window: 3,
            in_window: 1,
            abandoned: 2,
            given_up: 1,
            withdrawn: 1,
            attempts: 6,
            mean_wait_ms: Some((40_000 + 30_000 + 2_000_000) / 3),
            longest_wait_ms: Some(2_000_000),
            agent_rung: 7,
            // 4 s, 15 s exactly, and twice 2 s.
            agent_answered_in_time: 4,
            within_secs: 15,
        };
        assert_eq!(*hotline, expected);
        assert_eq!(hotline.first_try_rate(), Some(2.0 / 4.0));
        assert_eq!(hotline.in_window_rate(), Some(1.0 / 3.0));
        assert_eq!(hotline.agent_answer_rate(), Some(4.0 / 7.0));
        assert_eq!(hotline.abandonment_rate(), Some(2.0 / 7.0));
        assert_eq!((night.line.as_str(), night.requested, night.connected), ("night", 1, 1));
        assert_eq!((night.abandoned, night.mean_wait_ms, night.in_window_rate()), (0, Some(10_000), None));
        assert_eq!((night.agent_rung, night.agent_answered_in_time), (1, 1));
        assert!(report(r, &other).await.is_empty());
    }

    async fn nothing_is_divided_by_nothing_and_a_request_counts_where_it_was_made(r) {
        let city = r.tenant("city").await;
        let none = (None, None);
        store(r, &city, &conversation(1, vec![asks(100, "hotline", none), over(200)])).await;
        let of = async |from, to| {
            let period = Period { from: Timestamp(from), to: Timestamp(to) };
            r.reports().callbacks(&city, period).await.unwrap()
        };
        let reports = of(100_000, 100_001).await;
        let [one] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!((one.requested, one.abandoned, one.abandonment_rate()), (1, 1, Some(1.0)));
        assert_eq!((one.mean_wait_ms, one.longest_wait_ms), (None, None));
        assert_eq!((one.first_try_rate(), one.in_window_rate(), one.agent_answer_rate()), (None, None, None));
        assert!(of(0, 100_000).await.is_empty());
        assert!(of(100_001, 900_000).await.is_empty());
    }

    async fn what_is_archived_again_or_late_replaces_and_is_told_once(r) {
        let city = r.tenant("city").await;
        let whole = conversation(1, vec![
            asks(100, "hotline", (None, None)),
            connects(110, 1),
            over(120),
            // The line tells the end after the conversation was archived.
            ends((130, 1), Completed, (true, Some(3_000)), false),
            // It was reopened, and a callback was asked for once more.
            asks(500, "hotline", (None, None)),
            over(600),
        ]);
        let round = |from: usize, to: usize| ClosedConversation {
            messages: whole.messages[from..to].to_vec(),
            ..whole.clone()
        };
        let connected = |agent_rings| CallbackOver {
            ending: CallbackEnding::Connected,
            waited_ms: Some(10_000),
            agent_rings,
        };
        assert_eq!(store(r, &city, &round(0, 3)).await, [connected(vec![])]);
        assert_eq!(store(r, &city, &round(0, 4)).await, [], "known already");
        let first = report(r, &city).await;
        assert_eq!((first[0].requested, first[0].attempts, first[0].agent_rung), (1, 1, 1));
        // Only what is new is handed in.
        let again = store(r, &city, &round(4, 6)).await;
        assert_eq!(again.iter().map(|over| over.ending).collect::<Vec<_>>(), [CallbackEnding::Abandoned]);
        let both = report(r, &city).await;
        assert_eq!((both[0].requested, both[0].connected, both[0].abandoned), (2, 1, 1));
        // A slow gateway comes with the first round.
        assert_eq!(store(r, &city, &round(0, 3)).await, []);
        assert_eq!(report(r, &city).await, both);
        // Redis lost the end of the log, and it went on without the second request.
        let mut otherwise = round(0, 4);
        otherwise.messages.extend(log(vec![over(0); 6]).drain(4..));
        store(r, &city, &otherwise).await;
        assert_eq!(report(r, &city).await, first);
    }

    async fn a_log_from_before_calls_were_measured_has_what_it_tells(r) {
        let city = r.tenant("city").await;
        let mut one = conversation(1, vec![
            fact(100, json!({ "code": "callback_requested", "by": "contact", "number": "", "from": null, "until": null })),
            // A change of it: it does not say so.
            fact(110, json!({ "code": "callback_requested", "by": "contact", "number": "", "from": null, "until": 900_000 })),
            connects(160, 1),
            fact(200, json!({ "code": "call_ended", "call": "call_1_1", "outcome": "completed", "by": null, "cause": "",
                "seconds": 40, "attempt": 1, "next_at": null, "recording": null })),
            over(210),
        ]);
        one.conversation.callback = serde_json::from_value(json!({ "state": "over", "number": "", "line": "hotline",
            "requested_at": 100_000, "tries": 1 })).unwrap();
        store(r, &city, &one).await;
        let reports = report(r, &city).await;
        let [one] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!((one.requested, one.connected, one.first_try, one.attempts), (1, 1, 1, 1));
        assert_eq!((one.with_window, one.in_window, one.mean_wait_ms), (1, 1, Some(60_000)));
        assert_eq!((one.agent_rung, one.agent_answer_rate()), (0, None));
    }

    async fn odd_logs_count_each_request_once(r) {
        let city = r.tenant("city").await;
        let none = (None, None);
        for (n, (facts, expected)) in (1..).zip([
            // Its line was taken away after a try, so that it stayed wanted; the agent rings again later.
            (vec![asks(100, "a", none), ends((200, 1), Busy, (false, None), false), changes(300, "a", none), over(400)],
                (CallbackEnding::Abandoned, None)),
            // They spoke although the contact had cancelled meanwhile.
            (vec![asks(100, "a", none), cancels(110, "contact"), connects(111, 1), over(120)],
                (CallbackEnding::Connected, Some(11_000))),
            // The agent rang before the window.
            (vec![asks(100, "a", (Some(900), None)), connects(120, 1), over(130)], (CallbackEnding::Connected, Some(0))),
            // A line that tells nothing but the end.
            (vec![asks(100, "a", none), ends((150, 1), Completed, (false, None), false), over(160)],
                (CallbackEnding::Connected, Some(50_000))),
            // Whoever kept the line died.
            (vec![asks(100, "a", none), ends((150, 1), Lost, (false, None), false), over(160)],
                (CallbackEnding::Abandoned, None)),
        ]) {
            let told = store(r, &city, &conversation(n, facts)).await;
            let told: Vec<_> = told.into_iter().map(|over| (over.ending, over.waited_ms)).collect();
            assert_eq!(told, [expected], "conversation {n}");
        }
        // What was told of a call that nobody asked for is nobody's.
        assert_eq!(store(r, &city, &conversation(9, vec![connects(1, 1), over(2)])).await, []);
    }

    async fn rounds_in_any_order_give_the_measures_of_the_whole_log(r) {
        let city = r.tenant("city").await;
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let handle = tokio::runtime::Handle::current();
        let number = std::sync::atomic::AtomicU32::new(0);
        let rounds = proptest::collection::vec((0..12_usize, 0..12_usize), 0..4);
        let facts = proptest::collection::vec((0..8_u8, 0..11_usize, 1..40_i64), 1..12);
        runner.run(&(facts, rounds), |(facts, rounds)| {
            let n = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let line = format!("line_{n}");
            let whole = conversation(u128::from(n) + 1, random(&line, facts));
            let reports = tokio::task::block_in_place(|| handle.block_on(async {
                for (from, to) in rounds {
                    let mut round = whole.clone();
                    round.messages.truncate(to);
                    round.messages.drain(..from.min(round.messages.len()));
                    store(r, &city, &round).await;
                }
                store(r, &city, &whole).await;
                let once = report(r, &city).await;
                let fresh = r.tenant(&format!("fresh{n}")).await;
                store(r, &fresh, &whole).await;
                (once, report(r, &fresh).await)
            }));
            let (mut in_rounds, fresh) = reports;
            in_rounds.retain(|one| one.line.as_str() == line);
            prop_assert_eq!(&in_rounds, &fresh);
            for one in &fresh {
                prop_assert_eq!(one.connected + one.abandoned + one.given_up + one.withdrawn, one.requested);
                prop_assert!(one.in_window <= one.with_window && one.with_window <= one.requested);
                prop_assert!(one.first_try <= one.connected && one.connected <= one.tried);
                prop_assert!(one.tried <= one.requested && one.tried <= one.attempts);
                prop_assert!(one.agent_answered_in_time <= one.agent_rung);
                prop_assert!(one.mean_wait_ms <= one.longest_wait_ms);
            }
            Ok(())
        }).unwrap();
    }
}

/// A log of any facts in any order, some of which no desk would write.
fn random(line: &str, facts: Vec<(u8, usize, i64)>) -> Vec<(i64, Notice)> {
    let mut now = 0;
    let facts = facts.into_iter().map(|(sort, outcome, secs)| {
        now += secs;
        let window = (Some(now + secs), Some(now + 2 * secs));
        let call = u32::from(sort % 2);
        match sort {
            0 | 1 => asks(now, line, if secs % 2 == 0 { window } else { (None, None) }),
            2 => changes(now, line, window),
            3 => cancels(now, if secs % 2 == 0 { "contact" } else { "agent" }),
            4 => connects(now, call),
            5 => over(now),
            _ => {
                let rang_ms = (secs % 3 > 0).then(|| u64::try_from(secs).unwrap() * 1_000);
                ends((now, call), CallOutcome::ALL[outcome], (secs % 5 > 0, rang_ms), sort == 6)
            }
        }
    });
    facts.collect()
}
