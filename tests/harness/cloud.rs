//! A network's servers, within the test: HTTP/1.1 and WebSockets at a port of their own, on a thread of
//! their own, so that they stand whatever the test does.

use futures_util::future::BoxFuture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `POST` …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// Headers in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Asked {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// What is answered.
#[derive(Debug)]
pub enum Answered {
    /// JSON under a status.
    Json(u16, Value),
    /// JSON under a status, with one more header.
    With(u16, (&'static str, String), Value),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The line is cut without an answer.
    Cut,
    /// No answer comes, and the line stands until whoever asked hangs up.
    Held,
    /// The request wants a WebSocket: it gets one, and [`Network::talk`] goes on with it.
    Socket,
}

/// An open WebSocket, at the server's end.
pub type Line = WebSocketStream<TcpStream>;

/// What a network does.
pub trait Network: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, asked: &Asked) -> Answered;
    /// Goes on with a WebSocket until it ends.
    fn talk(&self, asked: Asked, line: Line) -> BoxFuture<'_, ()>;
}

/// The servers; they end with this.
#[derive(Debug)]
pub struct Cloud {
    port: u16,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Cloud {
    /// Starts them. `network` is told the address at which it stands.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start<N: Network>(network: impl FnOnce(&str) -> Arc<N>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let network = network(&format!("127.0.0.1:{port}"));
        let stop = CancellationToken::new();
        let token = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                token.run_until_cancelled(serve(listener, network)).await;
            });
        });
        Self { port, stop, thread: Some(thread) }
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn serve<N: Network>(listener: TcpListener, network: Arc<N>) {
    let mut calls = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        calls.spawn(hold(stream, network.clone()));
        while calls.try_join_next().is_some() {}
    }
}

/// One connection, until it ends.
async fn hold<N: Network>(stream: TcpStream, network: Arc<N>) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        let (status, header, kind, body) = match network.answer(&asked) {
            Answered::Cut => return,
            Answered::Held => {
                drop(stream.read(&mut [0; 1]).await);
                return;
            }
            Answered::Socket => return upgrade(stream, asked, network).await,
            Answered::Json(status, value) => {
                (status, String::new(), "application/json", value.to_string().into_bytes())
            }
            Answered::With(status, (name, value), body) => {
                let header = format!("{name}: {value}\r\n");
                (status, header, "application/json", body.to_string().into_bytes())
            }
            Answered::Bytes(bytes) => (200, String::new(), "application/octet-stream", bytes),
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\n{header}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        let whole = [head.into_bytes(), body].concat();
        if stream.write_all(&whole).await.is_err() {
            return;
        }
    }
}

async fn upgrade<N: Network>(mut stream: BufReader<TcpStream>, asked: Asked, network: Arc<N>) {
    let Some(key) = asked.headers.get("sec-websocket-key") else { return };
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    if stream.write_all(head.as_bytes()).await.is_ok() {
        let line = WebSocketStream::from_raw_socket(stream.into_inner(), Role::Server, None).await;
        network.talk(asked, line).await;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), pairs(query));
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_lowercase(), value.trim().to_owned());
            }
            None => break,
        }
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { method, path, query, headers, body })
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
    url.query_pairs().into_owned().collect()
}
