//! What the tests of messengers talk to and we did not write: vendors' kits, a Matrix homeserver, client
//! libraries. Python's live in one environment, Node's in a folder each, all below `target/peers`.

use crate::{command, say, workspace};
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where they are installed.
fn place() -> PathBuf {
    workspace::root().join("target/peers")
}

/// The folders that say what they need.
fn wishes() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join("tests/peers");
    let entries = fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    found.retain(|path| path.is_dir());
    // A program that we ship as an example, and its packages are other people's.
    found.push(workspace::root().join("docs/channels/im/xmpp-bridge"));
    found.sort();
    Ok(found)
}

/// Installs what is missing, and nothing when all is there.
pub(crate) fn ensure() -> Result<()> {
    let wishes = wishes()?;
    let lists: Vec<PathBuf> = named(&wishes, "requirements.txt");
    let python = place().join("bin/python");
    once("python", &lists, || {
        fs::create_dir_all(place())?;
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(place());
        command::run("make a Python environment for the tests' peers", &mut make)?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        for list in &lists {
            install.arg("-r").arg(list);
        }
        command::run("install the tests' peers in Python", &mut install).map(|_| ())
    })?;
    for list in named(&wishes, "package-lock.json") {
        let Some(folder) = list.parent() else { continue };
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        let target = place().join(name);
        once(name, std::slice::from_ref(&list), || {
            fs::create_dir_all(&target)?;
            for file in ["package.json", "package-lock.json"] {
                fs::copy(folder.join(file), target.join(file))?;
            }
            let mut install = Command::new("npm");
            install.args(["ci", "--no-audit", "--no-fund"]).current_dir(&target);
            command::run(&format!("install the tests' peers for {name}"), &mut install).map(|_| ())
        })?;
    }
    Ok(())
}

fn named(folders: &[PathBuf], file: &str) -> Vec<PathBuf> {
    folders.iter().map(|folder| folder.join(file)).filter(|path| path.is_file()).collect()
}

/// Does something unless it was done for these very files.
fn once(name: &str, files: &[PathBuf], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp_file = place().join(format!("{name}.stamp"));
    let stamp = stamp(files)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|kept| kept == stamp) {
        return Ok(());
    }
    say::line(&format!("Installing what the tests of messengers talk to ({name})."));
    install()?;
    fs::write(&stamp_file, stamp).with_context(|| format!("write {}", stamp_file.display()))
}

fn stamp(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let read = |path: &Path| fs::read(path).with_context(|| format!("read {}", path.display()));
        read(file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
