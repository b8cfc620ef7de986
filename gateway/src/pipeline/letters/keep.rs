//! Every byte of a letter is on disk before anything of it is read; so are the files that it brings.
//! Ids are made of what is kept, so that a letter that comes again finds what it left.

use super::super::inbound::named_uuid;
use super::{LetterError, hex};
use crate::app::App;
use crate::files::{clean_name, media_type};
use channels::{Attachment, RawInbound};
use domain::{FileId, FileRef, TenantId};
use records::files::{FileRecord, Uploader};
use sha2::{Digest, Sha256};

/// The type of what no list knows: it is served as an attachment and never shown.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// The type of a whole letter.
const LETTER_TYPE: &str = "message/rfc822";

/// Keeps a letter as it came.
pub(super) async fn original(
    app: &App,
    tenant: &TenantId,
    raw: &RawInbound,
) -> Result<FileId, LetterError> {
    let digest = hex(&Sha256::digest(&raw.bytes));
    let names = [tenant.as_str(), raw.channel.as_str(), "letter", &digest];
    let id = FileId::from_uuid(named_uuid(&names));
    let file =
        New { id, name: "letter.eml".to_owned(), media_type: LETTER_TYPE, bytes: &raw.bytes };
    file.keep(app, tenant, Uploader::Channel(raw.channel.clone())).await.map(|kept| kept.id)
}

/// Keeps the files that a letter brought.
pub(super) async fn attachments(
    app: &App,
    tenant: &TenantId,
    raw: &RawInbound,
    (external_id, attachments): (&str, &[Attachment]),
) -> Result<Vec<FileRef>, LetterError> {
    let mut kept = Vec::with_capacity(attachments.len());
    for (place, attachment) in attachments.iter().enumerate() {
        let place = place.to_string();
        let names = [tenant.as_str(), raw.channel.as_str(), external_id, &place];
        let name = clean_name(&attachment.name);
        let head = attachment.bytes.get(..8 * 1024).unwrap_or(&attachment.bytes);
        let whole = head.len() == attachment.bytes.len();
        let found = media_type(head, whole, &name).unwrap_or(UNKNOWN_TYPE);
        let id = FileId::from_uuid(named_uuid(&names));
        let file = New { id, name, media_type: found, bytes: &attachment.bytes };
        kept.push(file.keep(app, tenant, Uploader::Channel(raw.channel.clone())).await?);
    }
    Ok(kept)
}

/// A full disk would stop the archive: letters wait at the far end instead.
async fn has_room(app: &App, bytes: usize) -> Result<(), LetterError> {
    let floor = app.config.limits.disk_mib_free_min.saturating_mul(1024 * 1024);
    let free = app.files.free_bytes().await?;
    if free.saturating_sub(bytes as u64) < floor { Err(LetterError::NoRoom) } else { Ok(()) }
}

struct New<'a> {
    id: FileId,
    name: String,
    media_type: &'static str,
    bytes: &'a [u8],
}

impl New<'_> {
    async fn keep(
        self,
        app: &App,
        tenant: &TenantId,
        uploaded_by: Uploader,
    ) -> Result<FileRef, LetterError> {
        let Self { id, name, media_type, bytes } = self;
        let known = app.records.files().get(tenant, &id).await?;
        let is_there = tokio::fs::try_exists(app.files.path(tenant, &id)).await.unwrap_or(false);
        if let Some(known) = known.filter(|_| is_there) {
            return Ok(crate::files::reference(known));
        }
        has_room(app, bytes.len()).await?;
        let sha256 = app.files.keep_whole(tenant, &id, bytes).await?;
        let record = FileRecord {
            id,
            name,
            media_type: media_type.to_owned(),
            bytes: bytes.len() as u64,
            sha256,
            uploaded_by,
            conversation: None,
            created_at: app.clock.now(),
        };
        app.records.files().create(tenant, &record).await?;
        Ok(crate::files::reference(record))
    }
}
