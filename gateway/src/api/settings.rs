//! Settings: the desk as data, document by document or as a whole.

mod history;
mod secrets;

pub(crate) use history::*;
pub use history::{DocumentVersion, Undo};

use super::caller::Caller;
use super::conversations::done;
use super::error::{ApiError, Code, FieldProblem};
use super::extract::{Body, Params, id};
use crate::app::App;
use crate::auth::access::Staff;
use crate::config::Config;
use actix_web::{HttpResponse, web};
use domain::queue::Request;
use domain::{
    Agent, AgentId, Audience, ChannelId, Desk, Entry, Need, PlanAction, QueueId, Role, Timestamp,
    Webhook,
};
use records::settings::{Applied, Change, Deleted, Put, Setting, SettingKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/settings/apply", web::post().to(apply))
        .route("/settings/try", web::post().to(try_out))
        .route("/settings/{kind}", web::get().to(list))
        .route("/settings/{kind}/{id}", web::put().to(put))
        .route("/settings/{kind}/{id}", web::delete().to(delete))
        .route("/settings/{kind}/{id}/history", web::get().to(history::history))
        .route("/settings/{kind}/{id}/undo", web::post().to(history::undo));
}

/// A document as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingDocument {
    /// Its id, unique in its kind.
    id: String,
    /// Counts its changes, from 1.
    version: u64,
    /// When it was last changed.
    updated_at: Timestamp,
    /// By whom.
    updated_by: String,
    /// The document.
    #[schema(value_type = Object)]
    value: Value,
}

impl From<Setting> for SettingDocument {
    fn from(setting: Setting) -> Self {
        Self {
            id: setting.id,
            version: setting.version,
            updated_at: setting.updated_at,
            updated_by: setting.updated_by,
            value: setting.value,
        }
    }
}

fn kind_of(text: &str) -> Result<SettingKind, ApiError> {
    id(text, "kind of setting")
}

/// The documents of a kind. In the place of a secret stands a mark; sent back, it keeps the secret.
#[utoipa::path(get, path = "/v1/settings/{kind}", tag = "admins", security(("bearer" = [])),
    params(("kind" = String, Path)),
    responses((status = 200, body = Vec<SettingDocument>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn list(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<Vec<SettingDocument>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let kind = kind_of(&path)?;
    let mut documents = app.records.settings().list(&staff.tenant, kind).await?;
    documents.iter_mut().for_each(|document| secrets::hide(kind, &mut document.value));
    Ok(web::Json(documents.into_iter().map(SettingDocument::from).collect()))
}

/// A document to be stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocument {
    /// The version that the change is based on; 0 for a new document; absent to overwrite.
    #[serde(default)]
    version: Option<u64>,
    /// The document.
    #[schema(value_type = Object)]
    value: Value,
}

/// A document's version after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// Counts its changes.
    version: u64,
}

/// Stores a document, if it is based on the present version and the desk stays valid as a whole.
#[utoipa::path(put, path = "/v1/settings/{kind}/{id}", tag = "admins", security(("bearer" = [])),
    params(("kind" = String, Path), ("id" = String, Path)), request_body = NewDocument,
    responses((status = 200, body = Version), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn put(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: Body<NewDocument>,
) -> Result<web::Json<Version>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let (kind, id) = (kind_of(&path.0)?, path.1.as_str());
    let Body(NewDocument { version, mut value }) = body;
    if kind == SettingKind::Channels {
        secrets::restore(&app, &staff.tenant, id, value.get_mut("settings")).await?;
    }
    let how = (version, "setting_changed");
    let version = change_document(&app, &staff, (kind, id), value, how).await?;
    Ok(web::Json(Version { version }))
}

/// Stores a document after all checks, under a name of the audit trail; gives its version.
async fn change_document(
    app: &App,
    staff: &Staff,
    (kind, id): (SettingKind, &str),
    value: Value,
    (expected_version, action): (Option<u64>, &str),
) -> Result<u64, ApiError> {
    check_document(app, kind, &value)?;
    keeps_an_admin(app, staff, kind, id, Some(&value))?;
    let change = Change { expected_version, by: &staff.name, now: app.clock.now() };
    match app.records.settings().put(&staff.tenant, kind, id, value, change).await? {
        Put::Saved { version } => {
            changed(app, staff, kind, id, action).await?;
            Ok(version)
        }
        Put::Unchanged { version } => Ok(version),
        Put::Stale { .. } => Err(stale()),
        Put::Refused { problems } => Err(problems.into()),
    }
}

/// Which version is to be deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedVersion {
    /// The version that the deletion is based on; absent to delete any.
    #[serde(default)]
    version: Option<u64>,
}

/// Deletes a document, if the desk stays valid as a whole.
#[utoipa::path(delete, path = "/v1/settings/{kind}/{id}", tag = "admins", security(("bearer" = [])),
    params(("kind" = String, Path), ("id" = String, Path), DeletedVersion),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn delete(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: Params<DeletedVersion>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let (kind, id) = (kind_of(&path.0)?, path.1.as_str());
    delete_document(&app, &staff, (kind, id), (query.0.version, "setting_deleted")).await?;
    Ok(done())
}

/// Deletes a document after all checks, and an agent's credentials with it.
async fn delete_document(
    app: &App,
    staff: &Staff,
    (kind, id): (SettingKind, &str),
    (expected_version, action): (Option<u64>, &str),
) -> Result<(), ApiError> {
    keeps_an_admin(app, staff, kind, id, None)?;
    let change = Change { expected_version, by: &staff.name, now: app.clock.now() };
    match app.records.settings().delete(&staff.tenant, kind, id, change).await? {
        Deleted::Deleted => {}
        Deleted::Unknown => return Err(ApiError::unknown("setting")),
        Deleted::Stale { .. } => return Err(stale()),
        Deleted::Refused { problems } => return Err(problems.into()),
    }
    if kind == SettingKind::Agents
        && let Ok(agent) = id.parse::<AgentId>()
    {
        let now = app.clock.now();
        app.records.credentials().remove(&staff.tenant, &agent, now).await?;
        app.auth.note_revoked(&staff.tenant, &agent, now);
        super::auth::tell_revoked(app, &staff.tenant, &agent).await;
    }
    changed(app, staff, kind, id, action).await
}

fn stale() -> ApiError {
    ApiError::new(Code::StaleVersion, "someone else changed it; read it again")
}

async fn changed(
    app: &App,
    staff: &Staff,
    kind: SettingKind,
    id: &str,
    action: &str,
) -> Result<(), ApiError> {
    app.note(&staff.tenant, &staff.name, action, &format!("setting:{kind}/{id}")).await;
    Ok(app.settings_changed(&staff.tenant, kind.name()).await?)
}

/// What only the gateway can judge: adapters' settings and webhooks' addresses.
pub(crate) fn check_document(app: &App, kind: SettingKind, value: &Value) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    match kind {
        SettingKind::Channels => {
            if let Ok(channel) = serde_json::from_value(value.clone()) {
                problems.extend(channel_problems(&app.config, &channel, ""));
            }
        }
        SettingKind::Webhooks => {
            if let Ok(webhook) = serde_json::from_value::<Webhook>(value.clone()) {
                problems.extend(webhook_problem(app.config.webhooks.allow_http, &webhook, ""));
            }
        }
        _ => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(ApiError::fields(problems)) }
}

/// The same for a whole desk; also for `hutong apply`.
pub fn desk_problems(config: &Config, desk: &Desk) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for (n, channel) in desk.channels.iter().enumerate() {
        problems.extend(channel_problems(config, channel, &format!("channels[{n}].")));
    }
    for (n, webhook) in desk.webhooks.iter().enumerate() {
        problems.extend(webhook_problem(
            config.webhooks.allow_http,
            webhook,
            &format!("webhooks[{n}]."),
        ));
    }
    problems
}

fn channel_problems(config: &Config, channel: &domain::Channel, prefix: &str) -> Vec<FieldProblem> {
    let problems = channels::registry::problems(channel, &config.mail.reach());
    let to_field = |problem: channels::SettingsProblem| FieldProblem {
        path: format!("{prefix}{}", problem.path),
        problem: problem.problem,
    };
    problems.into_iter().map(to_field).collect()
}

fn webhook_problem(allow_http: bool, webhook: &Webhook, prefix: &str) -> Option<FieldProblem> {
    let problem = match url::Url::parse(&webhook.url) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "must not carry a user or password"
        }
        Ok(url) if url.host().is_none() => "has no host",
        Ok(url) if url.scheme() == "https" => return None,
        Ok(url) if url.scheme() == "http" && allow_http => return None,
        Ok(_) => "must be https (http only with webhooks.allow_http)",
        Err(_) => "is no URL",
    };
    Some(FieldProblem { path: format!("{prefix}url"), problem: problem.to_owned() })
}

/// Nobody locks the desk: one enabled admin must remain.
fn keeps_an_admin(
    app: &App,
    staff: &Staff,
    kind: SettingKind,
    id: &str,
    value: Option<&Value>,
) -> Result<(), ApiError> {
    if kind != SettingKind::Agents {
        return Ok(());
    }
    let stays = |agent: &Agent| agent.enabled && agent.role == Role::Admin;
    let new = value.and_then(|value| serde_json::from_value::<Agent>(value.clone()).ok());
    let view = app.settings.desk(&staff.tenant);
    let mut others = view.desk.agents.iter().filter(|agent| agent.id.as_str() != id);
    if new.as_ref().is_some_and(stays) || others.any(stays) {
        Ok(())
    } else {
        Err(ApiError::field("role", "one enabled admin must remain"))
    }
}

/// Only check?
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRun {
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What applying did, or would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// One for each document given.
    changes: Vec<DocumentChange>,
}

/// What applying did to one document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentChange {
    /// Which kind.
    kind: String,
    /// Which document.
    id: String,
    /// `created`, `updated` or `unchanged`.
    #[schema(value_type = String)]
    outcome: records::settings::AppliedOutcome,
}

/// Stores a whole desk, checked as a whole; deletes nothing.
#[utoipa::path(post, path = "/v1/settings/apply", tag = "admins", security(("bearer" = [])),
    params(DryRun), request_body = Desk,
    responses((status = 200, body = Changes), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn apply(
    app: web::Data<App>,
    caller: Caller,
    query: Params<DryRun>,
    body: Body<Desk>,
) -> Result<web::Json<Changes>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let Body(mut desk) = body;
    for channel in &mut desk.channels {
        let (id, settings) = (channel.id.as_str(), &mut channel.settings);
        secrets::restore(&app, &staff.tenant, id, Some(settings)).await?;
    }
    let problems = desk_problems(&app.config, &desk);
    if !problems.is_empty() {
        return Err(ApiError::fields(problems));
    }
    let settings = app.records.settings();
    let applied = if query.0.dry_run {
        settings.preview(&staff.tenant, &desk).await?
    } else {
        settings.apply(&staff.tenant, &desk, &staff.name, app.clock.now()).await?
    };
    let changes = match applied {
        Applied::Applied { changes } => changes,
        Applied::Refused { problems } => return Err(problems.into()),
    };
    if !query.0.dry_run {
        app.note(&staff.tenant, &staff.name, "desk_applied", "").await;
        app.settings_changed(&staff.tenant, "desk").await?;
    }
    let changes = changes.into_iter().map(|change| DocumentChange {
        kind: change.kind.name().to_owned(),
        id: change.id,
        outcome: change.outcome,
    });
    Ok(web::Json(Changes { changes: changes.collect() }))
}

/// A request that nobody made, to see where it would go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// Through which channel.
    channel: ChannelId,
    /// The topic; without it the channel's first one.
    #[serde(default)]
    topic: Option<String>,
    /// The request type; without it the topic's.
    #[serde(default)]
    request_type: Option<String>,
    /// Whom it is for; without it the channel's audience.
    #[serde(default)]
    audience: Option<Audience>,
}

/// Where a request would go.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    /// The queue.
    queue: QueueId,
    /// The first lane.
    lane: String,
    /// The due time.
    due_at: Timestamp,
    /// When the desk opens, if it is closed now.
    opens_at: Option<Timestamp>,
    /// The needs, one after the other.
    ladder: Vec<TriedRung>,
}

/// A need of the ladder.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedRung {
    /// Holds after so many milliseconds of waiting.
    after_ms: i64,
    /// The need.
    need: Need,
    /// Who of the enabled agents has the skills, and room for this kind at all.
    eligible: Vec<AgentId>,
}

/// Shows where a request would go, and who could take it; changes nothing.
#[utoipa::path(post, path = "/v1/settings/try", tag = "admins", security(("bearer" = [])),
    request_body = Try,
    responses((status = 200, body = Tried), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn try_out(
    app: web::Data<App>,
    caller: Caller,
    body: Body<Try>,
) -> Result<web::Json<Tried>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let Body(wish) = body;
    let view = app.settings.desk(&staff.tenant);
    let channel = view.channel(&wish.channel);
    let channel = channel.ok_or_else(|| ApiError::field("channel", "no channel has this name"))?;
    let topic = match &wish.topic {
        Some(topic) => channel.topics.iter().find(|known| known.id == *topic),
        None => channel.topics.first(),
    };
    let topic = topic.ok_or_else(|| ApiError::field("topic", "the channel has no such topic"))?;
    let now = app.clock.now();
    let request = Request {
        kind: channel.kind,
        audience: wish.audience.unwrap_or(channel.audience),
        request_type: wish.request_type.as_deref().or(topic.request_type.as_deref()),
        arrived_at: now,
        last_agent: None,
        now,
    };
    let entry = view.entry(&topic.queue, &request);
    let entry = entry.ok_or_else(|| ApiError::unknown("queue"))?;
    let ladder = ladder(&view.desk, &entry);
    let lane = ladder.first().map_or_else(String::new, |rung| {
        domain::need::lane(entry.kind, &rung.need, &std::collections::BTreeSet::new())
    });
    Ok(web::Json(Tried {
        queue: entry.queue,
        lane,
        due_at: entry.due_at,
        opens_at: entry.not_before,
        ladder,
    }))
}

fn ladder(desk: &Desk, entry: &Entry) -> Vec<TriedRung> {
    let lanes = entry.plan.iter().filter_map(|step| match &step.action {
        PlanAction::Lane(need) => Some((step.after_ms, need.clone())),
        PlanAction::Overdue | PlanAction::Overflow | PlanAction::Remind => None,
    });
    lanes
        .map(|(after_ms, need)| {
            let fits = |agent: &&Agent| {
                let room = agent.capacity.of(entry.kind);
                agent.enabled
                    && need.skills_met_by(&agent.skills)
                    && room.limit > 0
                    && room.cost <= agent.capacity.units
            };
            let eligible = desk.agents.iter().filter(fits).map(|agent| agent.id.clone()).collect();
            TriedRung { after_ms, need, eligible }
        })
        .collect()
}
