//! Idempotency keys: the same key and body within 24 hours gets the first answer, whichever gateway
//! is asked.
//!
//! Only what was done is kept (2xx), and a conflict (409), which is as final: any other refusal says the
//! same again by itself, or another try may cure it. Answers that carry a secret are never kept:
//! repeating such a request says that it was done. Without a caller there is no key: the doors where
//! anybody comes in (sign-in, sessions) answer with tokens, which nobody else who guesses the key may
//! get, and coming in twice does no harm.
//!
//! Keeping costs room, so it is counted, by caller and by address, before anything is asked of Redis.
//! What takes rights away must work while Redis is away: there it goes on without a key.

use super::body::{UPLOAD_PATH, put_back};
use crate::api::caller;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::Principal;
use crate::middleware::limits::Limit;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use bytes::Bytes;
use domain::TenantId;
use domain::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use routing::reply::Idempotency;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The client's key.
const KEY: &str = "idempotency-key";
/// Tells that an answer is the first one again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longer answers are not kept: the request is then known to be done, without its answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Requests with a key that one visitor may make in a day, on each gateway.
const A_DAY_VISITOR: u32 = 100;
/// The same, for all visitors of one address.
const A_DAY_ADDRESS: u32 = 2_000;
/// The same, for one agent or integration: one every two seconds, all day.
const A_DAY_STAFF: u32 = 43_200;

/// An answer as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    status: u16,
    content_type: String,
    /// None: it carried a secret, or was too long.
    body: Option<String>,
}

/// Gives the first answer again, or lets the request pass and keeps its answer.
///
/// # Errors
/// A bad or reused key, a request under way; or what the request itself ends with.
pub async fn once<B: MessageBody + 'static>(
    app: web::Data<App>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let key = match key_of(&request) {
        Ok(Some(key)) => key,
        Ok(None) => return Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => return Ok(refuse(request, error)),
    };
    let Some(principal) = caller::principal_of(&app, &mut request).await else {
        // Nobody: the handler refuses, or it is one of the doors whose answers carry tokens.
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let body = request.extract::<Bytes>().await?;
    let entry = Entry {
        tenant: principal.tenant().clone(),
        name: hex(&Sha256::digest(format!("{}\n{key}", principal.name()))),
    };
    let fingerprint = fingerprint(&request, &principal, &body);
    put_back(&mut request, body);
    if let Err(error) = count(&app, &request, &principal) {
        return Ok(refuse(request, error));
    }
    match entry.begin(&app, &fingerprint).await {
        Ok(None) => {}
        Ok(Some(kept)) => return Ok(replay(request, &kept)),
        Err(error) if error.code() == Code::Unavailable && takes_rights(request.path()) => {
            return Ok(next.call(request).await?.map_into_boxed_body());
        }
        Err(error) => return Ok(refuse(request, error)),
    }
    let secret = carries_secret(request.path());
    let answered = match next.call(request).await {
        Ok(response) => keep(response.map_into_boxed_body(), secret).await,
        Err(error) => Err(error),
    };
    let answer = answered.as_ref().map_or("", |(_, answer)| answer.as_str());
    // When keeping fails the change itself stands; the entry under way expires by itself.
    if let Err(error) = app.router.finish_idempotent(&entry.tenant, &entry.name, answer).await {
        tracing::warn!(error = crate::telemetry::chain(&error), "an answer was not kept");
    }
    answered.map(|(response, _)| response)
}

/// Under what an answer is kept.
struct Entry {
    tenant: TenantId,
    name: String,
}

impl Entry {
    /// The answer of the first time, if there was one.
    async fn begin(&self, app: &App, fingerprint: &str) -> Result<Option<String>, ApiError> {
        if !app.accepts_work() {
            return Err(ApiError::unavailable("the queue cannot be reached just now"));
        }
        match app.router.begin_idempotent(&self.tenant, &self.name, fingerprint).await? {
            Idempotency::Fresh => Ok(None),
            Idempotency::Done(kept) => Ok(Some(kept)),
            Idempotency::InProgress => {
                Err(ApiError::new(Code::InProgress, "the same request is under way"))
            }
            Idempotency::Mismatch => {
                let detail = "this idempotency key was used for another request";
                Err(ApiError::new(Code::KeyReused, detail))
            }
        }
    }
}

/// One more request with a key, by this caller and from this address.
fn count(app: &App, request: &ServiceRequest, principal: &Principal) -> Result<(), ApiError> {
    let who = format!("once:{}:{}", principal.tenant(), principal.name());
    if !matches!(principal, Principal::Visitor(_)) {
        return app.take_here(&who, Limit::per_day(A_DAY_STAFF));
    }
    let from = format!("once_from:{}", caller::limit_key(app, request.request()));
    app.take_here(&from, Limit::per_day(A_DAY_ADDRESS))?;
    app.take_here(&who, Limit::per_day(A_DAY_VISITOR))
}

/// Revoked sessions, new passwords, new secrets: nobody may have to wait for Redis with these.
fn takes_rights(path: &str) -> bool {
    path.ends_with("/revoke") || carries_secret(path)
}

/// An answer, not an error: it passes the other layers on its way out.
fn refuse(request: ServiceRequest, error: ApiError) -> ServiceResponse<BoxBody> {
    request.error_response(error).map_into_boxed_body()
}

fn key_of(request: &ServiceRequest) -> Result<Option<String>, ApiError> {
    if request.method() != Method::POST || request.path() == UPLOAD_PATH {
        return Ok(None);
    }
    let Some(value) = request.headers().get(KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or("");
    let fits = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len());
    if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(key.to_owned()))
    } else {
        Err(ApiError::new(Code::BadRequest, "Idempotency-Key: 1 to 128 visible characters"))
    }
}

fn fingerprint(request: &ServiceRequest, principal: &Principal, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [request.method().as_str(), request.path(), request.query_string()] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(principal.name());
    hash.update([0]);
    hash.update(body);
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn carries_secret(path: &str) -> bool {
    path.starts_with("/v1/auth/")
        || path == "/v1/api_keys"
        || path.ends_with("/rotate_secret")
        || path.ends_with("/password")
}

fn replay(request: ServiceRequest, kept: &str) -> ServiceResponse<BoxBody> {
    let kept: Kept = match serde_json::from_str(kept) {
        Ok(kept) => kept,
        Err(error) => return refuse(request, ApiError::internal(error)),
    };
    let Some(body) = kept.body else {
        let detail = "this was done before; its answer was shown once and is not kept";
        return refuse(request, ApiError::new(Code::KeyReused, detail));
    };
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    if !kept.content_type.is_empty() {
        response.insert_header((CONTENT_TYPE, kept.content_type));
    }
    request.into_response(response.body(body))
}

/// The response again, and what is kept of it; nothing when another try must count.
async fn keep(
    response: ServiceResponse<BoxBody>,
    secret: bool,
) -> Result<(ServiceResponse<BoxBody>, String), Error> {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("").to_owned();
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body).await.map_err(|_cut| ApiError::internal("the answer broke off"))?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= ANSWER_BYTES_MAX);
    let body = text.filter(|_| !secret).map(str::to_owned);
    let answer = if status.is_success() || status == StatusCode::CONFLICT {
        serde_json::to_string(&Kept { status: status.as_u16(), content_type, body })?
    } else {
        String::new()
    };
    let response = head.set_body(BoxBody::new(bytes));
    Ok((ServiceResponse::new(request, response), answer))
}
