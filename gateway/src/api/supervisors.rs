//! For supervisors: queues, agents, ratings.

use super::caller::Caller;
use super::conversations::{done, summaries};
use super::desk::{WantedPresence, set_presence};
use super::error::ApiError;
use super::extract::{Body, Params, id};
use crate::app::App;
use crate::socket::protocol::ConversationSummary;
use actix_web::{HttpResponse, web};
use domain::{AgentId, ConversationId, Presence, QueueId, Role, Timestamp};
use records::ratings::Rating;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most who wait on one page.
const WAITING_MAX: usize = 200;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/queues/state", web::get().to(queues))
        .route("/queues/{id}/waiting", web::get().to(waiting))
        .route("/agents/state", web::get().to(agents))
        .route("/agents/{id}/conversations", web::get().to(held))
        .route("/agents/{id}/presence", web::post().to(send_away))
        .route("/ratings", web::get().to(ratings));
}

/// A queue now.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueNow {
    /// Which.
    queue: QueueId,
    /// How many wait.
    waiting: u64,
    /// The earliest due time of those who wait.
    oldest_due: Option<Timestamp>,
    /// The earliest arrival among the first of those who wait.
    oldest_arrival: Option<Timestamp>,
}

/// Every queue, also those in which nobody ever waited.
#[utoipa::path(get, path = "/v1/queues/state", tag = "supervisors", security(("bearer" = [])),
    responses((status = 200, body = Vec<QueueNow>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn queues(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<Vec<QueueNow>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let states = app.router.queue_states(&staff.tenant).await?;
    let view = app.settings.desk(&staff.tenant);
    let queues = view.desk.queues.iter().map(|queue| {
        let state = states.iter().find(|state| state.queue == queue.id);
        QueueNow {
            queue: queue.id.clone(),
            waiting: state.map_or(0, |state| state.waiting),
            oldest_due: state.and_then(|state| state.oldest_due),
            oldest_arrival: state.and_then(|state| state.oldest_arrival),
        }
    });
    Ok(web::Json(queues.collect()))
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

/// Those who wait in a queue, in due order.
#[utoipa::path(get, path = "/v1/queues/{id}/waiting", tag = "supervisors",
    security(("bearer" = [])), params(("id" = String, Path), Limit),
    responses((status = 200, body = Vec<ConversationSummary>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn waiting(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    query: Params<Limit>,
) -> Result<web::Json<Vec<ConversationSummary>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let queue: QueueId = id(&path, "queue")?;
    if app.settings.desk(&staff.tenant).queue(&queue).is_none() {
        return Err(ApiError::unknown("queue"));
    }
    let limit = query.0.limit.unwrap_or(50).clamp(1, WAITING_MAX);
    let ids = app.router.waiting(&staff.tenant, &queue, limit).await?;
    let found = summaries(&app, &staff, &ids).await?;
    let object = format!("queue:{queue}");
    app.note_surely(&staff.tenant, &staff.name, "waiting_read", &object).await?;
    Ok(web::Json(found))
}

/// An agent now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentNow {
    /// Who.
    agent: AgentId,
    /// The name.
    name: String,
    /// Takes work?
    presence: Presence,
    /// Since when.
    since: Timestamp,
    /// Units in use.
    used: u32,
    /// Units in all.
    units: u32,
    /// How many conversations are held or offered.
    held: u64,
    /// The conversation offered just now.
    offered: Option<ConversationId>,
}

/// Every agent.
#[utoipa::path(get, path = "/v1/agents/state", tag = "supervisors", security(("bearer" = [])),
    responses((status = 200, body = Vec<AgentNow>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn agents(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<Vec<AgentNow>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let view = app.settings.desk(&staff.tenant);
    let states = app.router.agent_states(&staff.tenant).await?;
    let agents = states.into_iter().map(|state| AgentNow {
        name: view.agent(&state.agent).map_or_else(String::new, |agent| agent.name.clone()),
        agent: state.agent,
        presence: state.presence,
        since: state.since,
        used: state.used,
        units: state.units,
        held: state.held,
        offered: state.offered,
    });
    Ok(web::Json(agents.collect()))
}

/// What an agent holds.
#[utoipa::path(get, path = "/v1/agents/{id}/conversations", tag = "supervisors",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = Vec<ConversationSummary>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn held(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<Vec<ConversationSummary>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let agent = known_agent(&app, &staff.tenant, &path)?;
    let ids = app.router.held(&staff.tenant, &agent).await?;
    let found = summaries(&app, &staff, &ids).await?;
    let object = format!("agent:{agent}");
    app.note_surely(&staff.tenant, &staff.name, "held_read", &object).await?;
    Ok(web::Json(found))
}

/// An agent of the tenant.
pub(crate) fn known_agent(
    app: &App,
    tenant: &domain::TenantId,
    text: &str,
) -> Result<AgentId, ApiError> {
    let agent: AgentId = id(text, "agent")?;
    match app.settings.desk(tenant).agent(&agent) {
        Some(_) => Ok(agent),
        None => Err(ApiError::unknown("agent")),
    }
}

/// Sends an agent away (or back to work).
#[utoipa::path(post, path = "/v1/agents/{id}/presence", tag = "supervisors",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = WantedPresence,
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn send_away(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<WantedPresence>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let agent = known_agent(&app, &staff.tenant, &path)?;
    set_presence(&app, &staff, &agent, body.0.presence, "supervisor").await?;
    let object = format!("agent:{agent}");
    app.note_surely(&staff.tenant, &staff.name, "presence_set", &object).await?;
    Ok(done())
}

/// Which ratings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingPage {
    /// Those before this time and conversation: `<at>.<conversation>` of the last one.
    #[serde(default)]
    before: Option<String>,
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<u32>,
}

/// A rating.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingRow {
    /// Which conversation.
    conversation: ConversationId,
    /// 1 to 5.
    grade: u8,
    /// In the contact's words.
    comment: String,
    /// When.
    at: Timestamp,
}

/// Ratings, the newest first.
#[utoipa::path(get, path = "/v1/ratings", tag = "supervisors", security(("bearer" = [])),
    params(RatingPage),
    responses((status = 200, body = Vec<RatingRow>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn ratings(
    app: web::Data<App>,
    caller: Caller,
    query: Params<RatingPage>,
) -> Result<web::Json<Vec<RatingRow>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let bad = || ApiError::field("before", "must be `<at>.<conversation>` of a rating");
    let before = match &query.0.before {
        None => None,
        Some(text) => {
            let (at, conversation) = text.split_once('.').ok_or_else(bad)?;
            let at = Timestamp(at.parse().map_err(|_bad| bad())?);
            Some((at, conversation.parse::<ConversationId>().map_err(|_bad| bad())?))
        }
    };
    let before = before.as_ref().map(|(at, conversation)| (*at, conversation));
    let limit = query.0.limit.unwrap_or(50).clamp(1, 200);
    let found = app.records.ratings().list(&staff.tenant, before, limit).await?;
    app.note_surely(&staff.tenant, &staff.name, "ratings_read", "").await?;
    let rows = found.into_iter().map(|Rating { conversation, grade, comment, at }| RatingRow {
        conversation,
        grade,
        comment,
        at,
    });
    Ok(web::Json(rows.collect()))
}
