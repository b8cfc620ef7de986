//! The bytes on disk: written as they arrive, given their final name when whole, pruned when no
//! message ever carried them.

mod whole;

pub use whole::Written;

use super::sniff::HEAD_BYTES;
use crate::app::App;
use crate::clock::mint;
use crate::config::Config;
use crate::tasks::{OnEnd, TaskResult, Tasks};
use bytes::Bytes;
use domain::{FileId, TenantId};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

/// A file that no message carries is forgotten after so many milliseconds (24 h).
const UNATTACHED_KEPT_MS: i64 = 24 * 3_600_000;
/// How often they are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How many at a time.
const PRUNE_AT_ONCE: u32 = 100;
/// The longest that a whole file waits for the disk where it need not wait at once.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Why a file could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Larger than allowed.
    #[error("the file has more than {max} bytes")]
    TooLarge {
        /// The most.
        max: u64,
    },
    /// The disk.
    #[error("the file cannot be {what}")]
    Disk {
        /// What was tried.
        what: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Too little room would be left.
    #[error("the disk has too little room")]
    NoRoom,
}

/// Where files are kept.
#[derive(Debug, Clone)]
pub struct FileStore {
    data_dir: PathBuf,
    root: PathBuf,
    bytes_max: u64,
    /// Does each whole file wait for the disk? Otherwise all do together, soon.
    syncs_each: bool,
    /// Something was written that the disk has not confirmed.
    unsynced: Arc<AtomicBool>,
}

/// A file that is arriving. Dropped before [`Incoming::keep`], its bytes go away.
#[derive(Debug)]
pub struct Incoming {
    part: PathBuf,
    target: PathBuf,
    file: File,
    hash: Sha256,
    head: Vec<u8>,
    bytes: u64,
    bytes_max: u64,
    kept: bool,
}

impl FileStore {
    /// The store of this config; its directories are made when needed.
    pub fn new(config: &Config) -> Self {
        Self {
            data_dir: config.data_dir.clone(),
            root: config.data_dir.join("files"),
            bytes_max: config.file_bytes_max(),
            syncs_each: config.redis.durability != routing::Durability::Relaxed,
            unsynced: Arc::default(),
        }
    }

    /// How many bytes are free on the disk of the data directory.
    ///
    /// # Errors
    /// When the system does not tell.
    pub async fn free_bytes(&self) -> std::io::Result<u64> {
        let folder = self.data_dir.clone();
        let asking = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&folder));
        let disk = asking.await.map_err(std::io::Error::other)??;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Where a file's bytes lie. Tenant and id have only characters that are safe in a path.
    pub fn path(&self, tenant: &TenantId, id: &FileId) -> PathBuf {
        self.root.join(tenant.as_str()).join(id.as_str())
    }

    /// Begins to keep a file.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin(&self, tenant: &TenantId, id: &FileId) -> Result<Incoming, StoreError> {
        let target = self.path(tenant, id);
        // What an attempt that died left behind must not be in the way.
        let part = target.with_extension(format!("{}.part", mint::name()));
        let disk = |source| StoreError::Disk { what: "created", source };
        if let Some(folder) = target.parent() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(folder).await.map_err(disk)?;
        }
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&part).await.map_err(disk)?;
        Ok(Incoming {
            part,
            target,
            file,
            hash: Sha256::new(),
            head: Vec::new(),
            bytes: 0,
            bytes_max: self.bytes_max,
            kept: false,
        })
    }

    /// Keeps whole files that were checked elsewhere, of any size, each under the id that is made of
    /// its place in the list and its SHA-256, which is told with it. The same bytes again find
    /// themselves there.
    ///
    /// With `redis.durability: relaxed` the disk confirms them within [`SYNC_EVERY`], as Redis does
    /// with its log; otherwise before this resolves.
    ///
    /// # Errors
    /// For each see [`StoreError`]; [`StoreError::NoRoom`] when less than `free_min` bytes would stay
    /// free.
    pub async fn keep_whole(
        &self,
        tenant: &TenantId,
        files: Vec<Bytes>,
        free_min: u64,
        id_of: impl Fn(usize, &[u8; 32]) -> FileId + Send + 'static,
    ) -> Vec<Result<(FileId, [u8; 32], Written), StoreError>> {
        let (store, tenant, count) = (self.clone(), tenant.clone(), files.len());
        let keeping = tokio::task::spawn_blocking(move || {
            let keep = |(n, bytes): (usize, &Bytes)| {
                let sha256: [u8; 32] = Sha256::digest(bytes).into();
                let id = id_of(n, &sha256);
                let written = whole::keep(&store, &store.path(&tenant, &id), bytes, free_min)?;
                Ok((id, sha256, written))
            };
            files.iter().enumerate().map(keep).collect()
        });
        keeping.await.unwrap_or_else(|_broken| {
            let broken = || StoreError::Disk {
                what: "kept",
                source: std::io::Error::other("the task that keeps it broke"),
            };
            (0..count).map(|_| Err(broken())).collect()
        })
    }

    /// Do a file's bytes lie there?
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn has(&self, tenant: &TenantId, id: &FileId) -> Result<bool, StoreError> {
        let found = fs::try_exists(self.path(tenant, id)).await;
        found.map_err(|source| StoreError::Disk { what: "found", source })
    }

    /// Opens a file's bytes for reading.
    ///
    /// # Errors
    /// When there are none, or the disk fails.
    pub async fn open(&self, tenant: &TenantId, id: &FileId) -> std::io::Result<File> {
        File::open(self.path(tenant, id)).await
    }

    /// Makes the disk confirm, from time to time, what was written without waiting for it.
    pub fn spawn_syncing(&self, tasks: &Tasks) {
        let store = self.clone();
        tasks.spawn("file_syncing", OnEnd::Restart, move |stop| whole::sync(store.clone(), stop));
    }

    /// Prunes files that no message carries.
    pub fn spawn_pruning(&self, app: &Arc<App>) {
        let app = Arc::downgrade(app);
        let tasks = match app.upgrade() {
            Some(app) => app.tasks.clone(),
            None => return,
        };
        tasks.spawn("file_pruning", OnEnd::Restart, move |stop| {
            let app = app.clone();
            async move {
                match app.upgrade() {
                    Some(app) => prune(app, stop).await,
                    None => Ok(()),
                }
            }
        });
    }
}

impl Incoming {
    /// The next bytes.
    ///
    /// # Errors
    /// See [`StoreError`]; the file is then not kept.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.bytes = self.bytes.saturating_add(chunk.len() as u64);
        if self.bytes > self.bytes_max {
            return Err(StoreError::TooLarge { max: self.bytes_max });
        }
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(chunk.get(..room).unwrap_or(&[]));
        self.hash.update(chunk);
        let written = self.file.write_all(chunk).await;
        written.map_err(|source| StoreError::Disk { what: "written", source })
    }

    /// The beginning, and whether it is all.
    pub fn head(&self) -> (&[u8], bool) {
        (&self.head, self.bytes == self.head.len() as u64)
    }

    /// How many bytes have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps the file, on disk for certain, and tells its SHA-256.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep(mut self) -> Result<[u8; 32], StoreError> {
        let disk = |source| StoreError::Disk { what: "kept", source };
        self.file.flush().await.map_err(disk)?;
        self.file.sync_all().await.map_err(disk)?;
        fs::rename(&self.part, &self.target).await.map_err(disk)?;
        self.kept = true;
        // The name must survive a power cut as well as the bytes.
        if let Some(folder) = self.target.parent() {
            File::open(folder).await.map_err(disk)?.sync_all().await.map_err(disk)?;
        }
        Ok(std::mem::take(&mut self.hash).finalize().into())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.part)
        {
            tracing::warn!(%error, "a broken upload stays on disk");
        }
    }
}

async fn prune(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    while stop.run_until_cancelled(tokio::time::sleep(PRUNE_EVERY)).await.is_some() {
        for tenant in app.settings.tenants() {
            if let Err(error) = crate::pipeline::letters::retention::prune(&app, &tenant).await {
                let error = crate::telemetry::chain(&error);
                tracing::warn!(tenant.id = %tenant, error, "the quarantine stays as it is for now");
            }
            if let Err(error) = prune_tenant(&app, &tenant).await {
                let error = crate::telemetry::chain(&error);
                tracing::warn!(tenant.id = %tenant, error, "files that nothing carries stay for now");
            }
        }
    }
    Ok(())
}

async fn prune_tenant(app: &App, tenant: &TenantId) -> records::Result<()> {
    let before = app.clock.now().plus_ms(-UNATTACHED_KEPT_MS);
    let files = app.records.files();
    for file in files.unattached(tenant, before, PRUNE_AT_ONCE).await? {
        let path = app.files.path(tenant, &file.id);
        files.forget_unattached(tenant, &file.id, before, async || remove(&path).await).await?;
    }
    Ok(())
}

async fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path).await {
        tracing::warn!(%error, "a forgotten file stays on disk");
    }
}
