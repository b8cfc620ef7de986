//! A real XMPP server (Prosody) for each test, in a folder of its own, with one component's place.

use crate::eventually::{eventually, holds};
use crate::mail_server::{Person, program};
use crate::port::Port;
use crate::process::Process;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::net::TcpStream;

/// The domain of its users.
pub const SERVER: &str = "hutong.test";
/// The domain of the component.
pub const COMPONENT: &str = "desk.hutong.test";
/// The component's secret.
pub const SECRET: &str = "CANARY-component-secret";
/// The password of every user.
pub const PASSWORD: &str = "CANARY-xmpp-password";

/// A running (or killed) Prosody.
#[derive(Debug)]
pub struct Prosody {
    folder: PathBuf,
    person: Person,
    clients: Port,
    components: Port,
    process: Option<Process>,
}

impl Prosody {
    /// Starts one that keeps its files in `folder`, with these users.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn start(folder: &Path, users: &[&str]) -> Self {
        let person = Person::unprivileged();
        person.make_folder(folder);
        person.make_folder(&folder.join("data"));
        let (clients, components) = (Port::take(), Port::take());
        let folder = folder.to_owned();
        let mut prosody = Self { folder, person, clients, components, process: None };
        std::fs::write(prosody.config_file(), prosody.config()).unwrap();
        for user in users {
            prosody.register(user);
        }
        prosody.restart().await;
        prosody
    }

    /// Where people log in.
    pub fn client_port(&self) -> u16 {
        self.clients.number()
    }

    /// Where the component comes in.
    pub fn component_port(&self) -> u16 {
        self.components.number()
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Starts it again on its files.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn restart(&mut self) {
        self.kill();
        let mut command = Command::new(program(&["prosody"]));
        command.arg("-F").arg("--config").arg(self.config_file()).current_dir(&self.folder);
        self.person.runs(&mut command);
        self.process = Some(Process::start("prosody", &mut command, &self.folder));
        let ports = [self.client_port(), self.component_port()];
        eventually("prosody listens", async || {
            for port in ports {
                let opened = TcpStream::connect(("127.0.0.1", port)).await;
                holds(opened.is_ok(), format!("not at {port}"))?;
            }
            Ok(())
        })
        .await;
    }

    fn register(&self, user: &str) {
        let mut command = Command::new(program(&["prosodyctl"]));
        command.arg("--config").arg(self.config_file());
        command.args(["register", user, SERVER, PASSWORD]).current_dir(&self.folder);
        self.person.runs(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("prosody.cfg.lua")
    }

    fn config(&self) -> String {
        let folder = self.folder.display();
        let (clients, components) = (self.client_port(), self.component_port());
        format!(
            r#"
            data_path = "{folder}/data"
            pidfile = "{folder}/data/prosody.pid"
            prosody_user = "{user}"
            log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
            interfaces = {{ "127.0.0.1" }}
            modules_enabled = {{ "roster", "saslauth", "disco", "ping", "offline", "presence", "message", "iq" }}
            modules_disabled = {{ "s2s", "tls" }}
            c2s_ports = {{ {clients} }}
            c2s_direct_tls_ports = {{ }}
            component_ports = {{ {components} }}
            component_interfaces = {{ "127.0.0.1" }}
            c2s_require_encryption = false
            allow_unencrypted_plain_auth = true
            authentication = "internal_hashed"
            VirtualHost "{SERVER}"
            Component "{COMPONENT}"
                component_secret = "{SECRET}"
            "#,
            user = self.person.user,
        )
    }
}
