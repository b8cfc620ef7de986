//! A small HTTP server within a test: every request goes to one function, which answers it or hangs up.
//! It runs on a thread of its own, so that it stands whatever the test does.

use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::port::Port;

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET` and its like.
    pub method: String,
    /// The path and query as received.
    pub target: String,
    /// Header names in lower case with their values, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Asked {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first header of this name (lower case); empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// Further header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Told {
    /// JSON under a status.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Self { status, headers, body: value.to_string().into() }
    }
}

type Answering = Pin<Box<dyn Future<Output = Option<Told>> + Send>>;
type Handler = dyn Fn(Asked) -> Answering + Send + Sync;

/// A running server; it ends with this.
pub struct HttpServer {
    port: u16,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    _held: Option<Port>,
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("port", &self.port).finish_non_exhaustive()
    }
}

impl HttpServer {
    /// Listens at a port that the system gives. `None` from the function hangs up without an answer.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start<F>(handler: impl Fn(Asked) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Told>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |asked| Box::pin(handler(asked)));
        Self::serve(0, None, handler)
    }

    /// Listens at this port, which somebody was told of before.
    ///
    /// # Panics
    /// When it cannot.
    pub fn start_at<F>(port: Port, handler: impl Fn(Asked) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Told>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |asked| Box::pin(handler(asked)));
        Self::serve(port.number(), Some(port), handler)
    }

    fn serve(port: u16, held: Option<Port>, handler: Arc<Handler>) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let token = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                token.run_until_cancelled(accept_all(listener, handler)).await;
            });
        });
        Self { port, stop, thread: Some(thread), _held: held }
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn accept_all(listener: TcpListener, handler: Arc<Handler>) {
    let mut calls = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        calls.spawn(answer_all(stream, handler.clone()));
        while calls.try_join_next().is_some() {}
    }
}

async fn answer_all(stream: TcpStream, handler: Arc<Handler>) {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        let Some(told) = handler(asked).await else { return };
        let mut head =
            format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n", told.status, told.body.len());
        for (name, value) in &told.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let answer = [head.as_bytes(), told.body.as_ref()].concat();
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let asked = Asked { method, target, headers, body: Bytes::new() };
    let body = if asked.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        read_chunks(stream).await?
    } else {
        let mut body = vec![0; asked.header("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        body
    };
    Some(Asked { body: body.into(), ..asked })
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2]; // with the line break behind it
        stream.read_exact(&mut chunk).await.ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}
