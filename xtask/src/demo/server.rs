//! The gateway as a child of the demo: started, watched, and stopped in its own good order.

use super::signals::Signals;
use super::{Plan, config, http};
use crate::say;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// The gateway must be ready within this time; the embedded Redis may have much to read.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// After being told to stop, the gateway drains and gets this long.
const STOPPED_WITHIN: Duration = Duration::from_secs(45);
/// The last lines of its log that are shown when it dies.
const LOG_LINES: usize = 30;

/// The running gateway.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    /// Writes the config, has it checked, and starts the gateway in a process group of its own, so
    /// that Ctrl+C reaches only us and we can stop it in order.
    pub(crate) fn start(plan: &Plan) -> Result<Self> {
        let config = config::write(&plan.data, plan.port)?;
        plan.hutong.output(&["check-config", "--config", &config.to_string_lossy()])?;
        let log = plan.data.join("gateway.log");
        let log_file = File::create(&log).with_context(|| format!("create {}", log.display()))?;
        let child = Command::new(plan.hutong.binary())
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            // The log is read later, without a terminal.
            .env("NO_COLOR", "1")
            .stdout(log_file.try_clone()?)
            .stderr(log_file)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {}", plan.hutong.binary().display()))?;
        Ok(Self { child, port: plan.port, log })
    }

    /// Waits until the gateway takes work.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < READY_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                bail!("the gateway ended at start ({status}):\n{}", last_lines(&self.log));
            }
            if http::get(self.port, "/readyz").await.is_ok_and(|answer| answer.status == 200) {
                say::done("start the gateway", begun.elapsed());
                return Ok(());
            }
            say::status(&format!("… starting the gateway {}", say::seconds(begun.elapsed())));
            sleep(Duration::from_millis(50)).await;
        }
        bail!(
            "the gateway was not ready after {}:\n{}",
            say::seconds(READY_WITHIN),
            last_lines(&self.log)
        )
    }

    /// Returns at the next signal; a gateway that ends before is an error.
    pub(crate) async fn watch(&mut self, signals: &mut Signals) -> Result<()> {
        tokio::select! {
            status = self.child.wait() => {
                bail!("the gateway ended ({}):\n{}", status?, last_lines(&self.log))
            }
            () = signals.next() => Ok(()),
        }
    }

    /// Has it ended already?
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks the gateway to drain and waits; a second signal or too long a wait kills it.
    pub(crate) async fn stop(mut self, signals: &mut Signals) -> Result<()> {
        let begun = Instant::now();
        say::line("");
        say::line("Stopping: the gateway finishes what it has begun …");
        self.ask_to_stop()?;
        tokio::select! {
            ended = timeout(STOPPED_WITHIN, self.child.wait()) => if let Ok(status) = ended {
                let status = status?;
                if status.success() {
                    say::done("stop the gateway", begun.elapsed());
                    return Ok(());
                }
                bail!("the gateway ended badly ({status}):\n{}", last_lines(&self.log));
            },
            () = signals.next() => {}
        }
        self.child.kill().await?;
        bail!(
            "the gateway had to be killed after {}:\n{}",
            say::seconds(begun.elapsed()),
            last_lines(&self.log)
        )
    }

    fn ask_to_stop(&self) -> Result<()> {
        match pid_of(&self.child) {
            Some(id) => kill_process(id, Signal::TERM).context("ask the gateway to stop"),
            None => Ok(()),
        }
    }
}

/// A child's id, while it runs.
pub(crate) fn pid_of(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default();
    format!("{}\n(all of it: {})", shown.join("\n"), log.display())
}
