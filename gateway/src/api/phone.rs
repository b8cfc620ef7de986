//! For websites and their backends: somebody would like to be called, without a chat. And for those people: their
//! link, with which they look at the call, move it or cancel it.

use super::caller::limit_key;
use super::error::ApiError;
use super::extract::{Body, at_most, id};
use crate::app::App;
use crate::middleware::limits::{Limit, WithoutRedis};
use crate::pipeline::calls::request::{self, CallbackWish, NewCaller, NumberIs};
use crate::pipeline::calls::{self, line_of, link};
use crate::pipeline::estimates;
use crate::pipeline::outbound::check_client_id;
use crate::socket::protocol::{ChatCallback, Position};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::limits::TEXT_BYTES_MAX;
use domain::{
    CallbackState, ChannelId, Conversation, Locale, Localized, State, TenantId, Timestamp,
};
use records::refused_numbers::RefusedBy;
use routing::command::Closer;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/phone/{channel}/requests", web::post().to(ask))
        .route("/phone/requests/{token}", web::get().to(look))
        .route("/phone/requests/{token}", web::put().to(change))
        .route("/phone/requests/{token}", web::delete().to(cancel))
        .route("/phone/requests/{token}/refusal", web::put().to(refuse));
}

/// Somebody would like to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallWanted {
    /// Minted by the client: the same one again is the same request.
    client_id: String,
    /// The number, in any form that is used in the channel's region, or international.
    number: String,
    /// What it is about, a key of the channel's topics; the first when absent.
    #[serde(default)]
    topic: Option<String>,
    /// In the person's words.
    #[serde(default)]
    text: String,
    /// The person's name, at most 100 characters.
    #[serde(default)]
    name: String,
    /// The person's language.
    #[serde(default)]
    locale: Locale,
    /// Not before; as soon as possible when absent.
    #[serde(default)]
    from: Option<Timestamp>,
    /// The end of the window, 15 minutes after its beginning at least.
    #[serde(default)]
    until: Option<Timestamp>,
    /// The code that was sent to the number, where it has to be proved.
    #[serde(default)]
    code: Option<String>,
}

/// Another time, or another number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallMoved {
    /// The number; the same as before when absent.
    #[serde(default)]
    number: Option<String>,
    /// Not before; as soon as possible when absent.
    #[serde(default)]
    from: Option<Timestamp>,
    /// The end of the window.
    #[serde(default)]
    until: Option<Timestamp>,
    /// The code that was sent to another number, where it has to be proved.
    #[serde(default)]
    code: Option<String>,
}

// Numbers and names must not reach a log by `{:?}`.
impl fmt::Debug for CallWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallWanted(…)")
    }
}

impl fmt::Debug for CallMoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallMoved(…)")
    }
}

/// A call that is wanted, as its person may see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WantedCall {
    /// The token of the person's link; told once, on asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The person's page, with the token behind the `#`; told once, on asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// The person's language.
    locale: Locale,
    /// The desk's name on the phone channel.
    desk: Localized,
    /// The time zone in which the desk plans, by its IANA name.
    zone: String,
    /// How many days ahead a time may be wished for; 0 where none may.
    days_ahead: u32,
    /// Is a code sent to another number, to prove that it is the person's?
    verify: bool,
    /// May it be moved or cancelled now?
    can_change: bool,
    /// Where the request stands; `offered` is shown as `queued`, `wrap_up` as `closed`.
    state: State,
    /// The call.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<ChatCallback>,
    /// While queued: how many are before.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
}

/// Asks for a call. Refused with `invalid` for a number that is not rung or a window that cannot be kept,
/// `number_taken` when the number is to be rung already.
#[utoipa::path(post, path = "/v1/phone/{channel}/requests", tag = "phone",
    params(("channel" = String, Path)), request_body = CallWanted,
    responses((status = 201, body = WantedCall), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn ask(
    app: web::Data<App>,
    http: HttpRequest,
    path: web::Path<String>,
    body: Body<CallWanted>,
) -> Result<HttpResponse, ApiError> {
    let unknown = || ApiError::unknown("channel");
    let channel: ChannelId = id(&path, "channel")?;
    let tenant = app.settings.tenant_of_channel(&channel).ok_or_else(unknown)?;
    let view = app.settings.desk(&tenant);
    line_of(&view, &channel).filter(|(line, _)| line.id == channel).ok_or_else(unknown)?;
    let limit = Limit::per_minute(app.config.limits.conversations_per_minute);
    let what = format!("open:{}", limit_key(&app, &http));
    app.take(&tenant, &what, limit, WithoutRedis::CountHere).await?;
    let Body(wanted) = body;
    check_client_id(&wanted.client_id)?;
    at_most("name", &wanted.name, NAME_CHARS_MAX)?;
    if wanted.text.len() > TEXT_BYTES_MAX {
        return Err(ApiError::field("text", format!("must have at most {TEXT_BYTES_MAX} bytes")));
    }
    let caller = NewCaller {
        external_id: format!("asked:{}", wanted.client_id),
        number_is: NumberIs::Claimed,
        wish: CallbackWish {
            number: wanted.number,
            from: wanted.from,
            until: wanted.until,
            code: wanted.code,
        },
        text: wanted.text,
        name: wanted.name,
        topic: wanted.topic,
        locale: wanted.locale,
    };
    let app = app.into_inner();
    let conversation = request::open(&app, &tenant, &channel, caller).await?;
    let known = app.router.conversation(&tenant, &conversation).await?;
    let (conversation, _) = known.ok_or_else(|| ApiError::unknown("conversation"))?;
    let keys = app.auth.keys_of(&tenant);
    let token = keys
        .and_then(|keys| link::token(keys.letters(), &tenant, &conversation.id, app.clock.now()));
    Ok(HttpResponse::Created().json(shown(&app, &tenant, &conversation, token).await?))
}

async fn shown(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    token: Option<String>,
) -> Result<WantedCall, ApiError> {
    let state = match conversation.state {
        State::Offered => State::Queued,
        State::WrapUp => State::Closed,
        other => other,
    };
    let position = match conversation.state {
        State::Queued => {
            app.router.estimate(tenant, &conversation.id).await?.as_ref().map(estimates::position)
        }
        State::Offered => Some(estimates::next_in_line()),
        _ => None,
    };
    let view = app.settings.desk(tenant);
    let line = line_of(&view, &conversation.channel);
    let is_open = !matches!(conversation.state, State::Closed | State::WrapUp);
    let waits = conversation.callback.as_ref().is_some_and(|it| it.state == CallbackState::Wanted);
    let link = token.as_ref().map(|token| link::page(&app.config, token));
    let locale = conversation.info.locale;
    Ok(WantedCall {
        token,
        link,
        locale,
        desk: line.as_ref().map(|(line, _)| line.name.clone()).unwrap_or_default(),
        zone: view.zone_of(&conversation.queue).name().to_owned(),
        days_ahead: line.as_ref().map_or(0, |(_, policy)| policy.days_ahead),
        verify: line.as_ref().is_some_and(|(_, policy)| policy.verify.is_some()),
        can_change: is_open && waits && line.is_some(),
        state,
        callback: conversation.callback.clone().map(ChatCallback::from),
        position,
    })
}

/// Whose link it is.
async fn of_link(app: &App, token: &str) -> Result<(TenantId, Conversation), ApiError> {
    let unknown = || ApiError::unknown("callback");
    let claim = link::claim(token).ok_or_else(unknown)?;
    let keys = app.auth.keys_of(&claim.tenant).ok_or_else(unknown)?;
    if !claim.holds(keys.letters(), app.clock.now()) {
        return Err(unknown());
    }
    let known = app.router.conversation(&claim.tenant, &claim.conversation).await?;
    let (conversation, _) = known.ok_or_else(unknown)?;
    Ok((claim.tenant, conversation))
}

/// Looks at a call that is wanted.
#[utoipa::path(get, path = "/v1/phone/requests/{token}", tag = "phone", params(("token" = String, Path)),
    responses((status = 200, body = WantedCall), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn look(
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<web::Json<WantedCall>, ApiError> {
    let (tenant, conversation) = of_link(&app, &path).await?;
    Ok(web::Json(shown(&app, &tenant, &conversation, None).await?))
}

/// Wishes for another time, or another number. Refused as asking is.
#[utoipa::path(put, path = "/v1/phone/requests/{token}", tag = "phone", params(("token" = String, Path)),
    request_body = CallMoved,
    responses((status = 200, body = WantedCall), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn change(
    app: web::Data<App>,
    path: web::Path<String>,
    body: Body<CallMoved>,
) -> Result<web::Json<WantedCall>, ApiError> {
    let _turn = app.admit().await?;
    let (tenant, conversation) = of_link(&app, &path).await?;
    let Body(moved) = body;
    let number = match moved.number {
        Some(number) => number,
        None => {
            let before = app.router.callback_number(&tenant, &conversation.id).await?;
            before.ok_or_else(|| ApiError::unknown("callback"))?.e164().to_owned()
        }
    };
    let wish = CallbackWish { number, from: moved.from, until: moved.until, code: moved.code };
    let by = Closer::Contact(&conversation.contact);
    request::request(&app, &tenant, &conversation, &wish, by).await?;
    let known = app.router.conversation(&tenant, &conversation.id).await?;
    let (conversation, _) = known.ok_or_else(|| ApiError::unknown("callback"))?;
    Ok(web::Json(shown(&app, &tenant, &conversation, None).await?))
}

/// Would rather not be called any more.
#[utoipa::path(delete, path = "/v1/phone/requests/{token}", tag = "phone", params(("token" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn cancel(
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let _turn = app.admit().await?;
    let (tenant, conversation) = of_link(&app, &path).await?;
    request::cancel(&app, &tenant, &conversation, Closer::Contact(&conversation.contact)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Never wants to be called again: the call is cancelled, and the number goes on the desk's list.
#[utoipa::path(put, path = "/v1/phone/requests/{token}/refusal", tag = "phone", params(("token" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn refuse(
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let _turn = app.admit().await?;
    let (tenant, conversation) = of_link(&app, &path).await?;
    let number = app.router.callback_number(&tenant, &conversation.id).await?;
    let number = number.ok_or_else(|| ApiError::unknown("callback"))?;
    let refused =
        calls::refuse(&app, &tenant, &number, (RefusedBy::Contact, String::new())).await?;
    let object = format!("number:{} conversation:{}", refused.id, conversation.id);
    app.note_surely(&tenant, "contact", "number_refused", &object).await?;
    Ok(HttpResponse::NoContent().finish())
}
