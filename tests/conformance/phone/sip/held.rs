//! Somebody waits.

use super::connected::{hear_each_other, two};
use channels::phone::{CallEvent, CallOrder};
use tests::baresip::Phone;
use tests::eventually::{eventually, holds};

/// What a telephone was asked last about the way of sound.
fn way(phone: &Phone) -> String {
    let output = phone.output();
    let mut asked = "";
    let mut is_asked = false;
    for line in output.lines() {
        if line.starts_with("INVITE ") || line.starts_with("SIP/2.0 ") {
            is_asked = line.starts_with("INVITE ");
        }
        let is_way = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line);
        if is_asked && is_way {
            asked = line;
        }
    }
    asked.to_owned()
}

async fn is_told(phone: &Phone, expected: &str) {
    eventually("a telephone is told to wait, or no longer", async || {
        let way = way(phone);
        holds(way == expected, way)
    })
    .await;
}

#[tokio::test]
async fn by_order() {
    let (line, agent, contact) = two().await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    line.board.order(CallOrder::Hold(call.clone()));
    line.board.until(&call, &CallEvent::Held).await;
    is_told(&contact, "a=inactive").await;
    is_told(&agent, "a=inactive").await;
    // The same order again changes nothing.
    line.board.order(CallOrder::Hold(call.clone()));
    line.board.order(CallOrder::Resume(call.clone()));
    let told = line.board.until(&call, &CallEvent::Resumed).await;
    assert_eq!(told.iter().filter(|event| **event == CallEvent::Held).count(), 1);
    is_told(&contact, "a=sendrecv").await;
    is_told(&agent, "a=sendrecv").await;
    hear_each_other(&agent, &contact).await;
    line.board.order(CallOrder::HangUp(call.clone()));
    line.board.end(&call).await;
    contact.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn by_the_agents_own_telephone() {
    let (line, agent, contact) = two().await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    hear_each_other(&agent, &contact).await;
    agent.does("hold").await;
    line.board.until(&call, &CallEvent::Held).await;
    is_told(&contact, "a=sendonly").await;
    agent.does("resume").await;
    line.board.until(&call, &CallEvent::Resumed).await;
    is_told(&contact, "a=sendrecv").await;
    contact.does("hangup").await;
    line.board.end(&call).await;
    agent.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn by_the_persons_telephone_is_handed_on_and_not_told() {
    let (line, agent, contact) = two().await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    hear_each_other(&agent, &contact).await;
    contact.does("hold").await;
    is_told(&agent, "a=sendonly").await;
    contact.does("resume").await;
    is_told(&agent, "a=sendrecv").await;
    agent.does("hangup").await;
    line.board.end(&call).await;
    let told = line.board.heard.look(|heard| heard.events.clone());
    assert!(!told.iter().any(|(_, event)| *event == CallEvent::Held), "the agent holds nobody");
}
