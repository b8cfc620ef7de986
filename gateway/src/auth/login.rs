//! Signing in: the one place where a password is compared. Unknown agent, wrong password, disabled
//! account and resting account give the same answer after the same work.

use super::token::{ACCESS_AUDIENCE, AccessClaims, ISSUER, make_access};
use super::{Auth, AuthError, hash_secret, refresh};
use crate::clock::mint;
use domain::{Agent, AgentId, TenantId, Timestamp};
use records::credentials::{Credential, NewRefreshToken};

/// What a sign-in gives.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// For every request.
    pub access_token: String,
    /// How long it lives.
    pub expires_in_secs: u64,
    /// For the next access token; used once.
    pub refresh_token: String,
    /// Who signed in.
    pub agent: Agent,
    /// Must the password be changed first?
    pub must_change_password: bool,
}

/// Why a sign-in could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The archive failed.
    #[error("the archive cannot be used for a sign-in")]
    Records(#[from] records::RecordsError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] super::password::HashError),
    /// The token could not be made.
    #[error("a token cannot be made")]
    Token(#[from] AuthError),
}

impl Auth {
    /// Compares a password and, when it fits, starts a session. `None` is the one answer for every
    /// other case.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        password: &str,
    ) -> Result<Option<SignedIn>, LoginError> {
        let now = self.inner.clock.now();
        let known = self.inner.settings.desk(tenant).agent(agent).cloned();
        let credentials = self.inner.records.credentials();
        let credential = match &known {
            Some(_) => credentials.get(tenant, agent).await?,
            None => None,
        };
        let hash = credential.as_ref().and_then(|credential| credential.password_hash.clone());
        let fits = self.verify_password(password.to_owned(), hash).await?;
        let (Some(known), Some(credential)) = (known, credential) else { return Ok(None) };
        if !known.enabled || self.rests(&credential, now) {
            return Ok(None);
        }
        if !fits {
            let failed = credentials.count_failed_login(tenant, agent, now).await?;
            if failed == self.inner.config.lockout_after {
                tracing::warn!(agent.id = %agent, "an account rests after failed sign-ins");
            }
            return Ok(None);
        }
        if credential.failed_logins > 0 {
            credentials.clear_failed_logins(tenant, agent).await?;
        }
        self.start_session(tenant, known, credential.must_change).await.map(Some)
    }

    /// Does the password fit? For changing it; counts nothing.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn password_fits(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        password: &str,
    ) -> Result<bool, LoginError> {
        let credential = self.inner.records.credentials().get(tenant, agent).await?;
        let hash = credential.and_then(|credential| credential.password_hash);
        Ok(self.verify_password(password.to_owned(), hash).await?)
    }

    /// Starts a session for an agent who proved to be one.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn start_session(
        &self,
        tenant: &TenantId,
        agent: Agent,
        must_change_password: bool,
    ) -> Result<SignedIn, LoginError> {
        let (token, new) = self.new_refresh_token(tenant);
        let now = self.inner.clock.now();
        let families = self.inner.records.refresh_tokens();
        let family = mint::name();
        families.issue(tenant, &agent.id, &family, new, now).await?;
        self.signed_in(tenant, agent, (token, family), must_change_password)
    }

    /// A fresh access token beside a refresh token that the archive keeps already, in its family.
    pub(super) fn signed_in(
        &self,
        tenant: &TenantId,
        agent: Agent,
        (refresh_token, family): (String, String),
        must_change_password: bool,
    ) -> Result<SignedIn, LoginError> {
        let now = self.inner.clock.now();
        let now_secs = now.0.div_euclid(1000);
        let life = self.inner.config.access_secs;
        let claims = AccessClaims {
            iss: ISSUER.to_owned(),
            aud: ACCESS_AUDIENCE.to_owned(),
            sub: agent.id.clone(),
            tnt: tenant.clone(),
            role: agent.role,
            jti: mint::name(),
            fam: family,
            iat: now_secs,
            iat_ms: now.0,
            nbf: now_secs,
            exp: now_secs.saturating_add_unsigned(life),
            must_change_password,
        };
        let keys = self.keys_of(tenant).ok_or(AuthError::Invalid)?;
        Ok(SignedIn {
            access_token: make_access(&claims, &keys)?,
            expires_in_secs: life,
            refresh_token,
            agent,
            must_change_password,
        })
    }

    /// A refresh token and what the archive keeps of it.
    pub(super) fn new_refresh_token(&self, tenant: &TenantId) -> (String, NewRefreshToken) {
        let token = refresh::mint(tenant);
        let life = i64::try_from(self.inner.config.refresh_secs).unwrap_or(i64::MAX / 2_000);
        let expires_at = self.inner.clock.now().plus_ms(life.saturating_mul(1000));
        let new = NewRefreshToken { hash: hash_secret(token.as_bytes()), expires_at };
        (token, new)
    }

    /// Does the account rest after too many failed sign-ins in a row?
    fn rests(&self, credential: &Credential, now: Timestamp) -> bool {
        let config = &self.inner.config;
        credential.failed_logins >= config.lockout_after
            && credential.last_failed_at.is_some_and(|at| {
                now.ms_since(at)
                    < i64::try_from(config.lockout_secs).unwrap_or(0).saturating_mul(1000)
            })
    }
}
