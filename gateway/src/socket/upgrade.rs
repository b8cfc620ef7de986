//! From an HTTP request to a socket's own task: address limits, the handshake, and the hand-over of
//! the raw stream. The HTTP connection's own state (buffers, dispatcher) ends here.

use super::session::Socket;
use super::{agent, handshake, visitor};
use crate::api::caller;
use crate::app::{App, FIRST_TENANT};
use crate::hub::Close;
use crate::metrics;
use crate::middleware::at_once::Turn;
use crate::middleware::client;
use crate::middleware::limits::{Limit, WithoutRedis};
use actix_codec::Framed;
use actix_http::h1::Codec;
use actix_http::{HttpMessage as _, Request};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// How long writing the answer to a handshake may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// When to try again where no place is free, in milliseconds.
const FULL_AGAIN_MS: u64 = 5_000;

/// Which socket a path opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent,
    Visitor,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/socket/agent" => Some(Self::Agent),
            "/v1/socket/visitor" => Some(Self::Visitor),
            _ => None,
        }
    }

    fn task(self) -> &'static str {
        match self {
            Self::Agent => "agent_socket",
            Self::Visitor => "visitor_socket",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Visitor => "visitor",
        }
    }
}

/// What the handshake said of the client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Its address, behind trusted proxies.
    pub address: IpAddr,
    /// The origin of its page, unless it is a page of ours or no browser at all.
    pub foreign_origin: Option<String>,
}

/// Takes over a connection that asked for a socket.
///
/// # Errors
/// When the answer cannot be written.
pub async fn upgrade(
    app: Arc<App>,
    request: Request,
    framed: Framed<TcpStream, Codec>,
) -> std::io::Result<()> {
    let parts = framed.into_parts();
    let (mut stream, early) = (parts.io, parts.read_buf);
    match admit(&app, &request).await {
        Err(refusal) => answer(&mut stream, &refusal).await,
        Ok(Admitted { kind, client, key, places }) => {
            answer(&mut stream, &handshake::accepted(&key)).await?;
            // Registered anew inside the runtime of the sockets, away from the HTTP worker.
            let stream = stream.into_std()?;
            let tasks = app.tasks.clone();
            let early = early.freeze();
            tasks.spawn_once(kind.task(), async move {
                serve(app, kind, client, stream, early).await;
                drop(places);
            });
            Ok(())
        }
    }
}

async fn answer(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    let write = stream.write_all(text.as_bytes());
    match tokio::time::timeout(ANSWER_WITHIN, write).await {
        Ok(written) => written,
        Err(_elapsed) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

/// A client that may come in.
struct Admitted {
    kind: Kind,
    client: Client,
    key: String,
    /// Its places among the sockets of this gateway and of its address.
    places: [Turn; 2],
}

fn refused(status: u16, code: &str, detail: &str) -> String {
    handshake::refused(status, code, detail, None)
}

/// Which socket for whom, or the whole refusal.
async fn admit(app: &App, request: &Request) -> Result<Admitted, String> {
    let Some(kind) = Kind::of(request.path()) else {
        return Err(refused(404, "not_found", "there is no socket at this path"));
    };
    let key = handshake::key(request)
        .map_err(|(status, detail)| refused(status, "bad_request", detail))?;
    let Some(peer) = request.peer_addr() else {
        return Err(refused(400, "bad_request", "the connection has no address"));
    };
    let address = caller::address(app, Some(peer.ip()), request.headers());
    if app.is_closing() {
        return Err(handshake::refused(503, "unavailable", "this gateway is closing", Some(1_000)));
    }
    let foreign_origin = foreign_origin(app, kind, request)?;
    let places = count(app, &client::limit_key(address)).await?;
    Ok(Admitted { kind, client: Client { address, foreign_origin }, key, places })
}

/// The limits on connections: how many a minute from this address, over all gateways, and how many
/// at the same time here.
async fn count(app: &App, address: &str) -> Result<[Turn; 2], String> {
    let limits = &app.config.limits;
    let full = |detail: &str| handshake::refused(503, "unavailable", detail, Some(FULL_AGAIN_MS));
    let here = app.at_once.begin("sockets", limits.sockets_max);
    let here = here.ok_or_else(|| full("this gateway has no room for another socket"))?;
    let of_address = app.at_once.begin(&format!("sockets:{address}"), limits.sockets_per_address);
    let of_address =
        of_address.ok_or_else(|| full("too many sockets are open from this address"))?;
    // No tenant is known before `hello`; whoever comes is counted in one space.
    if let Ok(space) = FIRST_TENANT.parse() {
        let limit = Limit::per_minute(limits.connects_per_minute);
        let what = format!("connect:{address}");
        app.take(&space, &what, limit, WithoutRedis::CountHere).await.map_err(|error| {
            handshake::refused(429, error.code().name(), error.detail(), error.retry_after_ms())
        })?;
    }
    Ok([here, of_address])
}

/// The origin of the client's page, when it is none of ours and may nevertheless come. What a request
/// says of its own host is not believed.
fn foreign_origin(app: &App, kind: Kind, request: &Request) -> Result<Option<String>, String> {
    let origin = handshake::origin(request.headers());
    let Some(origin) = origin.filter(|origin| !app.config.allows_origin(origin)) else {
        return Ok(None);
    };
    if kind == Kind::Agent {
        let detail = "pages of this origin may not open an agent's socket; \
            is it server.public_url, or among server.allowed_origins?";
        return Err(refused(403, "forbidden", detail));
    }
    if !some_channel_allows(app, origin) {
        return Err(refused(403, "forbidden", "pages of this origin may not open a socket here"));
    }
    Ok(Some(origin.to_owned()))
}

/// Does any web chat allow this origin? Whether the visitor's own does, `hello` decides.
fn some_channel_allows(app: &App, origin: &str) -> bool {
    let own = app.config.public_origin();
    app.settings.tenants().iter().any(|tenant| {
        let (view, desk) = (app.settings.desk(tenant), app.hub.desk(tenant));
        let mut doors = view.desk.channels.iter().filter_map(|channel| {
            let served = channel.enabled && channel.kind.is_chat();
            desk.door(&view, channel).filter(|_| served)
        });
        doors.any(|door| door.config().allows_origin(origin, &own))
    })
}

async fn serve(
    app: Arc<App>,
    kind: Kind,
    client: Client,
    stream: std::net::TcpStream,
    early: Bytes,
) {
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(error = %error, "a socket could not be taken over");
            return;
        }
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "a socket is gone before it began");
        return;
    }
    let mut socket = Socket::new(stream, early).await;
    metrics::sockets_open(kind.name(), 1.0);
    let close = match kind {
        Kind::Agent => agent::serve(&app, &client, &mut socket).await,
        Kind::Visitor => visitor::serve(&app, &client, &mut socket).await,
    };
    metrics::sockets_open(kind.name(), -1.0);
    metrics::socket_closed(kind.name(), close.map_or(0, Close::code));
    if let Some(close) = close {
        socket.close(close).await;
    }
}
