//! Two telephones are brought together, and let go.

use super::kit::{CONTACT, Line};
use channels::phone::CallEvent;
use domain::{CallOutcome, Leg};
use serde_json::json;
use tests::baresip::{Answers, Phone};
use tests::eventually;
use tests::eventually::holds;

/// A line between two telephones that answer at once.
async fn two() -> (Line, Phone, Phone) {
    let folder = tempfile::tempdir().unwrap();
    let contact = Phone::start(&folder.path().join("contact"), CONTACT, Answers::AtOnce).await;
    let line = Line::open(contact.port(), &json!({}));
    let agent = Phone::start(&line.beside("agent"), "1001", Answers::AtOnce).await;
    (line, agent, contact)
}

/// What the first line of a description with this beginning says, in the last message of a phone with it.
fn last<'a>(output: &'a str, start: &str) -> &'a str {
    output.lines().rev().find(|line| line.starts_with(start)).unwrap_or_default()
}

#[tokio::test]
async fn two_telephones_hear_each_other_directly_and_either_may_hang_up() {
    for leg in [Leg::Agent, Leg::Contact] {
        let (line, agent, contact) = two().await;
        let call = line.places(&agent.uri());
        let told = line.board.until(&call, &CallEvent::Connected).await;
        assert_eq!(told.last(), Some(&CallEvent::Connected), "{told:?}");
        agent.does("callstat").await;
        hears(&agent, &contact).await;
        let left = if leg == Leg::Agent { &agent } else { &contact };
        left.does("hangup").await;
        let end = line.board.end(&call).await;
        assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(leg)), "{end:?}");
        agent.tells("CALL_CLOSED", 1).await;
        contact.tells("CALL_CLOSED", 1).await;
    }
}

async fn hears(agent: &Phone, contact: &Phone) {
    eventually::eventually("sound arrives", async || {
        for phone in [agent, contact] {
            let said = phone.asked("callstat").await;
            holds(said.contains("recv"), format!("{said}\n{}", last(&phone.output(), "m=audio")))?;
        }
        Ok(())
    })
    .await;
}
