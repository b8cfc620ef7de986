//! The tool shed: every chore of the house behind one door, `cargo xtask …`.
//!
//! This crate knows none of the rooms: it runs cargo, npm and the built `hutong` as a person would.

mod bench;
mod command;
mod demo;
mod dev;
mod faults;
mod gateway;
mod install;
mod openapi;
mod peers;
mod say;
mod test;
mod tidy;
mod web;
mod workspace;

use clap::Parser;
use std::process::ExitCode;

/// The chores of the house.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
enum Chore {
    /// Build everything and serve a demo desk on this machine.
    Demo(demo::Args),
    /// Serve the demo desk from debug builds, with the pages reloading as their sources change.
    Dev(dev::Args),
    /// Run every check and test.
    Test(test::Args),
    /// The same as `test`: what continuous integration runs.
    Ci(test::Args),
    /// Check the rules of the house that no compiler knows.
    Tidy(tidy::Args),
    /// Write openapi.json, socket-protocol.json and the types of the web client.
    Openapi(openapi::Args),
    /// Run benchmarks against their floors and peers.
    Bench(bench::Args),
    /// Kill gateways and Redis at random under load, and check every rule after each run.
    Chaos(faults::Args),
    /// Cut the power of the disk under load, and look for every acknowledged word.
    PowerCut(faults::Args),
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Demo(args) => demo::run(&args),
        Chore::Dev(args) => dev::run(&args),
        Chore::Test(args) | Chore::Ci(args) => test::run(&args),
        Chore::Tidy(args) => tidy::run(&args),
        Chore::Openapi(args) => openapi::run(&args),
        Chore::Bench(args) => bench::run(&args),
        Chore::Chaos(args) => faults::run("chaos", &args),
        Chore::PowerCut(args) => faults::run("power-cut", &args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<say::AlreadyTold>() {
                say::problem(&format!("{error:#}"));
            }
            ExitCode::FAILURE
        }
    }
}
