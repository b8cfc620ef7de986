//! A notification on its way: composed into the outbox, carried to a service, and let go when it is no longer
//! true.

use super::words::{Told, Words};
use crate::app::App;
use crate::pipeline::deliveries::{Parcel, Tried};
use crate::pipeline::inbound::named_uuid;
use channels::push::{Notification, Pushed, Target, Urgency};
use channels::{ChannelAdapter, Secret};
use domain::desk::PUSH_BOX_PREFIX;
use domain::id::base32;
use domain::{
    ChannelId, ContactId, Conversation, ConversationId, DeliveryId, DeviceId, NotificationKind,
    PushProvider, TenantId, Timestamp,
};
use records::RecordsError;
use records::devices::Device;
use routing::RoutingError;
use routing::reply::ClaimedDelivery;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long one try may take, a token for the service included.
const PUSH_WITHIN: Duration = Duration::from_secs(15);

/// A notification as it lies in the outbox. It names the device and its person, not the token: what counts
/// is who has the device when it goes.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed {
    channel: ChannelId,
    conversation: ConversationId,
    contact: ContactId,
    device: DeviceId,
    provider: PushProvider,
    kind: NotificationKind,
    seq: u64,
    title: String,
    body: String,
    badge: u32,
    at: Timestamp,
}

impl Packed {
    pub(super) fn new(
        conversation: &Conversation,
        device: &Device,
        (told, words): (&Told<'_>, Words),
        at: Timestamp,
    ) -> Self {
        Self {
            channel: conversation.channel.clone(),
            conversation: conversation.id.clone(),
            contact: conversation.contact.clone(),
            device: device.id.clone(),
            provider: device.provider,
            kind: told.kind,
            seq: told.seq,
            title: words.title,
            body: words.body,
            badge: told.badge,
            at,
        }
    }

    /// The same for the same place in the log, however often it is composed.
    pub(super) fn parcel(&self) -> serde_json::Result<Parcel> {
        let (channel, device, seq) =
            (self.channel.as_str(), self.device.as_str(), self.seq.to_string());
        let id = named_uuid(&["push", channel, self.conversation.as_str(), device, &seq]);
        let of_device = base32(named_uuid(&["device", channel, device]).as_u128());
        let endpoint = format!("{PUSH_BOX_PREFIX}{}-{of_device}", self.provider);
        let endpoint = endpoint.parse().map_err(serde::de::Error::custom)?;
        let payload = serde_json::to_string(self)?;
        Ok(Parcel { id: DeliveryId::from_uuid(id), endpoint, payload })
    }
}

/// Why a notification does not go.
enum Stop {
    /// Nobody needs it any more.
    Needless,
    /// A store is away.
    Later(String),
}

impl From<RoutingError> for Stop {
    fn from(error: RoutingError) -> Self {
        Self::Later(crate::telemetry::chain(&error))
    }
}

impl From<RecordsError> for Stop {
    fn from(error: RecordsError) -> Self {
        Self::Later(crate::telemetry::chain(&error))
    }
}

/// Tries a delivery of the outbox.
pub(in super::super) async fn attempt(
    app: &App,
    tenant: &TenantId,
    delivery: &ClaimedDelivery,
) -> Tried {
    let Ok(packed) = serde_json::from_str::<Packed>(&delivery.payload) else {
        return Tried::hopeless("the notification is damaged");
    };
    let (door, device) = match still_needed(app, tenant, &packed).await {
        Ok(found) => found,
        Err(Stop::Needless) => return Tried::Withdrawn,
        Err(Stop::Later(why)) => return Tried::failed(&why),
    };
    let provider = door.push_providers().iter().find(|one| one.provider() == packed.provider);
    let (Some(provider), Some(push)) =
        (provider, app.settings.desk(tenant).push(&packed.channel).cloned())
    else {
        return Tried::Withdrawn;
    };
    let to = Target { provider: packed.provider, token: Secret::new(device.token.clone()) };
    let notification = Notification {
        id: delivery.id.to_string(),
        conversation: packed.conversation,
        channel: packed.channel,
        kind: packed.kind,
        seq: packed.seq,
        title: packed.title,
        body: packed.body,
        badge: packed.badge,
        ttl: push.ttl,
        urgency: match packed.kind {
            NotificationKind::Answer | NotificationKind::Reminder => Urgency::High,
            NotificationKind::Status | NotificationKind::Rating => Urgency::Normal,
        },
    };
    let pushed = tokio::time::timeout(PUSH_WITHIN, provider.push(&to, &notification)).await;
    let pushed = pushed.unwrap_or_else(|_late| Pushed::Unavailable("it took too long".to_owned()));
    crate::metrics::pushed(packed.provider, &pushed);
    tried(app, tenant, &device, pushed).await
}

/// The door and the device, if there is still a reason to wake it.
async fn still_needed(
    app: &App,
    tenant: &TenantId,
    packed: &Packed,
) -> Result<(Arc<dyn ChannelAdapter>, Device), Stop> {
    let view = app.settings.desk(tenant);
    let channel = view.channel(&packed.channel).filter(|channel| channel.enabled);
    let push = view.push(&packed.channel).ok_or(Stop::Needless)?;
    let door = app.doors.adapter(tenant, channel.ok_or(Stop::Needless)?);
    let door = door.map_err(|_wrong| Stop::Needless)?;
    let age_ms = u64::try_from(app.router.now().await?.ms_since(packed.at)).unwrap_or(0);
    if u128::from(age_ms) > push.ttl.as_millis() {
        return Err(Stop::Needless);
    }
    // Whoever has the device now must be the one of whom it was said.
    let device = app.records.devices().get(tenant, &packed.channel, &packed.device).await?;
    let device = device
        .filter(|device| device.contact == packed.contact && device.provider == packed.provider);
    let device = device.ok_or(Stop::Needless)?;
    if let Some((known, _)) = app.router.conversation(tenant, &packed.conversation).await? {
        let named = std::slice::from_ref(&packed.device);
        let marks = app.router.pushed_to(tenant, &packed.conversation, named).await?;
        // A later one tells of everything that this one would.
        let is_old = marks.first().is_some_and(|mark| *mark > packed.seq);
        if known.read_by_contact >= packed.seq || is_old {
            return Err(Stop::Needless);
        }
    }
    Ok((door, device))
}

async fn tried(app: &App, tenant: &TenantId, device: &Device, pushed: Pushed) -> Tried {
    match pushed {
        Pushed::Sent => Tried::Sent,
        Pushed::RateLimited(pause) => Tried::Failed {
            reason: "the service asks for a pause".to_owned(),
            not_before_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        },
        Pushed::Unavailable(why) => Tried::failed(&why),
        Pushed::Rejected(why) => Tried::Hopeless(why),
        Pushed::Gone { since } => {
            match app.records.devices().forget_token(tenant, device, since).await {
                Ok(_forgotten) => Tried::Withdrawn,
                Err(error) => Tried::failed(&crate::telemetry::chain(&error)),
            }
        }
    }
}
