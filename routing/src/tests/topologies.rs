//! The same life of a conversation on a Cluster and behind Sentinel, with real servers, on ports of
//! the loopback that the system gives.

use super::desk::*;
use crate::events::Read;
use crate::reply::{Accepted, Received};
use crate::{Durability, RedisConfig, Router, RoutingError, Topology};
use domain::State;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Real servers, killed when the test ends.
struct Servers {
    dir: TempDir,
    children: Vec<(u16, Child)>,
}

fn free_port() -> u16 {
    // A cluster's bus uses the port + 10,000.
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if port < 50_000 {
            return port;
        }
        let low = 20_000 + port % 20_000;
        if TcpListener::bind(("127.0.0.1", low)).is_ok() {
            return low;
        }
    }
}

impl Servers {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), children: Vec::new() }
    }

    fn start(&mut self, port: u16, more: &[&str]) {
        let dir = self.dir.path().join(port.to_string());
        std::fs::create_dir_all(&dir).unwrap();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(&dir)
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed by these tests; `cargo xtask test` installs it");
        self.children.push((port, child));
        wait_for("the server", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    fn sentinel(&mut self, port: u16, primary: u16) {
        let file = self.dir.path().join(format!("sentinel-{port}.conf"));
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor desk 127.0.0.1 {primary} 2\n\
             sentinel down-after-milliseconds desk 1000\nsentinel failover-timeout desk 3000\n"
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push((port, child));
        wait_for("the sentinel", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    fn kill(&mut self, port: u16) {
        let (_, child) = self.children.iter_mut().find(|(p, _)| *p == port).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (_, child) in &mut self.children {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} is not there after 30 s");
        std::thread::yield_now();
    }
}

fn cli(port: u16, args: &[&str]) -> String {
    let output =
        Command::new("redis-cli").args(["-p", &port.to_string()]).args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn a_conversation_is_served(router: &Router, n: u32) {
    let now = router.now().await.unwrap().0;
    ready(router, &agent("li", "tax:4", 3)).await;
    let received = says(router, n, n, &entry("tax:3", now, 60_000)).await;
    assert!(matches!(received, Received::Appended { state: State::Offered, .. }), "{received:?}");
    let (found, _) = router.conversation(&tenant(), &conv(n)).await.unwrap().unwrap();
    let token = found.offer_token.unwrap();
    let accepted = router.accept_offer(&tenant(), &conv(n), &agent_id("li"), &token).await.unwrap();
    assert_eq!(accepted, Accepted::Assigned);
    let report = router.fsck(&tenant(), false).await.unwrap();
    assert!(report.conversations > 0 && report.discrepancies.is_empty(), "{report:?}");
    let mut reader = crate::EventReader::new(router.store(), &tenant(), "0-0");
    let read = reader.next(100, 100).await.unwrap();
    assert!(matches!(&read, Read::Commits(commits) if !commits.is_empty()), "{read:?}");
}

#[tokio::test]
async fn a_cluster_serves_a_conversation_in_its_tenants_slot() {
    let mut servers = Servers::new();
    let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
    for port in &ports {
        servers.start(*port, &["--cluster-enabled", "yes"]);
    }
    let addresses: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let mut create = vec!["--cluster", "create"];
    create.extend(addresses.iter().map(String::as_str));
    create.push("--cluster-yes");
    cli(ports[0], &create);
    wait_for("the cluster", || {
        ports.iter().all(|port| cli(*port, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
    });
    let config = RedisConfig {
        urls: ports.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect(),
        topology: Topology::Cluster,
        durability: Durability::Strict,
        ..RedisConfig::default()
    };
    let router = Router::open(&config).await.unwrap();
    let report = router.prepare().await.unwrap();
    assert_eq!(report.appendfsync, "always");
    router.prepare().await.expect("preparing again finds the library");
    a_conversation_is_served(&router, 1).await;

    // The weakest primary counts, whichever it is.
    for port in &ports {
        cli(*port, &["CONFIG", "SET", "appendfsync", "everysec"]);
        let refused = router.prepare().await.expect_err("one is weaker");
        assert!(refused.to_string().contains(&port.to_string()), "{refused}");
        cli(*port, &["CONFIG", "SET", "appendfsync", "always"]);
    }
    router.prepare().await.unwrap();
    // A tenant's slot that is on its way is noticed; another slot is nobody's business.
    let tenants = [tenant()];
    router.may_serve(&tenants).await.unwrap();
    let slot = cli(ports[0], &["CLUSTER", "KEYSLOT", "{t1}"]).trim().to_owned();
    let ids: Vec<String> =
        ports.iter().map(|port| cli(*port, &["CLUSTER", "MYID"]).trim().to_owned()).collect();
    for port in &ports {
        for id in &ids {
            // Refused by all but the owner, and towards itself.
            cli(*port, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", id]);
        }
    }
    let refused = router.may_serve(&tenants).await.expect_err("it moves");
    assert!(matches!(&refused, RoutingError::Unsuitable(said) if said.contains("t1")), "{refused}");
    router.may_serve(&["other".parse().unwrap()]).await.unwrap();
}

#[tokio::test]
async fn behind_sentinel_the_next_primary_goes_on() {
    let mut servers = Servers::new();
    let (primary, replica) = (free_port(), free_port());
    servers.start(primary, &["--min-replicas-to-write", "1", "--repl-diskless-sync-delay", "0"]);
    let of = primary.to_string();
    servers.start(replica, &["--min-replicas-to-write", "1", "--replicaof", "127.0.0.1", &of]);
    wait_for("the replica", || {
        cli(replica, &["INFO", "replication"]).contains("master_link_status:up")
    });
    let sentinels: Vec<u16> = (0..3).map(|_| free_port()).collect();
    for port in &sentinels {
        servers.sentinel(*port, primary);
    }
    wait_for("the sentinels to know each other", || {
        sentinels.iter().all(|port| {
            let said = cli(*port, &["SENTINEL", "MASTER", "desk"]);
            said.contains("num-other-sentinels\n2") && said.contains("num-slaves\n1")
        })
    });
    let config = RedisConfig {
        urls: sentinels.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect(),
        topology: Topology::Sentinel,
        sentinel_primary: "desk".to_owned(),
        durability: Durability::Ha,
        ..RedisConfig::default()
    };
    let router = Router::open(&config).await.unwrap();
    assert_eq!(router.prepare().await.unwrap().replicas, 1);
    a_conversation_is_served(&router, 1).await;

    servers.kill(primary);
    wait_for("the other primary", || {
        cli(replica, &["INFO", "replication"]).contains("role:master")
    });
    // Alone, it may not write under `ha`: work is refused, not half promised.
    let refused = loop {
        match try_says(&router, 2, 2, &entry("tax:3", 1, 60_000)).await {
            Err(error @ (RoutingError::Refused { .. } | RoutingError::NotReplicated { .. })) => {
                break error;
            }
            Err(error) if error.is_unavailable() => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused.is_unavailable(), "{refused}");
    let (found, _) = router.conversation(&tenant(), &conv(1)).await.unwrap().unwrap();
    assert_eq!(found.state, State::Active, "nothing acknowledged was lost");
    cli(replica, &["CONFIG", "SET", "min-replicas-to-write", "0"]);
    let third = free_port();
    let of = replica.to_string();
    servers.start(third, &["--replicaof", "127.0.0.1", &of]);
    wait_for("the new replica", || {
        cli(third, &["INFO", "replication"]).contains("master_link_status:up")
    });
    says(&router, 2, 2, &entry("tax:3", 1, 60_000)).await;
}
