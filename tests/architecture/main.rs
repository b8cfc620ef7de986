//! The rules between the rooms, checked by a machine.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rooms;
mod shipped;
mod switchboard;
mod windows;

use std::path::{Path, PathBuf};

/// The checkout.
fn root() -> PathBuf {
    tests::binary::root().to_owned()
}

/// Every file below a folder with one of these endings, without what tools put there.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !["node_modules", "target", "dist", ".git"].contains(&name.as_str()) {
                found.extend(files(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}
