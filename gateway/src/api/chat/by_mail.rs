//! What a visitor wants by mail: the transcript, and answers after having left.

use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::Body;
use crate::app::App;
use crate::pipeline::by_mail::{address, transcript};
use actix_web::{HttpResponse, web};
use domain::ConversationId;
use serde::Deserialize;
use std::fmt;
use utoipa::ToSchema;

/// Where a transcript is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TranscriptWish {
    /// The mail address.
    email: String,
    /// Of which of the visitor's own conversations; of the present one when absent.
    #[serde(default)]
    conversation: Option<ConversationId>,
}

/// Where answers go when the visitor has left.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAddress {
    /// The mail address.
    email: String,
}

// Addresses must not reach a log by `{:?}`.
impl fmt::Debug for TranscriptWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TranscriptWish(…)")
    }
}

impl fmt::Debug for AnswerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerAddress(…)")
    }
}

/// Sends the transcript of a conversation by mail, once for each address. Refused with `not_configured`
/// where the chat has no mailbox, `wrong_state` while nobody of the desk has said anything, and
/// `too_many_addresses` when the conversation named two others.
#[utoipa::path(post, path = "/v1/chat/transcripts", tag = "chat", security(("bearer" = [])),
    request_body = TranscriptWish,
    responses((status = 202), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn transcript(
    app: web::Data<App>,
    caller: Caller,
    body: Body<TranscriptWish>,
) -> Result<HttpResponse, ApiError> {
    let Body(wish) = body;
    transcript::send(&app, caller.visitor()?, wish.conversation.as_ref(), &wish.email).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Leaves an address for the present conversation: what agents say and the visitor does not read goes
/// there. Refused with `not_configured` where the chat has no mailbox, `wrong_state` when the
/// conversation is over, and `too_many_addresses` when it named two others.
#[utoipa::path(put, path = "/v1/chat/address", tag = "chat", security(("bearer" = [])),
    request_body = AnswerAddress,
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn leave_address(
    app: web::Data<App>,
    caller: Caller,
    body: Body<AnswerAddress>,
) -> Result<HttpResponse, ApiError> {
    let Body(wish) = body;
    address::leave(&app, caller.visitor()?, &wish.email).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes the address of the present conversation back: nothing goes by mail any more, also not what waits.
/// Repeating it is safe.
#[utoipa::path(delete, path = "/v1/chat/address", tag = "chat", security(("bearer" = [])),
    responses((status = 204), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn withdraw_address(
    app: web::Data<App>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    address::withdraw(&app, caller.visitor()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
