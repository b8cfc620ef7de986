//! The weather: short seeded fault runs, some dozen of them in the default suite.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tests::binary::variable;
use tests::chaos::{Arena, Size};
use tests::postgres::PostgresServer;

/// So many rounds in an arena, unless `HUTONG_CHAOS_RUNS` asks for more.
const ROUNDS: u64 = 8;

async fn rounds(first_seed: u64, size: Size) {
    rounds_in(Arena::open(size).await, first_seed, size, ROUNDS).await;
}

async fn rounds_in(mut arena: Arena, first_seed: u64, size: Size, rounds: u64) {
    let first_seed = variable("HUTONG_CHAOS_SEED").map_or(first_seed, |seed| seed.parse().unwrap());
    let rounds = variable("HUTONG_CHAOS_RUNS").map_or(rounds, |runs| runs.parse().unwrap());
    let mut replies = 0;
    for seed in first_seed..first_seed + rounds {
        let report = arena.round(seed).await;
        replies += report.replies;
        assert!(
            report.violations.is_empty(),
            "seed {seed}: {:?}\n{:#?}",
            report.faults,
            report.violations
        );
    }
    let found = arena.settles().await;
    assert!(found.is_empty(), "after seed {}: {found:#?}", first_seed + rounds - 1);
    let floor = usize::try_from(rounds).unwrap() * size.visitors / 2;
    assert!(replies >= floor, "agents had {replies} words acknowledged, not {floor}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_with_two_gateways() {
    rounds(1_000, Size::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_with_one_gateway() {
    rounds(2_000, Size { gateways: 1, ..Size::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_in_a_crowd() {
    rounds(3_000, Size { gateways: 3, visitors: 12, words: 4 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_on_postgresql() {
    let postgres = PostgresServer::start();
    let size = Size { visitors: 4, words: 4, ..Size::default() };
    let arena = Arena::open_with(size, Some(&postgres.url())).await;
    rounds_in(arena, 4_000, size, ROUNDS / 2).await;
}
