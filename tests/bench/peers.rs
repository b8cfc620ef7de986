//! The peers: Node programs in `peers/`, told what to do on stdin, answering in JSON on stdout.

use crate::server::{Keeping, Server};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running peer.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts `peers/SCRIPT` with the packages of a cache folder, and waits until it is ready.
    pub(crate) fn start(folder: &Path, script: &str, arguments: &[&str]) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/peers").join(script);
        let mut child = Command::new("node")
            .arg(&script)
            .args(arguments)
            .env("NODE_PATH", folder.join("node_modules"))
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start node")?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut peer = Self { child, stdin, stdout };
        peer.hear()?;
        Ok(peer)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Says a line and hears the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<Value> {
        writeln!(self.stdin, "{line}")?;
        self.hear()
    }

    fn hear(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            bail!("the peer ended");
        }
        serde_json::from_str(&line).with_context(|| format!("the peer said {line}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// BullMQ on a Redis of its own.
#[derive(Debug)]
pub(crate) struct BullMq {
    peer: Peer,
    server: Server,
}

/// What a round of jobs cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jobs {
    pub(crate) us_per_job: f64,
    pub(crate) per_second: f64,
}

impl BullMq {
    pub(crate) fn start(folder: &Path, keeping: Keeping) -> Result<Self> {
        let server = Server::start(keeping)?;
        let peer = Peer::start(folder, "bullmq.cjs", &[&server.socket().display().to_string()])?;
        Ok(Self { peer, server })
    }

    pub(crate) fn fill(&mut self, count: usize) -> Result<()> {
        self.peer.ask(&format!("fill {count}")).map(drop)
    }

    /// So many jobs are added by priority and worked off at the same time.
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    pub(crate) fn round(&mut self, count: usize) -> Result<Jobs> {
        let before = self.server.cpu_us()?;
        let said = self.peer.ask(&format!("round {count}"))?;
        let jobs = count as f64;
        let seconds = said["seconds"].as_f64().context("the peer told no time")?;
        Ok(Jobs { us_per_job: (self.server.cpu_us()? - before) / jobs, per_second: jobs / seconds })
    }

    /// Median and 99th percentile from enqueue to start, in milliseconds, at a rate.
    pub(crate) fn latency(&mut self, count: usize, rate: usize) -> Result<(f64, f64)> {
        let said = self.peer.ask(&format!("latency {count} {rate}"))?;
        let of = |field: &str| {
            said[field].as_f64().map(|us| us / 1_000.0).context("the peer told no latency")
        };
        Ok((of("p50_us")?, of("p99_us")?))
    }
}
