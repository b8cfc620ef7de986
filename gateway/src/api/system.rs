//! For admins: the system as it stands, and the audit trail.

use super::caller::Caller;
use super::error::ApiError;
use super::extract::Params;
use crate::app::{App, LinkReport};
use crate::doors::{DoorState, Reading};
use crate::tasks::TaskReport;
use actix_web::web;
use domain::{Channel, ChannelId, ConversationId, Role, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/system", web::get().to(system)).route("/audit", web::get().to(audit));
}

/// The system as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct System {
    /// The release.
    version: &'static str,
    /// This gateway's random name.
    node: String,
    /// What an acknowledged write survives.
    #[schema(value_type = String)]
    durability: routing::Durability,
    /// Redis.
    #[schema(value_type = Object)]
    redis: LinkReport,
    /// The program of the embedded Redis, if it is embedded.
    embedded_redis: Option<String>,
    /// `sqlite` or `postgres`.
    archive: &'static str,
    /// The settings version.
    settings_version: u64,
    /// Everything that runs here.
    tasks: Vec<TaskReport>,
    /// How the doors that keep connections stand on this gateway.
    doors: Vec<DoorReport>,
}

/// How a door that keeps connections stands on this gateway.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorReport {
    /// Which channel.
    channel: ChannelId,
    /// `open`, `elsewhere` (another gateway keeps it), `failing`, `closed` (not tried yet, or switched
    /// off).
    state: &'static str,
    /// Since when, where that is known.
    since: Option<Timestamp>,
    /// Why it could not go on.
    why: Option<String>,
    /// How far it has come with what lay there before; none when it has read everything.
    reading: Option<Reading>,
}

fn door_reports(app: &App, tenant: &TenantId) -> Vec<DoorReport> {
    let view = app.settings.desk(tenant);
    view.desk.channels.iter().filter_map(|channel| door_report(app, tenant, channel)).collect()
}

/// How a door that keeps connections stands here; `None` for one that keeps none, unless its settings are
/// wrong.
pub(super) fn door_report(app: &App, tenant: &TenantId, channel: &Channel) -> Option<DoorReport> {
    let adapter = app.doors.adapter(tenant, channel);
    if adapter.is_ok_and(|adapter| !adapter.descriptor().capabilities.runs) {
        return None;
    }
    let (state, since, why, reading) = match app.doors.state(tenant, &channel.id) {
        Some(DoorState::Open { since, reading }) => ("open", Some(since), None, reading),
        Some(DoorState::Elsewhere) => ("elsewhere", None, None, None),
        Some(DoorState::Failing { since, why }) => ("failing", Some(since), Some(why), None),
        None => ("closed", None, None, None),
    };
    Some(DoorReport { channel: channel.id.clone(), state, since, why, reading })
}

/// The system as it stands.
#[utoipa::path(get, path = "/v1/system", tag = "admins", security(("bearer" = [])),
    responses((status = 200, body = System), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn system(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<System>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let postgres = app.config.records.url.starts_with("postgres");
    let program = app.embedded.as_ref().map(|embedded| embedded.program());
    Ok(web::Json(System {
        version: env!("CARGO_PKG_VERSION"),
        node: app.node.clone(),
        durability: app.config.redis.durability,
        redis: app.monitor.report(),
        embedded_redis: program.map(|p| format!("{} {}", p.path.display(), p.version)),
        archive: if postgres { "postgres" } else { "sqlite" },
        settings_version: app.settings.desk(&staff.tenant).version,
        tasks: app.tasks.reports(),
        doors: door_reports(&app, &staff.tenant),
    }))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditPage {
    /// Those before this place.
    #[serde(default)]
    before: Option<u64>,
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<u32>,
    /// Of one conversation.
    #[serde(default)]
    conversation: Option<ConversationId>,
}

/// A row of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLine {
    /// Its place: 1, 2, 3, … without a gap.
    n: u64,
    /// When.
    at: Timestamp,
    /// By whom.
    actor: String,
    /// What.
    action: String,
    /// To what.
    object: String,
    /// What else must be known of it.
    #[schema(value_type = Object)]
    details: serde_json::Value,
    /// The hash that chains the rows, in hexadecimal.
    hash: String,
}

/// The audit trail, newest first.
#[utoipa::path(get, path = "/v1/audit", tag = "admins", security(("bearer" = [])),
    params(AuditPage),
    responses((status = 200, body = Vec<AuditLine>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn audit(
    app: web::Data<App>,
    caller: Caller,
    query: Params<AuditPage>,
) -> Result<web::Json<Vec<AuditLine>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let Params(query) = query;
    let object = query.conversation.map(|id| format!("conversation:{id}"));
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let audit = app.records.audit();
    let rows = audit.list(&staff.tenant, query.before, limit, object.as_deref()).await?;
    let lines = rows.into_iter().map(|row| AuditLine {
        n: row.n,
        at: row.entry.at,
        actor: row.entry.actor,
        action: row.entry.action,
        object: row.entry.object,
        details: row.entry.details,
        hash: row.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    });
    Ok(web::Json(lines.collect()))
}
