//! API keys of integrations: `hk_<id>_<secret>`; the archive keeps the secret's SHA-256.

use super::{Auth, AuthError, KeyIdentity, hash_secret, same_secret};
use crate::clock::random_bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Role, TenantId, Timestamp};
use records::credentials::NewApiKey;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What an API key starts with.
pub const PREFIX: &str = "hk_";
/// A key is read anew after so many milliseconds; a revoked one ends within that time.
const FRESH_MS: i64 = 5_000;
/// The most keys in the cache; more and it starts anew.
const CACHED_MAX: usize = 1_000;
/// Uses are noted to this precision, in milliseconds.
const USE_NOTED_EVERY_MS: i64 = 60_000;

/// Keys that were checked a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    known: Mutex<HashMap<[u8; 32], Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    identity: KeyIdentity,
    until: Timestamp,
    noted_at: Timestamp,
}

/// A new key: what is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshKey {
    /// The public part.
    pub id: String,
    /// The whole key.
    pub key: String,
}

impl Auth {
    /// The integration that this key names.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn key(&self, text: &str) -> Result<KeyIdentity, AuthError> {
        let (id, secret) = split(text).ok_or(AuthError::Invalid)?;
        let (whole, now) = (hash_secret(text.as_bytes()), self.inner.clock.now());
        let known = self.inner.api_keys.get(&whole);
        if let Some(known) = known.as_ref().filter(|known| known.until > now) {
            return Ok(known.identity.clone());
        }
        let keys = self.inner.records.api_keys();
        let tenant = keys.tenant_of(id).await.map_err(unavailable)?.ok_or(AuthError::Invalid)?;
        let kept = keys.get(&tenant, id).await.map_err(unavailable)?.ok_or(AuthError::Invalid)?;
        if !same_secret(&kept.secret_hash, &hash_secret(secret.as_bytes())) {
            return Err(AuthError::Invalid);
        }
        if kept.revoked_at.is_some() {
            return Err(AuthError::Revoked);
        }
        let mut noted_at = known.map_or(Timestamp(0), |known| known.noted_at);
        if now.ms_since(noted_at) >= USE_NOTED_EVERY_MS {
            keys.note_use(&tenant, id, now).await.map_err(unavailable)?;
            noted_at = now;
        }
        let identity = KeyIdentity { tenant, id: kept.id, role: kept.role };
        let until = now.plus_ms(FRESH_MS);
        self.inner.api_keys.put(whole, Known { identity: identity.clone(), until, noted_at });
        Ok(identity)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn create_key(
        &self,
        tenant: &TenantId,
        name: &str,
        role: Role,
        created_by: &str,
    ) -> records::Result<FreshKey> {
        let (fresh, secret_hash) = mint();
        let new = NewApiKey {
            id: &fresh.id,
            secret_hash,
            role,
            name,
            created_by,
            created_at: self.inner.clock.now(),
        };
        self.inner.records.api_keys().create(tenant, &new).await?;
        Ok(fresh)
    }

    /// Revokes a key; here at once, elsewhere within five seconds. False when there is none.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn revoke_key(&self, tenant: &TenantId, id: &str) -> records::Result<bool> {
        let now = self.inner.clock.now();
        let revoked = self.inner.records.api_keys().revoke(tenant, id, now).await?;
        self.inner.api_keys.forget(id);
        Ok(revoked)
    }
}

/// A new key, and what the archive keeps of its secret.
pub fn mint() -> (FreshKey, [u8; 32]) {
    let id: String = random_bytes::<6>().iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    let hash = hash_secret(secret.as_bytes());
    (FreshKey { key: format!("{PREFIX}{id}_{secret}"), id }, hash)
}

impl Cache {
    fn get(&self, whole: &[u8; 32]) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(whole).cloned()
    }

    fn put(&self, whole: [u8; 32], key: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CACHED_MAX {
            known.clear();
        }
        known.insert(whole, key);
    }

    fn forget(&self, id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, key| key.identity.id != id);
    }
}

/// `hk_<id>_<secret>` into its two parts.
fn split(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let fits = id.len() == 12
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (40..=64).contains(&secret.len());
    fits.then_some((id, secret))
}

fn unavailable(error: records::RecordsError) -> AuthError {
    tracing::error!(error = crate::telemetry::chain(&error), "an API key cannot be checked");
    AuthError::Unavailable
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn only_whole_keys_are_looked_up() {
        let secret = "s".repeat(43);
        assert_eq!(
            split(&format!("hk_0123456789ab_{secret}")),
            Some(("0123456789ab", secret.as_str()))
        );
        assert_eq!(split("hk_0123456789ab_short"), None);
        assert_eq!(split(&format!("hk_0123456789a*_{secret}")), None);
        assert_eq!(split(&format!("hk_{secret}")), None);
    }
}
