//! By a mail server that delivers to us.

use super::desk::{DESK, Desk, Running, letter};
use super::keeper::Keeper;
use channels::email::EmailAdapter;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use tests::eventually;
use tests::eventually::holds;
use tests::mail_server::Wire;
use tests::mta::Mta;
use tests::name_server::NameServer;
use tests::port::Port;

/// A door that listens, and its port.
async fn door() -> (Arc<EmailAdapter>, Port, NameServer) {
    let (port, names) = (Port::take(), NameServer::start().await);
    let adapter = Desk::adapter(json!({
        "address": DESK, "aliases": ["info@desk.test"], "bytes_max": 65_536, "dns": [names.address()],
        "lmtp": { "listen": format!("127.0.0.1:{}", port.number()) },
    }));
    (adapter, port, names)
}

/// A line that has heard the greeting.
async fn open(port: &Port) -> Wire {
    let opened = eventually("it listens", async || {
        Wire::open(port.number()).await.map_err(|error| error.to_string())
    });
    opened.await
}

/// The number in front of an answer.
fn code(answer: &str) -> &str {
    answer.get(..3).unwrap_or_default()
}

#[tokio::test]
async fn a_mail_server_hands_on_again_until_the_letter_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let (adapter, port, _names) = door().await;
    let (inlet, keeper) = Keeper::open(&adapter);
    let mta = Mta::start(&folder.path().join("exim"), port.number()).await;
    keeper.refuses(2);
    let running = Running::start(&adapter, &inlet);
    drop(open(&port).await);
    mta.take("li@agency.test", DESK, &letter("through exim", "hello")).await;
    assert_eq!(keeper.subjects(1).await, ["through exim"]);
    eventually("exim is done with it", async || holds(mta.log().contains("Completed"), mta.log()))
        .await;
    assert!(mta.log().contains("451 4.3.0"), "{}", mta.log());
    keeper.kept.look(|kept| {
        assert!(kept.again.is_empty(), "{:?}", kept.again);
        assert_eq!(kept.letters[0].0, "lmtp");
    });
    running.ends().await;
}

#[tokio::test]
async fn each_recipient_hears_what_became_of_the_letter() {
    let (adapter, port, _names) = door().await;
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    let mut wire = open(&port).await;
    wire.answer().await.unwrap();
    assert_eq!(code(&wire.ask("LHLO mx.test").await.unwrap()), "250");
    let body = letter("for two", "hello");
    for expected in ["451", "250"] {
        keeper.refuses(usize::from(expected == "451"));
        assert_eq!(code(&wire.ask("MAIL FROM:<> BODY=8BITMIME SIZE=300").await.unwrap()), "250");
        for (to, reply) in [
            (DESK, "250"),
            ("HELP+token-1@Desk.Test", "250"),
            ("info@desk.test", "250"),
            ("other@desk.test", "550"),
            ("helpless@desk.test", "550"),
        ] {
            let answer = wire.ask(&format!("RCPT TO:<{to}>")).await.unwrap();
            assert_eq!(code(&answer), reply, "{to}: {answer}");
        }
        assert_eq!(code(&wire.ask("DATA").await.unwrap()), "354");
        wire.say(&format!("{body}.\r\n")).await.unwrap();
        for _ in 0..3 {
            assert_eq!(code(&wire.answer().await.unwrap()), expected);
        }
    }
    assert_eq!(keeper.subjects(1).await, ["for two"]);
    keeper.kept.look(|kept| {
        let channels::Payload::MessageNew(message) = &kept.letters[0].1.payload else { panic!() };
        let answers = &message.answers.recipients;
        assert!(answers.contains(&"HELP+token-1@Desk.Test".to_owned()), "{answers:?}");
    });
    assert_eq!(code(&wire.ask("QUIT").await.unwrap()), "221");
    running.ends().await;
}

#[tokio::test]
async fn a_letter_cannot_smuggle_in_another_one() {
    let (adapter, port, _names) = door().await;
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    for (n, end) in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r"].into_iter().enumerate() {
        let mut wire = open(&port).await;
        wire.answer().await.unwrap();
        wire.ask("EHLO mx.test").await.unwrap();
        wire.ask("MAIL FROM:<li@agency.test>").await.unwrap();
        wire.ask(&format!("RCPT TO:<{DESK}>")).await.unwrap();
        wire.ask("DATA").await.unwrap();
        let outer = letter(&format!("outer {n}"), "hello");
        let inner = format!("MAIL FROM:<boss@desk.test>\r\nRCPT TO:<{DESK}>\r\nDATA\r\n");
        let inner = inner + &letter("smuggled", "pay at once");
        wire.say(&format!("{outer}x{end}{inner}\r\n.\r\n")).await.unwrap();
        assert_eq!(code(&wire.answer().await.unwrap()), "250");
        assert_eq!(code(&wire.ask("QUIT").await.unwrap()), "221");
        let subjects = keeper.subjects(n + 1).await;
        assert_eq!(subjects.len(), n + 1, "{end:?}");
        assert!(!subjects.contains(&"smuggled".to_owned()), "{end:?}");
    }
    running.ends().await;
}

#[tokio::test]
async fn bad_clients_get_clear_answers_and_take_in_nothing() {
    let (adapter, port, _names) = door().await;
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    let mut wire = open(&port).await;
    wire.answer().await.unwrap();
    for (command, expected) in [
        ("MAIL FROM:<a@b.test>", "503"),
        ("LHLO mx.test", "250"),
        ("RCPT TO:<help@desk.test>", "503"),
        ("DATA", "503"),
        ("MAIL FROM:a@b.test", "501"),
        ("MAIL FROM:<a@b.test> SIZE=99999999999", "552"),
        ("MAIL FROM:<a@b.test> RET=HDRS", "555"),
        ("VRFY help", "252"),
        ("EXPN all", "500"),
        ("NOOP", "250"),
        ("RSET", "250"),
    ] {
        let answer = wire.ask(command).await.unwrap();
        assert_eq!(code(&answer), expected, "{command}: {answer}");
    }
    // Too large in fact, whatever it said before.
    wire.ask("MAIL FROM:<a@b.test> SIZE=10").await.unwrap();
    wire.ask(&format!("RCPT TO:<{DESK}>")).await.unwrap();
    wire.ask("DATA").await.unwrap();
    let large = letter("large", &"0123456789\r\n".repeat(10_000));
    wire.say(&format!("{large}.\r\n")).await.unwrap();
    assert_eq!(code(&wire.answer().await.unwrap()), "552");
    // A client that dies within a letter leaves none.
    wire.ask("MAIL FROM:<a@b.test>").await.unwrap();
    wire.ask(&format!("RCPT TO:<{DESK}>")).await.unwrap();
    wire.ask("DATA").await.unwrap();
    wire.say("Subject: half\r\n\r\nhalf a let").await.unwrap();
    drop(wire);
    // Mistakes end it.
    let mut wire = open(&port).await;
    wire.answer().await.unwrap();
    let mut last = String::new();
    for _ in 0..30 {
        match wire.ask("NONSENSE").await {
            Ok(answer) if !answer.is_empty() => last = answer,
            _ => break,
        }
    }
    assert!(last.starts_with("421"), "{last}");
    assert!(keeper.kept.look(|kept| kept.letters.is_empty()));
    running.ends().await;
}

#[tokio::test]
async fn a_session_that_waits_is_told_to_come_back_when_we_stop() {
    let (adapter, port, _names) = door().await;
    let (inlet, _keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    let mut wire = open(&port).await;
    wire.answer().await.unwrap();
    let ending = tokio::time::timeout(Duration::from_secs(5), running.ends());
    let (ended, heard) = tokio::join!(ending, wire.answer());
    ended.unwrap();
    assert_eq!(code(&heard.unwrap()), "421");
}
