//! Whoever keeps the line dies, and another one goes on at the same address.

use super::connected::{hear_each_other, two};
use super::kit::{CONTACT, Line, agent, phone};
use channels::phone::{Call, CallEvent, CallOrder};
use domain::{CallOutcome, CallStage, Leg};
use serde_json::json;
use tests::baresip::Answers;
use tests::sipp::Sipp;

/// The line dies, and its call is given to the next.
pub(super) async fn taken_over(line: &mut Line, call: &Call, stage: CallStage) {
    line.dies().await;
    let trace = line.board.heard.look(|heard| {
        let mut all = heard.events.iter().rev().filter(|(of, _)| *of == call.id);
        all.find_map(|(_, event)| match event {
            CallEvent::Trace(trace) => Some(trace.clone()),
            _ => None,
        })
    });
    line.start();
    line.board.order(CallOrder::TakeOver { call: call.clone(), stage, trace });
}

#[tokio::test]
async fn two_who_speak_are_left_alone_and_either_may_hang_up() {
    for leg in [Leg::Agent, Leg::Contact] {
        let (mut line, agent, contact) = two().await;
        let call = line.call(&agent.uri());
        line.board.order(CallOrder::Place(call.clone()));
        line.board.until(&call.id, &CallEvent::Connected).await;
        hear_each_other(&agent, &contact).await;
        let told = line.board.heard.look(|heard| heard.events.len());
        taken_over(&mut line, &call, CallStage::Connected).await;
        // An order goes to both telephones: so the next one has it.
        line.board.order(CallOrder::Hold(call.id.clone()));
        line.board.until(&call.id, &CallEvent::Held).await;
        line.board.order(CallOrder::Resume(call.id.clone()));
        line.board.until(&call.id, &CallEvent::Resumed).await;
        let events = line.board.heard.look(|heard| heard.events.clone());
        let later = events.into_iter().skip(told).map(|(_, event)| event);
        let later: Vec<_> = later.filter(|event| !matches!(event, CallEvent::Trace(_))).collect();
        assert_eq!(later, [CallEvent::Held, CallEvent::Resumed], "nothing else is told");
        assert_eq!((agent.told("CALL_CLOSED"), contact.told("CALL_CLOSED")), (0, 0));
        let left = if leg == Leg::Agent { &agent } else { &contact };
        left.does("hangup").await;
        let end = line.board.end(&call.id).await;
        assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(leg)));
        agent.tells("CALL_CLOSED", 1).await;
        contact.tells("CALL_CLOSED", 1).await;
    }
}

#[tokio::test]
async fn an_agent_who_rings_stops_ringing() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let mut line = Line::open(contact.port(), &json!({})).beside_of(folder);
    let agent = agent(&line, Answers::WhenTold).await;
    let call = line.call(&agent.uri());
    line.board.order(CallOrder::Place(call.clone()));
    line.board.until(&call.id, &CallEvent::Ringing(Leg::Agent)).await;
    taken_over(&mut line, &call, CallStage::AgentRinging).await;
    assert_eq!(line.board.end(&call.id).await.outcome, CallOutcome::Lost);
    agent.tells("CALL_CLOSED", 1).await;
    assert_eq!(contact.calls(), 0);
}

#[tokio::test]
async fn a_person_who_rings_stops_ringing_and_the_agent_is_let_go() {
    for script in ["rings", "answers_late"] {
        let folder = tempfile::tempdir().unwrap();
        let trunk = Sipp::start(folder.path(), script).await;
        let mut line = Line::open(trunk.port(), &json!({}));
        let agent = agent(&line, Answers::AtOnce).await;
        let call = line.call(&agent.uri());
        line.board.order(CallOrder::Place(call.clone()));
        line.board.until(&call.id, &CallEvent::Ringing(Leg::Contact)).await;
        taken_over(&mut line, &call, CallStage::ContactRinging).await;
        assert_eq!(line.board.end(&call.id).await.outcome, CallOutcome::Lost);
        agent.tells("CALL_CLOSED", 1).await;
        if script == "answers_late" {
            // Its answer came to somebody who never called it: it is confirmed, and hung up.
            trunk.ends_well().await;
        } else {
            trunk.saw("CANCEL sip:").await;
        }
    }
}

#[tokio::test]
async fn without_a_trace_nobody_was_called() {
    let (mut line, agent, _contact) = two().await;
    let call = line.call(&agent.uri());
    taken_over(&mut line, &call, CallStage::Ordered).await;
    assert_eq!(line.board.end(&call.id).await.outcome, CallOutcome::Lost);
    assert_eq!(agent.calls(), 0);
}
