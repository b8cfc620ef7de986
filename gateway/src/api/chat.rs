//! For the widget: the channel, visitors' sessions, a visitor's own messages.

mod by_mail;
mod callback;
mod channel;
mod devices;
mod earlier;
mod frames;
mod session;

pub use by_mail::{AnswerAddress, TranscriptWish};
pub use channel::{ChatCallbacks, ChatChannel, ChatPush, ChatTopic};
pub use devices::{DeviceWish, RegisteredDevice};
pub use earlier::{EarlierConversation, EarlierConversations};
pub use frames::{FrameList, SaidFrame};
pub use session::{ChatSession, SessionWish};

use super::caller::Caller;
use super::error::ApiError;
use super::extract::Params;
use crate::app::App;
use crate::auth::access::visitor_may_read;
use crate::hub::fact::for_contact;
use actix_web::web;
use channels::web_chat::WebChatConfig;
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{Channel, ChannelId, TenantId};
use records::history::MessagesFrom;
use serde::Deserialize;
use std::borrow::Cow;
use utoipa::IntoParams;

pub(crate) use by_mail::*;
pub(crate) use callback::*;
pub(crate) use channel::*;
pub(crate) use devices::*;
pub(crate) use earlier::*;
pub(crate) use frames::*;
pub(crate) use session::*;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/chat/messages", web::get().to(messages))
        .route("/chat/conversations", web::get().to(earlier::earlier))
        .route("/chat/conversations/{id}/messages", web::get().to(earlier::earlier_messages))
        .route("/chat/transcripts", web::post().to(by_mail::transcript))
        .route("/chat/callback", web::put().to(callback::ask_callback))
        .route("/chat/callback", web::delete().to(callback::drop_callback))
        .route("/chat/address", web::put().to(by_mail::leave_address))
        .route("/chat/address", web::delete().to(by_mail::withdraw_address))
        .route("/chat/devices/{device}", web::put().to(devices::register))
        .route("/chat/devices/{device}", web::delete().to(devices::remove))
        .route("/chat/notifications", web::get().to(devices::wishes))
        .route("/chat/notifications", web::put().to(devices::set_wishes))
        .route("/chat/frames", web::get().to(frames::frames))
        .route("/chat/frames", web::post().to(frames::say))
        .route("/chat/{channel}", web::get().to(channel::channel))
        .route("/chat/{channel}/sessions", web::post().to(session::open));
}

/// A web chat, or an app's chat, that is open to visitors, with its tenant and settings.
///
/// # Errors
/// 404.
pub(crate) fn find(
    app: &App,
    channel: &ChannelId,
) -> Result<(TenantId, Channel, WebChatConfig), ApiError> {
    let unknown = || ApiError::unknown("channel");
    let tenant = app.settings.tenant_of_channel(channel).ok_or_else(unknown)?;
    let view = app.settings.desk(&tenant);
    let found = view.channel(channel).filter(|channel| channel.enabled && channel.kind.is_chat());
    let found = found.cloned().ok_or_else(unknown)?;
    // Settings were checked when they were set; a channel of a later release may not be readable.
    let config = WebChatConfig::of(&found).map_err(|_problems| unknown())?;
    Ok((tenant, found, config))
}

/// May a page of this origin talk to the channel?
pub(crate) fn allows_origin(app: &App, channel: &ChannelId, origin: &str) -> bool {
    find(app, channel)
        .is_ok_and(|(_, _, config)| config.allows_origin(origin, &app.config.public_origin()))
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// Those before this seq; without it the last ones.
    #[serde(default)]
    before_seq: Option<u64>,
    /// At most so many, 1 to 200.
    #[serde(default)]
    limit: Option<usize>,
}

/// The visitor's own conversation's earlier messages.
#[utoipa::path(get, path = "/v1/chat/messages", tag = "chat", security(("bearer" = [])),
    params(Earlier),
    responses((status = 200, body = super::conversations::MessageList),
        (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn messages(
    app: web::Data<App>,
    caller: Caller,
    query: Params<Earlier>,
) -> Result<web::Json<super::conversations::MessageList>, ApiError> {
    let visitor = caller.visitor()?;
    let nothing = super::conversations::MessageList { messages: Vec::new(), last_seq: 0 };
    let own = app.router.contact_conversation(&visitor.tenant, &visitor.channel, &visitor.contact);
    let Some(own) = own.await? else { return Ok(web::Json(nothing)) };
    let Some((conversation, _)) = app.router.conversation(&visitor.tenant, &own).await? else {
        return Ok(web::Json(nothing));
    };
    visitor_may_read(visitor, &conversation)?;
    let limit = query.0.limit.unwrap_or(50).clamp(1, PAGE_MESSAGES_MAX);
    let from = query.0.before_seq.map_or(MessagesFrom::End, MessagesFrom::Before);
    let messages =
        super::conversations::page(&app, &visitor.tenant, &conversation, from, limit).await?;
    let messages = messages.iter().filter_map(for_contact).map(Cow::into_owned).collect();
    let last_seq = conversation.last_seq;
    Ok(web::Json(super::conversations::MessageList { messages, last_seq }))
}
