//! Callbacks and calls of a conversation, as an agent or a supervisor has them.

use super::act::not_yours;
use super::read::find;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, Code};
use crate::api::extract::{Body, id};
use crate::app::App;
use crate::auth::access::Staff;
use crate::pipeline::calls::request::{self, CallbackWish};
use actix_web::{HttpResponse, web};
use domain::{AgentId, CallId, CallWish, ConversationId, PhoneNumber, Role, Timestamp};
use routing::command::Closer;
use routing::reply::{PlacedCall, SteeredCall};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Somebody is to be rung.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallbackRequest {
    /// The number, in any form that is used in the channel's region, or international.
    number: String,
    /// Not before; as soon as possible when absent.
    #[serde(default)]
    from: Option<Timestamp>,
    /// The end of the window, 15 minutes after its beginning at least.
    #[serde(default)]
    until: Option<Timestamp>,
    /// The code that was sent to the number, where the person has to prove that it is theirs; an agent needs none.
    #[serde(default)]
    code: Option<String>,
}

// Numbers must not reach a log by `{:?}`.
impl fmt::Debug for CallbackRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackRequest(…)")
    }
}

impl From<CallbackRequest> for CallbackWish {
    fn from(request: CallbackRequest) -> Self {
        let CallbackRequest { number, from, until, code } = request;
        Self { number, from, until, code }
    }
}

/// What is to happen with a call.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallAct {
    /// The agent's telephone rings, then the contact's.
    Place,
    /// It ends.
    HangUp,
    /// The contact is put on hold.
    Hold,
    /// Both speak again.
    Resume,
}

/// An act on the call of a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallChange {
    /// What is to happen.
    act: CallAct,
}

/// The call that is under way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacedCallId {
    /// Its id.
    call: CallId,
}

/// A whole number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeNumber {
    /// In E.164 form.
    #[schema(value_type = String)]
    number: Shown,
}

/// The whole number, on its way to whoever may see it.
#[derive(Debug)]
struct Shown(PhoneNumber);

impl Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.e164())
    }
}

/// Whoever holds it acts as its agent; a supervisor may act on anybody's.
fn closer<'a>(staff: &'a Staff, holder: Option<&AgentId>) -> Result<Closer<'a>, ApiError> {
    match &staff.agent {
        Some(agent) if holder == Some(agent) || staff.role < Role::Supervisor => {
            Ok(Closer::Agent(agent))
        }
        _ if staff.role >= Role::Supervisor => Ok(Closer::System),
        _ => Err(not_yours()),
    }
}

/// Has the contact rung, as soon as possible or later; again, to change number or time. Refused with `number_taken`
/// when the number is to be rung for another conversation, `wrong_state` while a call is under way.
#[utoipa::path(put, path = "/v1/conversations/{id}/callback", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = CallbackRequest,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn request_callback(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<CallbackRequest>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let by = closer(&staff, conversation.agent.as_ref())?;
    request::request(&app, &staff.tenant, &conversation, &body.0.into(), by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Has nobody rung any more. A call that is under way ends.
#[utoipa::path(delete, path = "/v1/conversations/{id}/callback", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn cancel_callback(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let _turn = app.admit().await?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let by = closer(&staff, conversation.agent.as_ref())?;
    request::cancel(&app, &staff.tenant, &conversation, by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The whole number that is rung: who looks stands in the audit trail.
#[utoipa::path(get, path = "/v1/conversations/{id}/callback/number", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = WholeNumber), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn callback_number(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<WholeNumber>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let number = app.router.callback_number(&staff.tenant, &conversation.id).await?;
    let number = number.ok_or_else(|| ApiError::unknown("callback"))?;
    let object = format!("conversation:{}", conversation.id);
    app.note_surely(&staff.tenant, &staff.name, "number_viewed", &object).await?;
    Ok(web::Json(WholeNumber { number: Shown(number) }))
}

/// Places, ends, holds or resumes the call of a conversation. A supervisor may end and hold anybody's.
#[utoipa::path(post, path = "/v1/conversations/{id}/call", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = CallChange,
    responses((status = 200, body = PlacedCallId), (status = 204),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn call(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<CallChange>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let _turn = app.admit().await?;
    let conversation: ConversationId = id(&path, "conversation")?;
    let wish = match body.0.act {
        CallAct::Place => return place(&app, &staff, &conversation).await,
        CallAct::HangUp => CallWish::HangUp,
        CallAct::Hold => CallWish::Hold,
        CallAct::Resume => CallWish::Resume,
    };
    let (found, _) = find(&app, &staff, &conversation).await?;
    let by = match closer(&staff, found.agent.as_ref())? {
        Closer::Agent(agent) => Some(agent),
        Closer::Contact(_) | Closer::System => None,
    };
    match app.router.steer_call(&staff.tenant, &conversation, by, wish).await? {
        SteeredCall::Steered => Ok(HttpResponse::NoContent().finish()),
        SteeredCall::None => Err(ApiError::new(Code::WrongState, "no call is under way")),
        SteeredCall::NotAssigned => Err(not_yours()),
        SteeredCall::Unknown => Err(ApiError::unknown("conversation")),
    }
}

async fn place(
    app: &App,
    staff: &Staff,
    conversation: &ConversationId,
) -> Result<HttpResponse, ApiError> {
    let agent = staff.person()?;
    let has_phone =
        app.settings.desk(&staff.tenant).agent(agent).is_some_and(|agent| !agent.phone.is_empty());
    if !has_phone {
        return Err(ApiError::new(
            Code::WrongState,
            "you have no telephone: an admin enters its address",
        ));
    }
    match app.router.place_call(&staff.tenant, conversation, agent).await? {
        PlacedCall::Placed(call) => Ok(HttpResponse::Ok().json(PlacedCallId { call })),
        PlacedCall::None => Err(ApiError::new(Code::WrongState, "no number is to be rung")),
        PlacedCall::NotAssigned => Err(not_yours()),
        PlacedCall::Unknown => Err(ApiError::unknown("conversation")),
    }
}
