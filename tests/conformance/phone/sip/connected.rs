//! Two telephones are brought together, and let go.

use super::kit::{CONTACT, Line, agent, phone};
use channels::SipCertificate;
use channels::phone::{CallEvent, CallOrder};
use domain::{CallOutcome, Leg};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use tests::baresip::{Answers, Phone};
use tests::eventually::{eventually, holds};
use tests::mail_server::Authority;
use tests::port::Port;
use tests::sipp::Sipp;

/// A line between two telephones that answer at once.
pub(super) async fn two() -> (Line, Phone, Phone) {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let line = Line::open(contact.port(), &json!({})).beside_of(folder);
    let agent = agent(&line, Answers::AtOnce).await;
    (line, agent, contact)
}

/// Both hear something, and from each other: where the one was told to send is where the other listens.
pub(super) async fn hear_each_other(agent: &Phone, contact: &Phone) {
    for (phone, other) in [(agent, contact), (contact, agent)] {
        let told = format!("m=audio {} ", other.media_port());
        eventually("sound arrives", async || {
            let (output, hears) = (phone.output(), phone.hears());
            holds(output.contains(&told), format!("{told} is not told"))?;
            holds(hears, format!("nothing is heard at {}", phone.uri()))
        })
        .await;
    }
}

#[tokio::test]
async fn two_telephones_hear_each_other_directly_and_either_may_hang_up() {
    for leg in [Leg::Agent, Leg::Contact] {
        let (mut line, agent, contact) = two().await;
        let call = line.places(&agent.uri());
        let told = line.board.until(&call, &CallEvent::Connected).await;
        let rings = |leg| CallEvent::Ringing(leg);
        let expected = [
            CallEvent::Answered(Leg::Agent),
            CallEvent::Answered(Leg::Contact),
            CallEvent::Connected,
        ];
        let without = told
            .into_iter()
            .filter(|event| *event != rings(Leg::Agent) && *event != rings(Leg::Contact));
        assert_eq!(without.collect::<Vec<_>>(), expected);
        hear_each_other(&agent, &contact).await;
        let left = if leg == Leg::Agent { &agent } else { &contact };
        left.does("hangup").await;
        let end = line.board.end(&call).await;
        assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(leg)), "{end:?}");
        agent.tells("CALL_CLOSED", 1).await;
        contact.tells("CALL_CLOSED", 1).await;
        line.ends().await;
    }
}

#[tokio::test]
async fn the_desk_hangs_up_on_both_and_the_same_order_twice_rings_nobody_twice() {
    let (line, agent, contact) = two().await;
    let order = line.call(&agent.uri());
    line.board.order(CallOrder::Place(order.clone()));
    line.board.order(CallOrder::Place(order.clone()));
    line.board.until(&order.id, &CallEvent::Connected).await;
    line.board.order(CallOrder::HangUp(order.id.clone()));
    let end = line.board.end(&order.id).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, None), "{end:?}");
    agent.tells("CALL_CLOSED", 1).await;
    contact.tells("CALL_CLOSED", 1).await;
    assert_eq!((agent.calls(), contact.calls()), (1, 1));
    let numbers = agent.output().matches("INVITE sip:1001").count();
    assert_eq!(numbers, 2, "one to ring, one to be told where the other listens");
}

#[tokio::test]
async fn over_tcp_it_is_the_same() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let trunk = format!("sip:127.0.0.1:{};transport=tcp", contact.port());
    let line = Line::open(0, &json!({ "trunk": { "uri": trunk } })).beside_of(folder);
    let agent = agent(&line, Answers::AtOnce).await;
    let call = line.places(&format!("{};transport=tcp", agent.uri()));
    line.board.until(&call, &CallEvent::Connected).await;
    hear_each_other(&agent, &contact).await;
    assert!(agent.output().contains("TCP 127.0.0.1"), "{}", agent.output());
    contact.does("hangup").await;
    assert_eq!(line.board.end(&call).await.outcome, CallOutcome::Completed);
    agent.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn within_tls_it_is_the_same_and_whoever_nobody_vouches_for_is_not_called() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let authority = Authority::make(folder.path());
    let read = |file: &Path| std::fs::read(file).unwrap();
    let (chain, key) = (read(&authority.certificate), read(&authority.key));
    let pem = folder.path().join("phone.pem");
    std::fs::write(&pem, [key.as_slice(), &chain].concat()).unwrap();
    let mut line = Line::open(contact.port(), &json!({}));
    line.dies().await;
    let tls = Port::take();
    line.settings["listen"] = json!([
        format!("udp:127.0.0.1:{}", line.port.number()),
        format!("tls:127.0.0.1:{}", tls.number()),
    ]);
    line.start();
    let words = line.fails().await.to_string();
    assert!(words.contains("has given no certificate"), "{words}");
    line.reach.certificate = Some(SipCertificate { chain: chain.into(), key: key.into() });
    line.start();
    let agent = Phone::start_with_tls(&line.beside("agent"), "1001", Answers::AtOnce, &pem).await;
    let end = line.board.end(&line.places(&agent.tls_uri())).await;
    assert_eq!(end.outcome, CallOutcome::AgentUnreachable, "nobody vouches for it");
    assert_eq!(agent.calls(), 0);
    line.dies().await;
    line.reach.authorities = Some(read(&authority.ca).into());
    line.start();
    let call = line.places(&agent.tls_uri());
    line.board.until(&call, &CallEvent::Connected).await;
    hear_each_other(&agent, &contact).await;
    assert!(agent.output().contains("TLS 127.0.0.1"), "{}", agent.output());
    agent.does("hangup").await;
    let end = line.board.end(&call).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Agent)));
    contact.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn what_the_operator_does_not_allow_is_neither_listened_at_nor_reached() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let mut line = Line::open(contact.port(), &json!({})).beside_of(folder);
    let agent = agent(&line, Answers::AtOnce).await;
    line.dies().await;
    line.reach.inner_ports = Arc::from([agent.port()..=agent.port()]);
    line.start();
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!((end.outcome, contact.calls()), (CallOutcome::Failed, 0), "{end:?}");
    agent.tells("CALL_CLOSED", 1).await;
    line.dies().await;
    line.reach.listen_ports = Arc::from([]);
    line.start();
    let words = line.fails().await.to_string();
    assert!(words.contains("whoever runs this gateway does not allow"), "{words}");
    line.settings["listen"] = json!([]);
    line.start();
    assert!(line.fails().await.to_string().contains("no place to listen at"));
}

#[tokio::test]
async fn an_agent_with_a_name_is_reached_where_agents_are() {
    let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
    let mut line = Line::open(contact.port(), &json!({})).beside_of(folder);
    let agent = agent(&line, Answers::AtOnce).await;
    line.dies().await;
    line.settings["agents_via"] = format!("sip:127.0.0.1:{}", agent.port()).into();
    line.start();
    let call = line.places("1001");
    line.board.until(&call, &CallEvent::Connected).await;
    for address in ["", "tel:+86138", "sip:1001@127.0.0.1\r\nX: y", "10 01", "PJSIP/1001"] {
        let end = line.board.end(&line.places(address)).await;
        assert_eq!(end.outcome, CallOutcome::AgentUnreachable, "{address:?}");
        assert_eq!(end.cause, "the agent's address cannot be used");
    }
}

#[tokio::test]
async fn sound_before_the_answer_is_borne_and_a_second_answer_is_let_go() {
    for script in ["early", "answers_twice"] {
        let folder = tempfile::tempdir().unwrap();
        let trunk = Sipp::start(folder.path(), script).await;
        let line = Line::open(trunk.port(), &json!({}));
        let agent = agent(&line, Answers::AtOnce).await;
        let call = line.places(&agent.uri());
        let told = line.board.until(&call, &CallEvent::Connected).await;
        assert_eq!(
            told.iter().filter(|event| **event == CallEvent::Ringing(Leg::Contact)).count(),
            1
        );
        if script == "answers_twice" {
            trunk.saw("BYE sip:second@").await;
            assert_eq!(agent.told("CALL_CLOSED"), 0, "the first one is still spoken with");
        }
        agent.does("hangup").await;
        assert_eq!(line.board.end(&call).await.by, Some(Leg::Agent));
        trunk.ends_well().await;
    }
}

#[tokio::test]
async fn what_crosses_is_asked_again_and_what_is_not_understood_ends_the_call() {
    let folder = tempfile::tempdir().unwrap();
    for (script, outcome) in [("crosses", None), ("understands_nothing", Some(CallOutcome::Failed))]
    {
        let (beside, contact) = phone(CONTACT, Answers::AtOnce).await;
        let agent = Sipp::start(folder.path(), script).await;
        let line = Line::open(contact.port(), &json!({})).beside_of(beside);
        let call = line.places(&format!("sip:1001@127.0.0.1:{}", agent.port()));
        match outcome {
            None => {
                line.board.until(&call, &CallEvent::Connected).await;
                contact.does("hangup").await;
            }
            Some(outcome) => {
                let end = line.board.end(&call).await;
                assert_eq!((end.outcome, end.cause.as_str()), (outcome, "488 Not Acceptable Here"));
                contact.tells("CALL_CLOSED", 1).await;
            }
        }
        agent.ends_well().await;
    }
}

#[tokio::test]
async fn what_the_desk_does_not_keep_at_once_is_told_again_in_order() {
    let (line, agent, _contact) = two().await;
    line.board.heard.change(|heard| heard.refusals = 5);
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    agent.does("hangup").await;
    assert_eq!(line.board.end(&call).await.by, Some(Leg::Agent));
}

#[tokio::test]
async fn a_call_that_is_somebody_elses_rings_nobody() {
    let (line, agent, contact) = two().await;
    let order = line.call(&agent.uri());
    line.board.heard.change(|heard| heard.not_ours.push(order.id.clone()));
    line.board.order(CallOrder::Place(order));
    // The one after it is made: then the first was looked at.
    let next = line.places(&agent.uri());
    line.board.until(&next, &CallEvent::Connected).await;
    assert_eq!((agent.calls(), contact.calls()), (1, 1));
}
