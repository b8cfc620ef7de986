//! A telephone or a trunk that follows a script (SIPp): the scripts stand in `tests/peers/sip`.

use crate::binary::root;
use crate::eventually::{eventually_within, holds};
use crate::mail_server::program;
use crate::port::Port;
use crate::process::Process;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The longest script.
const WITHIN: Duration = Duration::from_secs(30);

/// A running script.
#[derive(Debug)]
pub struct Sipp {
    process: Process,
    port: Port,
    folder: std::path::PathBuf,
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
        std::fs::create_dir_all(&folder).unwrap();
        let mut text =
            std::fs::read_to_string(root().join(format!("tests/peers/sip/{script}.xml"))).unwrap();
        for (name, word) in words {
            // The answer's pattern stands in an attribute.
            let word =
                if *name == "proof" { word.replace('"', "&quot;") } else { (*word).to_owned() };
            text = text.replace(&format!("{{{{{name}}}}}"), &word);
        }
        let file = folder.join("script.xml");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program(&["sipp"]));
        command.arg("-sf").arg(&file).args(["-i", "127.0.0.1", "-p", &port.number().to_string()]);
        command.args(["-m", "1", "-nostdin", "-trace_msg", "-trace_err"]);
        command.args(["-message_file", "messages.log", "-error_file", "errors.log"]);
        if let Some(to) = calls {
            command.arg(format!("127.0.0.1:{to}"));
        }
        command.current_dir(&folder).env("TERM", "dumb");
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
        let errors = std::fs::read_to_string(self.folder.join("errors.log")).unwrap_or_default();
        assert_eq!(code, 0, "{errors}\n{}", self.messages());
    }
}
