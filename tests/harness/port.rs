//! Ports that no other test has: below the range that the system gives out by itself, each held by
//! a file lock for as long as the test lives, so that a gateway can be killed and come back at its
//! place.

use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::net::TcpListener;

const FIRST: u16 = 12_000;
const COUNT: u16 = 16_000;

/// A port that is ours until this is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes a free one.
    ///
    /// # Panics
    /// When none is free.
    pub fn take() -> Self {
        let folder = std::env::temp_dir().join("hutong-test-ports");
        std::fs::create_dir_all(&folder).unwrap();
        let process = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
        for step in 0..COUNT {
            let number = FIRST + (process.wrapping_mul(31) % COUNT + step) % COUNT;
            let lock = File::create(folder.join(number.to_string())).unwrap();
            let is_ours = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
            if is_ours && TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Self { number, _lock: lock };
            }
        }
        panic!("no port is free")
    }

    /// Which one it is.
    pub fn number(&self) -> u16 {
        self.number
    }
}
