//! `fsck` finds what somebody damaged by hand, and puts indexes right.

use super::desk::*;
use super::server::RedisServer;
use crate::command::NewDelivery;
use crate::reply::Duty;
use crate::router::Router;

const T0: i64 = 1_000_000_000;

fn wrong(report: &crate::fsck::Report) -> Vec<String> {
    report.discrepancies.iter().map(|d| format!("{} {}", d.key, d.member)).collect()
}

#[tokio::test]
async fn fsck_finds_a_damaged_index_and_puts_it_right() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    ready(&router, &agent("li", "tax:4", 1)).await;
    for n in 1..4 {
        says(&router, n, n, &entry("tax:3", T0, 60_000)).await;
    }
    let healthy = router.fsck(&tenant(), false).await.unwrap();
    assert_eq!(healthy.discrepancies, []);
    assert_eq!((healthy.conversations, healthy.messages, healthy.agents), (3, 3, 1));
    for damage in [
        redis::cmd("ZREM").arg("{t1}:lane:w|tax:3||").arg("conv_0002"),
        redis::cmd("DEL").arg("{t1}:heads"),
        redis::cmd("ZADD").arg("{t1}:waiting:q").arg(5).arg("conv_ghost"),
        redis::cmd("SREM").arg("{t1}:held:li").arg("conv_0001"),
        redis::cmd("ZREM").arg("{t1}:timers").arg("w:1000001000060000:conv_0003"),
    ] {
        router.store().run("damage", damage).await.unwrap();
    }
    let damaged = router.fsck(&tenant(), false).await.unwrap();
    assert_eq!(
        wrong(&damaged),
        [
            "heads w|tax:3||",
            "held:li conv_0001",
            "lane:w|tax:3|| conv_0002",
            "timers w:1000001000060000:conv_0003",
            "waiting:q conv_ghost"
        ]
    );
    assert_eq!(router.repair(&tenant(), &damaged).await.unwrap(), 5);
    assert_eq!(router.fsck(&tenant(), false).await.unwrap().discrepancies, []);
}

/// A desk with something of everything: offered, waiting, closed and archived within its window, two
/// deliveries on their way and a dead one.
async fn desk(router: &Router) {
    let t = tenant();
    ready(router, &agent("li", "tax:4", 2)).await;
    for n in 1..4 {
        says(router, n, n, &entry("tax:3", T0, 60_000)).await;
    }
    let Duty::Held { epoch } = router.take_duty(&t, "webhooks", "g", 60_000).await.unwrap() else {
        panic!("it is free");
    };
    let endpoint = "hook".parse().unwrap();
    for n in 1..4 {
        let id = format!("dlv_{n}").parse().unwrap();
        let new = [NewDelivery { id: &id, endpoint: &endpoint, payload: "{}" }];
        router.dispatch(&t, "webhooks", epoch, "1-0", &new).await.unwrap();
    }
    let first = router.claim_deliveries(&t, None, "g", (60_000, 1)).await.unwrap().remove(0);
    let dead = crate::command::DeliveryOutcome::Dead("410");
    router.record_delivery(&t, &first, &dead).await.unwrap();
}

/// Each damage by itself: what is done by hand, and what the check says of it.
const DAMAGES: &[(&str, &[&str])] = &[
    (
        "HDEL {t1}:conv:conv_0003 place",
        &["lane:w|tax:3|| conv_0003", "open:site:ctc_0003 conv_0003"],
    ),
    ("DEL {t1}:conv:conv_0002", &["log:conv_0002 (no conversation)"]),
    ("DEL {t1}:open:site:ctc_0002", &["open:site:ctc_0002 conv_0002"]),
    (
        "SET {t1}:open:site:ctc_0002 conv_ghost",
        &["open:site:ctc_0002 conv_0002", "open:site:ctc_0002 conv_ghost"],
    ),
    ("SREM {t1}:agents li", &["agents li"]),
    ("SADD {t1}:agents ghost", &["agents ghost"]),
    ("SREM {t1}:queues q", &["queues q"]),
    ("DEL {t1}:boxes", &["boxes hook"]),
    ("ZREM {t1}:box:hook dlv_2", &["box:hook dlv_2"]),
    ("ZADD {t1}:box:hook 9 dlv_ghost", &["box:hook dlv_ghost"]),
    ("DEL {t1}:dead", &["dead dlv_1"]),
    ("SET {t1}:heads words", &["heads (another type)", "heads w|tax:3||"]),
    ("SET {t1}:log:conv_0001 words", &["log:conv_0001 (another type)"]),
];

#[tokio::test]
async fn every_damage_by_hand_is_told_and_indexes_are_put_right() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    for (damage, told) in DAMAGES {
        router.store().run("flush", &redis::cmd("FLUSHALL")).await.unwrap();
        desk(&router).await;
        assert_eq!(wrong(&router.fsck(&tenant(), false).await.unwrap()), [""; 0]);
        let mut words = damage.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        router.store().run("damage", &command).await.unwrap();
        let report = router.fsck(&tenant(), false).await.unwrap();
        let found = wrong(&report);
        for one in *told {
            assert!(found.iter().any(|found| found == one), "{damage}: {one} not in {found:?}");
        }
        let index = !damage.contains(":conv:") && !damage.contains(":log:");
        assert!(!index || found.len() == told.len(), "{damage}: {found:?}");
        router.repair(&tenant(), &report).await.unwrap();
        let left = wrong(&router.fsck(&tenant(), false).await.unwrap());
        assert!(!index || left.is_empty(), "{damage}: {left:?} is left");
    }
}

#[tokio::test]
async fn an_agents_own_counts_are_recomputed_from_what_is_held() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    desk(&router).await;
    let mut get = redis::cmd("HGET");
    let load = router.store().run("look", get.arg("{t1}:agent:li").arg("load")).await.unwrap();
    let load = crate::router::text(&load).unwrap();
    // The offer is forgotten, and with it why li stands in no group.
    let broken = load.replace("conv_0001", "").replacen("\n30\nw1", "\n0\n", 1);
    assert_ne!(load, broken);
    let mut set = redis::cmd("HSET");
    set.arg("{t1}:agent:li").arg("load").arg(broken);
    router.store().run("damage", &set).await.unwrap();
    let told = wrong(&router.fsck(&tenant(), false).await.unwrap());
    assert_eq!(told, ["agent:li counts", "agent:li offer", "agent:li used"]);
}
