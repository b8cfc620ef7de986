//! A trunk that asks who we are.

use super::connected::hear_each_other;
use super::kit::{CONTACT, Line, adapter, agent, phone};
use channels::phone::CallEvent;
use channels::{AdapterError, ChannelAdapter as _, Finding, Passed};
use domain::{CallOutcome, Leg};
use serde_json::{Value, json};
use tests::baresip::Answers;
use tests::eventually::{eventually, holds};
use tests::kamailio::{Kamailio, USER};
use tests::port::Port;
use tests::sipp::Sipp;

fn login(password: &str) -> Value {
    json!({ "trunk": { "user": USER.0, "password": password } })
}

#[tokio::test]
async fn a_proxy_lets_in_who_proves_it_and_stays_on_the_way() {
    for algorithm in ["MD5", "SHA-256"] {
        let (folder, contact) = phone(CONTACT, Answers::AtOnce).await;
        let proxy = Kamailio::start(&folder.path().join("proxy"), algorithm, contact.port()).await;
        let line = Line::open(proxy.port(), &login(USER.1)).beside_of(folder);
        let agent = agent(&line, Answers::AtOnce).await;
        let call = line.places(&agent.uri());
        line.board.until(&call, &CallEvent::Connected).await;
        hear_each_other(&agent, &contact).await;
        assert!(proxy.output().contains("HUTONG let in INVITE"), "{}", proxy.output());
        contact.does("hangup").await;
        let end = line.board.end(&call).await;
        assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Contact)));
        // What we ask within the call goes through the proxy, too.
        let call = line.places(&agent.uri());
        line.board.until(&call, &CallEvent::Connected).await;
        agent.does("hangup").await;
        contact.tells("CALL_CLOSED", 2).await;
    }
}

#[tokio::test]
async fn a_wrong_password_fails_the_call_and_lets_the_agent_go() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Port::take();
    let proxy = Kamailio::start(folder.path(), "SHA-256", nobody.number()).await;
    let line = Line::open(proxy.port(), &login("wrong"));
    let agent = agent(&line, Answers::AtOnce).await;
    let end = line.board.end(&line.places(&agent.uri())).await;
    assert_eq!(end.outcome, CallOutcome::Failed);
    assert_eq!(end.cause, "407 Proxy Authentication Required");
    agent.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn every_way_of_asking_is_answered() {
    for (status, field, proof) in [
        (
            "401 Unauthorized",
            "WWW-Authenticate: Digest realm=\"t\", nonce=\"n1\", qop=\"auth,auth-int\"",
            "nonce=\"n1\".*qop=auth, nc=00000001",
        ),
        (
            "401 Unauthorized",
            "WWW-Authenticate: Digest realm=\"t\", nonce=\"n2\"",
            "nonce=\"n2\".*response=\"[0-9a-f]{32}\"$",
        ),
        (
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Digest algorithm=MD5, realm=\"t\", nonce=\"n3\", qop=\"auth\", opaque=\"o\"",
            "algorithm=MD5, qop=auth.*opaque=\"o\"",
        ),
        (
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Digest algorithm=SHA-256, realm=\"t\", nonce=\"n4\", qop=\"auth\"",
            "response=\"[0-9a-f]{64}\", algorithm=SHA-256",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let answer =
            if status.starts_with("401") { "Authorization:" } else { "Proxy-Authorization:" };
        let words = [("status", status), ("field", field), ("proof", proof), ("answer", answer)];
        let trunk = Sipp::start_with(folder.path(), "challenges", &words, None).await;
        let line = Line::open(trunk.port(), &login("secret"));
        let agent = agent(&line, Answers::AtOnce).await;
        let end = line.board.end(&line.places(&agent.uri())).await;
        assert_eq!(end.outcome, CallOutcome::Busy, "{field}: {end:?}");
        trunk.ends_well().await;
    }
}

#[tokio::test]
async fn a_line_registers_and_says_clearly_when_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Port::take();
    let proxy = Kamailio::start(folder.path(), "SHA-256", nobody.number()).await;
    let mut settings = login(USER.1);
    settings["trunk"]["register"] = true.into();
    let mut line = Line::open(proxy.port(), &settings);
    eventually("the line registers", async || {
        let output = proxy.output();
        let is_there = output.contains("HUTONG registered <sip:hutong@127.0.0.1:");
        holds(is_there, output)
    })
    .await;
    line.ends().await;
    line.settings["trunk"]["password"] = "wrong".into();
    line.start();
    assert!(matches!(line.fails().await, AdapterError::Unauthorised));
}

fn passed(findings: &[Finding], point: &str) -> Option<Passed> {
    findings.iter().find(|finding| finding.point == point).map(|finding| finding.passed)
}

#[tokio::test]
async fn a_check_says_exactly_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Port::take();
    let proxy = Kamailio::start(folder.path(), "MD5", nobody.number()).await;
    let (place, dead) = (Port::take(), Port::take());
    let settings = |port: u16, password: &str, register: bool| {
        json!({
            "listen": [format!("udp:127.0.0.1:{}", place.number())], "trying_secs": 1,
            "trunk": {
                "uri": format!("sip:127.0.0.1:{port}"), "user": USER.0, "password": password,
                "register": register,
            },
        })
    };
    let found = adapter(settings(proxy.port(), USER.1, true)).check().await;
    for point in ["callback", "connection", "credentials"] {
        assert_eq!(passed(&found, point), Some(Passed::Yes), "{found:?}");
    }
    assert!(!proxy.output().contains("HUTONG registered <sip"), "a check moves nobody");
    let found = adapter(settings(proxy.port(), "wrong", true)).check().await;
    assert_eq!(passed(&found, "credentials"), Some(Passed::No), "{found:?}");
    let found = adapter(settings(proxy.port(), "", false)).check().await;
    assert_eq!(passed(&found, "connection"), Some(Passed::Yes), "{found:?}");
    let found = adapter(settings(dead.number(), USER.1, true)).check().await;
    assert_eq!(passed(&found, "connection"), Some(Passed::No), "{found:?}");
    let found = adapter(json!({})).check().await;
    assert_eq!(passed(&found, "callback"), Some(Passed::No), "{found:?}");
}
