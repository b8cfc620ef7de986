//! Files that lie at a network: fetched after their message is in the log, by the outbox, and told of
//! in the conversation when they are here or never will be.

use crate::app::App;
use crate::files::through;
use crate::pipeline::deliveries::{Parcel, Tried};
use crate::pipeline::inbound::named_uuid;
use crate::pipeline::letters::name_of;
use channels::AdapterError;
use domain::desk::FETCH_BOX_PREFIX;
use domain::{ChannelId, ConversationId, DeliveryId, FileRef, Notice, TenantId};
use routing::RoutingError;
use routing::reply::ClaimedDelivery;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long fetching one file may take.
const FETCH_WITHIN: Duration = Duration::from_secs(45);
/// The longest reason that a notice tells, in characters.
const REASON_CHARS_MAX: usize = 200;

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
    pub(super) fn parcel(&self) -> serde_json::Result<Parcel> {
        let id = DeliveryId::from_uuid(named_uuid(&[self.file.id.as_str(), "fetch"]));
        let endpoint = format!("{FETCH_BOX_PREFIX}{}", self.file.id);
        let endpoint = endpoint.parse().map_err(serde::de::Error::custom)?;
        Ok(Parcel { id, endpoint, payload: serde_json::to_string(self)? })
    }
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
    let (id, files) = (wanted.file.id.clone(), [(wanted.file.name.as_str(), bytes)]);
    let kept = through::keep(app, tenant, &wanted.channel, &files, move |_, _| id.clone()).await;
    let kept = kept.map_err(|error| {
        let error = crate::telemetry::chain(&error);
        tracing::warn!(channel.id = %wanted.channel, error, "a fetched file cannot be kept");
        Tried::failed("it cannot be kept")
    })?;
    kept.into_iter().next().ok_or_else(|| Tried::failed("it cannot be kept"))
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
