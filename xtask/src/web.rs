//! The web pages: fetches their packages and builds them, only when something changed.

use crate::{command, say, workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// The folders that a build must leave behind.
const BUILT: &[&str] =
    &["widget/dist", "desk/dist", "sdk/dist", "sample-site/dist", "sample-app/dist"];

/// Sources that do not become part of a page.
const NOT_BUILT: &[&str] = &["web/e2e/", "web/mock-api/", ".test.ts"];

/// The folder of the pages.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("web")
}

/// Fetches the packages that `package-lock.json` names, unless they are there.
pub(crate) fn ensure_packages() -> Result<()> {
    if packages_are_there(&folder()) {
        return Ok(());
    }
    command::run("fetch the packages of the web pages", &mut command::npm(&["ci"]))?;
    Ok(())
}

/// Builds the pages, unless what is built came from these very sources.
pub(crate) fn ensure_built() -> Result<()> {
    ensure_packages()?;
    let stamp_file = workspace::memory()?.join("web.stamp");
    let stamp = stamp()?;
    let built = BUILT.iter().all(|dist| has_files(&folder().join(dist)));
    if built && std::fs::read_to_string(&stamp_file).is_ok_and(|kept| kept == stamp) {
        say::line("The web pages are up to date.");
        return Ok(());
    }
    command::run("build the web pages", &mut command::npm(&["run", "build"]))?;
    std::fs::write(&stamp_file, stamp).with_context(|| format!("write {}", stamp_file.display()))
}

fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// npm leaves a note of what it installed; it must hold every package of the lock, in its version.
/// Packages for other systems are marked optional and may be absent.
fn packages_are_there(folder: &Path) -> bool {
    let read = |name: &str| -> Option<Value> {
        serde_json::from_str(&std::fs::read_to_string(folder.join(name)).ok()?).ok()
    };
    let (Some(lock), Some(note)) =
        (read("package-lock.json"), read("node_modules/.package-lock.json"))
    else {
        return false;
    };
    let (Some(wanted), Some(there)) = (packages(&lock), packages(&note)) else { return false };
    wanted.iter().filter(|(path, _)| path.contains("node_modules/")).all(|(path, package)| {
        let optional = package.get("optional") == Some(&Value::Bool(true));
        match there.get(path) {
            Some(found) => found.get("version") == package.get("version"),
            None => optional,
        }
    })
}

fn packages(lock: &Value) -> Option<&serde_json::Map<String, Value>> {
    lock.get("packages")?.as_object()
}

/// A fingerprint of every source of the pages.
fn stamp() -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in workspace::files(&folder())? {
        let name = workspace::shown(&file);
        if NOT_BUILT.iter().any(|part| name.contains(part)) {
            continue;
        }
        name.hash(&mut hasher);
        std::fs::read(&file).with_context(|| format!("read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, lock: &str, note: &str) -> bool {
        std::fs::create_dir_all(folder.join("node_modules")).unwrap();
        std::fs::write(folder.join("package-lock.json"), lock).unwrap();
        std::fs::write(folder.join("node_modules/.package-lock.json"), note).unwrap();
        packages_are_there(folder)
    }

    #[test]
    fn packages_are_fetched_again_only_when_one_is_missing_or_older() {
        let folder = tempfile::tempdir().unwrap();
        let lock = r#"{"packages": {"": {}, "node_modules/a": {"version": "2.0.0"},
            "node_modules/b-windows": {"version": "1.0.0", "optional": true}}}"#;
        assert!(!packages_are_there(folder.path()));
        assert!(write(
            folder.path(),
            lock,
            r#"{"packages": {"node_modules/a": {"version": "2.0.0"}}}"#
        ));
        assert!(!write(
            folder.path(),
            lock,
            r#"{"packages": {"node_modules/a": {"version": "1.0.0"}}}"#
        ));
        assert!(!write(folder.path(), lock, r#"{"packages": {}}"#));
    }
}
