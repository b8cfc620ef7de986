//! `cargo xtask dev`: the demo from debug builds, and beside it the pages from servers that reload
//! them as their sources change.

use crate::demo::{self, Plan, Server, Signals};
use crate::gateway::{Hutong, Profile};
use crate::install::Need;
use crate::{install, say, web};
use anyhow::{Context, Result};
use rustix::process::{Signal, kill_process_group};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The port of the gateway; the page servers pass its paths on to it.
const PORT: u16 = 8080;
/// The pages that have a server of their own.
const PAGES: &[&str] = &["widget", "desk", "sample-site"];

/// How to serve while working on the house.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder for everything that it keeps.
    #[arg(long, default_value = "data/dev")]
    data: PathBuf,
    /// Install nothing: name what is missing and stop.
    #[arg(long)]
    no_install: bool,
}

/// Serves until it is told to stop.
pub(crate) fn run(args: &Args) -> Result<()> {
    install::ensure(&[Need::Redis, Need::Node, Need::Npm], !args.no_install)?;
    web::ensure_built()?;
    let hutong = Hutong::build(Profile::Debug)?;
    let plan = Plan { hutong, port: PORT, data: demo::data_folder(&args.data)? };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(&plan))
}

async fn serve(plan: &Plan) -> Result<()> {
    let mut signals = Signals::listen()?;
    let mut server = Server::start(plan)?;
    let done = attend(plan, &mut server, &mut signals).await;
    let stopped = if server.has_ended() { Ok(()) } else { server.stop(&mut signals).await };
    done.and(stopped)
}

async fn attend(plan: &Plan, server: &mut Server, signals: &mut Signals) -> Result<()> {
    for log_in in demo::prepare(plan, server, &demo::desk_file()).await? {
        say::line(&format!("  {}  {}  ({})", log_in.agent, log_in.password, log_in.role));
    }
    // Each page server tells its own address; they end with us.
    let with_server = PAGES.iter().filter(|page| has_dev_server(page));
    let pages: Vec<PageServer> =
        with_server.map(|page| PageServer::start(page)).collect::<Result<_>>()?;
    say::line(&format!(
        "Gateway http://127.0.0.1:{PORT}, {} page servers. Ctrl+C stops all.",
        pages.len()
    ));
    server.watch(signals).await
}

fn has_dev_server(page: &str) -> bool {
    std::fs::read_to_string(web::folder().join(page).join("package.json"))
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .is_some_and(|package| package.pointer("/scripts/dev").is_some())
}

/// npm and what it started, in a process group of their own so that all of it can be ended.
#[derive(Debug)]
struct PageServer {
    child: Child,
}

impl PageServer {
    fn start(page: &str) -> Result<Self> {
        let child = Command::new("npm")
            .args(["run", "dev", "--workspace", page])
            .current_dir(web::folder())
            .env("HUTONG_GATEWAY", format!("http://127.0.0.1:{PORT}"))
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start the page server of {page}"))?;
        Ok(Self { child })
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        let Some(group) = demo::pid_of(&self.child) else { return };
        if let Err(error) = kill_process_group(group, Signal::TERM) {
            say::problem(&format!("a page server could not be ended: {error}"));
        }
    }
}
