//! What somebody else wrote: vendors' and communities' own kits, in Python and in JavaScript.

use std::path::{Path, PathBuf};

/// Where they lie.
#[expect(clippy::disallowed_methods, reason = "where the peers lie is said by the test command")]
fn folder() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers");
    std::env::var("HUTONG_PEERS").map_or_else(|_| own(), PathBuf::from)
}

/// The interpreter that has them all.
///
/// # Panics
/// When they are not installed.
pub fn python() -> PathBuf {
    there(folder().join("bin/python"))
}

/// The packages of JavaScript of one of them, `node_modules`.
///
/// # Panics
/// When they are not installed.
pub fn packages(name: &str) -> PathBuf {
    there(folder().join(name).join("node_modules"))
}

fn there(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "run `cargo xtask test`, which installs the peers");
    path
}
