//! The WebSocket handshake (RFC 6455, section 4), by hand: small, strict, and on the raw stream.

use actix_http::header::{CONNECTION, HeaderMap, HeaderName, ORIGIN, UPGRADE};
use actix_http::{HttpMessage as _, Request};
use base64::Engine as _;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The answer to a good handshake.
pub(super) fn accepted(key: &str) -> String {
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// The answer to anything else; the connection ends after it.
pub(super) fn refused(
    status: u16,
    code: &str,
    detail: &str,
    retry_after_ms: Option<u64>,
) -> String {
    let title = match status {
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let body = serde_json::json!({
        "type": format!("/problems/{code}"), "title": title, "status": status, "code": code, "detail": detail,
    })
    .to_string();
    let retry = retry_after_ms
        .map_or_else(String::new, |ms| format!("Retry-After: {}\r\n", ms.div_ceil(1000)));
    let version = if status == 426 { "Sec-WebSocket-Version: 13\r\n" } else { "" };
    format!(
        "HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n{retry}{version}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The client's key, if this is a WebSocket handshake.
///
/// # Errors
/// The status and the words of the refusal.
pub(super) fn key(request: &Request) -> Result<String, (u16, &'static str)> {
    let headers = request.headers();
    if request.method() != "GET" {
        return Err((405, "a socket is opened by GET"));
    }
    if !has_token(headers, UPGRADE, "websocket") || !has_token(headers, CONNECTION, "upgrade") {
        return Err((400, "this is not a WebSocket handshake"));
    }
    if text(headers, "sec-websocket-version") != Some("13") {
        return Err((426, "only WebSocket version 13 is spoken here"));
    }
    let key = text(headers, "sec-websocket-key").ok_or((400, "the handshake has no key"))?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(key);
    match decoded {
        Ok(bytes) if bytes.len() == 16 => Ok(key.to_owned()),
        _ => Err((400, "the handshake's key is not one")),
    }
}

/// The origin of the page that opens the socket; `None` for programs that are not browsers.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_http::header::HeaderValue;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn request(changes: &[(&str, &str)]) -> Request {
        let mut all = vec![
            ("upgrade", "websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        all.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        all.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let mut request = Request::new();
        *request.headers_mut() = headers(&all);
        request
    }

    #[test]
    fn the_key_of_the_standard_gets_the_answer_of_the_standard() {
        let key = key(&request(&[])).unwrap();
        assert!(accepted(&key).contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        let status = |changes: &[(&str, &str)]| key(&request(changes)).unwrap_err().0;
        assert_eq!(status(&[("upgrade", "h2c")]), 400);
        assert_eq!(status(&[("connection", "close")]), 400);
        assert_eq!(status(&[("sec-websocket-version", "8")]), 426);
        assert_eq!(status(&[("sec-websocket-key", "")]), 400);
        assert_eq!(status(&[("sec-websocket-key", "dGhl")]), 400);
    }
}
