//! A Redis of its own for each thing that is measured.

use crate::wire::{Reply, Wire};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How durable the writes are while measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// `appendfsync always`.
    Strict,
    /// `appendfsync everysec`.
    Relaxed,
}

impl Keeping {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
        }
    }

    fn appendfsync(self) -> &'static str {
        match self {
            Self::Strict => "always",
            Self::Relaxed => "everysec",
        }
    }
}

/// A running server on a unix socket in a folder of its own.
pub(crate) struct Server {
    folder: TempDir,
    keeping: Keeping,
    child: Child,
    control: Wire,
}

/// How long a server may take to answer; loading a million conversations takes a while.
const START_MAX: Duration = Duration::from_secs(300);

impl Server {
    pub(crate) fn start(keeping: Keeping) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hutong-bench").tempdir()?;
        Self::start_in(folder, keeping)
    }

    fn start_in(folder: TempDir, keeping: Keeping) -> Result<Self> {
        let (child, control) = spawn(folder.path(), keeping, &[])?;
        Ok(Self { folder, keeping, child, control })
    }

    /// A server under callgrind on a copy of this one's data. Instructions are counted only while
    /// [`CountedServer::count`] runs.
    pub(crate) fn counted(&mut self) -> Result<CountedServer> {
        self.ask(&["SAVE"])?;
        let folder = tempfile::Builder::new().prefix("hutong-bench").tempdir()?;
        std::fs::copy(self.folder.path().join("dump.rdb"), folder.path().join("dump.rdb"))?;
        CountedServer::start(folder)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// As the `redis` crate wants it.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    pub(crate) fn keeping(&self) -> Keeping {
        self.keeping
    }

    pub(crate) fn ask(&mut self, words: &[&str]) -> Result<Reply> {
        self.control.ask(words)
    }

    pub(crate) fn load_library(&mut self, text: &str) -> Result<()> {
        self.ask(&["FUNCTION", "LOAD", "REPLACE", text]).map(drop)
    }

    /// CPU time of the main thread so far, in microseconds.
    pub(crate) fn cpu_us(&mut self) -> Result<f64> {
        let info = self.info("cpu")?;
        let of = |field: &str| -> Result<f64> {
            Ok(info.get(field).with_context(|| format!("INFO lacks {field}"))?.parse::<f64>()?
                * 1e6)
        };
        Ok(of("used_cpu_sys_main_thread")? + of("used_cpu_user_main_thread")?)
    }

    /// Bytes in the append-only file.
    pub(crate) fn aof_bytes(&mut self) -> Result<f64> {
        let info = self.info("persistence")?;
        Ok(info.get("aof_current_size").context("INFO lacks aof_current_size")?.parse()?)
    }

    /// Calls of each command so far.
    pub(crate) fn calls(&mut self) -> Result<BTreeMap<String, f64>> {
        let mut calls = BTreeMap::new();
        for (field, value) in self.info("commandstats")? {
            let count = value.split(',').next().and_then(|first| first.strip_prefix("calls="));
            if let (Some(name), Some(count)) = (field.strip_prefix("cmdstat_"), count) {
                calls.insert(name.to_owned(), count.parse()?);
            }
        }
        Ok(calls)
    }

    fn info(&mut self, section: &str) -> Result<BTreeMap<String, String>> {
        let text = self.ask(&["INFO", section])?.text();
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        Ok(pairs.map(|(field, value)| (field.to_owned(), value.trim().to_owned())).collect())
    }

    /// Kills it with -9 and starts it again on its files; the time until it answered.
    pub(crate) fn crash(&mut self) -> Result<Duration> {
        self.child.kill()?;
        self.child.wait()?;
        let begun = Instant::now();
        (self.child, self.control) = spawn(self.folder.path(), self.keeping, &[])?;
        Ok(begun.elapsed())
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn arguments(folder: &Path, keeping: Option<Keeping>) -> Vec<String> {
    let dir = folder.display();
    let mut arguments =
        format!("--port 0 --save --daemonize no --dir {dir} --unixsocket {dir}/redis.sock")
            .split(' ')
            .map(str::to_owned)
            .collect::<Vec<_>>();
    arguments.insert(3, String::new());
    if let Some(keeping) = keeping {
        arguments.extend(
            [
                "--appendonly",
                "yes",
                "--appendfsync",
                keeping.appendfsync(),
                "--auto-aof-rewrite-percentage",
                "0",
                "--maxmemory-policy",
                "noeviction",
            ]
            .map(str::to_owned),
        );
    }
    arguments
}

fn spawn(folder: &Path, keeping: Keeping, before: &[&str]) -> Result<(Child, Wire)> {
    let mut words: Vec<String> = before.iter().map(|word| (*word).to_owned()).collect();
    words.push("redis-server".to_owned());
    words.extend(arguments(folder, Some(keeping)));
    run(folder, &words)
}

fn run(folder: &Path, words: &[String]) -> Result<(Child, Wire)> {
    let socket = folder.join("redis.sock");
    drop(std::fs::remove_file(&socket));
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {}", words[0]))?;
    let begun = Instant::now();
    while begun.elapsed() < START_MAX {
        if let Ok(mut wire) = Wire::connect(&socket)
            && wire.ask(&["PING"]).is_ok()
        {
            return Ok((child, wire));
        }
        if let Some(status) = child.try_wait()? {
            bail!("{} ended with {status}", words[0]);
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    drop(child.kill());
    bail!("redis-server does not answer")
}

/// A server whose instructions are counted.
pub(crate) struct CountedServer {
    folder: TempDir,
    child: Child,
    control: Wire,
}

impl CountedServer {
    fn start(folder: TempDir) -> Result<Self> {
        let out = format!("--callgrind-out-file={}/callgrind.out", folder.path().display());
        let mut words: Vec<String> =
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", &out, "redis-server"]
                .map(str::to_owned)
                .to_vec();
        words.extend(arguments(folder.path(), None));
        let (child, mut control) = run(folder.path(), &words)?;
        // It loads the snapshot first; what is written from now on goes into a log, as in production.
        control.ask(&["CONFIG", "SET", "appendonly", "yes"])?;
        while !control.ask(&["INFO", "persistence"])?.text().contains("aof_rewrite_in_progress:0") {
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(Self { folder, child, control })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn instrument(&self, on: &str) -> Result<()> {
        let done = Command::new("callgrind_control")
            .args(["-i", on, &self.child.id().to_string()])
            .output()
            .context("start callgrind_control")?;
        if !done.status.success() {
            bail!("callgrind_control failed: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }

    /// Counts the instructions that the server spends on `work`, and ends it.
    pub(crate) fn count(
        mut self,
        keep: Option<&Path>,
        work: impl FnOnce() -> Result<()>,
    ) -> Result<f64> {
        self.instrument("on")?;
        work()?;
        self.instrument("off")?;
        drop(self.control.ask(&["SHUTDOWN", "NOSAVE"]));
        self.child.wait()?;
        let mut total = None;
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_owned();
            if name.to_string_lossy().starts_with("callgrind.out") {
                if let Some(keep) = keep {
                    std::fs::copy(&path, keep.join(&name))?;
                }
                let text = std::fs::read_to_string(&path)?;
                let line = text.lines().rev().find_map(|line| {
                    line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: "))
                });
                total = total.or(line.and_then(|count| count.trim().parse::<f64>().ok()));
            }
        }
        total.context("callgrind wrote no total")
    }
}

impl std::fmt::Debug for CountedServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CountedServer").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for CountedServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
