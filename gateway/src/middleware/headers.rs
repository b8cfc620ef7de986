//! Headers that every answer carries, and who may call across origins.

use crate::app::App;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

/// What browsers may read of our answers.
const EXPOSED: &str = "retry-after, x-request-id, idempotency-replayed";
/// What browsers may send.
const ALLOWED: &str = "authorization, content-type, idempotency-key";

/// Answers preflights and adds the headers.
///
/// # Errors
/// What the request itself ends with.
pub async fn guard<B: MessageBody + 'static>(
    app: web::Data<App>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let path = request.path().to_owned();
    let allowed =
        origin.filter(|origin| origin.to_str().is_ok_and(|origin| may_call(&app, &path, origin)));
    let mut response = if request.method() == Method::OPTIONS {
        request.into_response(HttpResponse::NoContent().finish())
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    if app.is_closing() {
        // The next request is for another gateway.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        set(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED);
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, "600");
    }
    Ok(response)
}

/// Tokens travel in headers, never in cookies, so an origin can do nothing in another's name; the
/// list keeps foreign pages from using a token that they got hold of. The widget's own page is of
/// this origin; only its loader asks for the channel from the website's.
fn may_call(app: &App, path: &str, origin: &str) -> bool {
    if app.config.allows_origin(origin) {
        return true;
    }
    let channel = path.strip_prefix("/v1/chat/").and_then(|rest| rest.split('/').next());
    let Some(channel) = channel.and_then(|id| id.parse().ok()) else { return false };
    crate::api::chat::allows_origin(app, &channel, origin)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
