//! What happens to mailboxes: servers die, lines break, numbers change.

use super::desk::{DESK, Desk, Running};
use super::keeper::{Keeper, Kept};
use serde_json::json;
use std::collections::BTreeSet;
use tests::{ChaosProxy, Dice};

/// Every subject once, and nothing else.
fn all_once(subjects: &[String], count: usize) {
    let wanted: BTreeSet<String> = (0..count).map(|n| format!("letter {n}")).collect();
    let found: BTreeSet<String> = subjects.iter().cloned().collect();
    assert_eq!((found, subjects.len()), (wanted, count));
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let mut desk = Desk::open().await;
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    let mut sent = 0;
    for round in 1..=4 {
        for _ in 0..15 {
            desk.hears(&format!("letter {sent}")).await;
            sent += 1;
        }
        // Somewhere within this round's letters.
        let within = (round - 1) * 15 + 4;
        let is_within = |kept: &Kept| (kept.letters.len() >= within).then_some(());
        keeper.kept.until("the round has begun", is_within).await;
        desk.server.kill();
        desk.server.restart().await;
    }
    all_once(&keeper.subjects(sent).await, sent);
    keeper.kept.look(|kept| assert!(kept.again.is_empty(), "{:?}", kept.again));
    running.ends().await;
}

#[tokio::test]
async fn a_line_that_breaks_while_letters_are_fetched_loses_and_doubles_nothing() {
    let desk = Desk::open().await;
    let proxy = ChaosProxy::before_port(desk.server.imap_port()).await;
    let large = "0123456789abcdef\r\n".repeat(40_000);
    for n in 0..12 {
        let text = super::desk::letter(&format!("letter {n}"), &large);
        desk.server.deliver(DESK, &text).await;
    }
    let adapter = desk.mailbox_at(proxy.port(), &json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    for step in 1..=5 {
        let is_there = |kept: &Kept| (kept.letters.len() >= step * 2).then_some(());
        keeper.kept.until("letters come", is_there).await;
        proxy.cut();
        proxy.mend();
    }
    all_once(&keeper.subjects(12).await, 12);
    keeper.kept.look(|kept| assert!(kept.again.is_empty(), "{:?}", kept.again));
    running.ends().await;
}

#[tokio::test]
async fn a_mailbox_that_is_numbered_anew_loses_and_doubles_nothing() {
    let mut desk = Desk::open().await;
    for n in 0..5 {
        desk.hears(&format!("letter {n}")).await;
    }
    let adapter = desk.mailbox(&json!({}));
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    keeper.subjects(5).await;
    running.ends().await;
    let before = keeper.bookmarks();
    desk.server.kill();
    desk.server.number_anew(DESK);
    desk.server.restart().await;
    desk.hears("letter 5").await;
    let running = Running::start(&adapter, &inlet);
    all_once(&keeper.subjects(6).await, 6);
    // Young letters are given again, seen or not; the sink knows them.
    keeper.doubles(5).await;
    assert_ne!(keeper.bookmarks(), before);
    running.ends().await;
    let running = Running::start(&adapter, &inlet);
    desk.hears("letter 6").await;
    all_once(&keeper.subjects(7).await, 7);
    keeper.kept.look(|kept| assert_eq!(kept.again.len(), 5));
    running.ends().await;
}

#[tokio::test]
async fn owners_that_are_stopped_at_any_moment_lose_and_double_nothing() {
    let desk = Desk::open().await;
    for n in 0..40 {
        desk.hears(&format!("letter {n}")).await;
    }
    let (adapter, mut dice) = (desk.mailbox(&json!({})), Dice::new(4711));
    let (inlet, keeper) = Keeper::open(&adapter);
    let mut wanted = 0;
    while wanted < 40 {
        wanted = (wanted + 1 + dice.below(9)).min(40);
        let running = Running::start(&desk.mailbox(&json!({})), &inlet);
        let is_there = |kept: &Kept| (kept.letters.len() >= wanted).then_some(());
        keeper.kept.until("letters come", is_there).await;
        running.ends().await;
    }
    all_once(&keeper.subjects(40).await, 40);
    keeper.kept.look(|kept| assert!(kept.again.is_empty(), "{:?}", kept.again));
}
