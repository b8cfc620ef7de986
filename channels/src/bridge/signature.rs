//! Signatures after Standard Webhooks 1.0.0: HMAC-SHA256 over `id.time.content`, in base64, behind `v1,`;
//! several in one line while a key is changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
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
pub(super) struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What stands in a request's head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    /// `webhook-id`.
    pub(super) id: &'a str,
    /// `webhook-timestamp`, in seconds since 1970.
    pub(super) timestamp: &'a str,
}

impl Key {
    /// Reads `whsec_…`.
    pub(super) fn read(text: &str) -> Option<Self> {
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
pub(super) fn signatures(keys: &[Key], head: Head<'_>, content: &[u8]) -> String {
    let signature = |key: &Key| {
        let mac = key.mac(head, content)?;
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    keys.iter().filter_map(signature).collect::<Vec<_>>().join(" ")
}

/// Is it signed by one of the keys, and of this time?
pub(super) fn is_authentic(
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
