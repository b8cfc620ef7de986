//! The visitor's socket for networks that break sockets: the same frames by requests.

use crate::api::caller::{Caller, limit_key};
use crate::api::error::ApiError;
use crate::api::extract::{Body, Params};
use crate::app::App;
use crate::socket::protocol::{VisitorFrame, VisitorResume};
use crate::socket::visitor::{self, PollWish};
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{ConversationId, DeviceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use utoipa::{IntoParams, ToSchema};

/// The longest wait of one request, in milliseconds: proxies cut what is silent for longer.
const WAIT_MS_MAX: u64 = 25_000;

/// A frame to be carried out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaidFrame {
    /// A `VisitorFrame` of `socket-protocol.json`: any but `hello`, `ping` and `attend`.
    #[schema(value_type = Object)]
    frame: VisitorFrame,
}

/// Frames as the socket would send them.
#[derive(Debug, Serialize, ToSchema)]
pub struct FrameList {
    /// `WidgetFrame`s of `socket-protocol.json`, in order.
    #[schema(value_type = Vec<Object>)]
    frames: (),
    /// Stands for the state that they leave; to be brought to the next request. Only where frames were
    /// asked for.
    #[schema(value_type = Option<String>)]
    version: (),
}

/// Where the client stopped.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stopped {
    /// From `welcome`; with `conversation` and `seq`.
    #[serde(default)]
    epoch: Option<String>,
    /// Which conversation.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    /// The highest seq seen.
    #[serde(default)]
    seq: Option<u64>,
    /// Of the last answer: with the same state again the answer waits.
    #[serde(default)]
    version: Option<String>,
    /// The device whose app is in the foreground: it is not woken meanwhile.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    device: Option<DeviceId>,
    /// How long to wait for something new, 0 to 25,000 milliseconds.
    #[serde(default)]
    wait_ms: u64,
}

/// Carries out one frame, and answers with what the socket would: an `ack` or `refused`, and the state
/// when it changed.
#[utoipa::path(post, path = "/v1/chat/frames", tag = "chat", security(("bearer" = [])),
    request_body = SaidFrame,
    responses((status = 200, body = FrameList), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn say(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    body: Body<SaidFrame>,
) -> Result<HttpResponse, ApiError> {
    let (Body(said), identity) = (body, caller.visitor()?.clone());
    let address = limit_key(&app, &request);
    let frames = visitor::say(&app.into_inner(), identity, address, said.frame).await?;
    Ok(answer(&frames, None))
}

/// What there is to see: at once when something is new for whoever stopped there, else when something
/// comes or the wait is over. The first frame is a `welcome`, as on the socket.
#[utoipa::path(get, path = "/v1/chat/frames", tag = "chat", security(("bearer" = [])),
    params(Stopped),
    responses((status = 200, body = FrameList), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn frames(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    query: Params<Stopped>,
) -> Result<HttpResponse, ApiError> {
    let (Params(stopped), identity) = (query, caller.visitor()?.clone());
    let resume = match (stopped.epoch, stopped.conversation, stopped.seq) {
        (Some(epoch), Some(conversation), Some(seq)) => {
            Some(VisitorResume { epoch, conversation, seq })
        }
        _ => None,
    };
    let wish = PollWish {
        resume,
        version: stopped.version,
        in_front: stopped.device,
        wait: Duration::from_millis(stopped.wait_ms.min(WAIT_MS_MAX)),
    };
    let address = limit_key(&app, &request);
    let polled = visitor::poll(&app.into_inner(), identity, address, wish).await?;
    Ok(answer(&polled.frames, Some(&polled.version)))
}

/// The frames are JSON already.
fn answer(frames: &[Utf8Bytes], version: Option<&str>) -> HttpResponse {
    let frames: Vec<&str> = frames.iter().map(Utf8Bytes::as_str).collect();
    let version = version.map(|version| format!(r#","version":"{version}""#)).unwrap_or_default();
    let body = format!(r#"{{"frames":[{}]{version}}}"#, frames.join(","));
    HttpResponse::Ok().content_type(ContentType::json()).body(body)
}
