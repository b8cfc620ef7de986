//! The benchmarks: ratios of interleaved rounds in one run, each with servers of its own.
//!
//! `cargo xtask bench [NAME…]` runs them. What each one measures, and against what, stands in
//! `docs/benchmarks.md`. Results go to stdout as one JSON object a line, words to stderr.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark counts in small numbers, and stops when its own books are wrong"
)]

mod assign;
mod callbacks;
mod calls;
mod chat;
mod clock;
mod corpus;
mod desk;
mod growth;
mod hutong;
mod line;
mod load;
mod mail;
mod peers;
mod pushes;
mod report;
mod route;
mod server;
mod start;
mod wire;

use anyhow::{Result, bail};
use clap::Parser;
use server::Keeping;
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Parser)]
#[command(name = "bench", about = "Measures Hutong beside its floor and its peers")]
struct Args {
    /// Names such as B1; none runs all.
    names: Vec<String>,
    /// How durable the writes are.
    #[arg(long, value_enum, default_value = "both")]
    durability: Durability,
    /// The folder that holds the peers' packages; without it the peers are left out.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Interleaved rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A folder that keeps what callgrind wrote, to look at with `callgrind_annotate`.
    #[arg(long)]
    keep_profiles: Option<PathBuf>,
    /// Smaller numbers, to see that it runs.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Durability {
    Strict,
    Relaxed,
    Both,
}

/// What every benchmark is told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) peers: Option<PathBuf>,
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    pub(crate) keep_profiles: Option<PathBuf>,
    /// Both durabilities are measured, one after the other.
    pub(crate) both: bool,
}

/// A benchmark at one durability.
type Bench = fn(&Settings, Keeping) -> Result<()>;

const BENCHES: &[(&str, Bench)] = &[
    ("B1", route::run),
    ("B2", assign::throughput),
    ("B3", assign::latency),
    ("B4", growth::run),
    ("B5", growth::dark),
    ("B6", chat::one_node),
    ("B7", chat::two_nodes),
    ("B8", chat::latency),
    ("B9", chat::idle),
    ("B10", mail::run),
    ("B11", start::run),
    ("B13", assign::recovery),
    ("IM1", callbacks::run),
    ("APP1", pushes::run),
    ("CALL1", calls::line),
    ("CALL2", calls::windows::run),
];

fn main() -> Result<()> {
    let args = Args::parse();
    // The same starts give both.
    let names: Vec<&str> =
        args.names.iter().map(|name| if name == "B12" { "B11" } else { name }).collect();
    if let Some(unknown) =
        names.iter().find(|name| !BENCHES.iter().any(|(known, _)| known == *name))
    {
        bail!("no benchmark is named {unknown}");
    }
    let keepings: &[Keeping] = match args.durability {
        Durability::Strict => &[Keeping::Strict],
        Durability::Relaxed => &[Keeping::Relaxed],
        Durability::Both => &[Keeping::Strict, Keeping::Relaxed],
    };
    let settings = Settings {
        peers: args.peers,
        rounds: args.rounds.max(1),
        quick: args.quick,
        keep_profiles: args.keep_profiles,
        both: keepings.len() > 1,
    };
    for (name, bench) in BENCHES {
        if names.is_empty() || names.contains(name) {
            for keeping in keepings {
                bench(&settings, *keeping)?;
            }
        }
    }
    Ok(())
}
