//! Finds the programs that a chore needs, and installs those that are missing with the system's
//! own package manager, after saying exactly what it will run.

mod machine;
mod manager;
mod need;

pub(crate) use need::Need;

use crate::{command, say};
use anyhow::{Result, bail};
use machine::Machine;
use manager::Manager;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Makes sure that every need is met; with `may_install` unset it only names what is missing.
pub(crate) fn ensure(needs: &[Need], may_install: bool) -> Result<()> {
    ensure_on(&Machine::here(), needs, may_install)
}

/// Where this machine keeps its browser.
pub(crate) fn browser() -> Option<PathBuf> {
    need::browser(&Machine::here())
}

fn ensure_on(machine: &Machine, needs: &[Need], may_install: bool) -> Result<()> {
    let missing = missing(machine, needs);
    if missing.is_empty() {
        return Ok(());
    }
    let manager = Manager::find(machine);
    let mut text = String::from("This machine lacks:\n");
    for (need, why) in &missing {
        writeln!(text, "  {} ({why})", need.title())?;
    }
    let wanted: Vec<Need> = missing.iter().map(|(need, _)| *need).collect();
    let Some(manager) = manager else {
        bail!(
            "{text}No package manager was found (apt-get, dnf, apk, pacman, brew): install them by hand."
        );
    };
    let packages = manager.packages(&wanted);
    let commands = manager.commands(machine, &packages)?;
    if !may_install {
        let lines: Vec<String> =
            commands.iter().map(|words| format!("  {}", words.join(" "))).collect();
        bail!(
            "{text}Nothing was installed, as asked by --no-install. The packages are: {}\n{}",
            packages.join(" "),
            lines.join("\n")
        );
    }
    say::heading(text.trim_end());
    say::line("These commands will install it:");
    for words in &commands {
        say::line(&format!("  {}", words.join(" ")));
    }
    install(machine, manager, &wanted, &commands)?;
    still_missing(machine, &wanted)
}

fn missing(machine: &Machine, needs: &[Need]) -> Vec<(Need, String)> {
    needs.iter().filter_map(|need| need.lacking(machine).map(|why| (*need, why))).collect()
}

fn install(
    machine: &Machine,
    manager: Manager,
    wanted: &[Need],
    commands: &[Vec<String>],
) -> Result<()> {
    for words in commands {
        manager.check_candidates(machine, wanted, words)?;
        let Some((name, args)) = words.split_first() else { continue };
        let mut command = Command::new(machine.find(name).unwrap_or_else(|| name.into()));
        command.args(args).env("PATH", machine.search_path());
        command::run(&words.join(" "), &mut command)?;
    }
    Ok(())
}

fn still_missing(machine: &Machine, wanted: &[Need]) -> Result<()> {
    let missing = missing(machine, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> =
        missing.iter().map(|(need, why)| format!("{} ({why})", need.title())).collect();
    bail!("after installing, this machine still lacks {}", names.join(", "))
}

#[cfg(test)]
#[path = "install/tests.rs"]
mod tests;
