//! Bodies arrive whole, within a limit and a time, before a handler sees the request. Uploads are
//! the exception: they are streamed by their own handler.

use crate::api::callbacks;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use actix_http::h1;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use bytes::{Bytes, BytesMut};
use domain::limits::{BODY_BYTES_MAX, CALLBACK_BYTES_MAX};
use futures_util::StreamExt;
use std::time::Duration;

/// The one path whose body is streamed.
pub const UPLOAD_PATH: &str = "/v1/files";

/// Reads the body of every request that may have one, and puts it back.
///
/// # Errors
/// Too large, too slow, broken off; or what the request itself ends with.
pub async fn collect<B: MessageBody + 'static>(
    app: web::Data<App>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let has_body = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if has_body && request.path() != UPLOAD_PATH {
        let within = Duration::from_millis(app.config.server.body_timeout_ms);
        let is_callback = request.path().starts_with(callbacks::PATH);
        let most = if is_callback { CALLBACK_BYTES_MAX } else { BODY_BYTES_MAX };
        let reading = read(request.take_payload(), most);
        let body = tokio::time::timeout(within, reading).await.unwrap_or_else(|_elapsed| {
            Err(ApiError::new(Code::Timeout, "the body did not arrive in time"))
        });
        match body {
            Ok(body) => put_back(&mut request, body),
            // An answer, not an error: it passes the other layers on its way out.
            Err(error) => return Ok(request.error_response(error).map_into_boxed_body()),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

async fn read(mut payload: Payload, most: usize) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_cut| ApiError::new(Code::BadRequest, "the body broke off"))?;
        if body.len() + chunk.len() > most {
            let detail = format!("a body may have at most {most} bytes");
            return Err(ApiError::new(Code::TooLarge, detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Gives the request a body that was read before.
pub fn put_back(request: &mut ServiceRequest, body: Bytes) {
    let (_, mut payload) = h1::Payload::create(true);
    payload.unread_data(body);
    request.set_payload(Payload::from(payload));
}
