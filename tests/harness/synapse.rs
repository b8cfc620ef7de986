//! A real Matrix homeserver (Synapse, from PyPI) for each test, in a folder of its own, on SQLite. It
//! knows application services by their registrations, which name the address that it calls.

use crate::eventually::{eventually_within, holds};
use crate::peers::python;
use crate::port::Port;
use crate::process::Process;
use reqwest::Client;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The name behind the colon of its users' ids.
pub const SERVER_NAME: &str = "hutong.test";
/// The password of every user.
pub const PASSWORD: &str = "CANARY-matrix-password";

/// It answers within this time; it makes its tables first.
const STARTS_WITHIN: Duration = Duration::from_secs(90);

/// A running (or killed) Synapse.
#[derive(Debug)]
pub struct Synapse {
    folder: PathBuf,
    port: Port,
    client: Client,
    process: Option<Process>,
}

impl Synapse {
    /// Starts one that keeps its files in `folder`, with these registrations of application services
    /// (YAML).
    ///
    /// # Panics
    /// When it does not answer within its time.
    pub async fn start(folder: &Path, registrations: &[String]) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let mut files = Vec::new();
        for (n, registration) in registrations.iter().enumerate() {
            let file = folder.join(format!("appservice-{n}.yaml"));
            std::fs::write(&file, registration).unwrap();
            files.push(file);
        }
        // The process's TLS provider: another part of the test may have installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (port, client) = (Port::take(), Client::new());
        let mut synapse = Self { folder: folder.to_owned(), port, client, process: None };
        let config = synapse.config(&files);
        std::fs::write(synapse.config_file(), config.to_string()).unwrap();
        // A key for this server alone; nobody else ever sees its signatures.
        let key = "ed25519 a_test AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA\n";
        std::fs::write(folder.join("signing.key"), key).unwrap();
        let log = json!({
            "version": 1,
            "formatters": { "short": { "format": "%(levelname)s %(name)s %(message)s" } },
            "handlers": { "console": { "class": "logging.StreamHandler", "formatter": "short" } },
            "root": { "level": "WARNING", "handlers": ["console"] },
        });
        std::fs::write(folder.join("log.yaml"), log.to_string()).unwrap();
        synapse.restart().await;
        synapse
    }

    /// Its address for clients, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Kills it with -9. What it was told to keep stays.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Starts it again on its files.
    ///
    /// # Panics
    /// When it does not answer within its time.
    pub async fn restart(&mut self) {
        self.kill();
        let mut command = Command::new(python());
        command.args(["-m", "synapse.app.homeserver", "--config-path"]).arg(self.config_file());
        command.current_dir(&self.folder);
        self.process = Some(Process::start("synapse", &mut command, &self.folder));
        let url = format!("{}/_matrix/client/versions", self.url());
        eventually_within(STARTS_WITHIN, "synapse answers", async || {
            let answer = self.client.get(&url).send().await.map_err(|error| error.to_string())?;
            holds(answer.status().is_success(), answer.status().to_string())
        })
        .await;
    }

    /// Makes a user, with [`PASSWORD`].
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create_user(&self, name: &str) {
        let url = format!("{}/_matrix/client/v3/register", self.url());
        let body = json!({
            "username": name,
            "password": PASSWORD,
            "auth": { "type": "m.login.dummy" },
            "inhibit_login": true,
        });
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("homeserver.yaml")
    }

    /// JSON is YAML.
    fn config(&self, registrations: &[PathBuf]) -> Value {
        let often = json!({ "per_second": 10_000, "burst_count": 10_000 });
        json!({
            "server_name": SERVER_NAME,
            "report_stats": false,
            "log_config": self.folder.join("log.yaml"),
            "suppress_key_server_warning": true,
            "trusted_key_servers": [],
            "listeners": [{
                "port": self.port.number(),
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{ "names": ["client"] }],
            }],
            "database": { "name": "sqlite3", "args": { "database": self.folder.join("home.db") } },
            "media_store_path": self.folder.join("media"),
            "signing_key_path": self.folder.join("signing.key"),
            "macaroon_secret_key": "of-this-test",
            "form_secret": "of-this-test",
            "registration_shared_secret": "of-this-test",
            "enable_registration": true,
            "enable_registration_without_verification": true,
            "bcrypt_rounds": 4,
            "presence": { "enabled": false },
            "app_service_config_files": registrations,
            "rc_message": often,
            "rc_registration": often,
            "rc_login": { "address": often, "account": often, "failed_attempts": often },
            "rc_joins": { "local": often, "remote": often },
            "rc_joins_per_room": often,
            "rc_invites": { "per_room": often, "per_user": often, "per_issuer": often },
            "rc_room_creation": often,
            "rc_media_create": often,
        })
    }
}
