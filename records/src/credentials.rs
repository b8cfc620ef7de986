//! What proves that someone is an agent or an integration: password hashes, refresh tokens, the
//! bootstrap code and API keys.
//!
//! Only hashes are stored. Passwords arrive hashed by the caller (Argon2); tokens, codes and key
//! secrets have so many random bits that their plain SHA-256 is enough.

mod api_key;
mod bootstrap;
mod refresh;

pub use api_key::{ApiKey, ApiKeys, NewApiKey};
pub use bootstrap::Bootstrap;
pub use refresh::{Family, NewRefreshToken, REPEATED_WITHIN_MS, RefreshTokens, Rotation};

use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::sql;
use domain::{AgentId, TenantId, Timestamp};
use std::fmt;

handle!(Credentials, "Passwords of agents, and since when their sign-ins count.");

/// The SHA-256 of a token, code or key secret.
pub type SecretHash = [u8; 32];

/// How an agent signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The password's hash in PHC form; none: no password was set yet.
    pub password_hash: Option<String>,
    /// Must the password be changed first?
    pub must_change: bool,
    /// Sign-ins from before this time are revoked.
    pub sessions_valid_after: Option<Timestamp>,
    /// Failed sign-ins since the last one that succeeded.
    pub failed_logins: u32,
    /// When the last one failed.
    pub last_failed_at: Option<Timestamp>,
}

impl fmt::Debug for Credential {
    /// Without the password's hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("has_password", &self.password_hash.is_some())
            .field("must_change", &self.must_change)
            .field("sessions_valid_after", &self.sessions_valid_after)
            .field("failed_logins", &self.failed_logins)
            .field("last_failed_at", &self.last_failed_at)
            .finish()
    }
}

/// Whether a new password is the agent's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordKind {
    /// Chosen by the agent.
    Own,
    /// Given by an admin, to be changed at the next sign-in.
    OneTime,
}

impl Credentials<'_> {
    /// How an agent signs in, if anything was ever set.
    pub async fn get(self, tenant: &TenantId, agent: &AgentId) -> Result<Option<Credential>> {
        let select = sql(
            "SELECT password_hash, must_change, sessions_valid_after, failed_logins, last_failed_at \
             FROM credentials WHERE tenant = $1 AND agent = $2",
        );
        let row = self.database.one(select.bind(tenant).bind(agent)).await?;
        row.map(|row| {
            Ok(Credential {
                password_hash: row.get("password_hash")?,
                must_change: row.get("must_change")?,
                sessions_valid_after: row.time_if_any("sessions_valid_after")?,
                failed_logins: row.number("failed_logins")?,
                last_failed_at: row.time_if_any("last_failed_at")?,
            })
        })
        .transpose()
    }

    /// Does any agent of the tenant have a password? While none has, the bootstrap code is offered.
    pub async fn has_any(self, tenant: &TenantId) -> Result<bool> {
        let select = sql("SELECT 1 AS one FROM credentials \
             WHERE tenant = $1 AND password_hash IS NOT NULL LIMIT 1");
        Ok(self.database.one(select.bind(tenant)).await?.is_some())
    }

    /// Sets a password, forgets failed sign-ins and ends every session of the agent, at once.
    pub async fn set_password(
        self,
        tenant: &TenantId,
        agent: &AgentId,
        password_hash: &str,
        kind: PasswordKind,
        now: Timestamp,
    ) -> Result<()> {
        let upsert = sql("INSERT INTO credentials (tenant, agent, password_hash, must_change) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, agent) DO UPDATE SET \
             password_hash = excluded.password_hash, must_change = excluded.must_change, \
             failed_logins = 0, last_failed_at = NULL");
        let must_change = kind == PasswordKind::OneTime;
        let mut tx = self.database.begin().await?;
        tx.write(upsert.bind(tenant).bind(agent).bind(password_hash).bind(must_change)).await?;
        end_sessions(&mut tx, tenant, agent, now).await?;
        tx.commit().await
    }

    /// Counts a failed sign-in; tells how many there were since the last success. Unknown agents are
    /// not counted.
    pub async fn count_failed_login(
        self,
        tenant: &TenantId,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<u32> {
        let count =
            sql("UPDATE credentials SET failed_logins = failed_logins + 1, last_failed_at = $3 \
             WHERE tenant = $1 AND agent = $2 RETURNING failed_logins");
        let count = count.bind(tenant).bind(agent).bind(now);
        let row = self.database.write_returning(count).await?;
        row.map_or(Ok(0), |row| row.number("failed_logins"))
    }

    /// Forgets failed sign-ins, after one that succeeded.
    pub async fn clear_failed_logins(self, tenant: &TenantId, agent: &AgentId) -> Result<()> {
        let clear = sql("UPDATE credentials SET failed_logins = 0, last_failed_at = NULL \
             WHERE tenant = $1 AND agent = $2 AND failed_logins > 0");
        self.database.write(clear.bind(tenant).bind(agent)).await.map(drop)
    }

    /// Ends every session of an agent: refresh families are revoked, and access tokens issued before
    /// `now` no longer count.
    pub async fn revoke_agent(
        self,
        tenant: &TenantId,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.database.begin().await?;
        end_sessions(&mut tx, tenant, agent, now).await?;
        tx.commit().await
    }

    /// Takes away the password of an agent who left, and ends the sessions.
    pub async fn remove(self, tenant: &TenantId, agent: &AgentId, now: Timestamp) -> Result<()> {
        let forget = sql("UPDATE credentials SET password_hash = NULL, must_change = FALSE \
             WHERE tenant = $1 AND agent = $2");
        let mut tx = self.database.begin().await?;
        tx.write(forget.bind(tenant).bind(agent)).await?;
        end_sessions(&mut tx, tenant, agent, now).await?;
        tx.commit().await
    }

    /// Since when the sign-ins of each agent count, for those who were ever revoked.
    pub async fn revoked_agents(self, tenant: &TenantId) -> Result<Vec<(AgentId, Timestamp)>> {
        let select = sql("SELECT agent, sessions_valid_after FROM credentials \
             WHERE tenant = $1 AND sessions_valid_after IS NOT NULL ORDER BY agent");
        let rows = self.database.all(select.bind(tenant)).await?;
        rows.iter().map(|row| Ok((row.word("agent")?, row.time("sessions_valid_after")?))).collect()
    }
}

/// Revokes the agent's families and moves the time from which sign-ins count; it never moves back.
pub(crate) async fn end_sessions(
    tx: &mut Transaction,
    tenant: &TenantId,
    agent: &AgentId,
    now: Timestamp,
) -> Result<()> {
    let upsert = sql(
        "INSERT INTO credentials (tenant, agent, sessions_valid_after) VALUES ($1, $2, $3) \
         ON CONFLICT (tenant, agent) DO UPDATE SET sessions_valid_after = excluded.sessions_valid_after \
         WHERE COALESCE(credentials.sessions_valid_after, 0) < excluded.sessions_valid_after",
    );
    tx.write(upsert.bind(tenant).bind(agent).bind(now)).await?;
    let revoke = sql("UPDATE refresh_families SET revoked_at = $3 \
         WHERE tenant = $1 AND agent = $2 AND revoked_at IS NULL");
    tx.write(revoke.bind(tenant).bind(agent).bind(now)).await.map(drop)
}
