//! Power cuts: Redis, the records and the files stand on an ext4 image; while people talk, everything
//! is killed and the image is copied without a sync, so that what only stood in memory is gone. A
//! house on the copy must know every acknowledged word, once, at its place. A cut before which hardly
//! a word was acknowledged counts as a failure.
//!
//! Needs root, loop devices and `mkfs.ext4`; says plainly when the machine has none.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command prints what it finds, and ends when its own tools fail"
)]

mod disk;
mod talk;

use clap::Parser;
use disk::Disk;
use std::process::ExitCode;
use talk::{Cut, run};

/// A cut at which fewer words were acknowledged proves nothing.
const WORDS_MIN: usize = 20;

/// Power cuts under load.
#[derive(Debug, Parser)]
struct Args {
    /// Cuts in the strict profile: nothing acknowledged may be lost.
    #[arg(long, default_value_t = 20)]
    runs: u64,
    /// Cuts in the relaxed profile: what is lost is reported.
    #[arg(long, default_value_t = 3)]
    relaxed_runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if let Err(problem) = Disk::check_machine() {
        println!("power cuts cannot be simulated here: {problem}");
        return ExitCode::from(2);
    }
    let (mut acked, mut broken, mut silent) = (0, Vec::new(), Vec::new());
    for seed in args.seed..args.seed + args.runs {
        let cut = run(seed, true).await;
        say("strict", seed, &cut);
        acked += cut.acked;
        if !cut.lost.is_empty() || !cut.wrong.is_empty() {
            println!("  LOST: {:#?}\n  WRONG: {:#?}", cut.lost, cut.wrong);
            broken.push(seed);
        }
        if cut.acked < WORDS_MIN {
            println!("  SILENT: fewer than {WORDS_MIN} words were acknowledged before the cut");
            silent.push(seed);
        }
    }
    let (mut relaxed_acked, mut relaxed_lost, mut oldest_ms) = (0, 0, 0);
    for seed in args.seed..args.seed + args.relaxed_runs {
        let cut = run(seed, false).await;
        say("relaxed", seed, &cut);
        relaxed_acked += cut.acked;
        relaxed_lost += cut.lost.len();
        oldest_ms = oldest_ms.max(cut.oldest_lost_ms);
    }
    println!(
        "strict: {} cuts, {acked} words acknowledged, broken seeds: {broken:?}, silent seeds: {silent:?}",
        args.runs
    );
    if args.relaxed_runs > 0 {
        println!(
            "relaxed: {} cuts, {relaxed_acked} words acknowledged, {relaxed_lost} lost, the oldest {oldest_ms} ms before the cut",
            args.relaxed_runs
        );
    }
    if broken.is_empty() && silent.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(profile: &str, seed: u64, cut: &Cut) {
    let (acked, lost, ms) = (cut.acked, cut.lost.len(), cut.after_ms);
    let torn = if cut.is_torn { "; the file's end was torn and mended" } else { "" };
    println!(
        "{profile}, seed {seed}: cut after {ms} ms, {acked} words acknowledged, {lost} lost{torn}"
    );
}
