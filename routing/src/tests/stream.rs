//! The stream of commits: read by cursor, trimmed behind every reader, and never cut in silence.

use super::desk::*;
use super::server::RedisServer;
use crate::events::Read;
use crate::router::Trimmed;
use crate::{EventReader, Router};
use domain::Event;

/// Puts so many commits into the stream, each with a payload of so many bytes.
async fn commits(router: &Router, count: usize, bytes: usize) {
    let event = Event::SettingsChanged { kind: "x".repeat(bytes) };
    let json = serde_json::to_string(&event).unwrap();
    let fill = "for _ = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'e', ARGV[2]) end";
    for part in [1_000].repeat(count / 1_000).into_iter().chain([count % 1_000]) {
        let mut eval = redis::cmd("EVAL");
        eval.arg(fill).arg(1).arg("{t1}:events").arg(part).arg(&json);
        router.store().run("fill", &eval).await.unwrap();
    }
}

async fn length(router: &Router) -> i64 {
    let mut length = redis::cmd("XLEN");
    length.arg("{t1}:events");
    match router.store().run("length", &length).await.unwrap() {
        redis::Value::Int(length) => length,
        other => panic!("{other:?}"),
    }
}

async fn duty_has_read(router: &Router, duty: &str, cursor: &str) {
    let mut set = redis::cmd("HSET");
    set.arg("{t1}:cursors").arg(duty).arg(cursor);
    router.store().run("set", &set).await.unwrap();
}

#[tokio::test]
async fn a_duty_that_lags_keeps_its_commits() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    commits(&router, 1, 10).await;
    let first = router.newest_cursor(&tenant()).await.unwrap();
    commits(&router, 1_000, 10).await;
    let newest = router.newest_cursor(&tenant()).await.unwrap();
    duty_has_read(&router, "webhooks", &first).await;
    duty_has_read(&router, "overflow", &newest).await;
    router.trim_events(&tenant(), &newest, 100, 10_000).await.unwrap();
    let read = router.commits_after(&tenant(), &first, 2_000).await.unwrap();
    assert!(matches!(&read, Read::Commits(commits) if commits.len() == 1_000));
    duty_has_read(&router, "webhooks", &newest).await;
    let trimmed = router.trim_events(&tenant(), &newest, 100, 10_000).await.unwrap();
    assert!(matches!(trimmed, Trimmed::Read(gone) if gone > 500), "{trimmed:?}");
    assert!((100..=300).contains(&length(&router).await), "about so many are kept");
    assert!(matches!(router.commits_after(&tenant(), &first, 10).await.unwrap(), Read::Lost));
    assert!(matches!(router.commits_after(&tenant(), "0-0", 10).await.unwrap(), Read::Lost));
}

#[tokio::test]
async fn a_duty_that_stands_still_does_not_fill_the_memory() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    commits(&router, 2_000, 10).await;
    duty_has_read(&router, "webhooks", "1-0").await;
    let newest = router.newest_cursor(&tenant()).await.unwrap();
    let trimmed = router.trim_events(&tenant(), &newest, 100, 1_000).await.unwrap();
    assert!(matches!(trimmed, Trimmed::Unread(gone) if gone > 500), "{trimmed:?}");
    assert!(length(&router).await < 1_500);
}

#[tokio::test]
async fn long_messages_are_trimmed_like_short_ones() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    commits(&router, 2_000, 16 * 1024).await;
    let newest = router.newest_cursor(&tenant()).await.unwrap();
    let trimmed = router.trim_events(&tenant(), &newest, 1_000, 10_000).await.unwrap();
    assert_eq!((trimmed, length(&router).await), (Trimmed::Read(1_000), 1_000));
}

#[tokio::test]
async fn a_reader_that_was_overtaken_by_the_trimming_is_told() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    commits(&router, 1, 10).await;
    let first = router.newest_cursor(&tenant()).await.unwrap();
    let mut reader = EventReader::new(router.store(), &tenant(), "0-0");
    let mut fresh = EventReader::new(router.store(), &tenant(), &first);
    let mut from_start = EventReader::new(router.store(), &tenant(), "0-0");
    assert!(matches!(reader.next(10, 10).await.unwrap(), Read::Commits(_)));
    commits(&router, 1_000, 10).await;
    let newest = router.newest_cursor(&tenant()).await.unwrap();
    router.trim_events(&tenant(), &newest, 100, 10_000).await.unwrap();
    for reader in [&mut reader, &mut fresh, &mut from_start] {
        assert!(matches!(reader.next(10, 10).await.unwrap(), Read::Lost));
    }
    let mut at_the_end = EventReader::new(router.store(), &tenant(), &newest);
    commits(&router, 1, 10).await;
    let read = at_the_end.next(10, 10).await.unwrap();
    assert!(matches!(&read, Read::Commits(commits) if commits.len() == 1), "{read:?}");
}

#[tokio::test]
async fn an_event_of_a_later_release_is_passed_over_and_the_others_are_read() {
    let redis = RedisServer::start();
    let router = redis.router().await;
    let known = r#"{"type":"settings_changed","kind":"queues"}"#;
    let mut add = redis::cmd("XADD");
    add.arg("{t1}:events").arg("*").arg("e").arg(r#"{"type":"moon_landed","by":"li"}"#);
    add.arg("e").arg(known);
    router.store().run("add", &add).await.unwrap();
    commits(&router, 1, 10).await;
    let Read::Commits(read) = router.commits_after(&tenant(), "0-0", 10).await.unwrap() else {
        panic!("nothing was trimmed");
    };
    let counts: Vec<usize> = read.iter().map(|commit| commit.events.len()).collect();
    assert_eq!(counts, [1, 1], "the cursor moves over it");
}
