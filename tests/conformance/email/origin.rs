//! Where letters come from: signatures made by our own door, judged by our own reading, with a name
//! server of the test's own.

use super::desk::{DESK, Desk};
use super::sent::{arrived, hello};
use channels::email::EmailAdapter;
use channels::{
    Assurance, ChannelAdapter as _, Envelope, Inbound, NewMessage, Outcome, Payload, RawInbound,
};
use domain::{MailTrust, MailVerdict, MailWarning, Timestamp};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tests::mta::{Mta, USER};

/// A key pair for these tests alone.
const KEY: &str = include_str!("dkim.pem");
const PUBLIC: &str = include_str!("dkim.pub");

async fn read(adapter: &Arc<EmailAdapter>, letter: &str) -> (Assurance, NewMessage) {
    let raw = RawInbound {
        channel: "mail".parse().unwrap(),
        place: String::new(),
        envelope: Envelope::default(),
        received_at: Timestamp(0),
        bytes: letter.to_owned().into(),
        is_whole: true,
    };
    let Inbound { sender, payload, .. } = adapter.read(&raw).await.unwrap();
    let Payload::MessageNew(message) = payload else { panic!("no message") };
    (sender.assurance, message)
}

fn trust(message: &NewMessage) -> MailTrust {
    message.mail.as_ref().unwrap().trust
}

fn warning(message: &NewMessage) -> Option<MailWarning> {
    message.mail.as_ref().unwrap().warning
}

/// A letter of the desk, signed by it and carried by a real mail server.
async fn signed(desk: &Desk) -> String {
    let mta = Mta::start(&desk.folder.path().join("exim"), desk.server.lmtp_port()).await;
    let door = Desk::adapter(json!({
        "address": DESK,
        "dkim": { "domain": "desk.test", "selector": "s1", "private_key": KEY },
        "smtp": {
            "host": "127.0.0.1", "port": mta.port(), "security": "plain",
            "user": USER.0, "password": USER.1,
        },
    }));
    let outcome = door.deliver(&hello("li@agency.test")).await;
    assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    desk.names.knows("s1._domainkey.desk.test", &format!("v=DKIM1; k=rsa; p={}", PUBLIC.trim()));
    arrived(desk, "li@agency.test", 1).await.remove(0)
}

/// Another desk, which reads it.
fn reader(dns: &str) -> Arc<EmailAdapter> {
    Desk::adapter(json!({
        "address": "li@agency.test", "authserv_ids": ["mx.agency.test"], "dns": [dns],
    }))
}

#[tokio::test]
async fn a_signed_letter_proves_its_sender_and_a_changed_one_does_not() {
    let desk = Desk::open().await;
    let letter = signed(&desk).await;
    // No policy yet: the signature alone proves the sender.
    let (assurance, message) = read(&reader(&desk.names.address()), &letter).await;
    assert_eq!(assurance, Assurance::Proved);
    assert_eq!(trust(&message).dkim, MailVerdict::Pass);
    desk.names.knows("_dmarc.desk.test", "v=DMARC1; p=reject");
    // Another reader: the first remembers for a while that there was no policy.
    let reader = reader(&desk.names.address());
    let (assurance, message) = read(&reader, &letter).await;
    assert_eq!((assurance, warning(&message)), (Assurance::Proved, None));
    assert_eq!(trust(&message).dmarc, MailVerdict::Pass);
    // One more word, and a signature over other words.
    let changed = format!("{letter}pay at once\r\n");
    let (assurance, message) = read(&reader, &changed).await;
    assert_eq!((assurance, trust(&message).dkim), (Assurance::Claimed, MailVerdict::Fail));
    // Our mail server did not say where it came from, so it may have passed by that.
    assert_eq!((trust(&message).dmarc, warning(&message)), (MailVerdict::None, None));
    // A second sender in front of the signed one.
    let two = format!("From: boss@bank.test\r\n{letter}");
    assert_eq!(read(&reader, &two).await.0, Assurance::Claimed);
}

#[tokio::test]
async fn our_mail_servers_word_decides_about_unsigned_letters() {
    let desk = Desk::open().await;
    desk.names.knows("_dmarc.desk.test", "v=DMARC1; p=quarantine");
    let reader = reader(&desk.names.address());
    let letter = "From: help@desk.test\r\nSubject: hi\r\n\r\nhello\r\n";
    let with = |server: &str, words: &str| {
        format!("Authentication-Results: {server};\r\n\t{words}\r\n{letter}")
    };
    for (server, words, expected, forged) in [
        ("mx.agency.test", "spf=pass smtp.mailfrom=help@desk.test", MailVerdict::Pass, false),
        ("mx.agency.test", "spf=pass smtp.mailfrom=x@evil.test", MailVerdict::Fail, true),
        ("mx.agency.test", "spf=fail smtp.mailfrom=help@desk.test", MailVerdict::Fail, true),
        ("mx.agency.test", "dmarc=fail header.from=desk.test", MailVerdict::Fail, true),
        ("mx.agency.test", "dmarc=pass header.from=desk.test", MailVerdict::None, false),
        ("evil.test", "spf=pass smtp.mailfrom=help@desk.test", MailVerdict::None, false),
    ] {
        let (assurance, message) = read(&reader, &with(server, words)).await;
        assert_eq!(trust(&message).dmarc, expected, "{server} {words}");
        assert_eq!(warning(&message) == Some(MailWarning::Forged), forged, "{server} {words}");
        let is_proved = expected == MailVerdict::Pass;
        assert_eq!(assurance == Assurance::Proved, is_proved, "{server} {words}");
    }
}

#[tokio::test]
async fn name_servers_that_are_away_hold_up_a_letter_for_a_while_only() {
    let desk = Desk::open().await;
    let letter = signed(&desk).await;
    // Nobody listens there.
    let reader = reader("127.0.0.1:1");
    let begun = Instant::now();
    let (assurance, message) = read(&reader, &letter).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(assurance, Assurance::Claimed);
    assert_eq!(trust(&message).dkim, MailVerdict::TempError);
    assert_eq!(trust(&message).dmarc, MailVerdict::TempError);
}
