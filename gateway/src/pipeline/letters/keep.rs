//! Every byte of a letter is on disk before anything of it is read; so are the files that it brings.
//! Ids are made of what is kept, so that a letter that comes again finds what it left.

use super::super::inbound::named_uuid;
use super::{LetterError, hex};
use crate::app::App;
use crate::files::{Written, clean_name, media_type};
use channels::{Attachment, RawInbound};
use domain::{ChannelId, FileId, FileRef, TenantId};
use futures_util::future::join_all;
use records::files::{FileRecord, Uploader};

/// The type of what no list knows: it is served as an attachment and never shown.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// The type of a whole letter.
const LETTER_TYPE: &str = "message/rfc822";

/// So many letters are written by one thread; each waits for the disk, which confirms those of several
/// threads together.
const OF_ONE_THREAD: usize = 8;

/// Keeps letters as they came; tells of each whether it came before.
pub(super) async fn originals(
    app: &App,
    tenant: &TenantId,
    letters: &[RawInbound],
) -> Vec<Result<(FileId, bool), LetterError>> {
    let groups = letters.chunks(OF_ONE_THREAD).map(|letters| group(app, tenant, letters));
    join_all(groups).await.into_iter().flatten().collect()
}

async fn group(
    app: &App,
    tenant: &TenantId,
    letters: &[RawInbound],
) -> Vec<Result<(FileId, bool), LetterError>> {
    let bytes = letters.iter().map(|raw| raw.bytes.clone()).collect();
    let of_tenant = tenant.clone();
    let channels: Vec<_> = letters.iter().map(|raw| raw.channel.clone()).collect();
    let id_of = move |n: usize, sha256: &[u8; 32]| {
        let channel = channels.get(n).map_or("", ChannelId::as_str);
        let names = [of_tenant.as_str(), channel, "letter", &hex(sha256)];
        FileId::from_uuid(named_uuid(&names))
    };
    let written = app.files.keep_whole(tenant, bytes, free_min(app), id_of).await;
    let noted = letters.iter().zip(written).map(async |(raw, written)| {
        let (id, sha256, written) = written?;
        let of =
            Of { channel: &raw.channel, name: "letter.eml".to_owned(), media_type: LETTER_TYPE };
        let (record, is_new) =
            note(app, tenant, of, (id, sha256, raw.bytes.len(), written)).await?;
        Ok((record.id, !is_new))
    });
    join_all(noted).await
}

/// Keeps the files that a letter brought.
pub(super) async fn attachments(
    app: &App,
    tenant: &TenantId,
    raw: &RawInbound,
    (external_id, attachments): (&str, &[Attachment]),
) -> Result<Vec<FileRef>, LetterError> {
    if attachments.is_empty() {
        return Ok(Vec::new());
    }
    let of_letter = (tenant.clone(), raw.channel.clone(), external_id.to_owned());
    let id_of = move |n: usize, _: &[u8; 32]| {
        let (tenant, channel, external_id) = &of_letter;
        let place = n.to_string();
        let names = [tenant.as_str(), channel.as_str(), external_id, &place];
        FileId::from_uuid(named_uuid(&names))
    };
    let bytes = attachments.iter().map(|attachment| attachment.bytes.clone()).collect();
    let written = app.files.keep_whole(tenant, bytes, free_min(app), id_of).await;
    let noted = attachments.iter().zip(written).map(async |(attachment, written)| {
        let (id, sha256, written) = written?;
        let name = clean_name(&attachment.name);
        let head = attachment.bytes.get(..8 * 1024).unwrap_or(&attachment.bytes);
        let is_whole = head.len() == attachment.bytes.len();
        let media_type = media_type(head, is_whole, &name).unwrap_or(UNKNOWN_TYPE);
        let of = Of { channel: &raw.channel, name, media_type };
        let (record, _) =
            note(app, tenant, of, (id, sha256, attachment.bytes.len(), written)).await?;
        Ok(crate::files::reference(record))
    });
    join_all(noted).await.into_iter().collect()
}

/// A full disk would stop the archive: letters wait at the far end instead.
fn free_min(app: &App) -> u64 {
    app.config.limits.disk_mib_free_min.saturating_mul(1024 * 1024)
}

/// What a file is called, and through which channel it came.
struct Of<'a> {
    channel: &'a ChannelId,
    name: String,
    media_type: &'static str,
}

/// Notes a file that is written; tells whether it is new.
async fn note(
    app: &App,
    tenant: &TenantId,
    Of { channel, name, media_type }: Of<'_>,
    (id, sha256, bytes, written): (FileId, [u8; 32], usize, Written),
) -> Result<(FileRecord, bool), LetterError> {
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
        // It was cleaned up before its row was there again: the letter comes again and is kept anew.
        return Err(LetterError::Pruned);
    }
    Ok((record, is_new))
}
