//! Every byte of a letter is on disk before anything of it is read; so are the files that it brings.
//! Ids are made of what is kept, so that a letter that comes again finds what it left.

use super::super::inbound::named_uuid;
use super::{LetterError, hex};
use crate::app::App;
use crate::files::through::{self, Of, free_min, note};
use channels::{Attachment, RawInbound};
use domain::{ChannelId, FileId, FileRef, TenantId};
use futures_util::future::join_all;

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
    let of_letter = (tenant.clone(), raw.channel.clone(), external_id.to_owned());
    let id_of = move |n: usize, _: &[u8; 32]| {
        let (tenant, channel, external_id) = &of_letter;
        let place = n.to_string();
        let names = [tenant.as_str(), channel.as_str(), external_id, &place];
        FileId::from_uuid(named_uuid(&names))
    };
    let files: Vec<_> =
        attachments.iter().map(|one| (one.name.as_str(), one.bytes.clone())).collect();
    Ok(through::keep(app, tenant, &raw.channel, &files, id_of).await?)
}
