//! The real `hutong`, built once for a run of tests and not once for each test.

use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// The checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a house")
}

/// The program's path. `HUTONG_BINARY` names another, for instance a release build.
///
/// # Panics
/// When it cannot be built.
pub fn hutong() -> &'static Path {
    BINARY.get_or_init(|| match variable("HUTONG_BINARY") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

/// The harness reads its own few variables here and nowhere else.
#[expect(
    clippy::disallowed_methods,
    reason = "the harness is told by its runner, not by a config file"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn build() -> PathBuf {
    let profile = profile_folder();
    let run = variable("NEXTEST_RUN_ID").unwrap_or_else(|| {
        format!("of-{}", rustix::process::getppid().map_or(0, |p| p.as_raw_nonzero().get()))
    });
    let stamp = profile.join(format!(".hutong-built-{run}"));
    let lock = File::create(profile.join(".hutong-build-lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    if !stamp.exists() {
        cargo_build(profile.file_name().is_some_and(|name| name == "release"));
        forget_old_stamps(&profile);
        File::create(&stamp).unwrap();
    }
    profile.join("hutong")
}

/// `target/debug` or `target/release`: two or three levels above the test itself.
fn profile_folder() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().unwrap();
    if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

fn cargo_build(release: bool) {
    let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    // Both packages, so that their dependencies are built with the same features as for the tests.
    command.args(["build", "--quiet", "-p", "gateway", "-p", "tests", "--bin", "hutong"]);
    if release {
        command.arg("--release");
    }
    let status = command.current_dir(root()).status().expect("cargo can be started");
    assert!(status.success(), "`hutong` does not build");
}

fn forget_old_stamps(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with(".hutong-built-") {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}
