//! Files that lie at a network: fetched after their message is in the log, by the outbox, and told of
//! in the conversation when they are here or never will be.

use crate::app::App;
use crate::files::{StoreError, clean_name, media_type, reference};
use crate::pipeline::deliveries::Tried;
use crate::pipeline::inbound::named_uuid;
use crate::pipeline::letters::name_of;
use bytes::Bytes;
use channels::AdapterError;
use domain::desk::FETCH_BOX_PREFIX;
use domain::{
    ChannelId, ConversationId, DeliveryId, EndpointId, FileId, FileRef, Notice, TenantId,
};
use records::files::{FileRecord, Uploader};
use routing::RoutingError;
use routing::reply::ClaimedDelivery;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long fetching one file may take.
pub(in crate::pipeline) const FETCH_WITHIN: Duration = Duration::from_secs(45);
/// The type of what no list knows: it is served as an attachment and never shown.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// The longest reason that a notice tells, in characters.
const REASON_CHARS_MAX: usize = 200;
/// How much of a file is looked at to tell its type, in bytes.
const HEAD_BYTES: usize = 8 * 1024;

/// A file that is wanted, as it lies in the outbox.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) channel: ChannelId,
    /// The network's id of its message.
    pub(super) message: String,
    /// What the network calls it.
    pub(super) reference: String,
    /// What the log calls it.
    pub(super) file: FileRef,
}

impl Wanted {
    /// The delivery that fetches it: in a box of its own, so that a file that does not come holds up no
    /// other.
    pub(super) fn delivery(&self) -> serde_json::Result<(DeliveryId, EndpointId, String)> {
        let id = DeliveryId::from_uuid(named_uuid(&[self.file.id.as_str(), "fetch"]));
        let endpoint = format!("{FETCH_BOX_PREFIX}{}", self.file.id);
        let endpoint = endpoint.parse().map_err(serde::de::Error::custom)?;
        Ok((id, endpoint, serde_json::to_string(self)?))
    }
}

/// Why a file cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(in crate::pipeline) enum KeepError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive.
    #[error("the archive cannot be used")]
    Records(#[from] records::RecordsError),
    /// Nothing was written and nobody said why.
    #[error("nothing was kept")]
    Nothing,
}

/// Keeps a file under an id that was chosen before; repeating is safe.
///
/// # Errors
/// See [`KeepError`].
pub(super) async fn keep(
    app: &App,
    tenant: &TenantId,
    id: &FileId,
    (channel, name): (&ChannelId, &str),
    bytes: Bytes,
) -> Result<FileRef, KeepError> {
    let free_min = app.config.limits.disk_mib_free_min.saturating_mul(1024 * 1024);
    let size = bytes.len();
    let head = bytes.slice(..size.min(HEAD_BYTES));
    let of = id.clone();
    let written = app.files.keep_whole(tenant, vec![bytes], free_min, move |_, _| of.clone()).await;
    let (_, sha256, _) = written.into_iter().next().ok_or(KeepError::Nothing)??;
    let name = clean_name(name);
    let kind = media_type(&head, head.len() == size, &name).unwrap_or(UNKNOWN_TYPE);
    let record = FileRecord {
        id: id.clone(),
        name,
        media_type: kind.to_owned(),
        bytes: size as u64,
        sha256,
        uploaded_by: Uploader::Channel(channel.clone()),
        conversation: None,
        created_at: app.clock.now(),
    };
    app.records.files().create(tenant, &record).await?;
    Ok(reference(record))
}

/// Fetches a file, keeps it and tells of it.
pub(in crate::pipeline) async fn attempt(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
) -> Tried {
    let Ok(wanted) = serde_json::from_str::<Wanted>(&delivery.payload) else {
        return Tried::hopeless("what the outbox holds cannot be read");
    };
    match fetch(app, tenant, &wanted).await {
        Ok(file) => match tell(app, tenant, &wanted, file).await {
            Ok(()) => Tried::Sent,
            Err(error) => {
                let error = crate::telemetry::chain(error.as_ref());
                tracing::warn!(delivery.id = %delivery.id, error, "a file is here and nobody was told yet");
                Tried::failed("the conversation cannot be told")
            }
        },
        Err(tried) => tried,
    }
}

async fn fetch(app: &App, tenant: &TenantId, wanted: &Wanted) -> Result<FileRef, Tried> {
    let view = app.settings.desk(tenant);
    let channel = view.channel(&wanted.channel);
    let channel = channel.ok_or_else(|| Tried::hopeless("the channel was removed"))?;
    let adapter = app.doors.adapter(tenant, channel);
    let adapter = adapter.map_err(|_wrong| Tried::failed("the channel's settings are wrong"))?;
    let bytes_max = usize::try_from(app.config.file_bytes_max()).unwrap_or(usize::MAX);
    let fetching = adapter.fetch_media(&wanted.reference, bytes_max);
    let fetched = tokio::time::timeout(FETCH_WITHIN, fetching).await;
    let fetched = fetched.map_err(|_late| Tried::failed("the network took too long"))?;
    let bytes = fetched.map_err(judge)?;
    let of = (&wanted.channel, wanted.file.name.as_str());
    keep(app, tenant, &wanted.file.id, of, bytes).await.map_err(|error| {
        let error = crate::telemetry::chain(&error);
        tracing::warn!(channel.id = %wanted.channel, error, "a fetched file cannot be kept");
        Tried::failed("it cannot be kept")
    })
}

fn judge(error: AdapterError) -> Tried {
    match error {
        AdapterError::RateLimited(pause) => Tried::Failed {
            reason: "the network's limit is reached".to_owned(),
            not_before_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        },
        AdapterError::Malformed(_) | AdapterError::Unsupported(_) => {
            Tried::hopeless(&error.to_string())
        }
        _ => Tried::failed(&error.to_string()),
    }
}

type Told = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn tell(app: &App, tenant: &TenantId, wanted: &Wanted, file: FileRef) -> Told {
    let Some((conversation, seq)) = place(app, tenant, wanted).await? else { return Ok(()) };
    app.records.files().attach(tenant, &file.id, &conversation).await?;
    let name = format!("file.{}", file.id);
    let notice = Notice::FileArrived { seq, file };
    // Over meanwhile: whoever reads the conversation finds the file under its id.
    app.router.append_notice(tenant, &conversation, &name, &notice).await?;
    Ok(())
}

async fn place(
    app: &App,
    tenant: &TenantId,
    wanted: &Wanted,
) -> Result<Option<(ConversationId, u64)>, RoutingError> {
    app.router.message_named(tenant, &wanted.channel, &wanted.message).await
}

/// A file will not come: the conversation says so.
pub(in crate::pipeline) async fn given_up(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
    reason: &str,
) -> Result<(), RoutingError> {
    let Ok(wanted) = serde_json::from_str::<Wanted>(&delivery.payload) else { return Ok(()) };
    let Some((conversation, seq)) = place(app, tenant, &wanted).await? else { return Ok(()) };
    let reason = reason.chars().take(REASON_CHARS_MAX).collect();
    let notice = Notice::FileMissing { seq, file: wanted.file.id, reason };
    let name = format!("missing.{}", name_of(delivery.id.as_str()));
    app.router.append_notice(tenant, &conversation, &name, &notice).await.map(|_noticed| ())
}
