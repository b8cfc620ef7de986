//! A Redis of its own for each test, on a unix socket, with the faults that a server can have.

use crate::eventually::{eventually, holds};
use crate::process::Process;
use redis::aio::MultiplexedConnection;
use rustix::process::Signal;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How it keeps what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// `appendfsync always`: survives a power cut.
    Strict,
    /// `appendfsync everysec`: a power cut may cost a second.
    Relaxed,
}

/// A running (or killed, or stopped) server.
#[derive(Debug)]
pub struct RedisServer {
    folder: PathBuf,
    keeping: Keeping,
    process: Option<Process>,
}

impl RedisServer {
    /// Starts one that keeps its files in `folder`.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn start(folder: &Path, keeping: Keeping) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let mut server = Self { folder: folder.to_owned(), keeping, process: None };
        server.restart().await;
        server
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    /// Where it listens, as an address.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Kills it with -9. Its files stay.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on its files.
    pub async fn restart(&mut self) {
        self.spawn();
        eventually("redis answers", async || self.ping().await).await;
    }

    /// After a power cut the end of the append-only file may be torn: a write that was never
    /// acknowledged. Then Redis refuses to start until the file is cut there, as an operator does by
    /// `redis-check-aof --fix`. True when that was needed.
    ///
    /// # Panics
    /// When it cannot be mended.
    pub fn mend_torn_file(folder: &Path) -> bool {
        let files = folder.join("appendonlydir");
        let manifest = files.join("appendonly.aof.manifest");
        if !manifest.exists() {
            return false;
        }
        let check = |fix: bool| {
            let mut command = Command::new("redis-check-aof");
            if fix {
                command.arg("--fix");
            }
            let command = command.arg(&manifest).current_dir(&files);
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(b"y\n").ok();
            child.wait_with_output().unwrap().status.success()
        };
        let is_torn = !check(false);
        assert!(!is_torn || check(true), "the append-only file cannot be mended");
        is_torn
    }

    /// Starts it again without waiting until it answers.
    pub fn spawn(&mut self) {
        self.process = None;
        let appendfsync = if self.keeping == Keeping::Strict { "always" } else { "everysec" };
        let mut command = Command::new("redis-server");
        command
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                appendfsync,
            ])
            .args(["--maxmemory-policy", "noeviction", "--enable-debug-command", "local"])
            .args(["--aof-use-rdb-preamble", "yes", "--daemonize", "no", "--loglevel", "notice"])
            .arg("--dir")
            .arg(&self.folder)
            .arg("--unixsocket")
            .arg(self.socket());
        // A dead server's socket would refuse, not be missing; both mean the same to a client.
        drop(std::fs::remove_file(self.socket()));
        self.process = Some(Process::start("redis", &mut command, &self.folder));
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn freeze(&mut self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&mut self) {
        self.signal(Signal::CONT);
    }

    fn signal(&mut self, signal: Signal) {
        if let Some(process) = &mut self.process {
            process.signal(signal);
        }
    }

    /// Does it answer?
    ///
    /// # Errors
    /// What it said instead, for instance that it is loading.
    pub async fn ping(&self) -> Result<(), String> {
        let mut connection = self.try_connect().await.map_err(|error| error.to_string())?;
        let pong: String = redis::cmd("PING")
            .query_async(&mut connection)
            .await
            .map_err(|error| error.to_string())?;
        holds(pong == "PONG", pong.as_str())
    }

    async fn try_connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        redis::Client::open(self.url())?.get_multiplexed_async_connection().await
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> MultiplexedConnection {
        self.try_connect().await.unwrap()
    }

    /// Runs one command.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut self.connect().await).await.unwrap()
    }
}
