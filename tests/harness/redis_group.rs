//! Several Redis servers that belong together, on ports of their own: a Cluster, or a primary and its
//! replica behind Sentinels.

use crate::eventually::{eventually_within, holds};
use crate::house::Plan;
use crate::port::Port;
use crate::process::Process;
use serde_json::json;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const READY_WITHIN: Duration = Duration::from_secs(30);
/// The name of the primary among the Sentinels.
const PRIMARY: &str = "desk";

/// A running group.
#[derive(Debug)]
pub struct RedisGroup {
    topology: &'static str,
    /// Where a gateway asks first.
    doors: Vec<u16>,
    _servers: Vec<Process>,
    _ports: Vec<Port>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Founding {
    servers: Vec<Process>,
    ports: Vec<Port>,
    folder: TempDir,
}

impl Founding {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("hutong-group-").tempdir().unwrap();
        Self { servers: Vec::new(), ports: Vec::new(), folder }
    }

    fn port(&mut self) -> u16 {
        let port = Port::take();
        let number = port.number();
        self.ports.push(port);
        number
    }

    async fn server(&mut self, more: &[&str]) -> u16 {
        let port = self.port();
        let folder = self.folder.path().join(port.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--maxmemory-policy", "noeviction", "--dir"])
            .arg(&folder)
            .args(more);
        self.servers.push(Process::start("redis", &mut command, self.folder.path()));
        until("a server answers", || holds(ask(port, &["PING"]).contains("PONG"), "silent")).await;
        port
    }

    async fn sentinel(&mut self, primary: u16) -> u16 {
        let port = self.port();
        let file = self.folder.path().join(format!("sentinel{port}.conf"));
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {PRIMARY} 127.0.0.1 {primary} 2\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&file).arg("--sentinel");
        self.servers.push(Process::start("sentinel", &mut command, self.folder.path()));
        until("a sentinel answers", || holds(ask(port, &["PING"]).contains("PONG"), "silent"))
            .await;
        port
    }

    fn stands(self, topology: &'static str, doors: Vec<u16>) -> RedisGroup {
        let Self { servers, ports, folder } = self;
        RedisGroup { topology, doors, _servers: servers, _ports: ports, _folder: folder }
    }
}

impl RedisGroup {
    /// Three primaries that share the slots.
    pub async fn cluster() -> Self {
        let mut founding = Founding::new();
        let mut doors = Vec::new();
        for _ in 0..3 {
            doors.push(founding.server(&["--cluster-enabled", "yes"]).await);
        }
        let addresses: Vec<String> = doors.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let mut create = vec!["--cluster", "create"];
        create.extend(addresses.iter().map(String::as_str));
        create.push("--cluster-yes");
        ask(doors[0], &create);
        until("the cluster agrees", || {
            let said: Vec<String> =
                doors.iter().map(|port| ask(*port, &["CLUSTER", "INFO"])).collect();
            holds(said.iter().all(|text| text.contains("cluster_state:ok")), said.join("\n"))
        })
        .await;
        founding.stands("cluster", doors)
    }

    /// A primary and a replica, which three Sentinels watch.
    pub async fn sentinel() -> Self {
        let mut founding = Founding::new();
        let primary = founding
            .server(&["--min-replicas-to-write", "1", "--repl-diskless-sync-delay", "0"])
            .await;
        let of = primary.to_string();
        let replica = founding.server(&["--replicaof", "127.0.0.1", &of]).await;
        until("the replica follows", || {
            let said = ask(replica, &["INFO", "replication"]);
            holds(said.contains("master_link_status:up"), said)
        })
        .await;
        let mut doors = Vec::new();
        for _ in 0..3 {
            doors.push(founding.sentinel(primary).await);
        }
        until("the sentinels know each other", || {
            let said = doors.iter().map(|port| ask(*port, &["SENTINEL", "MASTER", PRIMARY]));
            let missing = said.into_iter().find(|text| {
                !(text.contains("num-other-sentinels\n2") && text.contains("num-slaves\n1"))
            });
            missing.map_or(Ok(()), Err)
        })
        .await;
        founding.stands("sentinel", doors)
    }

    /// A house on this group instead of on a Redis of its own.
    pub fn under(&self, plan: Plan) -> Plan {
        let urls: Vec<String> =
            self.doors.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect();
        let durability = if self.topology == "sentinel" { "ha" } else { "strict" };
        plan.with("redis.urls", json!(urls))
            .with("redis.topology", self.topology)
            .with("redis.sentinel_primary", PRIMARY)
            .with("redis.durability", durability)
    }
}

async fn until(what: &str, mut look: impl FnMut() -> Result<(), String>) {
    eventually_within(READY_WITHIN, what, async || look()).await;
}

fn ask(port: u16, words: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output();
    String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
}
