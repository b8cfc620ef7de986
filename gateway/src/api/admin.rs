//! For admins: agents' passwords and sessions, API keys, webhooks' secrets, dead letters.

use super::auth::{set_password, tell_revoked};
use super::caller::Caller;
use super::conversations::done;
use super::error::ApiError;
use super::extract::{Body, Params, at_most, id};
use super::supervisors::known_agent;
use crate::app::App;
use crate::auth::access::Staff;
use crate::auth::password;
use crate::pipeline::webhooks::secret as webhook_secret;
use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{DeliveryId, EndpointId, Role, Timestamp};
use records::credentials::PasswordKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most dead letters on one page.
const DEAD_MAX: usize = 200;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/agents/{id}/password", web::post().to(new_password))
        .route("/agents/{id}/revoke", web::post().to(revoke))
        .route("/api_keys", web::get().to(keys))
        .route("/api_keys", web::post().to(new_key))
        .route("/api_keys/{id}", web::delete().to(revoke_key))
        .route("/webhooks/{id}/secret", web::get().to(secret))
        .route("/webhooks/{id}/rotate_secret", web::post().to(rotate_secret))
        .route("/deliveries/dead", web::get().to(dead))
        .route("/deliveries/{id}/retry", web::post().to(retry));
}

/// A one-time password.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneTimePassword {
    /// To be changed at the next sign-in.
    password: String,
}

/// Nobody may reset the password of a higher role.
fn below(staff: &Staff, app: &App, agent: &domain::AgentId) -> Result<(), ApiError> {
    let view = app.settings.desk(&staff.tenant);
    let role = view.agent(agent).map_or(Role::Agent, |agent| agent.role);
    Ok(staff.at_least(role)?)
}

/// Gives an agent a new one-time password; every session of the agent ends.
#[utoipa::path(post, path = "/v1/agents/{id}/password", tag = "admins", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = OneTimePassword), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn new_password(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<OneTimePassword>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let agent = known_agent(&app, &staff.tenant, &path)?;
    below(&staff, &app, &agent)?;
    let password = password::generate();
    let kind = PasswordKind::OneTime;
    set_password(&app, &staff.tenant, &agent, password.clone(), kind, "password").await?;
    app.note(&staff.tenant, &staff.name, "password_reset", &format!("agent:{agent}")).await;
    Ok(web::Json(OneTimePassword { password }))
}

/// Ends every session of an agent; sockets close within five seconds.
#[utoipa::path(post, path = "/v1/agents/{id}/revoke", tag = "admins", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn revoke(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let agent = known_agent(&app, &staff.tenant, &path)?;
    app.auth.revoke(&staff.tenant, &agent).await?;
    tell_revoked(&app, &staff.tenant, &agent).await;
    app.note(&staff.tenant, &staff.name, "sessions_revoked", &format!("agent:{agent}")).await;
    Ok(done())
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyRow {
    /// The public part.
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    role: Role,
    /// When it was made.
    created_at: Timestamp,
    /// By whom.
    created_by: String,
    /// When it was last used, to the minute.
    last_used_at: Option<Timestamp>,
    /// Since when it no longer counts.
    revoked_at: Option<Timestamp>,
}

/// Every API key.
#[utoipa::path(get, path = "/v1/api_keys", tag = "admins", security(("bearer" = [])),
    responses((status = 200, body = Vec<KeyRow>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn keys(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<Vec<KeyRow>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let keys = app.records.api_keys().list(&staff.tenant).await?.into_iter().map(|key| KeyRow {
        id: key.id,
        name: key.name,
        role: key.role,
        created_at: key.created_at,
        created_by: key.created_by,
        last_used_at: key.last_used_at,
        revoked_at: key.revoked_at,
    });
    Ok(web::Json(keys.collect()))
}

/// A wanted API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for.
    name: String,
    /// What it may do.
    role: Role,
}

/// A new API key; the only time that it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownKey {
    /// The public part.
    id: String,
    /// The whole key, for `Authorization: Bearer`.
    key: String,
}

/// Makes an API key.
#[utoipa::path(post, path = "/v1/api_keys", tag = "admins", security(("bearer" = [])),
    request_body = NewKey,
    responses((status = 200, body = ShownKey), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn new_key(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NewKey>,
) -> Result<web::Json<ShownKey>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let Body(NewKey { name, role }) = body;
    at_most("name", &name, 100)?;
    if name.trim().is_empty() {
        return Err(ApiError::field("name", "is empty"));
    }
    let key = app.auth.create_key(&staff.tenant, name.trim(), role, &staff.name).await?;
    let object = format!("api_key:{}", key.id);
    app.note(&staff.tenant, &staff.name, "api_key_created", &object).await;
    Ok(web::Json(ShownKey { id: key.id, key: key.key }))
}

/// Revokes an API key, for good.
#[utoipa::path(delete, path = "/v1/api_keys/{id}", tag = "admins", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn revoke_key(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    if !app.auth.revoke_key(&staff.tenant, &path).await? {
        return Err(ApiError::unknown("API key"));
    }
    app.note(&staff.tenant, &staff.name, "api_key_revoked", &format!("api_key:{path}")).await;
    Ok(done())
}

/// Whether a webhook has a secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecretState {
    /// Is there one? It was shown when it was made.
    present: bool,
}

/// A webhook's secret; the only time that it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownSecret {
    /// `whsec_` and 32 bytes in base 64, by the Standard Webhooks scheme.
    secret: String,
}

fn known_webhook(app: &App, staff: &Staff, text: &str) -> Result<EndpointId, ApiError> {
    let endpoint: EndpointId = id(text, "webhook")?;
    match app.settings.desk(&staff.tenant).webhook(endpoint.as_str()) {
        Some(_) => Ok(endpoint),
        None => Err(ApiError::unknown("webhook")),
    }
}

/// Tells whether a webhook has a secret.
#[utoipa::path(get, path = "/v1/webhooks/{id}/secret", tag = "admins", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = SecretState), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn secret(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<SecretState>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let endpoint = known_webhook(&app, &staff, &path)?;
    let name = webhook_secret::name(&endpoint);
    let secret = app.records.tenants().secret(&staff.tenant, &name).await?;
    Ok(web::Json(SecretState { present: secret.is_some() }))
}

/// Makes a webhook's secret anew and shows it once. The one before signs as well for 24 hours.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate_secret", tag = "admins",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ShownSecret), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn rotate_secret(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<ShownSecret>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let endpoint = known_webhook(&app, &staff, &path)?;
    let bytes = webhook_secret::rotate(&app, &staff.tenant, &endpoint).await?;
    let object = format!("setting:webhooks/{endpoint}");
    app.note(&staff.tenant, &staff.name, "secret_rotated", &object).await;
    app.settings_changed(&staff.tenant, "webhooks").await?;
    Ok(web::Json(ShownSecret { secret: format!("whsec_{}", STANDARD.encode(bytes)) }))
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<usize>,
}

/// A delivery that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Its id.
    id: DeliveryId,
    /// Where it should have gone.
    endpoint: EndpointId,
    /// How often it was tried.
    tries: u32,
    /// Why it was given up.
    reason: String,
    /// When.
    at: Timestamp,
}

/// The dead letters, newest first.
#[utoipa::path(get, path = "/v1/deliveries/dead", tag = "admins", security(("bearer" = [])),
    params(Limit),
    responses((status = 200, body = Vec<DeadLetter>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn dead(
    app: web::Data<App>,
    caller: Caller,
    query: Params<Limit>,
) -> Result<web::Json<Vec<DeadLetter>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let limit = query.0.limit.unwrap_or(50).clamp(1, DEAD_MAX);
    let dead = app.router.dead_deliveries(&staff.tenant, limit).await?;
    let letters = dead.into_iter().map(|letter| DeadLetter {
        id: letter.id,
        endpoint: letter.endpoint,
        tries: letter.tries,
        reason: letter.reason,
        at: letter.at,
    });
    Ok(web::Json(letters.collect()))
}

/// Tries a dead letter again.
#[utoipa::path(post, path = "/v1/deliveries/{id}/retry", tag = "admins",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn retry(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let delivery: DeliveryId = id(&path, "dead letter")?;
    let _turn = app.admit().await?;
    if !app.router.retry_delivery(&staff.tenant, &delivery).await? {
        return Err(ApiError::unknown("dead letter"));
    }
    let object = format!("delivery:{delivery}");
    app.note(&staff.tenant, &staff.name, "delivery_retried", &object).await;
    Ok(done())
}
