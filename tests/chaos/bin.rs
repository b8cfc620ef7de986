//! The weather, for hours: `chaos --runs 300`, each failure with its seed.
#![expect(clippy::print_stdout, reason = "a command prints what it finds")]

use clap::Parser;
use std::process::ExitCode;
use std::time::Instant;
use tests::chaos::{Arena, Report, Size};

/// Seeded fault runs over real processes.
#[derive(Debug, Parser)]
struct Args {
    /// How many rounds.
    #[arg(long, default_value_t = 300)]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Gateways on one Redis.
    #[arg(long, default_value_t = 2)]
    gateways: usize,
    /// Visitors in each round.
    #[arg(long, default_value_t = 6)]
    visitors: usize,
    /// A new house after so many rounds.
    #[arg(long, default_value_t = 50)]
    rounds_per_house: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let size = Size { gateways: args.gateways, visitors: args.visitors, ..Size::default() };
    let (began, mut broken, mut sum) = (Instant::now(), Vec::new(), Report::default());
    let mut arena = Arena::open(size).await;
    for n in 0..args.runs {
        if n > 0 && n % args.rounds_per_house.max(1) == 0 {
            let unsettled = arena.settles().await;
            if !unsettled.is_empty() {
                println!("  BROKEN in this house: {unsettled:#?}");
                broken.push(args.seed + n - 1);
            }
            arena = Arena::open(size).await;
        }
        let report = arena.round(args.seed + n).await;
        sum.acked += report.acked;
        sum.replies += report.replies;
        sum.unknown += report.unknown;
        sum.events += report.events;
        println!(
            "seed {}: {} acked, {} ms, {}",
            report.seed,
            report.acked,
            report.took_ms,
            report.faults.join(", ")
        );
        if !report.violations.is_empty() {
            println!("  BROKEN: {:#?}", report.violations);
            broken.push(report.seed);
            // What is broken may stay broken: the next round begins in a new house.
            arena = Arena::open(size).await;
        }
    }
    let unsettled = arena.settles().await;
    if !unsettled.is_empty() {
        println!("  BROKEN at the end: {unsettled:#?}");
        broken.push(args.seed + args.runs - 1);
    }
    println!(
        "{} runs in {} s: {} words acknowledged ({} of agents), {} tries of unknown outcome, {} events replayed; broken seeds: {broken:?}",
        args.runs,
        began.elapsed().as_secs(),
        sum.acked,
        sum.replies,
        sum.unknown,
        sum.events
    );
    // Whatever the single rounds allow, a run in which hardly anybody was answered proves nothing.
    let floor = usize::try_from(args.runs).unwrap_or(usize::MAX).saturating_mul(args.visitors) / 2;
    if sum.replies < floor {
        println!("agents had fewer than {floor} words acknowledged: the house was silent");
        return ExitCode::FAILURE;
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
