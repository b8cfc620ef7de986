//! Who is asking: agents, visitors, integrations. Every entrance (HTTP, both sockets) goes through
//! [`Auth::agent`], [`Auth::visitor`] or [`Auth::principal`]; there is no other way in.
//!
//! Tokens are JWTs with one fixed algorithm (HS256) and keys of their own for each tenant and each
//! sort of token, made at the tenant's birth and kept in the archive. Checks read caches that are at
//! most five seconds old; what this gateway revokes itself counts at once.

pub mod access;
pub mod api_key;
pub mod bootstrap;
pub mod identity_token;
pub mod login;
pub mod password;
pub mod refresh;
mod revocation;
pub mod token;

use crate::clock::random_bytes;
use crate::config::AuthConfig;
use crate::settings::Settings;
use domain::{AgentId, ChannelId, Clock, ContactId, Role, TenantId, Timestamp};
use records::Records;
use revocation::Revoked;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use token::TenantKeys;

/// An agent who proved to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentIdentity {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub agent: AgentId,
    /// The role, as the settings say now.
    pub role: Role,
    /// Names this token.
    pub jti: String,
    /// When the token ends.
    pub exp: Timestamp,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// The family of refresh tokens that it came with.
    pub family: String,
    /// Must the password be changed before anything else?
    pub must_change_password: bool,
}

/// A visitor who holds a visitor token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorIdentity {
    /// The tenant.
    pub tenant: TenantId,
    /// The channel for which the token was made.
    pub channel: ChannelId,
    /// Who.
    pub contact: ContactId,
    /// Was the identity proved by the website?
    pub verified: bool,
    /// When the token ends.
    pub exp: Timestamp,
}

/// An integration with an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentity {
    /// The tenant.
    pub tenant: TenantId,
    /// The key's public part.
    pub id: String,
    /// What it may do.
    pub role: Role,
}

/// Whoever a request's bearer token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An agent, supervisor or admin.
    Agent(AgentIdentity),
    /// A visitor.
    Visitor(VisitorIdentity),
    /// An integration.
    Key(KeyIdentity),
}

impl Principal {
    /// Whose space the request is in.
    pub fn tenant(&self) -> &TenantId {
        match self {
            Self::Agent(agent) => &agent.tenant,
            Self::Visitor(visitor) => &visitor.tenant,
            Self::Key(key) => &key.tenant,
        }
    }

    /// A name for limits, fingerprints and the audit trail: `agent:zhang`, `contact:ctc_…`, `api_key:…`.
    pub fn name(&self) -> String {
        match self {
            Self::Agent(agent) => format!("agent:{}", agent.agent),
            Self::Visitor(visitor) => format!("contact:{}", visitor.contact),
            Self::Key(key) => format!("api_key:{}", key.id),
        }
    }
}

/// Why a token was not believed. One answer outside for all of them; the difference is for the log
/// and for tests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No token, or not one of ours, or changed.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It was revoked, or its agent is gone or disabled.
    #[error("the token was revoked")]
    Revoked,
    /// The archive could not be asked.
    #[error("the token cannot be checked just now")]
    Unavailable,
}

/// Checks and makes tokens. Cloning is cheap and shares the caches.
#[derive(Clone)]
pub struct Auth {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

pub(crate) struct Inner {
    pub(crate) config: AuthConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) records: Records,
    pub(crate) settings: Settings,
    keys: RwLock<Arc<HashMap<TenantId, Arc<TenantKeys>>>>,
    revoked: RwLock<Revoked>,
    pub(crate) hashing: Arc<tokio::sync::Semaphore>,
    pub(crate) api_keys: api_key::Cache,
}

impl Auth {
    /// Loads every tenant's keys and revocations.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub async fn load(
        config: &AuthConfig,
        clock: Arc<dyn Clock>,
        records: &Records,
        settings: &Settings,
    ) -> records::Result<Self> {
        let auth = Self {
            inner: Arc::new(Inner {
                config: config.clone(),
                clock,
                records: records.clone(),
                settings: settings.clone(),
                keys: RwLock::default(),
                revoked: RwLock::default(),
                hashing: Arc::new(tokio::sync::Semaphore::new(config.hashes_at_once)),
                api_keys: api_key::Cache::default(),
            }),
        };
        auth.refresh().await?;
        Ok(auth)
    }

    /// Who this access token names.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn agent(&self, token: &str) -> Result<AgentIdentity, AuthError> {
        let (tenant, keys) = self.keys_for(token, token::ACCESS_TYPE)?;
        let claims = token::read_access(token, &keys, &tenant, self.inner.clock.now())?;
        let issued_at = Timestamp(claims.iat_ms);
        if self.is_revoked(&tenant, &claims.sub, issued_at, &claims.fam) {
            return Err(AuthError::Revoked);
        }
        let view = self.inner.settings.desk(&tenant);
        let agent = view.agent(&claims.sub).filter(|agent| agent.enabled);
        let agent = agent.ok_or(AuthError::Revoked)?;
        Ok(AgentIdentity {
            tenant,
            agent: claims.sub,
            role: agent.role,
            jti: claims.jti,
            exp: Timestamp(claims.exp.saturating_mul(1000)),
            issued_at,
            family: claims.fam,
            must_change_password: claims.must_change_password,
        })
    }

    /// Who this visitor token names.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn visitor(&self, token: &str) -> Result<VisitorIdentity, AuthError> {
        let (tenant, keys) = self.keys_for(token, token::VISITOR_TYPE)?;
        let claims = token::read_visitor(token, &keys, &tenant, self.inner.clock.now())?;
        let view = self.inner.settings.desk(&tenant);
        if view.channel(&claims.channel).is_none_or(|channel| !channel.enabled) {
            return Err(AuthError::Revoked);
        }
        Ok(VisitorIdentity {
            tenant,
            channel: claims.channel,
            contact: claims.sub,
            verified: claims.verified,
            exp: Timestamp(claims.exp.saturating_mul(1000)),
        })
    }

    /// Whoever this bearer token names: an agent, a visitor or an integration.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn principal(&self, token: &str) -> Result<Principal, AuthError> {
        if token.starts_with(api_key::PREFIX) {
            return self.key(token).await.map(Principal::Key);
        }
        match token::header_of(token)?.typ.as_deref() {
            Some(token::ACCESS_TYPE) => self.agent(token).map(Principal::Agent),
            Some(token::VISITOR_TYPE) => self.visitor(token).map(Principal::Visitor),
            _ => Err(AuthError::Invalid),
        }
    }

    async fn load_keys(&self, tenant: &TenantId) -> records::Result<TenantKeys> {
        let tenants = self.inner.records.tenants();
        let access = random_bytes::<32>();
        let access = tenants.put_secret_if_absent(tenant, "access_token", &access).await?;
        let visitor = random_bytes::<32>();
        let visitor = tenants.put_secret_if_absent(tenant, "visitor_token", &visitor).await?;
        let letters = random_bytes::<32>();
        let letters = tenants.put_secret_if_absent(tenant, "letter_token", &letters).await?;
        Ok(TenantKeys::new(&access, &visitor, &letters))
    }

    fn keys(&self) -> Arc<HashMap<TenantId, Arc<TenantKeys>>> {
        Arc::clone(&self.inner.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn keys_of(&self, tenant: &TenantId) -> Option<Arc<TenantKeys>> {
        self.keys().get(tenant).cloned()
    }

    /// The keys that the token's `kid` names: only a look-up among the tenants that exist.
    fn keys_for(&self, token: &str, sort: &str) -> Result<(TenantId, Arc<TenantKeys>), AuthError> {
        let header = token::header_of(token)?;
        if header.typ.as_deref() != Some(sort) {
            return Err(AuthError::Invalid);
        }
        let kid = header.kid.ok_or(AuthError::Invalid)?;
        let tenant: TenantId = kid.parse().map_err(|_bad| AuthError::Invalid)?;
        let keys = self.keys_of(&tenant).ok_or(AuthError::Invalid)?;
        Ok((tenant, keys))
    }
}

/// The SHA-256 under which a random token is kept.
pub fn hash_secret(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Compares in constant time.
pub fn same_secret(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests;
