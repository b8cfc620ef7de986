//! A whole house: one Redis, gateways on it, a desk in it, and people who can sign in.

use crate::agent::TestAgent;
use crate::api::Api;
use crate::desk::DeskFile;
use crate::eventually::{eventually, holds};
use crate::gateway::{GatewayProcess, Settings};
use crate::redis_server::{Keeping, RedisServer};
use crate::visitor::TestVisitor;
use records::{Records, RecordsConfig};
use rustix::process::{Flock, FlockType, Signal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A house to be built.
#[derive(Debug)]
pub struct Plan {
    desk: DeskFile,
    gateways: usize,
    keeping: Keeping,
    settings: Settings,
    disk: Option<PathBuf>,
}

impl Plan {
    /// Keeps Redis and the data directory here, for instance on a disk of its own. What is there
    /// already is gone on with: the desk is not applied again.
    #[must_use]
    pub fn on_disk(mut self, disk: &Path) -> Self {
        self.disk = Some(disk.to_owned());
        self
    }

    /// How many gateways.
    #[must_use]
    pub fn with_gateways(mut self, gateways: usize) -> Self {
        self.gateways = gateways;
        self
    }

    /// A config key of every gateway.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(key.to_owned(), value.into());
        self
    }

    /// Redis that may lose a second in a power cut.
    #[must_use]
    pub fn relaxed(mut self) -> Self {
        self.keeping = Keeping::Relaxed;
        self.with("redis.durability", "relaxed")
    }

    /// Starts Redis, applies the desk, and starts the gateways.
    pub async fn start(self) -> House {
        let mut house = self.build().await;
        house.open().await;
        house
    }

    /// Starts Redis and applies the desk, and leaves the gateways for the test to start.
    pub async fn build(self) -> House {
        let folder = tempfile::Builder::new().prefix("hutong-").tempdir().unwrap();
        let disk = self.disk.unwrap_or_else(|| folder.path().to_owned());
        let is_fresh = !disk.join("data").exists();
        let redis = RedisServer::start(&disk.join("redis"), self.keeping).await;
        let mut settings = self.settings;
        settings.entry("redis.urls".to_owned()).or_insert_with(|| json!([redis.url()]));
        settings.insert("data_dir".to_owned(), json!(disk.join("data")));
        std::fs::create_dir_all(disk.join("data")).unwrap();
        let gateways = (0..self.gateways)
            .map(|n| GatewayProcess::set(&format!("gateway{n}"), folder.path(), &settings))
            .collect();
        let house = House { redis, gateways, desk: self.desk, passwords: BTreeMap::new(), folder };
        if is_fresh {
            house.apply(&house.desk);
        }
        house
    }
}

/// A running house.
#[derive(Debug)]
pub struct House {
    /// The gateways; the first to drop, so that they do not complain of a missing Redis.
    pub gateways: Vec<GatewayProcess>,
    /// Their Redis.
    pub redis: RedisServer,
    /// What was applied.
    pub desk: DeskFile,
    passwords: BTreeMap<String, String>,
    folder: TempDir,
}

impl House {
    /// The plan of a house with this desk: one gateway, strict, quick presence, and limits that a
    /// test from one address does not reach.
    pub fn of(desk: DeskFile) -> Plan {
        let settings = [
            ("redis.durability", json!("strict")),
            ("presence.heartbeat_ms", json!(500)),
            ("presence.lease_ms", json!(3_000)),
            ("server.workers", json!(2)),
            ("server.drain_ms", json!(5_000)),
            ("server.drain_spread_ms", json!(500)),
            ("limits.logins_per_minute", json!(10_000)),
            ("limits.logins_per_minute_address", json!(10_000)),
            ("limits.messages_per_second", json!(1_000)),
            ("limits.messages_burst", json!(10_000)),
            ("limits.sessions_per_minute", json!(100_000)),
            ("limits.connects_per_minute", json!(100_000)),
            ("limits.sockets_per_address", json!(100_000)),
            ("limits.conversations_per_minute", json!(100_000)),
            ("limits.uploads_per_hour", json!(10_000)),
            ("limits.uploads_per_hour_address", json!(100_000)),
            ("limits.upload_mib_per_hour_address", json!(100_000)),
            ("limits.disk_mib_free_min", json!(0)),
            ("limits.requests_per_second", json!(1_000)),
            ("webhooks.allow_http", json!(true)),
            ("webhooks.allow_inner", json!(["127.0.0.1/32"])),
            ("mail.inner_ports", json!(["1-65535"])),
            ("mail.listen_ports", json!(["1-65535"])),
            ("mail.listen_folders", json!(["/"])),
            ("doors.allow_http", json!(true)),
            ("doors.allow_inner", json!(["127.0.0.1/32"])),
        ];
        let settings = settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Plan { desk, gateways: 1, keeping: Keeping::Strict, settings, disk: None }
    }

    /// The small desk, as it stands.
    pub async fn small() -> Self {
        Self::of(DeskFile::small()).start().await
    }

    async fn open(&mut self) {
        for gateway in &mut self.gateways {
            gateway.spawn();
        }
        for gateway in &mut self.gateways {
            gateway.becomes_ready().await;
        }
    }

    /// Where the house keeps its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The archive, opened beside the gateways: for what another machine would write at the same moment.
    pub async fn archive(&self) -> Records {
        let url = format!("sqlite:{}", self.folder().join("data/records.sqlite").display());
        Records::open(&RecordsConfig { url }).await.expect("the records open")
    }

    /// Freezes a gateway between two of its writes to the archive: frozen within one, it would hold up
    /// every other process that shares SQLite's file, which is no defect of theirs.
    ///
    /// # Panics
    /// When it writes without end.
    pub async fn freezes(&mut self, gateway: usize) {
        let archive = self.folder().join("data/records.sqlite-shm");
        let frozen = &mut self.gateways[gateway];
        eventually("a gateway is frozen between two writes", async || {
            frozen.signal(Signal::STOP);
            let is_writing = has_write_lock(&archive);
            if is_writing {
                frozen.signal(Signal::CONT);
            }
            holds(!is_writing, "it writes")
        })
        .await;
    }

    /// Applies a desk by `hutong apply`.
    pub fn apply(&self, desk: &DeskFile) {
        self.apply_for("main", desk);
    }

    /// Applies a desk to a tenant.
    pub fn apply_for(&self, tenant: &str, desk: &DeskFile) {
        let file = self.folder.path().join("desk.json");
        std::fs::write(&file, desk.json().to_string()).unwrap();
        self.gateways[0].runs(&["apply", &file.to_string_lossy(), "--tenant", tenant]);
    }

    /// A nameless caller of the first gateway.
    pub fn api(&self) -> Api {
        self.gateways[0].api()
    }

    /// The password of an agent, made at the first question.
    pub fn password(&mut self, agent: &str) -> String {
        if let Some(password) = self.passwords.get(agent) {
            return password.clone();
        }
        let printed = self.gateways[0].runs(&["admin", "set-password", agent, "--generate"]);
        let password =
            printed.split_whitespace().next_back().expect("a password is printed").to_owned();
        self.passwords.insert(agent.to_owned(), password.clone());
        password
    }

    /// The passwords that were made, for a house that goes on with this one's data.
    pub fn passwords(&self) -> &BTreeMap<String, String> {
        &self.passwords
    }

    /// Takes over the passwords of the house whose data this one goes on with.
    pub fn knows(&mut self, passwords: &BTreeMap<String, String>) {
        self.passwords.extend(passwords.clone());
    }

    /// An agent who signed in at the first gateway, without a socket.
    pub async fn signs_in(&mut self, agent: &str) -> TestAgent {
        let password = self.password(agent);
        TestAgent::signs_in(&self.api(), agent, &password).await
    }

    /// An agent with a socket to a gateway, who takes work.
    pub async fn ready_agent_at(&mut self, agent: &str, gateway: usize) -> TestAgent {
        let mut agent = self.signs_in(agent).await;
        agent.moves_to(self.gateways[gateway].port());
        agent.connects().await;
        agent.is_ready().await;
        agent
    }

    /// An agent with a socket to the first gateway, who takes work.
    pub async fn ready_agent(&mut self, agent: &str) -> TestAgent {
        self.ready_agent_at(agent, 0).await
    }

    /// An agent with a socket, who takes no work.
    pub async fn watching(&mut self, agent: &str) -> TestAgent {
        let mut agent = self.signs_in(agent).await;
        agent.connects().await;
        agent
    }

    /// A visitor with a socket to the first gateway.
    pub async fn visitor(&self) -> TestVisitor {
        TestVisitor::arrives(&self.api(), "website").await
    }

    /// A visitor with a socket to one of the gateways.
    pub async fn visitor_at(&self, gateway: usize) -> TestVisitor {
        TestVisitor::arrives(&self.gateways[gateway].api(), "website").await
    }

    /// What `hutong fsck` finds wrong.
    pub fn fsck(&self) -> Result<(), String> {
        let output = self.gateways[0].run(&["fsck"]);
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(()) } else { Err(format!("{out}{err}")) }
    }

    /// The end that every test wants: every index agrees with its conversations (I6), and nothing
    /// panicked.
    ///
    /// # Panics
    /// When it is not so.
    pub fn ends_well(&self) {
        if let Err(found) = self.fsck() {
            panic!("fsck: {found}");
        }
        for gateway in &self.gateways {
            assert!(
                !gateway.output().contains("panicked"),
                "a gateway panicked:\n{}",
                gateway.output()
            );
        }
    }
}

/// Does a process hold the lock of SQLite's one writer? It is a byte of the shared index
/// (sqlite.org/walformat.html, "WAL locks": `WAL_WRITE_LOCK`).
fn has_write_lock(index: &Path) -> bool {
    let file = std::fs::File::options().read(true).write(true).open(index).unwrap();
    let mut lock = Flock::from(FlockType::WriteLock);
    (lock.start, lock.length) = (120, 1);
    rustix::process::fcntl_getlk(file, &lock).unwrap().is_some()
}
