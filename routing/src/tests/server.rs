//! A Redis of its own for each test, on a unix socket, killed when the test ends.

use crate::{Durability, RedisConfig, Router};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(super) struct RedisServer {
    child: Child,
    dir: TempDir,
}

impl RedisServer {
    /// Starts a server without an append-only file: these tests are about meaning, not disks.
    pub(super) fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("ht").tempdir().unwrap();
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(dir.path().join("r.sock"))
            .args(["--dir".as_ref(), dir.path().as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed by these tests; `cargo xtask test` installs it");
        Self { child, dir }
    }

    pub(super) fn config(&self) -> RedisConfig {
        RedisConfig {
            urls: vec![format!("redis+unix://{}/r.sock", self.dir.path().display())],
            durability: Durability::Relaxed,
            timeout_ms: 10_000,
            ..RedisConfig::default()
        }
    }

    /// A router with the library loaded; waits until the server answers, at most ten seconds.
    pub(super) async fn router(&self) -> Router {
        let socket = self.dir.path().join("r.sock");
        let started = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "redis-server did not start");
            tokio::task::yield_now().await;
        }
        let router = Router::open(&self.config()).await.unwrap();
        crate::library::load(router.store()).await.unwrap();
        router
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
