//! For admins: how each channel stands, in one form for all of them, and what a network's own operator
//! needs from us.

use super::caller::Caller;
use super::error::{ApiError, Code};
use super::extract::id;
use super::system::{DoorReport, door_report};
use crate::app::App;
use crate::doors::{self, Failed};
use actix_web::{HttpResponse, web};
use channels::matrix;
use domain::{Channel, ChannelId, ChannelKind, Role, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What stands in the place of the tokens, which are written and never read.
const TOKEN_OF: [(&str, &str); 2] =
    [("as_token", "PUT-THE-AS-TOKEN-HERE"), ("hs_token", "PUT-THE-HS-TOKEN-HERE")];
/// What is said above the registration.
const REGISTRATION_HEAD: &str = "# The homeserver's registration of this desk. Put the two tokens of the channel's settings in the \
     place of\n# the words in capitals: the desk keeps them and shows them to nobody. Then chmod 600.\n";

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/channels/state", web::get().to(states))
        .route("/channels/{id}/registration", web::get().to(registration));
}

/// How a channel stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelState {
    /// Which.
    channel: ChannelId,
    /// What sort of door it is.
    kind: ChannelKind,
    /// The adapter's name.
    adapter: String,
    /// Is it switched on?
    enabled: bool,
    /// The connection that it keeps, as this gateway sees it; none for a channel that keeps none and
    /// whose settings are right.
    line: Option<DoorReport>,
    /// When something last came through it that was taken in, on any gateway; none when nothing did in 30
    /// days.
    last_event_at: Option<Timestamp>,
    /// When a word of the desk was last delivered.
    last_delivered_at: Option<Timestamp>,
    /// What last failed, and when it is tried again.
    last_error: Option<Failed>,
}

/// How every channel stands. What came, what was delivered and what failed is known of all gateways, a
/// few seconds late.
#[utoipa::path(get, path = "/v1/channels/state", tag = "admins", security(("bearer" = [])),
    responses((status = 200, body = Vec<ChannelState>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn states(
    app: web::Data<App>,
    caller: Caller,
) -> Result<web::Json<Vec<ChannelState>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let view = app.settings.desk(&staff.tenant);
    let mut states = Vec::with_capacity(view.desk.channels.len());
    for channel in &view.desk.channels {
        let pulse = doors::pulse(&app, &staff.tenant, &channel.id).await?;
        states.push(ChannelState {
            channel: channel.id.clone(),
            kind: channel.kind,
            adapter: channel.adapter.clone(),
            enabled: channel.enabled,
            line: door_report(&app, &staff.tenant, channel),
            last_event_at: pulse.event_at,
            last_delivered_at: pulse.delivered_at,
            last_error: pulse.failed,
        });
    }
    Ok(web::Json(states))
}

/// The registration file of a Matrix channel, as YAML for the homeserver. In the place of the two tokens
/// stand words in capitals: secrets are written and never read.
#[utoipa::path(get, path = "/v1/channels/{id}/registration", tag = "admins",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The file.", body = String, content_type = "application/yaml"),
        (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn registration(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let channel: ChannelId = id(&path, "channel")?;
    let view = app.settings.desk(&staff.tenant);
    let found = view.channel(&channel).filter(|channel| channel.adapter == matrix::ADAPTER);
    let found = found.ok_or_else(|| ApiError::unknown("registration"))?;
    let public = app.config.server.public_url.trim_end_matches('/');
    let callback = format!("{public}/v1/callbacks/{channel}");
    let file = matrix::registration(&without_tokens(found), &callback).map_err(|problems| {
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        ApiError::new(Code::WrongState, said.join("; "))
    })?;
    let disposition = format!("attachment; filename=\"hutong-{channel}.yaml\"");
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/yaml").insert_header(("content-disposition", disposition));
    Ok(answer.body(format!("{REGISTRATION_HEAD}{file}")))
}

fn without_tokens(channel: &Channel) -> Channel {
    let mut bare = channel.clone();
    if let Some(settings) = bare.settings.as_object_mut() {
        for (key, word) in TOKEN_OF {
            settings.insert(key.to_owned(), Value::from(word));
        }
    }
    bare
}
