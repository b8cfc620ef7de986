//! Telephone numbers that the desk does not call, because somebody asked for it.

use super::caller::Caller;
use super::conversations::{done, find, not_yours};
use super::error::ApiError;
use super::extract::{Body, Params, at_most, id};
use crate::app::App;
use crate::pipeline::calls;
use actix_web::{HttpResponse, web};
use channels::phone::number;
use channels::phone::policy::CallbackPolicy;
use domain::{ChannelKind, PhoneNumber, RefusedNumberId, Role, TenantId, Timestamp};
use records::refused_numbers::{NOTE_CHARS_MAX, RefusedBy, RefusedNumber};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};

/// The numbers on one page.
const PAGE: u32 = 200;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/phone/refused-numbers", web::get().to(list))
        .route("/phone/refused-numbers", web::post().to(add))
        .route("/phone/refused-numbers/{id}", web::delete().to(remove))
        .route("/conversations/{id}/callback/refusal", web::put().to(refuse_contact));
}

/// Who asked that a number is not called.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NumberRefusedBy {
    /// The person, by their link.
    Contact,
    /// An agent, for the person.
    Agent,
    /// A supervisor.
    Supervisor,
}

/// A number that is not called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NumberRefused {
    /// What it is called here.
    id: RefusedNumberId,
    /// The number, masked.
    number: String,
    /// Since when.
    since: Timestamp,
    /// Who asked.
    by: NumberRefusedBy,
    /// Why, in the desk's words; may be empty.
    note: String,
}

impl From<RefusedNumber> for NumberRefused {
    fn from(refused: RefusedNumber) -> Self {
        Self {
            id: refused.id,
            number: refused.number.masked(),
            since: refused.since,
            by: match refused.by {
                RefusedBy::Contact => NumberRefusedBy::Contact,
                RefusedBy::Agent => NumberRefusedBy::Agent,
                RefusedBy::Supervisor => NumberRefusedBy::Supervisor,
            },
            note: refused.note,
        }
    }
}

/// A page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AfterNumber {
    /// The last one of the page before.
    after: Option<String>,
}

/// A number that is not to be called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberToRefuse {
    /// The number, international or in the form of the first phone channel's region.
    number: String,
    /// Why, at most 200 characters.
    #[serde(default)]
    note: String,
}

// Numbers must not reach a log by `{:?}`.
impl fmt::Debug for NumberToRefuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberToRefuse(…)")
    }
}

/// Whoever is served wants no more calls.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoMoreCalls {
    /// Why, at most 200 characters.
    #[serde(default)]
    note: String,
}

/// Numbers that are not called, the newest first, 200 on a page.
#[utoipa::path(get, path = "/v1/phone/refused-numbers", tag = "phone", security(("bearer" = [])),
    params(AfterNumber),
    responses((status = 200, body = Vec<NumberRefused>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn list(
    app: web::Data<App>,
    caller: Caller,
    page: Params<AfterNumber>,
) -> Result<web::Json<Vec<NumberRefused>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let after: Option<RefusedNumberId> =
        page.0.after.as_deref().map(|text| id(text, "number")).transpose()?;
    let found = app.records.refused_numbers().list(&staff.tenant, after.as_ref(), PAGE).await?;
    Ok(web::Json(found.into_iter().map(Into::into).collect()))
}

/// Puts a number on the list; a call that it waits for is cancelled. One that stands there stays as it is.
#[utoipa::path(post, path = "/v1/phone/refused-numbers", tag = "phone", security(("bearer" = [])),
    request_body = NumberToRefuse,
    responses((status = 201, body = NumberRefused), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn add(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NumberToRefuse>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let _turn = app.admit().await?;
    let NumberToRefuse { number, note } = body.0;
    at_most("note", &note, NOTE_CHARS_MAX)?;
    let number = read(&app, &staff.tenant, &number)?;
    let why = (RefusedBy::Supervisor, note);
    let refused = calls::refuse(&app, &staff.tenant, &number, why).await?;
    let object = format!("number:{}", refused.id);
    app.note_surely(&staff.tenant, &staff.name, "number_refused", &object).await?;
    Ok(HttpResponse::Created().json(NumberRefused::from(refused)))
}

/// Takes a number off the list: it may be called again.
#[utoipa::path(delete, path = "/v1/phone/refused-numbers/{id}", tag = "phone", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let number: RefusedNumberId = id(&path, "number")?;
    let list = app.records.refused_numbers();
    list.get(&staff.tenant, &number).await?.ok_or_else(|| ApiError::unknown("number"))?;
    // Before it may be called again, it stands written who allowed it.
    let object = format!("number:{number}");
    app.note_surely(&staff.tenant, &staff.name, "number_allowed", &object).await?;
    list.remove(&staff.tenant, &number).await?;
    Ok(done())
}

/// Whoever an agent serves wants no more calls: the number that was to be rung goes on the list.
#[utoipa::path(put, path = "/v1/conversations/{id}/callback/refusal", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = NoMoreCalls,
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn refuse_contact(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
    body: Body<NoMoreCalls>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let _turn = app.admit().await?;
    at_most("note", &body.0.note, NOTE_CHARS_MAX)?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let is_theirs = staff.agent.is_some() && staff.agent == conversation.agent;
    if !is_theirs && staff.role < Role::Supervisor {
        return Err(not_yours());
    }
    let number = app.router.callback_number(&staff.tenant, &conversation.id).await?;
    let number = number.ok_or_else(|| ApiError::unknown("callback"))?;
    let by = if staff.role >= Role::Supervisor { RefusedBy::Supervisor } else { RefusedBy::Agent };
    let refused = calls::refuse(&app, &staff.tenant, &number, (by, body.0.note)).await?;
    let object = format!("number:{} conversation:{}", refused.id, conversation.id);
    app.note_surely(&staff.tenant, &staff.name, "number_refused", &object).await?;
    Ok(done())
}

/// A number as somebody of the desk wrote it.
fn read(app: &App, tenant: &TenantId, text: &str) -> Result<PhoneNumber, ApiError> {
    let view = app.settings.desk(tenant);
    let mut phones = view.desk.channels.iter().filter(|channel| channel.kind == ChannelKind::Phone);
    let region = phones.find_map(|channel| CallbackPolicy::of(channel).ok());
    let region = region.map_or_else(|| "CN".to_owned(), |policy| policy.region);
    number::read(text, &region).map_err(|bad| ApiError::field("number", bad.to_string()))
}
