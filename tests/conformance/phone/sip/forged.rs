//! What nobody of ours sends: nothing rings, nothing ends, and the line goes on.

use super::connected::{hear_each_other, two};
use super::kit::Line;
use channels::phone::CallEvent;
use domain::{CallOutcome, Leg};
use serde_json::json;
use std::time::Duration;
use tests::port::Port;
use tokio::net::UdpSocket;

/// Somebody with a socket.
struct Stranger(UdpSocket);

impl Stranger {
    async fn open(line: &Line) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(("127.0.0.1", line.port.number())).await.unwrap();
        Self(socket)
    }

    async fn says(&self, text: &[u8]) {
        self.0.send(text).await.unwrap();
    }

    /// The first line of the next answer; nothing when there is none within a while.
    async fn hears(&self, within: Duration) -> Option<String> {
        let mut buffer = vec![0; 65_536];
        let bytes = tokio::time::timeout(within, self.0.recv(&mut buffer)).await.ok()?.unwrap();
        let text = String::from_utf8_lossy(&buffer[..bytes]).into_owned();
        text.lines().next().map(ToOwned::to_owned)
    }

    fn request(&self, method: &str, call_id: &str, tags: (&str, &str), seq: u32) -> String {
        let at = self.0.local_addr().unwrap();
        let (from, to) = tags;
        let to = if to.is_empty() { String::new() } else { format!(";tag={to}") };
        format!(
            "{method} sip:hutong@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{seq}{method};rport\r\n\
             From: <sip:x@127.0.0.1>;tag={from}\r\nTo: <sip:hutong@127.0.0.1>{to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {seq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:x@{at}>\r\nContent-Length: 0\r\n\r\n"
        )
    }
}

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn who_does_not_know_the_tags_ends_nothing() {
    let (line, agent, contact) = two().await;
    let call = line.places(&agent.uri());
    line.board.until(&call, &CallEvent::Connected).await;
    hear_each_other(&agent, &contact).await;
    let stranger = Stranger::open(&line).await;
    let output = agent.output();
    let theirs = output.split("To: <sip:1001@").nth(2).and_then(|rest| rest.split("tag=").nth(1));
    let theirs = theirs.and_then(|rest| rest.split("\r\n").next()).unwrap_or("t");
    for (n, (id, tags)) in [
        (format!("{call}.agent"), ("guess", "guess")),
        (format!("{call}.contact"), ("guess", "")),
        (format!("{call}.agent"), (theirs, "guess")),
        (format!("{call}.nobody"), ("guess", "guess")),
        ("call_other.agent".to_owned(), ("guess", "guess")),
    ]
    .into_iter()
    .enumerate()
    {
        for method in ["BYE", "INVITE", "UPDATE", "REFER"] {
            let seq = 900 + u32::try_from(n).unwrap();
            stranger.says(stranger.request(method, &id, tags, seq).as_bytes()).await;
            let answer = stranger.hears(SOON).await.unwrap_or_default();
            let refused = ["SIP/2.0 481", "SIP/2.0 403", "SIP/2.0 405"];
            assert!(
                refused.iter().any(|start| answer.starts_with(start)),
                "{method} {id}: {answer}"
            );
        }
    }
    assert_eq!((agent.told("CALL_CLOSED"), contact.told("CALL_CLOSED")), (0, 0));
    agent.does("hangup").await;
    let end = line.board.end(&call).await;
    assert_eq!((end.outcome, end.by), (CallOutcome::Completed, Some(Leg::Agent)));
    contact.tells("CALL_CLOSED", 1).await;
}

#[tokio::test]
async fn nonsense_is_borne() {
    let line = Line::open(Port::take().number(), &json!({ "missed_calls_from": ["127.0.0.1"] }));
    let stranger = Stranger::open(&line).await;
    let whole = stranger.request("INVITE", "x", ("1", ""), 1);
    let cut = |from: &str, to: &str| whole.replace(from, to).into_bytes();
    for junk in [
        b"".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"\r\n\r\n\r\n".to_vec(),
        vec![0xff; 60_000],
        b"INVITE".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"SIP/2.0 99999999999 X\r\n\r\n".to_vec(),
        cut("Via:", "Viaa:"),
        cut("CSeq: 1", "CSeq: 99999999999999"),
        cut("CSeq: 1 INVITE", "CSeq: 1 BYE"),
        cut("Call-ID: x\r\n", ""),
        cut(";tag=1", ""),
        cut("sip:hutong@127.0.0.1 ", "sip:[::::@ "),
        cut("Content-Length: 0", "Content-Length: -5"),
        cut("Content-Length: 0", "Content-Length: 18446744073709551615"),
        cut("Max-Forwards: 70\r\n", &"X: y\r\n".repeat(2_000)),
        cut("Max-Forwards: 70", &format!("X: {}", "y".repeat(20_000))),
        cut("From: <", "From: \u{1f600}\"<<<<"),
        whole.clone().into_bytes()[..150].to_vec(),
    ] {
        stranger.says(&junk).await;
    }
    let asked = stranger.request("OPTIONS", "well", ("1", ""), 7);
    stranger.says(asked.as_bytes()).await;
    let is_well = async {
        loop {
            let answer = stranger.hears(SOON).await.expect("the line still answers");
            if answer.starts_with("SIP/2.0 200") {
                break;
            }
        }
    };
    tokio::time::timeout(SOON, is_well).await.expect("the line answers what is well");
    assert!(line.board.heard.look(|heard| heard.missed.is_empty() && heard.events.is_empty()));
    for (method, start) in
        [("REGISTER", "SIP/2.0 405"), ("SUBSCRIBE", "SIP/2.0 405"), ("BYE", "SIP/2.0 481")]
    {
        let other = Stranger::open(&line).await;
        other.says(other.request(method, "y", ("1", ""), 9).as_bytes()).await;
        let answer = other.hears(SOON).await.unwrap_or_default();
        assert!(answer.starts_with(start), "{method}: {answer}");
    }
}

#[tokio::test]
async fn a_flood_is_answered_only_in_part() {
    let line = Line::open(Port::take().number(), &json!({}));
    let stranger = Stranger::open(&line).await;
    for n in 0..1_000_u32 {
        let id = format!("flood{n}");
        stranger.says(stranger.request("OPTIONS", &id, ("1", ""), n + 1).as_bytes()).await;
    }
    let mut answers = 0;
    while stranger.hears(Duration::from_millis(300)).await.is_some() {
        answers += 1;
    }
    assert!((50..=250).contains(&answers), "{answers} of 1,000 were answered");
}
