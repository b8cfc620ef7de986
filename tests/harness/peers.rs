//! What somebody else wrote, in Python: vendors' and communities' own kits.

use std::path::{Path, PathBuf};

/// The interpreter that has them all.
///
/// # Panics
/// When they are not installed.
#[expect(clippy::disallowed_methods, reason = "where the peers lie is said by the test command")]
pub fn python() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers");
    let folder = std::env::var("HUTONG_PEERS").map_or_else(|_| own(), PathBuf::from);
    let python = folder.join("bin/python");
    assert!(python.exists(), "run `cargo xtask test`, which installs the peers");
    python
}
