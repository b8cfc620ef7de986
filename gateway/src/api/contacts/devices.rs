//! A contact's devices, as those who serve the contact see them: without what they are called at a service.

use crate::api::error::ApiError;
use crate::app::App;
use domain::{ContactId, Locale, PushProvider, TenantId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An app on a contact's device.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactDevice {
    /// What kind of device it is, as the app says; may be empty.
    model: String,
    /// The app's version, as it says; may be empty.
    app_version: String,
    /// Which service wakes it.
    provider: PushProvider,
    /// Its language.
    locale: Locale,
    /// When it was last on the line, to some minutes.
    seen_at: Timestamp,
    /// Is the app in the foreground now?
    in_front: bool,
    /// Of the contact's open conversation on this app it was told up to here; 0 when it was not.
    told_to: u64,
}

/// A contact's devices, the one that was seen last first.
pub(super) async fn of(
    app: &App,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<ContactDevice>, ApiError> {
    let devices = app.records.devices().of_contact(tenant, contact).await?;
    let Some(first) = devices.first() else { return Ok(Vec::new()) };
    let front = app.router.devices_in_front(tenant, contact).await?;
    // Contacts speak on one channel; other apps have contacts of their own.
    let open = app.router.contact_conversation(tenant, &first.channel, contact).await?;
    let names: Vec<_> = devices.iter().map(|device| device.id.clone()).collect();
    let told = match open {
        Some(open) => app.router.pushed_to(tenant, &open, &names).await?,
        None => vec![0; names.len()],
    };
    let shown = devices.into_iter().zip(told).map(|(device, told_to)| ContactDevice {
        in_front: front.contains(&device.id),
        model: device.model,
        app_version: device.app_version,
        provider: device.provider,
        locale: device.locale,
        seen_at: device.seen_at,
        told_to,
    });
    Ok(shown.collect())
}
