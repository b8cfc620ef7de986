//! An app's devices, and what their people want to be told of.

use crate::api::caller::Caller;
use crate::api::error::{ApiError, Code};
use crate::api::extract::{Body, at_most, id};
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::middleware::limits::{Limit, WithoutRedis};
use actix_web::{HttpResponse, web};
use channels::Secret;
use domain::{DeviceId, Locale, NotificationWishes, PushProvider, Timestamp};
use records::devices::Device;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The longest token, in bytes: a Web Push subscription with a long address fits.
const TOKEN_BYTES_MAX: usize = 4 * 1024;
/// The longest version of an app, and the longest name of a device's model, in characters.
const WORD_CHARS_MAX: usize = 100;
/// How often a minute a contact may register devices.
const PER_MINUTE: u32 = 20;

/// A device as an app registers it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceWish {
    /// Which service wakes it.
    provider: PushProvider,
    /// What the service calls it; for `web_push` the subscription as JSON text.
    token: String,
    /// The language in which it is told.
    locale: Locale,
    /// The app's version, at most 100 characters.
    #[serde(default)]
    app_version: String,
    /// What kind of device it is, at most 100 characters.
    #[serde(default)]
    model: String,
}

// A token must not reach a log by `{:?}`.
impl fmt::Debug for DeviceWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceWish").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// A registered device.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredDevice {
    /// Its name.
    device: DeviceId,
    /// Which service wakes it.
    provider: PushProvider,
    /// When it was registered.
    registered_at: Timestamp,
}

/// Registers the device on which the caller is signed in, also again with a new token. Whoever had the
/// device or the token before is not told on it any more. Refused with `not_configured` where the app
/// does not push through that service.
#[utoipa::path(put, path = "/v1/chat/devices/{device}", tag = "chat", security(("bearer" = [])),
    params(("device" = String, Path, description = "Named by the app: 16 to 64 characters of A-Z a-z 0-9 _ -, such as a UUID")),
    request_body = DeviceWish,
    responses((status = 200, body = RegisteredDevice), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn register(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<DeviceWish>,
) -> Result<web::Json<RegisteredDevice>, ApiError> {
    let (visitor, Body(wish)) = (caller.visitor()?, body);
    let named: DeviceId = path
        .parse()
        .map_err(|error: domain::id::IdError| ApiError::field("device", error.to_string()))?;
    let limit = Limit::per_minute(PER_MINUTE);
    let what = format!("devices:{}", visitor.contact);
    app.take(&visitor.tenant, &what, limit, WithoutRedis::CountHere).await?;
    check(&app, visitor, &wish)?;
    let now = app.clock.now();
    let device = Device {
        id: named,
        channel: visitor.channel.clone(),
        contact: visitor.contact.clone(),
        provider: wish.provider,
        token: wish.token,
        locale: wish.locale,
        app_version: wish.app_version,
        model: wish.model,
        registered_at: now,
        seen_at: now,
    };
    app.records.devices().register(&visitor.tenant, &device).await?;
    let Device { id, provider, registered_at, .. } = device;
    Ok(web::Json(RegisteredDevice { device: id, provider, registered_at }))
}

fn check(app: &App, visitor: &VisitorIdentity, wish: &DeviceWish) -> Result<(), ApiError> {
    at_most("app_version", &wish.app_version, WORD_CHARS_MAX)?;
    at_most("model", &wish.model, WORD_CHARS_MAX)?;
    if wish.token.is_empty() || wish.token.len() > TOKEN_BYTES_MAX {
        let problem = format!("must have 1 to {TOKEN_BYTES_MAX} bytes");
        return Err(ApiError::field("token", problem));
    }
    let none = || ApiError::new(Code::NotConfigured, "this app does not push through that service");
    let view = app.settings.desk(&visitor.tenant);
    let channel = view.channel(&visitor.channel).ok_or_else(|| ApiError::unknown("channel"))?;
    let door = app.doors.adapter(&visitor.tenant, channel).map_err(|_wrong| none())?;
    let provider = door.push_providers().iter().find(|one| one.provider() == wish.provider);
    let admitted = provider.ok_or_else(none)?.admit(&Secret::new(wish.token.clone()));
    admitted.map_err(|problem| ApiError::field("token", problem))
}

/// Signs out on a device: it is told of nothing any more. Repeating it is safe.
#[utoipa::path(delete, path = "/v1/chat/devices/{device}", tag = "chat", security(("bearer" = [])),
    params(("device" = String, Path)),
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (visitor, device) = (caller.visitor()?, id::<DeviceId>(&path, "device")?);
    let named = (&visitor.channel, &device);
    app.records.devices().remove(&visitor.tenant, named, &visitor.contact).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the caller wants to be told of on their devices.
#[utoipa::path(get, path = "/v1/chat/notifications", tag = "chat", security(("bearer" = [])),
    responses((status = 200, body = NotificationWishes), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn wishes(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<NotificationWishes>, ApiError> {
    let visitor = caller.visitor()?;
    let wishes = app.records.devices().wishes(&visitor.tenant, &visitor.contact).await?;
    Ok(web::Json(wishes))
}

/// Says what the caller wants to be told of, on all devices.
#[utoipa::path(put, path = "/v1/chat/notifications", tag = "chat", security(("bearer" = [])),
    request_body = NotificationWishes,
    responses((status = 200, body = NotificationWishes), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn set_wishes(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NotificationWishes>,
) -> Result<web::Json<NotificationWishes>, ApiError> {
    let (visitor, Body(wishes)) = (caller.visitor()?, body);
    app.records.devices().set_wishes(&visitor.tenant, &visitor.contact, &wishes).await?;
    Ok(web::Json(wishes))
}
