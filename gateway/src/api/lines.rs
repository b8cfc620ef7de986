//! Messengers, as the desk sees them: what the line to a contact carries and until when, and whether a
//! channel's settings work at its network.

use super::caller::Caller;
use super::conversations::find;
use super::error::{ApiError, Code};
use super::extract::id;
use crate::app::App;
use crate::pipeline::chats::send::line;
use crate::pipeline::chats::way::Window;
use actix_web::web;
use channels::{Finding, registry};
use domain::{Channel, ChannelId, Role};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long a live check may take in all.
const CHECK_WITHIN: Duration = Duration::from_secs(30);
/// So many live checks of one tenant run at once.
const CHECKS_MAX: usize = 2;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/conversations/{id}/line", web::get().to(of_conversation))
        .route("/channels/{id}/check", web::post().to(check))
        .route("/channels/check", web::post().to(check_new));
}

/// The line to a contact in a messenger.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent abilities")]
pub struct ContactLine {
    /// Through which channel the contact is answered.
    channel: ChannelId,
    /// Which network it is: the adapter's name.
    adapter: &'static str,
    /// How long and how often the contact can still be answered.
    window: Window,
    /// The group in which the contact wrote last, where others read along.
    group: Option<String>,
    /// The longest text of one message, in bytes; longer ones are divided.
    text_bytes_max: usize,
    /// The largest file, in bytes; 0 when the network carries none.
    file_bytes_max: usize,
    /// The endings of the names of files that the network carries; empty when it carries any.
    file_endings: &'static [&'static str],
    /// A file that the network does not carry goes as a link that works for so many hours; 0 when it is
    /// refused.
    link_hours: u32,
    /// Is what the contact has read told?
    receipts: bool,
    /// Can the contact change and take back what was said?
    edits: bool,
    /// Has the network buttons?
    buttons: bool,
    /// May somebody be written to who has not written first?
    proactive: bool,
}

/// What the line to the contact carries, and until when.
#[utoipa::path(get, path = "/v1/conversations/{id}/line", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ContactLine), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn of_conversation(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<ContactLine>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let view = app.settings.desk(&staff.tenant);
    let found = line(&app, &staff.tenant, (&view, &conversation)).await?;
    let found = found.ok_or_else(|| ApiError::unknown("line"))?;
    let what = found.adapter.descriptor();
    let media = what.capabilities.media_out;
    Ok(web::Json(ContactLine {
        channel: found.way.channel.clone(),
        adapter: what.adapter,
        window: found.window(),
        group: found.way.group.clone(),
        text_bytes_max: what.limits.text_bytes_max,
        file_bytes_max: if media { what.limits.file_bytes_max } else { 0 },
        file_endings: if media { found.adapter.file_endings() } else { &[] },
        link_hours: found.links.as_ref().map_or(0, |links| links.hours),
        receipts: what.capabilities.receipts,
        edits: what.capabilities.edit,
        buttons: what.capabilities.cards,
        proactive: what.capabilities.proactive,
    }))
}

/// How a channel's settings fare at its network.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelCheck {
    /// Where the network has to call us, if it does.
    callback_url: Option<String>,
    /// Each point; empty when there is nothing to try.
    findings: Vec<Finding>,
}

/// Tries a channel's settings at its network; nothing is sent to anybody.
#[utoipa::path(post, path = "/v1/channels/{id}/check", tag = "admins",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ChannelCheck), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn check(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<ChannelCheck>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let channel: ChannelId = id(&path, "channel")?;
    let view = app.settings.desk(&staff.tenant);
    let channel = view.channel(&channel).ok_or_else(|| ApiError::unknown("channel"))?;
    carry_out(&app, &staff.tenant, channel).await
}

/// Tries settings that are not stored yet. Secrets must be given in full.
#[utoipa::path(post, path = "/v1/channels/check", tag = "admins", security(("bearer" = [])),
    request_body = Channel,
    responses((status = 200, body = ChannelCheck), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn check_new(
    app: web::Data<App>,
    caller: Caller,
    channel: web::Json<Channel>,
) -> Result<web::Json<ChannelCheck>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    carry_out(&app, &staff.tenant, &channel).await
}

async fn carry_out(
    app: &App,
    tenant: &domain::TenantId,
    channel: &Channel,
) -> Result<web::Json<ChannelCheck>, ApiError> {
    let turn = app.at_once.begin(&format!("checks of {tenant}"), CHECKS_MAX);
    let Some(_turn) = turn else { return Err(ApiError::limited(5_000)) };
    let means = app.doors.means(tenant, &channel.id);
    let adapter = registry::build(channel, &means).map_err(|problems| {
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        ApiError::new(Code::Invalid, said.join("; "))
    })?;
    let checked = tokio::time::timeout(CHECK_WITHIN, adapter.check()).await;
    let findings = checked.unwrap_or_else(|_late| {
        vec![Finding::no("connection", format!("no answer in {} s", CHECK_WITHIN.as_secs()))]
    });
    let public = app.config.server.public_url.trim_end_matches('/');
    let called = adapter.descriptor().capabilities.callbacks;
    let below = adapter.called_below();
    let callback_url = called.then(|| format!("{public}/v1/callbacks/{}{below}", channel.id));
    Ok(web::Json(ChannelCheck { callback_url, findings }))
}
