//! A socket of a chat, to Hutong or to socket.io: the same client for both, so that only the servers
//! differ.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long anything may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whose language a socket speaks.
#[derive(Debug, Clone)]
pub(crate) enum Tongue {
    /// A visitor of ours.
    Visitor,
    /// An agent of ours, in this conversation.
    Agent(String),
    /// socket.io: whoever is in the room.
    SocketIo,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Line {
    socket: WebSocketStream<TcpStream>,
    tongue: Tongue,
    sent: u64,
    name: u64,
}

impl Line {
    async fn open(port: u16, path: &str, origin: &str) -> Result<WebSocketStream<TcpStream>> {
        let mut request = format!("ws://127.0.0.1:{port}{path}").into_client_request()?;
        request.headers_mut().insert("origin", HeaderValue::from_str(origin)?);
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        // The default is 128 KiB a connection; ten thousand of them would weigh on the machine.
        let config = WebSocketConfig::default().read_buffer_size(2_048).write_buffer_size(0);
        Ok(client_async_with_config(request, stream, Some(config)).await?.0)
    }

    /// Opens a socket of ours and waits for the welcome.
    pub(crate) async fn to_hutong(
        port: u16,
        token: &str,
        tongue: Tongue,
        name: u64,
    ) -> Result<Self> {
        let (path, origin) = match tongue {
            Tongue::Visitor => ("/v1/socket/visitor", tests::desk::WEBSITE.to_owned()),
            Tongue::Agent(_) => ("/v1/socket/agent", format!("http://127.0.0.1:{port}")),
            Tongue::SocketIo => bail!("not a tongue of ours"),
        };
        let socket = Self::open(port, path, &origin).await?;
        let mut line = Self { socket, tongue, sent: 0, name };
        line.say(&json!({ "type": "hello", "token": token, "resume": null })).await?;
        line.hear(|frame| frame.contains("\"type\":\"welcome\"").then_some(())).await?;
        Ok(line)
    }

    /// Opens a socket to socket.io and joins a room.
    pub(crate) async fn to_socket_io(port: u16, room: &str, name: u64) -> Result<Self> {
        let path = format!("/socket.io/?EIO=4&transport=websocket&room={room}");
        let socket = Self::open(port, &path, &format!("http://127.0.0.1:{port}")).await?;
        let mut line = Self { socket, tongue: Tongue::SocketIo, sent: 0, name };
        line.hear(|frame| frame.starts_with('0').then_some(())).await?;
        line.socket.send(Message::text("40")).await?;
        line.hear(|frame| frame.starts_with("40").then_some(())).await?;
        Ok(line)
    }

    /// Speaks in another tongue from now on.
    pub(crate) fn speaks(&mut self, tongue: Tongue) {
        self.tongue = tongue;
    }

    /// Sends a frame of ours.
    pub(crate) async fn say(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    /// Says a text of 100 bytes that begins with `mark`.
    pub(crate) async fn tell(&mut self, mark: &str) -> Result<()> {
        self.sent += 1;
        let text = format!("{mark:x<100}");
        let id = format!("{:08x}-{:012x}-0000", self.name, self.sent);
        let frame = match &self.tongue {
            Tongue::Visitor => json!({ "type": "send", "client_id": id, "text": text }).to_string(),
            Tongue::Agent(conversation) => {
                json!({ "type": "send", "client_id": id, "conversation": conversation, "text": text }).to_string()
            }
            Tongue::SocketIo => format!("42[\"m\",\"{text}\"]"),
        };
        Ok(self.socket.send(Message::text(frame)).await?)
    }

    /// Waits until `wanted` finds something in a frame.
    pub(crate) async fn hear<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> Result<T> {
        let hearing = async {
            loop {
                let Some(frame) = self.next().await? else { continue };
                if frame.contains("\"type\":\"refused\"") {
                    bail!("refused: {frame}");
                }
                if let Some(found) = wanted(&frame) {
                    return Ok(found);
                }
            }
        };
        tokio::time::timeout(PATIENCE, hearing).await.context("nothing was heard in a minute")?
    }

    /// Waits for a word of the other side that begins with `mark`: not the echo of one's own.
    pub(crate) async fn hear_word(&mut self, mark: &str) -> Result<()> {
        self.hear(|frame| frame.contains(mark).then_some(())).await
    }

    /// The next text frame; what socket.io asks as a sign of life is answered.
    pub(crate) async fn next(&mut self) -> Result<Option<String>> {
        match self.socket.next().await.context("the server hung up")?? {
            Message::Text(text) if text.as_str() == "2" => {
                self.socket.send(Message::text("3")).await?;
                Ok(None)
            }
            Message::Text(text) => Ok(Some(text.as_str().to_owned())),
            Message::Close(close) => bail!("the server closed the socket: {close:?}"),
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {
                Ok(None)
            }
        }
    }
}
