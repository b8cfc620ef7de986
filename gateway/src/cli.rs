//! The command line.
//!
//! Exit codes: 0 done · 1 failed · 2 wrong arguments · 69 Redis promises less than configured ·
//! 70 the drain was cut at its deadline · 78 the config has problems · 130 ended by a second signal.

mod admin;
mod apply;
mod fsck;
mod serve;
mod stores;

use crate::config::{self, EXIT_CONFIG};
use crate::{Config, api};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Redis promises less than configured (`EX_UNAVAILABLE`).
pub const EXIT_UNSUITABLE: u8 = 69;
/// The drain was cut at its deadline (`EX_SOFTWARE`).
pub const EXIT_DRAIN: u8 = 70;

/// What any part of the command line may fail with.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Hutong 互通: one conversation queue for every channel.
#[derive(Debug, Parser)]
#[command(name = "hutong", version, about)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
struct Common {
    /// The config file; `HUTONG__SECTION__KEY` variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The tenant, for commands that need one.
    #[arg(long, global = true, value_name = "TENANT", default_value = crate::app::FIRST_TENANT)]
    tenant: String,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until SIGTERM or SIGINT; a second signal ends at once.
    Serve,
    /// Checks the config and tells every problem.
    CheckConfig,
    /// Prints the config as it holds, each key with its source, passwords blanked.
    PrintConfig,
    /// Stores a desk from a JSON file; works while gateways run, and before the first start.
    Apply(apply::Apply),
    /// Compares every index in Redis with what it should hold.
    Fsck(fsck::Fsck),
    /// What an operator does by hand.
    Admin(admin::Admin),
    /// Prints openapi.json.
    Openapi,
    /// Prints socket-protocol.json.
    SocketProtocol,
}

/// Runs the process's command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Command::Openapi => return print(&api::openapi::openapi()),
        Command::SocketProtocol => return print(&api::openapi::socket_protocol()),
        _ => {}
    }
    let layers = match config::load(cli.common.config.as_deref()) {
        Ok(layers) => layers,
        Err(problems) => {
            for problem in problems {
                complain(&problem);
            }
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match cli.command {
        Command::CheckConfig => print("the config is fine\n"),
        Command::PrintConfig => print(&config::print(&layers)),
        Command::Serve => serve::serve(layers.config),
        command => ended(in_runtime(command, cli.common.tenant, layers.config)),
    }
}

fn in_runtime(command: Command, tenant: String, mut config: Config) -> Result<(), Failure> {
    // Only what goes wrong is told; the result is on stdout.
    config.log.level = "error".to_owned();
    crate::telemetry::init(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let tenant = tenant.parse()?;
        match command {
            Command::Apply(apply) => apply.run(&config, &tenant).await,
            Command::Fsck(fsck) => fsck.run(&config, &tenant).await,
            Command::Admin(admin) => admin.run(&config, &tenant).await,
            _ => Ok(()),
        }
    })
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&crate::telemetry::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// Writes to stdout; a reader who went away is no failure of ours.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_closed) => ExitCode::FAILURE,
    }
}

/// One line to stdout.
fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// One line to stderr; when even that fails there is nobody to tell.
fn complain(line: &str) {
    drop(writeln!(std::io::stderr(), "hutong: {line}"));
}
