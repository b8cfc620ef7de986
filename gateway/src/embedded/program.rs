//! Which program serves, and whether it is new enough.

use super::{EmbeddedError, VERSION_MAJOR_MIN};
use crate::config::Config;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A server that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of its version.
    pub version: String,
    /// `setpriv`, which ends the server with us.
    pub setpriv: Option<PathBuf>,
}

/// Finds the configured program, or one in `PATH`.
///
/// # Errors
/// See [`EmbeddedError`].
pub async fn find_program(config: &Config) -> Result<Program, EmbeddedError> {
    let path = if config.embedded.program.is_empty() {
        in_path("redis-server")
            .or_else(|| in_path("valkey-server"))
            .ok_or(EmbeddedError::NoProgram)?
    } else {
        PathBuf::from(&config.embedded.program)
    };
    let unusable = |problem: String| EmbeddedError::Program { program: path.clone(), problem };
    let mut ask = Command::new(&path);
    ask.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let output = ask.output().await.map_err(|error| unusable(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = version_in(&text).ok_or_else(|| unusable("it says no version".to_owned()))?;
    let major: u32 = version.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < VERSION_MAJOR_MIN {
        return Err(unusable(format!(
            "it is {version}; version {VERSION_MAJOR_MIN} or later is needed"
        )));
    }
    Ok(Program { path, version, setpriv: in_path("setpriv") })
}

/// `Redis server v=7.0.15 sha=…` → `7.0.15`.
fn version_in(text: &str) -> Option<String> {
    let word = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?;
    word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "PATH is how programs are found, not config of ours")]
fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn versions_of_both_servers_are_read() {
        let redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
        assert_eq!(version_in(redis).as_deref(), Some("7.0.15"));
        assert_eq!(version_in("Valkey server v=8.1.3 sha=0:0").as_deref(), Some("8.1.3"));
        assert_eq!(version_in("nonsense"), None);
    }
}
