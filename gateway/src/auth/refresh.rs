//! Refresh tokens: `rt.<tenant>.<secret>`, used once each. One that is shown again was copied, and
//! its whole family ends, access tokens and sockets with it; but for a moment the one that was used
//! last may be shown again, since an answer can be lost.

use super::login::{LoginError, SignedIn};
use super::{Auth, hash_secret};
use crate::clock::random_bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AgentId, TenantId};
use records::credentials::Rotation;

/// What came of using a refresh token.
#[derive(Debug, Clone, PartialEq)]
pub enum Refreshed {
    /// A new pair of tokens.
    Again(Box<SignedIn>),
    /// It does not count: unknown, too old, revoked, or its agent is gone.
    Refused,
    /// It was used before: all that came from the same sign-in has ended.
    Reused {
        /// Whose.
        tenant: TenantId,
        /// Who.
        agent: AgentId,
    },
}

/// A new refresh token; the tenant stands in front so that it can be looked up.
pub(super) fn mint(tenant: &TenantId) -> String {
    format!("rt.{tenant}.{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
}

/// The tenant that a refresh token names.
fn tenant_of(token: &str) -> Option<TenantId> {
    let (tenant, secret) = token.strip_prefix("rt.")?.split_once('.')?;
    if secret.len() == 43 { tenant.parse().ok() } else { None }
}

impl Auth {
    /// Uses up a refresh token and gives the next pair.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn refresh_session(&self, token: &str) -> Result<Refreshed, LoginError> {
        let tenant = tenant_of(token).filter(|tenant| self.inner.settings.has_tenant(tenant));
        let Some(tenant) = tenant else { return Ok(Refreshed::Refused) };
        let (next, new) = self.new_refresh_token(&tenant);
        let now = self.inner.clock.now();
        let families = self.inner.records.refresh_tokens();
        match families.rotate(&tenant, &hash_secret(token.as_bytes()), new, now).await? {
            Rotation::Rotated { agent, family } => {
                let known = self.inner.settings.desk(&tenant).agent(&agent).cloned();
                let Some(known) = known.filter(|agent| agent.enabled) else {
                    return Ok(Refreshed::Refused);
                };
                let credential = self.inner.records.credentials().get(&tenant, &agent).await?;
                let must_change = credential.is_some_and(|credential| credential.must_change);
                let again = self.signed_in(&tenant, known, (next, family), must_change)?;
                Ok(Refreshed::Again(Box::new(again)))
            }
            Rotation::Reused { agent, family } => {
                self.note_family_ended(&tenant, &family, now);
                tracing::warn!(agent.id = %agent, "a used refresh token was shown again");
                Ok(Refreshed::Reused { tenant, agent })
            }
            Rotation::Revoked { .. } | Rotation::Expired | Rotation::Unknown => {
                Ok(Refreshed::Refused)
            }
        }
    }

    /// Signs out: the refresh token's family ends, and its access tokens with it. Whoever shows no known
    /// token is out already. Tells the tenant of whoever was signed out.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn logout(&self, token: &str) -> records::Result<Option<TenantId>> {
        let Some(tenant) = tenant_of(token) else { return Ok(None) };
        let hash = hash_secret(token.as_bytes());
        let now = self.inner.clock.now();
        let ended = self.inner.records.refresh_tokens().revoke_family(&tenant, &hash, now).await?;
        Ok(ended.map(|family| {
            self.note_family_ended(&tenant, &family.id, now);
            tenant
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_read_from_the_token() {
        let tenant: TenantId = "city-hall".parse().unwrap();
        assert_eq!(tenant_of(&mint(&tenant)), Some(tenant));
        assert_eq!(tenant_of("rt.city.short"), None);
        assert_eq!(tenant_of("city"), None);
    }
}
