//! A machine as the installer sees it: where programs are found, and who runs us. Tests make one
//! up from a folder of scripts.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where servers live that their packages keep out of the search path.
const HIDDEN_FOLDERS: &[&str] = &["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/// Where systems keep programs that only servers start.
const SERVED_FOLDERS: &[&str] = &[
    "/usr/sbin",
    "/usr/local/sbin",
    "/opt/homebrew/sbin",
    "/usr/lib/dovecot",
    "/usr/libexec/dovecot",
];

/// Where programs are found, and who runs us.
#[derive(Debug)]
pub(super) struct Machine {
    /// The folders of the search path.
    pub(super) path: Vec<PathBuf>,
    /// Folders that hold one folder for each version of a server.
    pub(super) hidden: Vec<PathBuf>,
    /// Folders of programs that only servers start.
    pub(super) served: Vec<PathBuf>,
    /// Do we run as root?
    pub(super) is_root: bool,
}

impl Machine {
    /// This machine.
    pub(super) fn here() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            path: std::env::split_paths(&path).collect(),
            hidden: HIDDEN_FOLDERS.iter().map(PathBuf::from).collect(),
            served: SERVED_FOLDERS.iter().map(PathBuf::from).collect(),
            is_root: rustix::process::geteuid().is_root(),
        }
    }

    /// The program of this name, if the search path has one that may be run. A whole path is looked
    /// at where it is.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        self.path.iter().map(|folder| folder.join(name)).find(|file| may_run(file))
    }

    /// The program of this name under `…/<version>/bin/`, or in the search path.
    pub(super) fn find_hidden(&self, name: &str) -> Option<PathBuf> {
        let below = self.hidden.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
        below
            .flat_map(|entries| entries.filter_map(Result::ok))
            .map(|entry| entry.path().join("bin").join(name))
            .find(|file| may_run(file))
            .or_else(|| self.find(name))
    }

    /// The program of this name in the search path, or where systems keep what only servers start.
    pub(super) fn find_served(&self, name: &str) -> Option<PathBuf> {
        let served = self.served.iter().map(|folder| folder.join(name));
        self.find(name).or_else(|| served.into_iter().find(|file| may_run(file)))
    }

    /// What a program says of itself when asked with these words.
    pub(super) fn ask(&self, name: &str, args: &[&str]) -> Option<String> {
        let answer = Command::new(self.find(name)?)
            .args(args)
            .env("PATH", self.search_path())
            .stdin(Stdio::null())
            .output()
            .ok()?;
        Some(String::from_utf8_lossy(&answer.stdout).into_owned())
    }

    /// The search path as programs expect it.
    pub(super) fn search_path(&self) -> OsString {
        std::env::join_paths(&self.path).unwrap_or_default()
    }
}

fn may_run(file: &Path) -> bool {
    std::fs::metadata(file)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
