//! Where outside networks call us: each channel's own address, with the raw bytes, because signatures
//! cover them. Which channel it is says the path; whether it is really the network, its adapter.

use super::error::{ApiError, Code};
use crate::app::App;
use crate::doors::{self, Failed, Failing};
use crate::metrics;
use crate::pipeline::calls::Board;
use crate::pipeline::chats::door;
use crate::pipeline::inbound::Intake;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use channels::{AdapterError, Inlet, RawReply, RawRequest};
use domain::ChannelId;
use domain::limits::CALLBACK_BYTES_MAX;
use std::sync::Arc;

/// What lies below is called by outside networks.
pub const PATH: &str = "/v1/callbacks/";
/// So many requests of one channel are answered at once; a network calls again.
const AT_ONCE_MAX: usize = 64;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    // The library's own bound is narrower; every body was bounded when it was collected.
    config.app_data(web::PayloadConfig::new(CALLBACK_BYTES_MAX));
    for method in [web::get, web::post, web::put] {
        config.route("/callbacks/{channel}{below:(/.*)?}", method().to(call));
    }
}

/// A request of an outside network. Its form is the network's, so the published API does not have it.
pub(crate) async fn call(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, ApiError> {
    let app = app.into_inner();
    let (channel, below) = path.into_inner();
    let unknown = || ApiError::unknown("channel");
    let channel: ChannelId = channel.parse().map_err(|_bad| unknown())?;
    let tenant = app.settings.tenant_of_channel(&channel).ok_or_else(unknown)?;
    let view = app.settings.desk(&tenant);
    let found = view.channel(&channel).filter(|found| found.enabled).ok_or_else(unknown)?;
    let adapter = door(&app, &tenant, found).ok_or_else(unknown)?;
    if !adapter.descriptor().capabilities.callbacks {
        return Err(unknown());
    }
    let turn = app.at_once.begin(&format!("callbacks of {channel}"), AT_ONCE_MAX);
    let Some(_turn) = turn else { return Err(ApiError::limited(1_000)) };
    let inlet = Inlet {
        sink: Arc::new(Intake::new(&app, &tenant)),
        bookmarks: doors::bookmarks(&app, &tenant, &channel),
        calls: Board::of_caller(&app, &tenant, &channel),
    };
    let raw = raw(&request, below, body);
    match adapter.callback(&raw, &inlet).await {
        Ok(reply) => Ok(answer(reply)),
        Err(error) => {
            let (refusal, why) = refusal(&channel, &error);
            let at = app.clock.now();
            let what = Failing::Callback;
            let failed = Failed { at, what, why: why.to_owned(), again_at: None };
            app.doors.failed(&tenant, &channel, failed);
            Err(refusal)
        }
    }
}

fn raw(request: &HttpRequest, below: String, body: Bytes) -> RawRequest {
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_ascii_lowercase(), Bytes::copy_from_slice(value.as_bytes()))
    });
    let path_and_query = request.uri().path_and_query();
    RawRequest {
        method: request.method().as_str().to_owned(),
        path_and_query: path_and_query.map_or_else(String::new, |both| both.as_str().to_owned()),
        below,
        headers: headers.collect(),
        body,
    }
}

fn answer(reply: RawReply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).content_type(reply.content_type).body(reply.body)
}

/// One fixed answer for each sort of failure: what exactly was wrong is for the operator alone, or a
/// forger could feel the way.
fn refusal(channel: &ChannelId, error: &AdapterError) -> (ApiError, &'static str) {
    let (reason, answer) = match error {
        AdapterError::NotAuthentic => {
            ("not_authentic", ApiError::new(Code::Forbidden, "the request is not authentic"))
        }
        AdapterError::Malformed(_) => {
            ("malformed", ApiError::new(Code::BadRequest, "the request cannot be read"))
        }
        AdapterError::Unsupported(_) => ("unsupported", ApiError::unknown("address")),
        AdapterError::RateLimited(_)
        | AdapterError::Unavailable(_)
        | AdapterError::Unauthorised
        | AdapterError::NotTaken(_) => {
            ("not_taken", ApiError::unavailable("it could not be taken in; call again"))
        }
    };
    metrics::callback_refused(reason);
    let error = crate::telemetry::chain(error);
    tracing::warn!(channel.id = %channel, reason, error, "a network's call was not taken");
    (answer, reason)
}
