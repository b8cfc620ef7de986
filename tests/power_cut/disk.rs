//! A small ext4 disk in a file, whose power can be cut.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const MIB: &str = "96M";

/// A mounted disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
    image: PathBuf,
}

impl Disk {
    /// Can this machine do it?
    pub(crate) fn check_machine() -> Result<(), String> {
        if !rustix::process::getuid().is_root() {
            return Err("mounting a loop device needs root".to_owned());
        }
        for (program, package) in
            [("mkfs.ext4", "e2fsprogs"), ("mount", "util-linux"), ("redis-server", "redis-server")]
        {
            let is_there =
                Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
            if !is_there.is_ok_and(|output| output.status.success()) {
                return Err(format!("`{program}` is missing (package {package})"));
            }
        }
        let disk = Self::try_new()?;
        drop(disk);
        Ok(())
    }

    /// A fresh one.
    pub(crate) fn new() -> Self {
        Self::try_new().unwrap()
    }

    fn try_new() -> Result<Self, String> {
        let folder =
            tempfile::Builder::new().prefix("hutong-disk-").tempdir().map_err(|e| e.to_string())?;
        let image = folder.path().join("image");
        command("truncate", &["-s", MIB, &text(&image)])?;
        command("mkfs.ext4", &["-q", "-F", &text(&image)])?;
        Self::mounted(folder, image)
    }

    fn mounted(folder: TempDir, image: PathBuf) -> Result<Self, String> {
        let disk = Self { folder, image };
        std::fs::create_dir_all(disk.path()).map_err(|error| error.to_string())?;
        command("mount", &["-o", "loop", &text(&disk.image), &text(&disk.path())])?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// The power goes: what the disk has at this moment, on another disk. Nothing is synced.
    pub(crate) fn cut(&self) -> Self {
        let folder = tempfile::Builder::new().prefix("hutong-disk-").tempdir().unwrap();
        let image = folder.path().join("image");
        command("cp", &["--sparse=always", &text(&self.image), &text(&image)]).unwrap();
        Self::mounted(folder, image).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may not have let go yet.
        command("umount", &["--lazy", &text(&self.path())]).ok();
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn command(program: &str, args: &[&str]) -> Result<(), String> {
    let output =
        Command::new(program).args(args).output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {said}")) }
}
