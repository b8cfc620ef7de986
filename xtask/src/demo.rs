//! `cargo xtask demo`: from a fresh checkout to a desk that can be tried in a browser.
//!
//! It installs what is missing, builds, writes a config into a data folder, starts the gateway on
//! its embedded Redis and SQLite and telephones that answer by themselves, loads `config/demo-desk.json`, makes log-ins, and stays until
//! Ctrl+C. A second start with the same folder finds everything as it was.

mod config;
mod http;
mod log_ins;
mod phones;
mod report;
mod server;
mod signals;
mod traffic;

use crate::gateway::{Hutong, Profile};
use crate::install::Need;
use crate::{install, say, web, workspace};
use anyhow::{Context, Result};
use log_ins::LogIn;
use phones::Phones;
use report::Report;
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

pub(crate) use config::desk_file;
pub(crate) use server::{Server, pid_of};
pub(crate) use signals::Signals;

/// How to serve the demo.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The port to listen on; 0 picks a free one. Without it 8080, or the next free one.
    #[arg(long)]
    port: Option<u16>,
    /// The folder for everything that the demo keeps.
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
    /// Print addresses and log-ins as one JSON object on stdout; all else goes to stderr.
    #[arg(long)]
    json: bool,
    /// Let simulated visitors come in.
    #[arg(long)]
    traffic: bool,
    /// Install nothing: name what is missing and stop.
    #[arg(long)]
    no_install: bool,
    /// Build for debugging: sooner ready, slower to run.
    #[arg(long, env = "HUTONG_DEMO_DEBUG")]
    debug: bool,
}

/// A demo that is about to be served: what `demo` and `dev` have in common.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The built program.
    pub(crate) hutong: Hutong,
    /// The port on the loopback address.
    pub(crate) port: u16,
    /// The data folder, as a whole path.
    pub(crate) data: PathBuf,
}

/// Serves the demo until it is told to stop.
pub(crate) fn run(args: &Args) -> Result<()> {
    install::ensure(&[Need::Redis, Need::Node, Need::Npm], !args.no_install)?;
    let port = config::choose_port(args.port)?;
    web::ensure_built()?;
    let profile = if args.debug { Profile::Debug } else { Profile::Release };
    let plan = Plan { hutong: Hutong::build(profile)?, port, data: data_folder(&args.data)? };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(&plan, args))
}

async fn serve(plan: &Plan, args: &Args) -> Result<()> {
    let mut signals = Signals::listen()?;
    let mut server = Server::start(plan)?;
    let prepared = tokio::select! {
        biased;
        () = signals.next() => return server.stop(&mut signals).await,
        prepared = prepare_all(plan, &mut server) => prepared,
    };
    let done = match prepared {
        // The telephones ring as long as the demo is there.
        Ok((log_ins, _phones)) => attend(plan, args, log_ins, &mut server, &mut signals).await,
        Err(error) => Err(error),
    };
    let stopped = if server.has_ended() { Ok(()) } else { server.stop(&mut signals).await };
    done.and(stopped)
}

/// Tells that it is ready, and stays until a signal.
async fn attend(
    plan: &Plan,
    args: &Args,
    log_ins: Vec<LogIn>,
    server: &mut Server,
    signals: &mut Signals,
) -> Result<()> {
    let report = Report::new(plan, log_ins);
    if args.json {
        say::result(&report.json()?);
    } else {
        report.print(args.traffic);
    }
    let mut visitors = JoinSet::new();
    if args.traffic {
        visitors.spawn(traffic::run(plan.port));
    }
    server.watch(signals).await?;
    visitors.shutdown().await;
    Ok(())
}

/// The same as [`prepare`], with telephones.
async fn prepare_all(plan: &Plan, server: &mut Server) -> Result<(Vec<LogIn>, Phones)> {
    let phones = Phones::start(plan.port).await?;
    let desk = phones.write_desk(&desk_file(), &plan.data)?;
    Ok((prepare(plan, server, &desk).await?, phones))
}

/// Waits for the server, loads the desk and makes the log-ins.
pub(crate) async fn prepare(plan: &Plan, server: &mut Server, desk: &Path) -> Result<Vec<LogIn>> {
    server.ready().await?;
    let config = config::file(&plan.data);
    let (desk_text, config_text) = (desk.to_string_lossy(), config.to_string_lossy());
    plan.hutong
        .output(&["apply", &desk_text, "--config", &config_text])
        .context("load the demo desk")?;
    log_ins::ensure(plan, desk, &config).await
}

/// Replaces a file in one step, readable for this user only from its first byte.
fn write_private(file: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let fresh = file.with_extension("new");
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .with_context(|| format!("create {}", fresh.display()))?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&fresh, file).with_context(|| format!("write {}", file.display()))
}

/// The data folder, made and closed to others.
pub(crate) fn data_folder(folder: &Path) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let whole = workspace::root().join(folder);
    std::fs::create_dir_all(&whole).with_context(|| format!("create {}", whole.display()))?;
    std::fs::set_permissions(&whole, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("close {} to others", whole.display()))?;
    whole.canonicalize().with_context(|| format!("find {}", whole.display()))
}

#[cfg(test)]
#[path = "demo/tests.rs"]
mod tests;
