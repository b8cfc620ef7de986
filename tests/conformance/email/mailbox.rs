//! Out of a mailbox.

use super::desk::{DESK, Desk, Running, letter, run_once};
use super::keeper::{Keeper, Kept};
use channels::AdapterError;
use channels::ChannelAdapter as _;
use serde_json::json;
use tests::eventually;
use tests::eventually::holds;
use tokio_util::sync::CancellationToken;

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("word {n}")).collect()
}

#[tokio::test]
async fn everything_arrives_once_in_order_and_is_marked_seen() {
    let desk = Desk::open().await;
    for subject in numbered(0..5) {
        desk.hears(&subject).await;
    }
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(5).await, numbered(0..5));
    keeper.kept.look(|kept| {
        assert!(kept.again.is_empty(), "{:?}", kept.again);
        for (place, inbound) in &kept.letters {
            assert_eq!(inbound.external_id.len(), 64);
            assert_eq!(inbound.channel.as_str(), "mail");
            assert_eq!(inbound.sender.value, "li@agency.test");
            assert!(place.starts_with("INBOX "), "{place}");
        }
    });
    eventually("all are marked", async || {
        let seen = desk.server.seen(DESK, "INBOX");
        holds(seen == 5, format!("{seen} seen"))
    })
    .await;
    running.ends().await;
}

#[tokio::test]
async fn a_new_letter_wakes_the_door_at_once() {
    let desk = Desk::open().await;
    desk.hears("first").await;
    // It asks by itself only each hour.
    let adapter = desk.mailbox(&json!({ "poll_secs": 3600 }));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(1).await, ["first"]);
    for n in 2..6 {
        desk.hears(&format!("letter {n}")).await;
        assert_eq!(keeper.subjects(n).await.len(), n);
    }
    running.ends().await;
}

#[tokio::test]
async fn what_was_not_taken_is_given_again_and_is_not_marked_before() {
    let desk = Desk::open().await;
    desk.hears("first").await;
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(1).await, ["first"]);
    eventually("the first is marked", async || {
        let seen = desk.server.seen(DESK, "INBOX");
        holds(seen == 1, format!("{seen} seen"))
    })
    .await;
    keeper.refuses(usize::MAX);
    let before = keeper.bookmarks();
    desk.hears("second").await;
    let is_refused = |kept: &Kept| (kept.refused > 2).then_some(());
    keeper.kept.until("it is offered again and again", is_refused).await;
    assert_eq!(keeper.bookmarks(), before, "a bookmark lies behind what we do not have");
    assert_eq!(desk.server.seen(DESK, "INBOX"), 1);
    keeper.refuses(0);
    assert_eq!(keeper.subjects(2).await, ["first", "second"]);
    running.ends().await;
}

#[tokio::test]
async fn a_letter_that_is_not_taken_ends_the_run() {
    let desk = Desk::open().await;
    desk.hears("first").await;
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    keeper.refuses(1);
    let ended = adapter.run(inlet, CancellationToken::new()).await;
    assert!(matches!(ended, Err(AdapterError::NotTaken(_))), "{ended:?}");
}

#[tokio::test]
async fn another_owner_goes_on_where_the_last_one_stopped() {
    let desk = Desk::open().await;
    desk.hears("to the first").await;
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let first = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(1).await, ["to the first"]);
    first.ends().await;
    desk.hears("to nobody").await;
    let second = Running::start(&desk.mailbox(&json!({})), &inlet);
    assert_eq!(keeper.subjects(2).await, ["to the first", "to nobody"]);
    keeper.kept.look(|kept| assert!(kept.again.is_empty(), "{:?}", kept.again));
    second.ends().await;
}

#[tokio::test]
async fn what_lay_there_before_is_taken_as_the_settings_say() {
    let desk = Desk::open().await;
    for subject in ["old and seen", "old and unseen"] {
        desk.hears(subject).await;
    }
    // Somebody reads the first in a mail program.
    let mut wire = tests::mail_server::Wire::open(desk.server.imap_port()).await.unwrap();
    let password = tests::mail_server::PASSWORD;
    wire.say(&format!("a LOGIN {DESK} {password}\r\nb SELECT INBOX\r\n")).await.unwrap();
    wire.say("c UID STORE 1 +FLAGS (\\Seen)\r\nd LOGOUT\r\n").await.unwrap();
    while !wire.line().await.unwrap().starts_with("d OK") {}
    for (start, wanted) in [
        ("all", &["old and seen", "old and unseen", "new"][..]),
        ("unseen", &["old and unseen", "new"]),
        ("new", &["new"]),
    ] {
        let desk_again = desk.mailbox(&json!({ "start": start, "after": "keep" }));
        let (inlet, keeper) = Keeper::open(&desk_again);
        let running = Running::start(&desk_again, &inlet);
        let is_laid = |kept: &Kept| (kept.laid > 0).then_some(());
        keeper.kept.until("the mailbox is opened", is_laid).await;
        desk.hears("new").await;
        assert_eq!(keeper.subjects(wanted.len()).await, wanted, "{start}");
        running.ends().await;
        // The next one finds the mailbox as it was.
        let mut wire = tests::mail_server::Wire::open(desk.server.imap_port()).await.unwrap();
        wire.say(&format!("a LOGIN {DESK} {password}\r\nb SELECT INBOX\r\n")).await.unwrap();
        wire.say("c UID STORE 3:* +FLAGS (\\Deleted)\r\nd EXPUNGE\r\ne LOGOUT\r\n").await.unwrap();
        while !wire.line().await.unwrap().starts_with("e OK") {}
        assert_eq!(desk.server.letters(DESK, "INBOX").len(), 2);
    }
}

#[tokio::test]
async fn a_letter_may_be_moved_when_it_was_taken() {
    let desk = Desk::open().await;
    let mut wire = tests::mail_server::Wire::open(desk.server.imap_port()).await.unwrap();
    let password = tests::mail_server::PASSWORD;
    wire.say(&format!("a LOGIN {DESK} {password}\r\nb CREATE &XfJZBHQG-\r\nc LOGOUT\r\n"))
        .await
        .unwrap();
    while !wire.line().await.unwrap().starts_with("c OK") {}
    desk.hears("first").await;
    let adapter = desk.mailbox(&json!({ "after": "move:已处理" }));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(1).await, ["first"]);
    eventually("it is moved", async || {
        let (left, moved) =
            (desk.server.letters(DESK, "INBOX"), desk.server.letters(DESK, "&XfJZBHQG-"));
        let text = format!("{} left, {} moved", left.len(), moved.len());
        holds(left.is_empty() && moved.len() == 1, text)
    })
    .await;
    desk.hears("second").await;
    assert_eq!(keeper.subjects(2).await, ["first", "second"]);
    running.ends().await;
}

#[tokio::test]
async fn of_a_letter_that_is_too_large_the_head_comes_and_says_so() {
    let desk = Desk::open().await;
    let large = letter("large", &"0123456789\r\n".repeat(20_000));
    desk.server.deliver(DESK, &large).await;
    desk.hears("small").await;
    let adapter = Desk::adapter(json!({
        "address": DESK, "bytes_max": 65_536, "dns": [desk.names.address()],
        "imap": {
            "host": "127.0.0.1", "port": desk.server.imap_port(), "security": "plain",
            "user": DESK, "password": tests::mail_server::PASSWORD,
        },
    }));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(2).await, ["large", "small"]);
    keeper.kept.look(|kept| {
        let (place, _) = &kept.letters[0];
        assert!(place.contains("too large: 2"), "{place}");
    });
    running.ends().await;
}

#[tokio::test]
async fn a_large_letter_comes_whole() {
    let desk = Desk::open().await;
    let text = "0123456789abcdef\r\n".repeat(200_000);
    desk.server.deliver(DESK, &letter("large", &text)).await;
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    assert_eq!(keeper.subjects(1).await, ["large"]);
    // The id covers every byte of the body: the letter that we sent has the same.
    let sent = channels::RawInbound {
        channel: "mail".parse().unwrap(),
        place: String::new(),
        envelope: channels::Envelope::default(),
        received_at: domain::Timestamp(0),
        bytes: letter("large", &text).into(),
        is_whole: true,
    };
    let sent = adapter.read(&sent).await.unwrap();
    keeper.kept.look(|kept| assert_eq!(kept.letters[0].1.external_id, sent.external_id));
    running.ends().await;
}

#[tokio::test]
async fn a_refused_log_in_needs_a_person() {
    let desk = Desk::open().await;
    let adapter = desk.mailbox(&json!({ "password": "wrong" }));
    let ended = run_once(&adapter).await;
    assert!(matches!(ended, Err(AdapterError::Unauthorised)), "{ended:?}");
}
