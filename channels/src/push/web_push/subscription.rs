//! What a browser or a distributor gives an app: where its notifications go, and the keys that only the
//! app can read with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::PublicKey;
use serde::Deserialize;
use url::Url;

/// The longest subscription, in bytes of JSON.
const BYTES_MAX: usize = 4_096;
/// The longest endpoint, in bytes.
const ENDPOINT_BYTES_MAX: usize = 2_048;
/// The secret that app and sender share, in bytes (RFC 8291, section 3.2).
const AUTH_BYTES: usize = 16;

/// A subscription, checked.
pub(super) struct Subscription {
    /// Where notifications are posted.
    pub(super) endpoint: Url,
    /// The app's public key: an uncompressed point on P-256.
    pub(super) key: Vec<u8>,
    /// The shared secret.
    pub(super) auth: Vec<u8>,
}

#[derive(Deserialize)]
struct Told {
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

impl Subscription {
    /// Reads `PushSubscription.toJSON()`; more than endpoint and keys may stand in it.
    ///
    /// # Errors
    /// What is wrong with it, in words that go on after "the subscription".
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > BYTES_MAX {
            return Err("has more than 4096 bytes");
        }
        let told: Told = serde_json::from_str(text)
            .map_err(|_bad| "must be {endpoint, keys: {p256dh, auth}}, all of them texts")?;
        let endpoint = Some(told.endpoint).filter(|url| url.len() <= ENDPOINT_BYTES_MAX);
        let endpoint = endpoint.and_then(|url| Url::parse(&url).ok());
        let key = decoded(&told.keys.p256dh).filter(|key| is_point(key));
        let auth = decoded(&told.keys.auth).filter(|auth| auth.len() == AUTH_BYTES);
        Ok(Self {
            endpoint: endpoint.ok_or("has an endpoint that is no URL of at most 2048 bytes")?,
            key: key.ok_or("has a key p256dh that is no uncompressed point on P-256")?,
            auth: auth.ok_or("has a key auth that has not 16 bytes")?,
        })
    }
}

/// Base64url; some write it with padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// An uncompressed point, 65 bytes, that lies on the curve.
fn is_point(bytes: &[u8]) -> bool {
    bytes.first() == Some(&4) && PublicKey::from_sec1_bytes(bytes).is_ok()
}
