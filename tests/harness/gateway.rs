//! The real `hutong serve`, at a port of its own, which can be killed and come back.

use crate::api::Api;
use crate::binary;
use crate::eventually::{eventually_within, holds};
use crate::port::Port;
use crate::process::Process;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Config keys by their dotted path.
pub type Settings = BTreeMap<String, Value>;

/// One gateway.
#[derive(Debug)]
pub struct GatewayProcess {
    name: String,
    folder: PathBuf,
    port: Port,
    settings: Settings,
    environment: BTreeMap<String, String>,
    process: Option<Process>,
}

impl GatewayProcess {
    /// One that is set but not started.
    pub fn set(name: &str, folder: &Path, settings: &Settings) -> Self {
        let port = Port::take();
        let mut settings = settings.clone();
        let address = format!("127.0.0.1:{}", port.number());
        settings.insert("server.public_url".to_owned(), format!("http://{address}").into());
        settings.insert("server.listen".to_owned(), address.into());
        std::fs::create_dir_all(folder).unwrap();
        let gateway = Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            port,
            settings,
            environment: BTreeMap::new(),
            process: None,
        };
        gateway.write_config();
        gateway
    }

    fn config(&self) -> PathBuf {
        self.folder.join(format!("{}.toml", self.name))
    }

    fn write_config(&self) {
        std::fs::write(self.config(), toml(&self.settings)).unwrap();
    }

    /// Changes a key for the next start.
    pub fn change(&mut self, key: &str, value: impl Into<Value>) {
        self.settings.insert(key.to_owned(), value.into());
        self.write_config();
    }

    /// Sets a variable of its environment for the next start.
    pub fn change_environment(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// A nameless caller of it.
    pub fn api(&self) -> Api {
        Api::at(self.port())
    }

    /// Starts it, and does not wait.
    pub fn spawn(&mut self) {
        let mut command = Command::new(binary::hutong());
        command.arg("serve").arg("--config").arg(self.config()).current_dir(&self.folder);
        clean_environment(&mut command);
        command.envs(&self.environment);
        self.process = Some(Process::start(&self.name, &mut command, &self.folder));
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) {
        self.spawn();
        self.becomes_ready().await;
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    /// When it ended, or is not ready within twenty seconds.
    pub async fn becomes_ready(&mut self) {
        let what = format!("{} is ready", self.name);
        eventually_within(Duration::from_secs(20), &what, async || self.is_ready().await).await;
    }

    async fn is_ready(&mut self) -> Result<(), String> {
        if let Some(code) = self.ended() {
            panic!("{} ended with {code}:\n{}", self.name, self.output());
        }
        let get = self.api().try_call(reqwest::Method::GET, "/readyz", None, &[]).await;
        match get {
            Ok(answer) => holds(answer.status == 200, format!("{answer:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
    }

    /// Sends it a signal.
    pub fn signal(&mut self, signal: Signal) {
        if let Some(process) = &mut self.process {
            process.signal(signal);
        }
    }

    /// Its exit code, once it ended.
    pub fn ended(&mut self) -> Option<i32> {
        self.process.as_mut().and_then(Process::ended)
    }

    /// What it printed since its last start.
    pub fn output(&self) -> String {
        self.process.as_ref().map_or_else(String::new, Process::output)
    }

    /// Its process id.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Runs another command of the program with this gateway's config.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(binary::hutong());
        command.args(words).arg("--config").arg(self.config()).current_dir(&self.folder);
        clean_environment(&mut command);
        command.output().unwrap()
    }

    /// The same, which must succeed; gives what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn runs(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "hutong {words:?} → {}:\n{out}{err}", output.status);
        out.into_owned()
    }
}

/// Nothing of the runner's own environment may change what is tested.
fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUTONG__") {
            command.env_remove(name);
        }
    }
}

/// JSON's scalars and lists are TOML's.
fn toml(settings: &Settings) -> String {
    let mut text = String::new();
    for (key, value) in settings.iter().filter(|(key, _)| !key.contains('.')) {
        writeln!(text, "{key} = {value}").unwrap();
    }
    let mut section = "";
    for (key, value) in settings {
        if let Some((of, name)) = key.split_once('.') {
            if of != section {
                writeln!(text, "\n[{of}]").unwrap();
                section = of;
            }
            writeln!(text, "{name} = {value}").unwrap();
        }
    }
    text
}
