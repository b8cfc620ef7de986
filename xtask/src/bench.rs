//! `cargo xtask bench`: runs the benchmarks of the `tests` crate and shows their results.
//!
//! The benchmarks themselves live with the inspectors, so that this crate stays quick to build.
//! Each prints one JSON object a line; `--json` passes the lines on as they are.

use crate::gateway::{Hutong, Profile};
use crate::install::Need;
use crate::{command, install, say, workspace};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every benchmark and what it measures.
const BENCHES: &[(&str, &str)] = &[
    ("B1", "routing: Redis CPU per event"),
    ("B2", "assignments per second, end to end"),
    ("B3", "latency from enqueueing to assignment"),
    ("B4", "growth with waiting conversations, requests and agents"),
    ("B5", "a skill that nobody has costs nothing"),
    ("B6", "chat relay on one node"),
    ("B7", "chat relay on two nodes over Redis"),
    ("B8", "message latency at 5,000 sockets"),
    ("B9", "memory of an idle authenticated chat"),
    ("B10", "letters taken in, from a mailbox and over LMTP"),
    ("B11", "start to ready"),
    ("B12", "memory when idle"),
    ("B13", "recovery after kill -9"),
    ("IM1", "callbacks of a messenger taken in"),
    ("APP1", "notifications handed to a push service, and how long a word takes"),
    ("CALL1", "calls set up by a SIP line, beside telephones that call each other"),
    ("CALL2", "1,000 callbacks at once: how late their timers are, and their memory"),
];

/// The peers: their programs, and the lock file that pins them so that results compare.
const PEERS: &str = "tests/bench/peers";

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names such as B1; none runs all that exist.
    names: Vec<String>,
    /// Print the results as they come, one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Install the peers into a cache folder and measure them in the same run.
    #[arg(long)]
    peers: bool,
    /// How durable the writes are.
    #[arg(long, value_enum, default_value = "both")]
    durability: Durability,
    /// Interleaved rounds; without it as many as the benchmarks choose.
    #[arg(long)]
    rounds: Option<u32>,
    /// Smaller numbers, only to see that they run.
    #[arg(long)]
    quick: bool,
    /// Name the benchmarks and stop.
    #[arg(long)]
    list: bool,
    /// Install nothing: name what is missing and stop.
    #[arg(long)]
    no_install: bool,
}

/// How durable the writes are while measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Durability {
    /// Every acknowledged write is on the disk.
    Strict,
    /// The last second may be lost.
    Relaxed,
    /// One after the other.
    Both,
}

impl Durability {
    fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
            Self::Both => "both",
        }
    }
}

/// One result, as the benchmarks print it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Measured {
    name: String,
    value: f64,
    unit: String,
    #[serde(default)]
    floor: Option<f64>,
    #[serde(default)]
    limit: Option<f64>,
    #[serde(default)]
    peer: Option<f64>,
    #[serde(default)]
    ratio_to_floor: Option<f64>,
    #[serde(default)]
    ratio_to_peer: Option<f64>,
    #[serde(default)]
    rounds: u32,
    #[serde(default)]
    spread: Option<f64>,
    #[serde(default)]
    note: String,
}

/// Runs the benchmarks.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.list {
        BENCHES.iter().for_each(|(name, what)| say::result(&format!("{name:<4} {what}")));
        return Ok(());
    }
    check_names(&args.names)?;
    install::ensure(&needs(&args.names), !args.no_install)?;
    let mut bench = bench_command(args)?;
    let mut measured = Vec::new();
    let ended = command::watch("bench", &mut bench, |text| {
        if let Ok(one) = serde_json::from_str::<Measured>(text) {
            if args.json {
                say::result(text);
            }
            measured.push(one);
        }
    })?;
    if !ended.ok {
        ended.tail.iter().for_each(|text| say::line(text));
        bail!("the benchmarks failed");
    }
    if !args.json {
        say::table(&rows(&measured)).iter().for_each(|row| say::result(row));
    }
    Ok(())
}

fn bench_command(args: &Args) -> Result<Command> {
    let built = Hutong::build(Profile::Bench)?;
    let mut bench = Command::new(built.binary().with_file_name("bench"));
    bench.current_dir(workspace::root()).env("HUTONG_BINARY", built.binary());
    bench.args(&args.names).args(["--durability", args.durability.name()]);
    if let Some(rounds) = args.rounds {
        bench.arg("--rounds").arg(rounds.to_string());
    }
    if args.quick {
        bench.arg("--quick");
    }
    if args.peers {
        bench.arg("--peers").arg(peers(args.no_install)?);
    }
    Ok(bench)
}

/// Mail needs a mailbox.
fn needs(names: &[String]) -> Vec<Need> {
    let mut needs = vec![Need::Redis];
    if names.is_empty() || names.iter().any(|name| name == "B10") {
        needs.push(Need::Dovecot);
    }
    needs
}

fn check_names(names: &[String]) -> Result<()> {
    match names.iter().find(|name| !BENCHES.iter().any(|(known, _)| known == name)) {
        Some(name) => bail!("no benchmark is named {name}; `cargo xtask bench --list` names them"),
        None => Ok(()),
    }
}

/// A cache folder with the peers and their packages.
fn peers(no_install: bool) -> Result<PathBuf> {
    install::ensure(&[Need::Node, Need::Npm], !no_install)?;
    let (from, folder) = (workspace::root().join(PEERS), workspace::memory()?.join("peers"));
    let copied = copy_changed(&from, &folder)?;
    if folder.join("node_modules").exists() && !copied {
        return Ok(folder);
    }
    if no_install {
        bail!("the packages of the peers are not there, and nothing may be installed ({PEERS})");
    }
    let mut npm = command::npm(&["ci"]);
    command::run("fetch the peers", npm.current_dir(&folder))?;
    Ok(folder)
}

/// Copies the files of a folder; tells whether the lock file was another.
fn copy_changed(from: &Path, to: &Path) -> Result<bool> {
    std::fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
    let lock = |folder: &Path| std::fs::read(folder.join("package-lock.json")).ok();
    let is_other = lock(from) != lock(to);
    for file in workspace::files(from)? {
        if let Some(name) = file.file_name() {
            std::fs::copy(&file, to.join(name))
                .with_context(|| format!("copy {}", file.display()))?;
        }
    }
    Ok(is_other)
}

fn rows(measured: &[Measured]) -> Vec<Vec<String>> {
    let head =
        ["bench", "value", "unit", "floor", "of floor", "peer", "of peer", "rounds", "spread", ""];
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"));
    let rows = measured.iter().map(|one| {
        vec![
            one.name.clone(),
            format!("{:.3}", one.value),
            one.unit.clone(),
            shown(one.floor),
            shown(one.ratio_to_floor),
            shown(one.peer),
            shown(one.ratio_to_peer),
            one.rounds.to_string(),
            shown(one.spread),
            one.note.clone(),
        ]
    });
    std::iter::once(head.map(str::to_owned).to_vec()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_benchmarks_are_refused() {
        assert!(check_names(&["B1".to_owned(), "B13".to_owned()]).is_ok());
        assert!(check_names(&["B99".to_owned()]).is_err());
    }

    #[test]
    fn a_result_without_floor_and_peer_is_shown() {
        let one = r#"{"name":"B12","value":17.5,"unit":"MB","rounds":5}"#;
        let measured: Measured = serde_json::from_str(one).unwrap();
        assert_eq!(rows(&[measured])[1], ["B12", "17.500", "MB", "–", "–", "–", "–", "5", "–", ""]);
    }
}
