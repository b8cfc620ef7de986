//! Tokens as an attacker (or a website's backend) would make them: JWTs put together by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A JWT with this header and these claims, signed by HMAC-SHA256.
pub fn signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let text = unsigned(header, claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The first two parts of a JWT.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// What a website's backend gives to its page: HS256, with `sub` and an end.
pub fn identity(sub: &str, name: &str, secret: &str, seconds: i64) -> String {
    let claims = json!({ "sub": sub, "name": name, "exp": now_secs() + seconds });
    signed(&json!({ "alg": "HS256", "typ": "JWT" }), &claims, secret.as_bytes())
}

/// What an app's backend gives to its app: the same, for this app.
pub fn app_identity(sub: &str, app: &str, secret: &str) -> String {
    let claims = json!({ "sub": sub, "aud": app, "exp": now_secs() + 600 });
    signed(&json!({ "alg": "HS256", "typ": "JWT" }), &claims, secret.as_bytes())
}

/// The parts of a JWT: header and claims.
pub fn parts(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    });
    Some((parts.next()??, parts.next()??))
}

/// The present in seconds of Unix time, as tokens count it.
#[expect(clippy::disallowed_methods, reason = "a token made by hand needs the real time")]
pub fn now_secs() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
