//! The desk of an agent: everything at once, and presence.

use super::caller::Caller;
use super::conversations::summaries;
use super::error::ApiError;
use super::extract::Body;
use crate::app::App;
use crate::auth::access::Staff;
use crate::clock::mint;
use crate::pipeline::calls;
use crate::socket::protocol::{AgentName, ChannelName, DeskSnapshot, QueueName};
use actix_web::{HttpResponse, web};
use domain::{AgentId, Presence, Role};
use routing::reply::PresenceSet;
use serde::Deserialize;
use utoipa::ToSchema;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/desk", web::get().to(desk)).route("/presence", web::post().to(presence));
}

/// Everything that a desk needs at once.
#[utoipa::path(get, path = "/v1/desk", tag = "desk", security(("bearer" = [])),
    responses((status = 200, body = DeskSnapshot), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn desk(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<DeskSnapshot>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let agent = staff.person()?.clone();
    // The cursor first: whatever happens while the rest is read is told again by the socket.
    let cursor = app.router.newest_cursor(&staff.tenant).await?;
    let epoch = app.router.epoch(&staff.tenant, &mint::name()).await?;
    let state = app.router.agent_state(&staff.tenant, &agent).await?;
    let held = app.router.held(&staff.tenant, &agent).await?;
    let conversations = summaries(&app, &staff, &held).await?;
    let now = app.router.now().await?;
    let view = app.settings.desk(&staff.tenant);
    let me = view.agent(&agent).cloned().ok_or_else(|| ApiError::unknown("agent"))?;
    let desk = &view.desk;
    let queues = desk.queues.iter();
    let channels = desk.channels.iter();
    Ok(web::Json(DeskSnapshot {
        epoch,
        cursor,
        me,
        presence: state.map_or(Presence::Offline, |state| state.presence),
        conversations,
        agents: desk
            .agents
            .iter()
            .map(|agent| AgentName { id: agent.id.clone(), name: agent.name.clone() })
            .collect(),
        queues: queues.map(|q| QueueName { id: q.id.clone(), name: q.name.clone() }).collect(),
        channels: channels
            .map(|c| ChannelName {
                id: c.id.clone(),
                name: c.name.clone(),
                kind: c.kind,
                adapter: c.adapter.clone(),
                calls: calls::line_of(&view, &c.id).is_some(),
            })
            .collect(),
        request_types: desk.request_types.clone(),
        quick_replies: desk.quick_replies.clone(),
        skills: desk.skills.clone(),
        now,
    }))
}

/// A wanted presence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedPresence {
    /// `ready`, `away` or `offline`.
    pub(super) presence: Presence,
}

/// Takes work, or not.
#[utoipa::path(post, path = "/v1/presence", tag = "desk", security(("bearer" = [])),
    request_body = WantedPresence,
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn presence(
    app: web::Data<App>,
    caller: Caller,
    body: Body<WantedPresence>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let agent = staff.person()?.clone();
    set_presence(&app, &staff, &agent, body.0.presence, "agent").await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn set_presence(
    app: &App,
    staff: &Staff,
    agent: &AgentId,
    presence: Presence,
    reason: &'static str,
) -> Result<(), ApiError> {
    if presence == Presence::NotAnswering {
        return Err(ApiError::field("presence", "must be ready, away or offline"));
    }
    let _turn = app.admit().await?;
    let lease = i64::try_from(app.config.presence.lease_ms).unwrap_or(i64::MAX);
    match app.router.set_presence(&staff.tenant, agent, presence, reason, lease).await? {
        PresenceSet::Set | PresenceSet::Unchanged => Ok(()),
        PresenceSet::Unknown => Err(ApiError::unknown("agent")),
    }
}
