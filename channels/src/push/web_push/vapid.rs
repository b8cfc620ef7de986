//! Says to a service who pushes (RFC 8292): a token for each service, reused for half a day.

use crate::push::key::{EcKey, NotSigned};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use url::Url;

/// How long a token is valid, in seconds; 24 hours is the most (RFC 8292, section 2).
const VALID_SECS: i64 = 12 * 3_600;
/// A token is renewed so long before its end, in seconds: clocks differ.
const SPARE_SECS: i64 = 3_600;
/// The most services whose tokens are kept. Devices name them, so there might be any number.
const SERVICES_MAX: usize = 256;

/// Who pushes.
pub(super) struct Vapid {
    key: EcKey,
    public_key: String,
    subject: String,
    /// Headers by the service's origin, with their end in Unix seconds.
    kept: Mutex<HashMap<String, (String, i64)>>,
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vapid").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

impl Vapid {
    /// Somebody with this key, who is reached at `subject`.
    pub(super) fn new(key: EcKey, subject: String) -> Self {
        let public_key = URL_SAFE_NO_PAD.encode(key.point());
        Self { key, public_key, subject, kept: Mutex::default() }
    }

    /// The public key, in base64url.
    pub(super) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The header `Authorization` for the service of an endpoint.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub(super) fn header(&self, endpoint: &Url, now: Timestamp) -> Result<String, NotSigned> {
        let (service, now) = (endpoint.origin().ascii_serialization(), now.0 / 1_000);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, end)) = kept.get(&service)
            && *end - now > SPARE_SECS
        {
            return Ok(header.clone());
        }
        let end = now + VALID_SECS;
        let claims = json!({ "aud": service, "exp": end, "sub": self.subject });
        let token = self.key.token(None, &claims)?;
        // No blank behind the comma: py-vapid reads none.
        let header = format!("vapid t={token},k={}", self.public_key);
        if kept.len() >= SERVICES_MAX {
            kept.clear();
        }
        kept.insert(service, (header.clone(), end));
        Ok(header)
    }
}
