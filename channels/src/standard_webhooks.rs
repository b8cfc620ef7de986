//! Signatures after Standard Webhooks 1.0.0: HMAC-SHA256 over `id.time.content`, in base64, behind `v1,`;
//! several in one line while a key is changed. For every door whose far end is a page of somebody's code.

use crate::adapter::{RawReply, RawRequest};
use crate::settings::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::RequestBuilder;
use serde_json::json;
use sha2::Sha256;
use std::fmt;
use std::ops::RangeInclusive;

/// What a key in settings begins with.
const PREFIX: &str = "whsec_";
/// The bytes of a key (specification, "Signature scheme").
const KEY_BYTES: RangeInclusive<usize> = 24..=64;
/// How far a request's time may be from ours, in milliseconds (5 minutes).
const TOLERANCE_MS: u64 = 300_000;
/// The most signatures of one request that are tried.
const SIGNATURES_MAX: usize = 10;
/// The longest id of a request, in bytes.
const ID_BYTES_MAX: usize = 256;

/// A key. Neither `{:?}` nor anything else shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What stands in a request's head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    /// `webhook-id`.
    pub(crate) id: &'a str,
    /// `webhook-timestamp`, in seconds since 1970.
    pub(crate) timestamp: &'a str,
}

impl Key {
    /// Reads `whsec_…`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        KEY_BYTES.contains(&key.len()).then_some(Self(key))
    }

    fn mac(&self, head: Head<'_>, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{}.{}.", head.id, head.timestamp).as_bytes());
        mac.update(content);
        Some(mac)
    }

    fn signs(&self, head: Head<'_>, content: &[u8], signature: &[u8]) -> bool {
        // Compares in constant time.
        self.mac(head, content).is_some_and(|mac| mac.verify_slice(signature).is_ok())
    }
}

/// The line `webhook-signature`: one signature by each key.
pub(crate) fn signatures(keys: &[Key], head: Head<'_>, content: &[u8]) -> String {
    let signature = |key: &Key| {
        let mac = key.mac(head, content)?;
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    keys.iter().filter_map(signature).collect::<Vec<_>>().join(" ")
}

/// Is it signed by one of the keys, and of this time?
pub(crate) fn is_authentic(
    keys: &[Key],
    head: Head<'_>,
    (line, content): (&str, &[u8]),
    now_ms: i64,
) -> bool {
    let is_id = !head.id.is_empty() && head.id.len() <= ID_BYTES_MAX;
    let sent_ms = head.timestamp.parse::<i64>().ok().and_then(|secs| secs.checked_mul(1_000));
    let is_of_now = sent_ms.is_some_and(|sent| sent.abs_diff(now_ms) <= TOLERANCE_MS);
    let signatures = line.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    let mut signatures =
        signatures.take(SIGNATURES_MAX).filter_map(|one| STANDARD.decode(one).ok());
    let is_signed =
        signatures.any(|signature| keys.iter().any(|key| key.signs(head, content, &signature)));
    is_id && is_of_now && is_signed
}

/// The keys of `secret` and `previous_secret`, the present one first. With each of them the far end may
/// sign, and we sign with all.
pub(crate) fn keys(fields: &mut Fields<'_>) -> Vec<Key> {
    ["secret", "previous_secret"].into_iter().filter_map(|name| key(fields, name)).collect()
}

fn key(fields: &mut Fields<'_>, name: &str) -> Option<Key> {
    let text = fields.secret(name);
    if text.is_empty() {
        return None;
    }
    let key = Key::read(text.reveal());
    if key.is_none() {
        // The value itself is never shown.
        fields.say(name, "must be `whsec_` and 24 to 64 bytes in base64");
    }
    key
}

/// A request with the three header fields, signed over this content at this time.
pub(crate) fn signed(
    request: RequestBuilder,
    keys: &[Key],
    (id, content): (&str, &[u8]),
    now_ms: i64,
) -> RequestBuilder {
    let timestamp = (now_ms / 1_000).to_string();
    let signatures = signatures(keys, Head { id, timestamp: &timestamp }, content);
    request
        .header("webhook-id", id)
        .header("webhook-timestamp", &timestamp)
        .header("webhook-signature", signatures)
}

/// Is this request signed by one of the keys, and of this time?
pub(crate) fn is_signed(request: &RawRequest, keys: &[Key], now_ms: i64) -> bool {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let head = Head { id: header("webhook-id"), timestamp: header("webhook-timestamp") };
    is_authentic(keys, head, (header("webhook-signature"), request.body.as_ref()), now_ms)
}

/// What was posted is taken, or was before.
pub(crate) fn taken(result: &str) -> RawReply {
    RawReply::json(200, &json!({ "result": result }))
}

/// What was posted is refused, with a word and with what is wrong, for whoever wrote the far end.
pub(crate) fn refused(status: u16, code: &str, detail: &str) -> RawReply {
    RawReply::json(status, &json!({ "result": "refused", "code": code, "detail": detail }))
}
