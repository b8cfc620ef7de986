//! Signing in and out.

use super::caller::{Caller, limit_key};
use super::error::{ApiError, Code};
use super::extract::{Body, at_most};
use crate::app::{App, FIRST_TENANT};
use crate::auth::login::SignedIn;
use crate::auth::password::PASSWORD_BYTES_MAX;
use crate::auth::refresh::Refreshed;
use crate::auth::{AgentIdentity, Principal};
use crate::metrics;
use crate::middleware::limits::{Limit, WithoutRedis};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{Agent, AgentId, Event, Role, TenantId};
use records::credentials::PasswordKind;
use records::settings::{Change, Put, SettingKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/auth/login", web::post().to(login))
        .route("/auth/refresh", web::post().to(refresh))
        .route("/auth/logout", web::post().to(logout))
        .route("/auth/password", web::post().to(password))
        .route("/auth/bootstrap", web::post().to(bootstrap));
}

/// A sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The tenant; without it the first one.
    #[serde(default)]
    tenant: Option<String>,
    /// The log-in.
    agent: String,
    /// The password.
    password: String,
}

/// A pair of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// How long it lives.
    expires_in_secs: u64,
    /// For `POST /v1/auth/refresh`; used once.
    refresh_token: String,
    /// Who signed in.
    agent: Agent,
    /// Must the password be changed before anything else?
    must_change_password: bool,
}

impl From<SignedIn> for Session {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            expires_in_secs: signed_in.expires_in_secs,
            refresh_token: signed_in.refresh_token,
            agent: signed_in.agent,
            must_change_password: signed_in.must_change_password,
        }
    }
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    /// The token.
    refresh_token: String,
}

/// A change of one's password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    old_password: String,
    /// The next one.
    new_password: String,
}

/// The first admin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstAdmin {
    /// The one-time code that the gateway printed.
    code: String,
    /// The log-in to be made.
    agent: AgentId,
    /// The name.
    name: String,
    /// The password.
    password: String,
}

/// Signs an agent in.
#[utoipa::path(post, path = "/v1/auth/login", tag = "sign-in", request_body = Login,
    responses((status = 200, body = Session), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<Login>,
) -> Result<web::Json<Session>, ApiError> {
    let Body(body) = body;
    let failed = || {
        metrics::login_ended("refused");
        ApiError::new(Code::LoginFailed, "log-in or password is wrong")
    };
    limit_logins(&app, &request, &body.agent).await?;
    let tenant = body.tenant.as_deref().unwrap_or(FIRST_TENANT).parse::<TenantId>();
    let agent = body.agent.parse::<AgentId>();
    if body.password.len() > PASSWORD_BYTES_MAX {
        return Err(failed());
    }
    // What cannot exist is looked up all the same, under a name that nobody has, so that the answer
    // takes as long.
    let (Ok(tenant), Ok(agent)) = (tenant, agent) else {
        app.auth.verify_password(body.password, None).await?;
        return Err(failed());
    };
    let signed_in = app.auth.login(&tenant, &agent, &body.password).await?;
    let signed_in = signed_in.ok_or_else(failed)?;
    metrics::login_ended("ok");
    app.note(&tenant, &format!("agent:{agent}"), "signed_in", "").await;
    Ok(web::Json(signed_in.into()))
}

/// Counted in the first tenant's space, whatever tenant is named: a guesser must not choose where
/// to be counted. Without Redis nobody signs in.
async fn limit_logins(app: &App, request: &HttpRequest, agent: &str) -> Result<(), ApiError> {
    let Ok(space) = FIRST_TENANT.parse::<TenantId>() else { return Ok(()) };
    let limits = &app.config.limits;
    let account = crate::auth::hash_secret(agent.to_lowercase().as_bytes());
    let account: String = account.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let taken = [
        (format!("login_from:{}", limit_key(app, request)), limits.logins_per_minute_address),
        (format!("login:{account}"), limits.logins_per_minute),
    ];
    for (what, count) in taken {
        let limit = Limit::per_minute(count);
        if let Err(error) = app.take(&space, &what, limit, WithoutRedis::Refuse).await {
            metrics::login_ended("limited");
            return Err(error);
        }
    }
    Ok(())
}

/// Gives the next pair of tokens.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "sign-in", request_body = RefreshToken,
    responses((status = 200, body = Session), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn refresh(
    app: web::Data<App>,
    body: Body<RefreshToken>,
) -> Result<web::Json<Session>, ApiError> {
    let refused = || ApiError::new(Code::Unauthenticated, "the refresh token is over or not valid");
    match app.auth.refresh_session(&body.0.refresh_token).await? {
        Refreshed::Again(signed_in) => Ok(web::Json((*signed_in).into())),
        Refreshed::Refused => Err(refused()),
        Refreshed::Reused { tenant, agent } => {
            app.hub.expel_revoked(&app.auth);
            app.note(&tenant, &format!("agent:{agent}"), "refresh_token_reused", "").await;
            Err(refused())
        }
    }
}

/// Signs out: the refresh token, the access tokens that came with it and their sockets end.
#[utoipa::path(post, path = "/v1/auth/logout", tag = "sign-in", request_body = RefreshToken,
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn logout(
    app: web::Data<App>,
    body: Body<RefreshToken>,
) -> Result<HttpResponse, ApiError> {
    if app.auth.logout(&body.0.refresh_token).await?.is_some() {
        app.hub.expel_revoked(&app.auth);
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Changes one's own password; every other session ends, and a new one begins.
#[utoipa::path(post, path = "/v1/auth/password", tag = "sign-in", request_body = PasswordChange,
    responses((status = 200, body = Session), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn password(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    body: Body<PasswordChange>,
) -> Result<web::Json<Session>, ApiError> {
    let Principal::Agent(AgentIdentity { tenant, agent, .. }) = &caller.0 else {
        return Err(ApiError::new(Code::Forbidden, "only agents have passwords"));
    };
    limit_logins(&app, &request, agent.as_str()).await?;
    let Body(PasswordChange { old_password, new_password }) = body;
    if old_password.len() > PASSWORD_BYTES_MAX
        || !app.auth.password_fits(tenant, agent, &old_password).await?
    {
        return Err(ApiError::field("old_password", "is wrong"));
    }
    if new_password == old_password {
        return Err(ApiError::field("new_password", "must differ from the old one"));
    }
    set_password(&app, tenant, agent, new_password, PasswordKind::Own, "new_password").await?;
    app.note(tenant, &format!("agent:{agent}"), "password_changed", "").await;
    let known = app.settings.desk(tenant).agent(agent).cloned();
    let known = known.ok_or_else(|| ApiError::unknown("agent"))?;
    let signed_in = app.auth.start_session(tenant, known, false).await?;
    Ok(web::Json(signed_in.into()))
}

/// Checks, hashes and keeps a password; ends the agent's sessions and tells every gateway.
pub(crate) async fn set_password(
    app: &App,
    tenant: &TenantId,
    agent: &AgentId,
    password: String,
    kind: PasswordKind,
    path: &str,
) -> Result<(), ApiError> {
    if let Some(problem) = app.auth.password_problem(&password, agent.as_str()) {
        return Err(ApiError::field(path, problem));
    }
    let hash = app.auth.hash_password(password).await?;
    let now = app.clock.now();
    app.records.credentials().set_password(tenant, agent, &hash, kind, now).await?;
    app.auth.note_revoked(tenant, agent, now);
    tell_revoked(app, tenant, agent).await;
    Ok(())
}

/// Sockets here close at once; those elsewhere when their gateway hears it, or when it next reads the
/// archive, which it does every second.
pub(crate) async fn tell_revoked(app: &App, tenant: &TenantId, agent: &AgentId) {
    app.hub.expel_revoked(&app.auth);
    if !app.accepts_work() {
        return;
    }
    let event = Event::SessionRevoked { agent: agent.clone() };
    if let Err(error) = app.router.announce(tenant, &event).await {
        tracing::warn!(error = crate::telemetry::chain(&error), "a revocation was not announced");
    }
}

/// Makes the first admin, by the one-time code.
#[utoipa::path(post, path = "/v1/auth/bootstrap", tag = "sign-in", request_body = FirstAdmin,
    responses((status = 200, body = Session), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn bootstrap(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<FirstAdmin>,
) -> Result<web::Json<Session>, ApiError> {
    let Body(FirstAdmin { code, agent, name, password }) = body;
    limit_logins(&app, &request, "bootstrap").await?;
    at_most("name", &name, 100)?;
    if let Some(problem) = app.auth.password_problem(&password, agent.as_str()) {
        return Err(ApiError::field("password", problem));
    }
    let tenant = app.auth.take_bootstrap_code(&code).await?;
    let tenant = tenant
        .ok_or_else(|| ApiError::new(Code::LoginFailed, "the code is wrong, used or over"))?;
    let admin = Agent {
        id: agent.clone(),
        name: if name.is_empty() { agent.to_string() } else { name },
        role: Role::Admin,
        skills: std::collections::BTreeMap::new(),
        capacity: domain::Capacity::default(),
        locale: domain::Locale::default(),
        phone: String::new(),
        enabled: true,
    };
    let change = Change { expected_version: None, by: "bootstrap", now: app.clock.now() };
    let value = serde_json::to_value(&admin).map_err(ApiError::internal)?;
    let kind = SettingKind::Agents;
    match app.records.settings().put(&tenant, kind, agent.as_str(), value, change).await? {
        Put::Saved { .. } | Put::Unchanged { .. } => {}
        Put::Refused { problems } => return Err(problems.into()),
        Put::Stale { .. } => return Err(ApiError::new(Code::StaleVersion, "try again")),
    }
    app.settings_changed(&tenant, kind.name()).await?;
    set_password(&app, &tenant, &agent, password, PasswordKind::Own, "password").await?;
    app.note(&tenant, &format!("agent:{agent}"), "bootstrapped", "").await;
    let signed_in = app.auth.start_session(&tenant, admin, false).await?;
    Ok(web::Json(signed_in.into()))
}
