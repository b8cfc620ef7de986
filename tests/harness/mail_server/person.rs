//! Who runs a server.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// A user of this machine with a group.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub user: String,
    /// The name of the first group.
    pub group: String,
    uid: u32,
    gid: u32,
    is_other: bool,
}

impl Person {
    /// Us, or `nobody` where we are root.
    ///
    /// # Panics
    /// When the machine does not know them.
    pub fn unprivileged() -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let own = rustix::process::geteuid().as_raw().to_string();
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let is_wanted = |user: &Vec<&str>| {
            if is_root {
                user.first() == Some(&"nobody")
            } else {
                user.get(2) == Some(&own.as_str())
            }
        };
        let user = users.find(is_wanted).expect("this user stands in /etc/passwd");
        let (uid, gid) = (user[2].parse().unwrap(), user[3].parse().unwrap());
        let groups = std::fs::read_to_string("/etc/group").unwrap();
        let mut groups = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let group = groups.find(|group| group.get(2) == Some(&user[3])).unwrap();
        let (user, group) = (user[0].to_owned(), group[0].to_owned());
        Self { user, group, uid, gid, is_other: is_root }
    }

    /// Makes a folder that is theirs.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn make_folder(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        self.owns(folder);
    }

    /// Makes a file or folder theirs.
    ///
    /// # Panics
    /// When it cannot be made theirs.
    pub fn owns(&self, path: &Path) {
        if self.is_other {
            chown(path, Some(self.uid), Some(self.gid)).unwrap();
        }
    }

    /// Lets a command be run by them.
    pub fn runs(&self, command: &mut Command) {
        if self.is_other {
            command.uid(self.uid).gid(self.gid);
        }
    }
}
