//! Calls that come to nothing: each says why, and nobody is left ringing.

use super::kit::{CONTACT, Line, agent, phone};
use channels::phone::{CALLS_MAX, CallEnd, CallEvent, CallOrder};
use domain::{CallOutcome, Leg};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::baresip::Answers;
use tests::port::Port;
use tests::sipp::Sipp;

/// What becomes of a call to a trunk that follows a script, and of the agent who had answered.
async fn called(script: &str, words: &[(&str, &str)]) -> CallEnd {
    let folder = tempfile::tempdir().unwrap();
    let trunk = Sipp::start_with(folder.path(), script, words, None).await;
    let line = Line::open(trunk.port(), &json!({}));
    let agent = agent(&line, Answers::AtOnce).await;
    let end = line.board.end(&line.places(&agent.uri())).await;
    agent.tells("CALL_CLOSED", 1).await;
    trunk.ends_well().await;
    end
}

#[tokio::test]
async fn what_the_network_says_is_told_as_what_it_means() {
    for (status, outcome, by) in [
        ("486 Busy Here", CallOutcome::Busy, Some(Leg::Contact)),
        ("603 Decline", CallOutcome::Declined, Some(Leg::Contact)),
        ("404 Not Found", CallOutcome::BadNumber, None),
        ("480 Temporarily Unavailable", CallOutcome::NoAnswer, None),
        ("302 Moved Temporarily", CallOutcome::Failed, None),
        ("488 Not Acceptable Here", CallOutcome::Failed, None),
    ] {
        let end = called("refuses", &[("status", status), ("more", "X-More: 1")]).await;
        assert_eq!((end.outcome, end.by, end.cause.as_str()), (outcome, by, status));
    }
}

#[tokio::test]
async fn a_trunk_that_is_full_says_when_to_come_again() {
    let words = [("status", "503 Full"), ("more", "Retry-After: 120")];
    let end = called("refuses_at_once", &words).await;
    assert_eq!((end.outcome, end.cause.as_str()), (CallOutcome::Failed, "503 Service Unavailable"));
    assert_eq!(end.retry_after, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn a_machine_that_says_so_is_not_joined() {
    let end = called("machine", &[]).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Voicemail, None));
}

/// A line whose trunk rings, with an agent who has answered, and rings no longer than this.
async fn ringing(script: &str, rings: Duration, event: &CallEnd) {
    let folder = tempfile::tempdir().unwrap();
    let trunk = Sipp::start(folder.path(), script).await;
    let line = Line::open(trunk.port(), &json!({}));
    let agent = agent(&line, Answers::AtOnce).await;
    let mut order = line.call(&agent.uri());
    order.ring_contact = rings;
    let call = order.id.clone();
    line.board.order(CallOrder::Place(order));
    line.board.until(&call, &CallEvent::Ringing(Leg::Contact)).await;
    match event.outcome {
        CallOutcome::AgentLeft => agent.does("hangup").await,
        CallOutcome::Cancelled => line.board.order(CallOrder::HangUp(call.clone())),
        _ => {}
    }
    assert_eq!(line.board.end(&call).await, *event);
    agent.tells("CALL_CLOSED", 1).await;
    trunk.ends_well().await;
}

#[tokio::test]
async fn whoever_rings_in_vain_stops_ringing() {
    let end = |outcome, by, cause: &str| CallEnd {
        outcome,
        by,
        cause: cause.to_owned(),
        retry_after: None,
    };
    let long = Duration::from_secs(20);
    let in_vain = end(CallOutcome::NoAnswer, None, "nobody answered in time");
    ringing("rings", Duration::from_secs(1), &in_vain).await;
    ringing("rings", long, &end(CallOutcome::AgentLeft, Some(Leg::Agent), "hung up")).await;
    ringing("rings", long, &end(CallOutcome::Cancelled, None, "the desk hung up")).await;
    // The answer crosses with the end: it is confirmed, and the telephone hangs up.
    ringing("answers_late", Duration::from_secs(1), &in_vain).await;
}

#[tokio::test]
async fn a_dead_trunk_is_told_soon_and_the_agent_let_go() {
    for transport in ["udp", "tcp"] {
        let dead = Port::take();
        let trunk = format!("sip:127.0.0.1:{};transport={transport}", dead.number());
        let line = Line::open(0, &json!({ "trunk": { "uri": trunk }, "trying_secs": 2 }));
        let agent = agent(&line, Answers::AtOnce).await;
        let begun = Instant::now();
        let end = line.board.end(&line.places(&agent.uri())).await;
        assert_eq!(end.outcome, CallOutcome::Failed, "{transport}: {end:?}");
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        agent.tells("CALL_CLOSED", 1).await;
    }
}

#[tokio::test]
async fn an_agent_who_is_not_there_rings_nobody_else() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let line = Line::open(contact.port(), &json!({ "trying_secs": 1 })).beside_of(folder);
    let dead = Port::take();
    let end = line.board.end(&line.places(&format!("sip:1001@127.0.0.1:{}", dead.number()))).await;
    assert_eq!(end.outcome, CallOutcome::AgentUnreachable);
    let words = [("status", "486 Busy Here"), ("more", "X-More: 1")];
    let busy = Sipp::start_with(line.folder(), "refuses", &words, None).await;
    let end = line.board.end(&line.places(&format!("sip:1001@127.0.0.1:{}", busy.port()))).await;
    assert_eq!((end.outcome, end.cause.as_str()), (CallOutcome::AgentUnreachable, "486 Busy Here"));
    let rings = agent(&line, Answers::WhenTold).await;
    let mut order = line.call(&rings.uri());
    order.ring_agent = Duration::from_secs(1);
    let call = order.id.clone();
    line.board.order(CallOrder::Place(order));
    let end = line.board.end(&call).await;
    assert_eq!(end.outcome, CallOutcome::AgentUnreachable);
    rings.tells("CALL_CLOSED", 1).await;
    assert_eq!(contact.calls(), 0);
}

#[tokio::test]
async fn calls_that_are_over_take_no_room_of_the_line() {
    let words = [("status", "486 Busy Here"), ("more", "X-More: 1")];
    let line = Line::open(Port::take().number(), &json!({}));
    let busy = Sipp::takes_many(line.folder(), "refuses", &words).await;
    let agent = format!("sip:1001@127.0.0.1:{}", busy.port());
    // Each of them answers for half a minute what still comes of it.
    for _ in 0..=CALLS_MAX / 100 {
        let calls: Vec<_> = (0..100).map(|_| line.places(&agent)).collect();
        for call in calls {
            assert_eq!(line.board.end(&call).await.cause, "486 Busy Here");
        }
    }
}
