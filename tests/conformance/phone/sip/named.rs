//! A trunk that is known by its name: which machines give its service, and what follows when one of them does not.

use super::kit::{CONTACT, Line, agent, phone};
use channels::phone::{CallEvent, CallOrder};
use domain::{CallOutcome, CallStage, Leg};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::baresip::Answers;
use tests::kamailio::{Kamailio, USER};
use tests::name_server::{Machine, NameServer};
use tests::port::Port;
use tests::sipp::Sipp;

/// The trunk's name, and what its calls are asked for as.
const TRUNK: &str = "trunk.example";
const UDP: &str = "_sip._udp.trunk.example";

fn machine(priority: u16, port: u16) -> Machine {
    Machine { priority, weight: 1, port, name: "localhost" }
}

/// A line to the trunk of that name, which these name servers know.
async fn line(names: &NameServer, more: &Value) -> Line {
    let mut line = Line::open(1, more);
    line.dies().await;
    line.settings["trunk"]["uri"] = format!("sip:{TRUNK}").into();
    line.settings["trying_secs"] = 1.into();
    line.reach.name_servers = Arc::from([names.address().parse().unwrap()]);
    line.start();
    line
}

#[tokio::test]
async fn the_first_that_answers_and_is_not_full_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let full = Sipp::start_with(
        folder.path(),
        "refuses_at_once",
        &[("status", "503 Full"), ("more", "X-More: 1")],
        None,
    )
    .await;
    let (beside, contact) = phone(CONTACT, Answers::AtOnce).await;
    let (silent, names) = (Port::take(), NameServer::start().await);
    let _deaf = std::net::UdpSocket::bind(("127.0.0.1", silent.number())).unwrap();
    let all = [machine(30, contact.port()), machine(10, silent.number()), machine(20, full.port())];
    names.knows_service(UDP, &all);
    let line = line(&names, &json!({})).await.beside_of(beside);
    let agent = agent(&line, Answers::AtOnce).await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    full.ends_well().await;
    contact.does("hangup").await;
    let end = line.board.end(&call).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Contact)));
    assert_eq!(contact.calls(), 1);
}

#[tokio::test]
async fn one_that_says_when_to_come_again_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let words = [("status", "503 Full"), ("more", "Retry-After: 120")];
    let full = Sipp::start_with(folder.path(), "refuses_at_once", &words, None).await;
    let (beside, contact) = phone(CONTACT, Answers::AtOnce).await;
    let names = NameServer::start().await;
    names.knows_service(UDP, &[machine(10, full.port()), machine(20, contact.port())]);
    let line = line(&names, &json!({})).await.beside_of(beside);
    let agent = agent(&line, Answers::AtOnce).await;
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!((end.outcome, end.cause.as_str()), (CallOutcome::Failed, "503 Service Unavailable"));
    assert_eq!(contact.calls(), 0);
    full.ends_well().await;
}

#[tokio::test]
async fn where_nobody_is_left_the_call_has_failed() {
    let names = NameServer::start().await;
    let ports = [Port::take(), Port::take()];
    let _deaf = ports
        .each_ref()
        .map(|port| std::net::UdpSocket::bind(("127.0.0.1", port.number())).unwrap());
    names.knows_service(UDP, &ports.each_ref().map(|port| machine(10, port.number())));
    let line = line(&names, &json!({})).await;
    let agent = agent(&line, Answers::AtOnce).await;
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!(
        (end.outcome, end.cause.as_str()),
        (CallOutcome::Failed, "no response from the trunk")
    );
    agent.tells("CALL_CLOSED", 1).await;
    // A name that says that there is no such service, and one that nobody knows.
    for (service, name) in
        [(Some("_sip._udp.none.example"), "none.example"), (None, "nowhere.invalid")]
    {
        if let Some(service) = service {
            names.knows_service(service, &[Machine { priority: 0, weight: 0, port: 0, name: "" }]);
        }
        let end = line.board.end(&line.places(&format!("sip:1001@{name}"))).await;
        assert_eq!(end.outcome, CallOutcome::AgentUnreachable, "{name}");
        assert_eq!(end.cause, "the address cannot be reached from here");
    }
}

#[tokio::test]
async fn no_name_leads_where_the_operator_allows_nothing() {
    let (names, nobody) = (NameServer::start().await, Port::take());
    let heard = std::net::UdpSocket::bind(("127.0.0.1", nobody.number())).unwrap();
    heard.set_nonblocking(true).unwrap();
    names.knows_service(UDP, &[machine(10, nobody.number())]);
    let mut line = line(&names, &json!({})).await;
    line.dies().await;
    let agent = agent(&line, Answers::AtOnce).await;
    line.reach.inner_ports = Arc::from([agent.port()..=agent.port()]);
    line.start();
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!(end.outcome, CallOutcome::Failed);
    assert_eq!(end.cause, "the address cannot be reached from here");
    assert!(heard.recv(&mut [0; 64]).is_err(), "nothing was sent there");
}

#[tokio::test]
async fn a_call_is_taken_back_where_it_rings_also_by_the_next_who_keeps_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let rings = Sipp::start(folder.path(), "rings").await;
    let (silent, names) = (Port::take(), NameServer::start().await);
    let _deaf = std::net::UdpSocket::bind(("127.0.0.1", silent.number())).unwrap();
    names.knows_service(UDP, &[machine(10, silent.number()), machine(20, rings.port())]);
    let mut line = line(&names, &json!({})).await;
    let agent = agent(&line, Answers::AtOnce).await;
    let call = line.call(&agent.uri());
    line.board.order(CallOrder::Place(call.clone()));
    line.board.until(&call.id, &CallEvent::Ringing(Leg::Contact)).await;
    super::taken_over::taken_over(&mut line, &call, CallStage::ContactRinging).await;
    assert_eq!(line.board.end(&call.id).await.outcome, CallOutcome::Lost);
    rings.saw("CANCEL sip:").await;
    agent.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn registering_and_agents_behind_a_name_go_by_it_too() {
    let (folder, phone) = phone("1001", Answers::AtOnce).await;
    let (silent, names) = (Port::take(), NameServer::start().await);
    let _deaf = std::net::UdpSocket::bind(("127.0.0.1", silent.number())).unwrap();
    let proxy = Kamailio::start(&folder.path().join("proxy"), "MD5", phone.port()).await;
    let all = [machine(10, silent.number()), machine(20, proxy.port())];
    names.knows_service(UDP, &all);
    names.knows_service("_sip._tcp.pbx.example", &[machine(10, proxy.port())]);
    let more = json!({
        "trunk": { "user": USER.0, "password": USER.1, "register": true },
        "agents_via": "sip:pbx.example;transport=tcp",
    });
    let line = line(&names, &more).await.beside_of(folder);
    tests::eventually("registered at the second", async || {
        let output = proxy.output();
        tests::eventually::holds(output.contains("HUTONG registered <sip:hutong@"), output)
    })
    .await;
    // The proxy wants to know who calls, and the trunk's password is not for whoever has another name.
    let end = line.board.end(&line.places("1001")).await;
    assert_eq!(end.outcome, CallOutcome::AgentUnreachable);
    assert_eq!(end.cause, "407 Proxy Authentication Required");
    assert!(proxy.output().contains("HUTONG asked INVITE"), "{}", proxy.output());
}
