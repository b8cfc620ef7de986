//! Files that come through a channel: kept whole under ids that are made of what they are, so that what
//! comes again finds what it left, and noted in the records.

use super::{StoreError, Written, clean_name, media_type, reference};
use crate::app::App;
use bytes::Bytes;
use domain::{ChannelId, FileId, FileRef, TenantId};
use futures_util::future::join_all;
use records::RecordsError;
use records::files::{FileRecord, Uploader};

/// The type of what no list knows: it is served as an attachment and never shown.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// How much of a file is looked at to tell its type, in bytes.
const HEAD_BYTES: usize = 8 * 1024;

/// Why a file that came through a channel cannot be kept; it may be given again.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk.
    #[error("a file cannot be kept")]
    Store(#[from] StoreError),
    /// The archive.
    #[error("the archive cannot be used")]
    Records(#[from] RecordsError),
    /// It was cleaned up before its row was there again: given again, it is kept anew.
    #[error("a file that came again had just been cleaned up")]
    Pruned,
}

/// What a file is called, and through which channel it came.
#[derive(Debug)]
pub struct Of<'a> {
    /// The channel.
    pub channel: &'a ChannelId,
    /// Its name, as it is shown.
    pub name: String,
    /// Its type.
    pub media_type: &'static str,
}

impl<'a> Of<'a> {
    /// What a file with this content is, that a network or a letter calls so.
    pub fn called(channel: &'a ChannelId, name: &str, bytes: &Bytes) -> Self {
        let name = clean_name(name);
        let head = bytes.slice(..bytes.len().min(HEAD_BYTES));
        let known = media_type(&head, head.len() == bytes.len(), &name);
        Self { channel, name, media_type: known.unwrap_or(UNKNOWN_TYPE) }
    }
}

/// A full disk would stop the archive: what comes waits at the far end instead. In bytes.
pub fn free_min(app: &App) -> u64 {
    app.config.limits.disk_mib_free_min.saturating_mul(1024 * 1024)
}

/// Notes a file that is written; tells whether it is new.
///
/// # Errors
/// See [`KeepError`].
pub async fn note(
    app: &App,
    tenant: &TenantId,
    Of { channel, name, media_type }: Of<'_>,
    (id, sha256, bytes, written): (FileId, [u8; 32], usize, Written),
) -> Result<(FileRecord, bool), KeepError> {
    let record = FileRecord {
        id,
        name,
        media_type: media_type.to_owned(),
        bytes: bytes as u64,
        sha256,
        uploaded_by: Uploader::Channel(channel.clone()),
        conversation: None,
        created_at: app.clock.now(),
    };
    let files = app.records.files();
    let is_new = files.create(tenant, &record).await?;
    if !is_new {
        files.renew(tenant, &record.id, record.created_at).await?;
    }
    if written == Written::Before && !app.files.has(tenant, &record.id).await? {
        return Err(KeepError::Pruned);
    }
    Ok((record, is_new))
}

/// Keeps files, each with the name that it came with, under ids that are made of their places in the list
/// and their SHA-256; repeating is safe.
///
/// # Errors
/// See [`KeepError`]; of several that fail, the first.
pub async fn keep(
    app: &App,
    tenant: &TenantId,
    channel: &ChannelId,
    files: &[(&str, Bytes)],
    id_of: impl Fn(usize, &[u8; 32]) -> FileId + Send + 'static,
) -> Result<Vec<FileRef>, KeepError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let written = app.files.keep_whole(tenant, bytes, free_min(app), id_of).await;
    let noted = files.iter().zip(written).map(async |((name, bytes), written)| {
        let (id, sha256, written) = written?;
        let of = Of::called(channel, name, bytes);
        let (record, _) = note(app, tenant, of, (id, sha256, bytes.len(), written)).await?;
        Ok(reference(record))
    });
    join_all(noted).await.into_iter().collect()
}
