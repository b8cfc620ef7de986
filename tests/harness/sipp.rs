//! A telephone or a trunk that follows a script (SIPp): the scripts stand in `tests/peers/sip`.

use crate::binary::root;
use crate::eventually::{eventually_within, holds};
use crate::mail_server::program;
use crate::port::Port;
use crate::process::Process;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The longest script.
const WITHIN: Duration = Duration::from_secs(30);
/// The longest that many calls take.
const MANY_WITHIN: Duration = Duration::from_secs(120);

/// A running script.
#[derive(Debug)]
pub struct Sipp {
    process: Process,
    port: Port,
    folder: PathBuf,
}

/// How many calls a script makes.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// In all.
    pub calls: usize,
    /// So many are under way at once.
    pub at_once: usize,
}

/// What became of many calls.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// From the first `INVITE` to the last 200.
    pub took: Duration,
    /// From each `INVITE` to its 200, in milliseconds: the script counts in whole ones.
    pub waits_ms: Vec<f64>,
}

impl Sipp {
    /// Starts a script that waits for one call; its files go to `folder`.
    ///
    /// # Panics
    /// When it does not listen within ten seconds.
    pub async fn start(folder: &Path, script: &str) -> Self {
        Self::start_with(folder, script, &[], None).await
    }

    /// Starts a script with words for what it leaves open as `{{name}}`; with a port, it calls there.
    ///
    /// # Panics
    /// As [`Sipp::start`].
    pub async fn start_with(
        folder: &Path,
        script: &str,
        words: &[(&str, &str)],
        calls: Option<u16>,
    ) -> Self {
        let (port, folder) = (Port::take(), folder.join(script));
        let mut command = command(&folder, script, words, &port);
        command.args(["-m", "1", "-trace_msg", "-message_file", "messages.log"]);
        if let Some(to) = calls {
            command.arg(format!("127.0.0.1:{to}"));
        }
        Self::run(command, port, folder).await
    }

    /// Starts a script, with words for what it leaves open, that takes calls until it is dropped, and writes
    /// none of them down.
    ///
    /// # Panics
    /// As [`Sipp::start`].
    pub async fn takes_many(folder: &Path, script: &str, words: &[(&str, &str)]) -> Self {
        let (port, folder) = (Port::take(), folder.join(script));
        let command = command(&folder, script, words, &port);
        Self::run(command, port, folder).await
    }

    /// Has a script make many calls to a port of this machine, as fast as they are answered, and waits until
    /// all of them went as it says.
    ///
    /// # Panics
    /// When one of them does not, or when it takes longer than two minutes.
    pub async fn makes_many(folder: &Path, script: &str, load: Load, to: u16) -> Loaded {
        let (port, folder) = (Port::take(), folder.join(script));
        let mut command = command(&folder, script, &[], &port);
        command.args(["-m", &load.calls.to_string(), "-l", &load.at_once.to_string()]);
        // A timer of one millisecond: it decides when a next call may begin.
        command.args(["-r", "100000", "-timer_resol", "1", "-trace_rtt", "-rtt_freq", "1"]);
        command.arg(format!("127.0.0.1:{to}"));
        let mut process = Process::start("sipp", &mut command, &folder);
        let code = eventually_within(MANY_WITHIN, "sipp ends", async || {
            process.ended().ok_or_else(|| process.output())
        })
        .await;
        assert_eq!(code, 0, "{}", errors(&folder));
        let answered = answered(&folder);
        assert_eq!(answered.len(), load.calls, "calls that were answered");
        let first = answered.iter().map(|(at, wait)| at - wait).fold(f64::MAX, f64::min);
        let last = answered.iter().map(|(at, _)| *at).fold(f64::MIN, f64::max);
        let took = Duration::from_secs_f64((last - first).max(1.0) / 1_000.0);
        Loaded { took, waits_ms: answered.into_iter().map(|(_, wait)| wait).collect() }
    }

    async fn run(mut command: Command, port: Port, folder: PathBuf) -> Self {
        let process = Process::start("sipp", &mut command, &folder);
        let sipp = Self { process, port, folder };
        sipp.listens().await;
        sipp
    }

    async fn listens(&self) {
        let at = format!("{:04X}", self.port.number());
        let is_bound = |table: &str| {
            let table = std::fs::read_to_string(table).unwrap_or_default();
            table.lines().any(|line| line.contains(&format!(":{at} ")))
        };
        crate::eventually::eventually("sipp listens", async || {
            let is_there = is_bound("/proc/net/udp") || is_bound("/proc/net/tcp");
            holds(is_there, self.process.output())
        })
        .await;
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Every message that it has sent and received.
    pub fn messages(&self) -> String {
        std::fs::read_to_string(self.folder.join("messages.log")).unwrap_or_default()
    }

    /// Waits until a message has these words.
    pub async fn saw(&self, words: &str) {
        eventually_within(WITHIN, words, async || {
            let messages = self.messages();
            holds(messages.contains(words), messages.chars().rev().take(3_000).collect::<String>())
        })
        .await;
    }

    /// Waits until it has come to the end of its script, and nothing was otherwise than it says.
    pub async fn ends_well(mut self) {
        let code = eventually_within(WITHIN, "sipp ends", async || {
            self.process.ended().ok_or_else(|| self.process.output())
        })
        .await;
        assert_eq!(code, 0, "{}\n{}", errors(&self.folder), self.messages());
    }
}

/// A tone that a script may play as PCMA: the name of its file in a folder.
///
/// # Panics
/// When it cannot be written.
pub fn tone(folder: &Path) -> String {
    let file = folder.join("tone.pcma");
    // Each sample of 8 kHz is one byte; 0x2a and 0xaa are loud, and of different signs (G.711).
    let samples: Vec<u8> = (0..8_000).map(|n| if n / 9 % 2 == 0 { 0x2a } else { 0xaa }).collect();
    std::fs::write(&file, samples).unwrap();
    file.display().to_string()
}

/// A script with words for what it leaves open, at a port of its own.
fn command(folder: &Path, script: &str, words: &[(&str, &str)], port: &Port) -> Command {
    std::fs::create_dir_all(folder).unwrap();
    let mut text =
        std::fs::read_to_string(root().join(format!("tests/peers/sip/{script}.xml"))).unwrap();
    for (name, word) in words {
        // The answer's pattern stands in an attribute.
        let word = if *name == "proof" { word.replace('"', "&quot;") } else { (*word).to_owned() };
        text = text.replace(&format!("{{{{{name}}}}}"), &word);
    }
    let file = folder.join("script.xml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(program(&["sipp"]));
    command.arg("-sf").arg(&file).args(["-i", "127.0.0.1", "-p", &port.number().to_string()]);
    command.args(["-nostdin", "-trace_err", "-error_file", "errors.log"]);
    command.current_dir(folder).env("TERM", "dumb");
    command
}

fn errors(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("errors.log")).unwrap_or_default()
}

/// When each answer came, and how long it had taken, in milliseconds: `Date_ms;response_time_ms;rtd_no`.
fn answered(folder: &Path) -> Vec<(f64, f64)> {
    let number = |part: Option<&str>| part?.parse::<f64>().ok();
    let read = |line: &str| {
        let mut parts = line.split(';');
        Some((number(parts.next())?, number(parts.next())?))
    };
    let mut answered = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with("_rtt.csv") {
            answered.extend(std::fs::read_to_string(&path).unwrap().lines().filter_map(read));
            // Another run's are not counted again.
            std::fs::remove_file(&path).unwrap();
        }
    }
    answered
}
