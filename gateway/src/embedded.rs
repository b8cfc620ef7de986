//! The embedded Redis: with no address configured the gateway starts a `redis-server` (or
//! `valkey-server`) of its own on a unix socket in the data directory, watches it, starts it again
//! when it dies, and ends it after its own drain.
//!
//! A lock file keeps two gateways off one data directory. Where `setpriv` (util-linux) exists the
//! server dies with the gateway, however the gateway dies; elsewhere a server that was left behind
//! is found through its socket at the next start and asked to shut down first.

mod program;
mod supervise;

pub use program::{Program, find_program};
pub use supervise::Embedded;
pub(crate) use supervise::make_private_dir as make_data_dir;

use crate::config::Config;
use std::path::PathBuf;

/// The longest path of a unix socket that every system takes, in bytes.
pub const SOCKET_PATH_BYTES_MAX: usize = 103;
/// The oldest major version with Functions.
pub const VERSION_MAJOR_MIN: u32 = 7;

/// Why the embedded Redis cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No program.
    #[error(
        "no redis-server or valkey-server was found in PATH. Install one (Debian, Ubuntu: `apt install \
         redis-server`; Fedora: `dnf install valkey`; macOS: `brew install redis`), name it in \
         embedded.program, or give redis.urls to use a server that you run"
    )]
    NoProgram,
    /// It does not run, or says no version.
    #[error("`{program}` cannot be used: {problem}")]
    Program {
        /// Which.
        program: PathBuf,
        /// Why.
        problem: String,
    },
    /// The path of the socket is too long for the system.
    #[error(
        "the path of the Redis socket has {bytes} bytes, and systems take at most {SOCKET_PATH_BYTES_MAX}: \
         choose a shorter data_dir than {path}"
    )]
    SocketPath {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// Another gateway uses the data directory.
    #[error("another gateway uses the data directory {path} (its lock is held)")]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// A file could not be made or read.
    #[error("{what} {path} failed")]
    File {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The server's arguments for this config.
pub(crate) fn arguments(config: &Config) -> Vec<String> {
    let fsync = match config.redis.durability {
        routing::Durability::Relaxed => "everysec",
        routing::Durability::Strict | routing::Durability::Ha => "always",
    };
    let socket = config.redis_socket().display().to_string();
    let dir = config.data_dir.join("redis").display().to_string();
    let memory = format!("{}mb", config.embedded.memory_mib_max);
    let pairs: [(&str, &str); 11] = [
        ("--port", "0"),
        ("--unixsocket", &socket),
        ("--unixsocketperm", "700"),
        ("--appendonly", "yes"),
        ("--appendfsync", fsync),
        ("--save", ""),
        ("--maxmemory-policy", "noeviction"),
        ("--maxmemory", if config.embedded.memory_mib_max == 0 { "0" } else { &memory }),
        ("--dir", &dir),
        ("--daemonize", "no"),
        ("--logfile", ""),
    ];
    pairs.iter().flat_map(|(key, value)| [(*key).to_owned(), (*value).to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_promises_what_the_profile_says() {
        let mut config = Config::default();
        let of = |config: &Config, key: &str| {
            let arguments = arguments(config);
            let place = arguments.iter().position(|argument| argument == key).unwrap();
            arguments[place + 1].clone()
        };
        assert_eq!(of(&config, "--appendfsync"), "always");
        assert_eq!(of(&config, "--maxmemory-policy"), "noeviction");
        assert_eq!(of(&config, "--port"), "0");
        config.redis.durability = routing::Durability::Relaxed;
        config.embedded.memory_mib_max = 64;
        assert_eq!(of(&config, "--appendfsync"), "everysec");
        assert_eq!(of(&config, "--maxmemory"), "64mb");
    }
}
