//! Files that are kept whole, in one go: letters and what they bring, often many at once.

use super::{FileStore, SYNC_EVERY, StoreError};
use crate::clock::mint;
use crate::tasks::TaskResult;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tokio_util::sync::CancellationToken;

/// Was a file written, or was it there?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written now.
    Now,
    /// It lay there, and may be cleaned up unless its row says otherwise: look again after the row.
    Before,
}

/// Writes a file beside its place and gives it its name when it is whole.
pub(super) fn keep(
    store: &FileStore,
    target: &Path,
    bytes: &[u8],
    free_min: u64,
) -> Result<Written, StoreError> {
    if fs::metadata(target).is_ok_and(|there| there.len() == bytes.len() as u64) {
        return Ok(Written::Before);
    }
    let failed = |what| move |source| StoreError::Disk { what, source };
    has_room(store, bytes.len() as u64, free_min)?;
    let path = target.with_extension(format!("{}.part", mint::name()));
    let mut part = Part { path, has_name: false };
    let mut file = create(&part.path).map_err(failed("created"))?;
    file.write_all(bytes).map_err(failed("written"))?;
    if store.syncs_each {
        file.sync_all().map_err(failed("kept"))?;
    }
    fs::rename(&part.path, target).map_err(failed("kept"))?;
    part.has_name = true;
    match target.parent() {
        // The name must survive a power cut as well as the bytes.
        Some(folder) if store.syncs_each => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("kept"))?;
        }
        _ => store.unsynced.store(true, Ordering::Release),
    }
    Ok(Written::Now)
}

/// A full disk would stop the archive: who brings a file waits instead.
fn has_room(store: &FileStore, bytes: u64, free_min: u64) -> Result<(), StoreError> {
    let asked = rustix::fs::statvfs(&store.data_dir).map_err(io::Error::from);
    let disk = asked.map_err(|source| StoreError::Disk { what: "measured", source })?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free.saturating_sub(bytes) < free_min { Err(StoreError::NoRoom) } else { Ok(()) }
}

fn create(part: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(part) {
        // The first file of a tenant.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = part.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            options.open(part)
        }
        other => other,
    }
}

/// A file that is not whole yet. Dropped, it goes away, unless it has its name by then.
struct Part {
    path: PathBuf,
    has_name: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.has_name
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a broken file stays on disk");
        }
    }
}

/// Makes the disk confirm everything that was written, every [`SYNC_EVERY`] and at the end.
pub(super) async fn sync(store: FileStore, stop: CancellationToken) -> TaskResult {
    while stop.run_until_cancelled(tokio::time::sleep(SYNC_EVERY)).await.is_some() {
        sync_now(&store).await?;
    }
    sync_now(&store).await.map_err(Into::into)
}

async fn sync_now(store: &FileStore) -> io::Result<()> {
    if !store.unsynced.swap(false, Ordering::AcqRel) {
        return Ok(());
    }
    let root = store.root.clone();
    let synced = tokio::task::spawn_blocking(move || {
        let root = File::open(root)?;
        rustix::fs::syncfs(root).map_err(io::Error::from)
    });
    let synced = synced.await.map_err(io::Error::other).flatten();
    if synced.is_err() {
        store.unsynced.store(true, Ordering::Release);
    }
    synced
}
