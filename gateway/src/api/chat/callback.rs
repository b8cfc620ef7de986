//! A visitor would rather be rung than wait.

use crate::api::caller::Caller;
use crate::api::conversations::CallbackRequest;
use crate::api::error::ApiError;
use crate::api::extract::Body;
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::auth::access::visitor_may_read;
use crate::middleware::limits::{Limit, WithoutRedis};
use crate::pipeline::calls::request;
use actix_web::{HttpResponse, web};
use domain::Conversation;
use routing::command::Closer;

/// How often a day one visitor may ask for a call, or for another number or time.
const FOR_ONE_VISITOR: u32 = 20;
/// How often an hour the visitors of one tenant may.
const FOR_ONE_TENANT: u32 = 600;

async fn own(app: &App, visitor: &VisitorIdentity) -> Result<Conversation, ApiError> {
    let unknown = || ApiError::unknown("conversation");
    let router = &app.router;
    let open =
        router.contact_conversation(&visitor.tenant, &visitor.channel, &visitor.contact).await?;
    let known = router.conversation(&visitor.tenant, &open.ok_or_else(unknown)?).await?;
    let (conversation, _) = known.ok_or_else(unknown)?;
    visitor_may_read(visitor, &conversation)?;
    Ok(conversation)
}

/// Asks to be rung for the present conversation, which keeps its place; again, for another number or time. Refused with
/// `not_configured` where nobody is called back, `invalid` for a number that is not rung or a window that cannot be
/// kept, `number_taken` when the number is to be rung already, `wrong_state` while a call is under way.
#[utoipa::path(put, path = "/v1/chat/callback", tag = "chat", security(("bearer" = [])),
    request_body = CallbackRequest,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn ask_callback(
    app: web::Data<App>,
    caller: Caller,
    body: Body<CallbackRequest>,
) -> Result<HttpResponse, ApiError> {
    let visitor = caller.visitor()?;
    let _turn = app.admit().await?;
    let limits = [
        (format!("callbacks:{}", visitor.contact), Limit::per_day(FOR_ONE_VISITOR)),
        ("callbacks".to_owned(), Limit::per_hour(FOR_ONE_TENANT)),
    ];
    for (what, limit) in limits {
        app.take(&visitor.tenant, &what, limit, WithoutRedis::Refuse).await?;
    }
    let conversation = own(&app, visitor).await?;
    let by = Closer::Contact(&visitor.contact);
    request::request(&app, &visitor.tenant, &conversation, &body.0.into(), by).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Would rather not be rung any more: the chat goes on at the same place.
#[utoipa::path(delete, path = "/v1/chat/callback", tag = "chat", security(("bearer" = [])),
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn drop_callback(
    app: web::Data<App>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    let visitor = caller.visitor()?;
    let _turn = app.admit().await?;
    let conversation = own(&app, visitor).await?;
    request::cancel(&app, &visitor.tenant, &conversation, Closer::Contact(&visitor.contact))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
