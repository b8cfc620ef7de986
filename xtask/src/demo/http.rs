//! As much HTTP as the demo needs, to its own loopback address and nowhere else.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No call may take longer.
const CALL_WITHIN: Duration = Duration::from_secs(20);
/// No answer may be longer.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its status.
    pub(super) status: u16,
    /// Its body, or null when it is no JSON.
    pub(super) body: Value,
}

/// Connects to the demo.
pub(super) async fn connect(port: u16) -> Result<TcpStream> {
    TcpStream::connect(("127.0.0.1", port)).await.context("connect to the demo")
}

/// Asks for a path.
pub(super) async fn get(port: u16, path: &str) -> Result<Answer> {
    call(port, "GET", path, None).await
}

/// Posts a JSON body, each call with an idempotency key of its own.
pub(super) async fn post(port: u16, path: &str, body: &Value) -> Result<Answer> {
    call(port, "POST", path, Some(body)).await
}

async fn call(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
    let request = request_text(port, method, path, body);
    let exchange = async {
        let mut stream = connect(port).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes).await?;
        parse(&bytes)
    };
    timeout(CALL_WITHIN, exchange)
        .await
        .with_context(|| format!("{method} {path} took too long"))?
}

fn request_text(port: u16, method: &str, path: &str, body: Option<&Value>) -> String {
    // `Connection: close` lets the end of the stream be the end of the answer.
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
         Connection: close\r\nAccept: application/json\r\n"
    );
    match body {
        None => format!("{head}\r\n"),
        Some(body) => {
            let body = body.to_string();
            let key: u128 = rand::random();
            let length = body.len();
            format!(
                "{head}Content-Type: application/json\r\nIdempotency-Key: demo-{key:032x}\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        bail!("the answer has no end of head")
    };
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
    let is_chunked = head.to_ascii_lowercase().contains("\r\ntransfer-encoding: chunked");
    let body = if is_chunked { join_chunks(body) } else { body.to_owned() };
    Ok(Answer { status, body: serde_json::from_str(&body).unwrap_or(Value::Null) })
}

/// The body of a chunked answer; what is cut off is left out.
fn join_chunks(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size =
            usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16).unwrap_or(0);
        let Some(chunk) = after.get(..size).filter(|_| size > 0) else { break };
        whole.push_str(chunk);
        rest = after.get(size..).unwrap_or("").trim_start_matches("\r\n");
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_and_in_chunks() {
        let whole = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}").unwrap();
        assert_eq!((whole.status, &whole.body["a"]), (200, &Value::from(1)));
        let chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
        let parsed = parse(chunked).unwrap();
        assert_eq!((parsed.status, &parsed.body["a"]), (201, &Value::from(1)));
        assert!(parse(b"nonsense").is_err());
    }
}
