//! Somebody's server that receives webhooks: keeps what came, and answers as it is told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::watched::Watched;

/// One call that came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// Headers in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON.
    pub body: Value,
    /// What was answered.
    pub status: u16,
}

impl Received {
    /// The stable id of the delivery.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }

    /// Is it signed by `whsec_…`, as Standard Webhooks wants it?
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("a base64 secret");
        let header = |name: &str| self.headers.get(name).map_or("", String::as_str);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key");
        mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
        mac.update(&self.bytes);
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

/// What the sink knows and how it answers.
#[derive(Debug, Default)]
pub struct Sink {
    /// Everything that came, in order.
    pub received: Vec<Received>,
    answers: VecDeque<u16>,
    always: Option<u16>,
}

/// A running receiver.
#[derive(Debug)]
pub struct WebhookSink {
    port: u16,
    sink: Arc<Watched<Sink>>,
    _serving: JoinSet<()>,
}

impl WebhookSink {
    /// Listens at a port of its own.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sink, mut serving) = (Arc::<Watched<Sink>>::default(), JoinSet::new());
        let shared = sink.clone();
        serving.spawn(async move {
            let mut calls = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                calls.spawn(serve(stream, shared.clone()));
                while calls.try_join_next().is_some() {}
            }
        });
        Self { port, sink, _serving: serving }
    }

    /// Where it receives.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Answers the next calls with these statuses, then 204 again.
    pub fn answers_next(&self, statuses: &[u16]) {
        self.sink.change(|sink| sink.answers.extend(statuses));
    }

    /// Answers every call so from now on.
    pub fn answers_always(&self, status: Option<u16>) {
        self.sink.change(|sink| sink.always = status);
    }

    /// What it knows.
    pub fn sink(&self) -> &Watched<Sink> {
        &self.sink
    }

    /// Waits for a call that fits.
    pub async fn gets(&self, what: &str, fits: impl Fn(&Received) -> bool) -> Received {
        self.sink.until(what, |sink| sink.received.iter().find(|call| fits(call)).cloned()).await
    }
}

async fn serve(stream: TcpStream, sink: Arc<Watched<Sink>>) {
    let mut stream = BufReader::new(stream);
    while let Some((headers, bytes)) = read_call(&mut stream).await {
        let status = sink.change(|sink| {
            let next = sink.answers.pop_front();
            let status = sink.always.or(next).unwrap_or(204);
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            sink.received.push(Received { headers, bytes, body, status });
            status
        });
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_call(
    stream: &mut BufReader<TcpStream>,
) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let (mut headers, mut line) = (BTreeMap::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                drop(headers.insert(name.to_lowercase(), value.trim().to_owned()))
            }
            None if line.trim_end().is_empty() => break,
            None => {} // the request line
        }
    }
    let length: usize = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some((headers, bytes))
}
