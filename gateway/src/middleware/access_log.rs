//! One line for each request, without bodies, addresses, names or tokens; and its metrics.

use crate::clock::mint;
use crate::metrics;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use std::time::Instant;

/// The header that names a request, in the answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, measures it and writes its line.
///
/// # Errors
/// What the request itself ends with.
pub async fn log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = mint::name();
    let method = request.method().clone();
    let began = Instant::now();
    let mut response = next.call(request).await?;
    let seconds = began.elapsed().as_secs_f64();
    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    let status = response.status().as_u16();
    metrics::request_answered(route, status, seconds);
    tracing::debug!(request.id = id, %method, route, status, ms = seconds * 1000.0, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}
