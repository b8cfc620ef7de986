//! One WebSocket to a gateway: frames out, frames in to a listener.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Who hears what comes in.
pub trait Listener: Send + 'static {
    /// A frame came.
    fn hears(&mut self, frame: Value);
    /// The socket ended: its close code, or 1006 when the line just broke.
    fn ends(&mut self, code: u16, reason: String);
}

/// The sending half; the receiving half runs beside it and ends with it.
#[derive(Debug)]
pub struct Socket {
    out: SplitSink<WebSocketStream<TcpStream>, Message>,
    _reading: JoinSet<()>,
}

impl Socket {
    /// Opens `path` at a gateway's port.
    ///
    /// # Errors
    /// What the handshake said.
    pub async fn open(
        port: u16,
        path: &str,
        origin: Option<&str>,
        listener: impl Listener,
    ) -> Result<Self, Error> {
        let (out, incoming) = connect(port, path, origin).await?.split();
        let mut reading = JoinSet::new();
        reading.spawn(read(incoming, listener));
        Ok(Self { out, _reading: reading })
    }

    /// Sends a frame; false when the line is gone.
    pub async fn send(&mut self, frame: &Value) -> bool {
        self.send_text(frame.to_string()).await
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: String) -> bool {
        self.out.send(Message::text(text)).await.is_ok()
    }

    /// Sends a binary frame.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> bool {
        self.out.send(Message::binary(bytes)).await.is_ok()
    }
}

/// The bare socket, for tests that want to misbehave (or not read).
///
/// # Errors
/// What the handshake said.
pub async fn connect(
    port: u16,
    path: &str,
    origin: Option<&str>,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request()?;
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
    }
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(Error::Io)?;
    stream.set_nodelay(true).map_err(Error::Io)?;
    Ok(client_async(request, stream).await?.0)
}

async fn read(mut incoming: SplitStream<WebSocketStream<TcpStream>>, mut listener: impl Listener) {
    let mut ended = (1006, String::from("the line broke"));
    while let Some(Ok(message)) = incoming.next().await {
        match message {
            Message::Text(text) => {
                let frame = serde_json::from_str(text.as_str());
                listener.hears(frame.unwrap_or_else(|error| panic!("not JSON ({error}): {text}")));
            }
            Message::Close(Some(close)) => ended = (close.code.into(), close.reason.to_string()),
            Message::Close(None) => ended = (1005, String::new()),
            Message::Binary(_) => panic!("a binary frame from the gateway"),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    listener.ends(ended.0, ended.1);
}
