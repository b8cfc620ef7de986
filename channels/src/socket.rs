//! WebSocket lines that we open (RFC 6455), through the same guard as everything that leaves.

use crate::http::{CallError, Http};
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;

/// How long opening a line may take.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// The buffer for reading: the library's own of 128 KiB is too much for small frames.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// A line of bytes, protected or not.
pub trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// An open WebSocket. Pings are answered while it is read.
pub type Socket = WebSocketStream<Box<dyn Line>>;

/// Opens a WebSocket whose messages have at most so many bytes.
///
/// # Errors
/// See [`CallError`]; [`CallError::Nonsense`] with the HTTP status when it is no WebSocket there.
pub async fn open(
    http: &Http,
    url: &str,
    headers: &[(HeaderName, HeaderValue)],
    message_bytes_max: usize,
) -> Result<Socket, CallError> {
    let opening = open_slowly(http, url, headers, message_bytes_max);
    let late = |_late| CallError::Unreachable(format!("no answer in {} s", OPEN_WITHIN.as_secs()));
    tokio::time::timeout(OPEN_WITHIN, opening).await.map_err(late)?
}

async fn open_slowly(
    http: &Http,
    url: &str,
    headers: &[(HeaderName, HeaderValue)],
    message_bytes_max: usize,
) -> Result<Socket, CallError> {
    let url = allowed(http, url)?;
    let host = url.host_str().ok_or(CallError::NotAllowed)?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or(CallError::NotAllowed)?;
    let tcp = connect(http, host, port).await?;
    let line = if url.scheme() == "wss" { protect(http, &url, tcp).await? } else { Box::new(tcp) };
    let mut request = url.as_str().into_client_request().map_err(failure)?;
    for (name, value) in headers {
        request.headers_mut().insert(name.clone(), value.clone());
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(message_bytes_max))
        .max_frame_size(Some(message_bytes_max));
    let (socket, _answer) =
        tokio_tungstenite::client_async_with_config(request, line, Some(config))
            .await
            .map_err(failure)?;
    Ok(socket)
}

/// The guard knows `http` and `https`.
fn allowed(http: &Http, text: &str) -> Result<Url, CallError> {
    let as_http = match text.split_once(':') {
        Some(("wss", rest)) => format!("https:{rest}"),
        Some(("ws", rest)) => format!("http:{rest}"),
        _ => return Err(CallError::NotAllowed),
    };
    http.allowed(&as_http)?;
    Url::parse(text).map_err(|_bad| CallError::NotAllowed)
}

/// Opens a bare line of TCP, through the same guard.
///
/// # Errors
/// See [`CallError`].
pub(crate) async fn tcp(http: &Http, host: &str, port: u16) -> Result<TcpStream, CallError> {
    http.allowed(&format!("http://{host}:{port}/"))?;
    let late = |_late| CallError::Unreachable(format!("no answer in {} s", OPEN_WITHIN.as_secs()));
    let host = host.trim_matches(['[', ']']);
    tokio::time::timeout(OPEN_WITHIN, connect(http, host, port)).await.map_err(late)?
}

/// Resolves once, checks every address, and connects to one of those.
async fn connect(http: &Http, host: &str, port: u16) -> Result<TcpStream, CallError> {
    let unreachable = |error: std::io::Error| CallError::Unreachable(error.to_string());
    let found: Vec<_> = tokio::net::lookup_host((host, port)).await.map_err(unreachable)?.collect();
    if !found.iter().all(|address| http.reach().allows_address(address.ip())) {
        return Err(CallError::NotAllowed);
    }
    let tcp = TcpStream::connect(found.as_slice()).await.map_err(unreachable)?;
    tcp.set_nodelay(true).map_err(unreachable)?;
    Ok(tcp)
}

async fn protect(http: &Http, url: &Url, tcp: TcpStream) -> Result<Box<dyn Line>, CallError> {
    let unreachable = |why: String| CallError::Unreachable(why);
    let config = http.tls().ok_or(CallError::NotAllowed)?;
    let host = url.host_str().ok_or(CallError::NotAllowed)?.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|error| unreachable(error.to_string()))?;
    let connector = TlsConnector::from(Arc::clone(config));
    let tls = connector.connect(name, tcp).await.map_err(|error| unreachable(error.to_string()))?;
    Ok(Box::new(tls))
}

/// Nothing was said on a line that is not open yet.
fn failure(error: Error) -> CallError {
    match error {
        Error::Http(answer) => {
            CallError::Nonsense(format!("HTTP {} instead of a WebSocket", answer.status().as_u16()))
        }
        Error::Url(_) | Error::HttpFormat(_) => CallError::NotAllowed,
        other => CallError::Unreachable(other.to_string()),
    }
}
