//! Refresh tokens: each is used once and replaced by the next of its family.
//!
//! A token that is shown again after its use was copied by someone; nobody can say which of the two
//! is the agent, so the whole family ends, in the same transaction.
//!
//! One exception: the answer to a use may be lost on its way. For [`REPEATED_WITHIN_MS`] the token that
//! was used last may be shown again, as long as no successor was. It gets another successor, and the
//! one before is put out of use: whoever holds that one and shows it ends the family as ever.

use super::SecretHash;
use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::sql;
use domain::{AgentId, TenantId, Timestamp};

handle!(RefreshTokens, "Refresh tokens and their families.");

/// For so long after its use a token may be shown again by whoever missed the answer, in
/// milliseconds: time for a client to give up waiting and ask twice more.
pub const REPEATED_WITHIN_MS: i64 = 20_000;

/// The time of use of a successor that was replaced before anybody used it: long ago, so that
/// showing it is never a repetition.
const REPLACED_UNUSED: Timestamp = Timestamp(0);

/// A refresh token to be kept; only its hash.
#[derive(Debug, Clone, Copy)]
pub struct NewRefreshToken {
    /// The SHA-256 of the token.
    pub hash: SecretHash,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A family and its agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Whose it is.
    pub agent: AgentId,
    /// Its id.
    pub id: String,
}

/// What came of [`RefreshTokens::rotate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The old token is used up, the new one is kept.
    Rotated {
        /// Whose it is.
        agent: AgentId,
        /// Its family.
        family: String,
    },
    /// The old token was used before: its family is revoked now.
    Reused {
        /// Whose it was.
        agent: AgentId,
        /// The family.
        family: String,
    },
    /// The family was revoked earlier.
    Revoked {
        /// Whose it was.
        agent: AgentId,
        /// The family.
        family: String,
    },
    /// The old token is too old.
    Expired,
    /// No such token.
    Unknown,
}

impl RefreshTokens<'_> {
    /// Starts a family with its first token: a sign-in.
    pub async fn issue(
        self,
        tenant: &TenantId,
        agent: &AgentId,
        family: &str,
        token: NewRefreshToken,
        now: Timestamp,
    ) -> Result<()> {
        let insert =
            sql("INSERT INTO refresh_families (tenant, id, agent, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)");
        let insert = insert.bind(tenant).bind(family).bind(agent).bind(now).bind(token.expires_at);
        let mut tx = self.database.begin().await?;
        tx.write(insert).await?;
        insert_token(&mut tx, tenant, family, token).await?;
        tx.commit().await
    }

    /// Uses up a token and keeps the next one of its family. Of several calls with the same token,
    /// exactly one rotates.
    pub async fn rotate(
        self,
        tenant: &TenantId,
        old_hash: &SecretHash,
        new: NewRefreshToken,
        now: Timestamp,
    ) -> Result<Rotation> {
        let mut tx = self.database.begin().await?;
        let Some(old) = find(&mut tx, tenant, old_hash).await? else {
            return Ok(Rotation::Unknown);
        };
        let OldToken { agent, family, expires_at, revoked } = old;
        if revoked {
            return Ok(Rotation::Revoked { agent, family });
        }
        if expires_at <= now {
            return Ok(Rotation::Expired);
        }
        // The condition, not the reading above, decides which of two concurrent calls wins.
        let take = sql("UPDATE refresh_tokens SET used_at = $3 \
             WHERE tenant = $1 AND hash = $2 AND used_at IS NULL");
        if tx.write(take.bind(tenant).bind(old_hash).bind(now)).await? == 0 {
            if !may_repeat(&mut tx, tenant, &family, old_hash, now).await? {
                revoke(&mut tx, tenant, &family, now).await?;
                tx.commit().await?;
                return Ok(Rotation::Reused { agent, family });
            }
            let replace = sql("UPDATE refresh_tokens SET used_at = $3 \
                 WHERE tenant = $1 AND family = $2 AND used_at IS NULL");
            tx.write(replace.bind(tenant).bind(family.as_str()).bind(REPLACED_UNUSED)).await?;
        }
        insert_token(&mut tx, tenant, &family, new).await?;
        let extend =
            sql("UPDATE refresh_families SET expires_at = $3 WHERE tenant = $1 AND id = $2");
        tx.write(extend.bind(tenant).bind(family.as_str()).bind(new.expires_at)).await?;
        tx.commit().await?;
        Ok(Rotation::Rotated { agent, family })
    }

    /// The families that were revoked at or after a time.
    pub async fn revoked_families(
        self,
        tenant: &TenantId,
        since: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>> {
        let select = sql("SELECT id, revoked_at FROM refresh_families \
             WHERE tenant = $1 AND revoked_at >= $2");
        let rows = self.database.all(select.bind(tenant).bind(since)).await?;
        rows.iter().map(|row| Ok((row.get("id")?, row.time("revoked_at")?))).collect()
    }

    /// Revokes the family of a token: a sign-out. Tells which it was.
    pub async fn revoke_family(
        self,
        tenant: &TenantId,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Family>> {
        let mut tx = self.database.begin().await?;
        let Some(OldToken { agent, family, .. }) = find(&mut tx, tenant, hash).await? else {
            return Ok(None);
        };
        revoke(&mut tx, tenant, &family, now).await?;
        tx.commit().await?;
        Ok(Some(Family { agent, id: family }))
    }

    /// Forgets families whose last token expired before a time; tells how many.
    pub async fn prune(self, tenant: &TenantId, expired_before: Timestamp) -> Result<u64> {
        let delete = sql("DELETE FROM refresh_families WHERE tenant = $1 AND expires_at < $2");
        self.database.write(delete.bind(tenant).bind(expired_before)).await
    }
}

struct OldToken {
    agent: AgentId,
    family: String,
    expires_at: Timestamp,
    revoked: bool,
}

/// Finds a token and makes other calls about its family wait.
async fn find(
    tx: &mut Transaction,
    tenant: &TenantId,
    hash: &SecretHash,
) -> Result<Option<OldToken>> {
    let select =
        sql("SELECT family, expires_at FROM refresh_tokens WHERE tenant = $1 AND hash = $2");
    let Some(token) = tx.one(select.bind(tenant).bind(hash)).await? else { return Ok(None) };
    let family: String = token.get("family")?;
    // A write that changes nothing locks the row on PostgreSQL; `FOR UPDATE` is not SQLite's.
    let lock = sql("UPDATE refresh_families SET agent = agent WHERE tenant = $1 AND id = $2 \
         RETURNING agent, revoked_at");
    let Some(row) = tx.one(lock.bind(tenant).bind(family.as_str())).await? else { return Ok(None) };
    Ok(Some(OldToken {
        agent: row.word("agent")?,
        family,
        expires_at: token.time("expires_at")?,
        revoked: row.time_if_any("revoked_at")?.is_some(),
    }))
}

/// Was this used token used a moment ago, and none of its family since?
async fn may_repeat(
    tx: &mut Transaction,
    tenant: &TenantId,
    family: &str,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<bool> {
    let select = sql("SELECT 1 AS one FROM refresh_tokens AS shown \
         WHERE shown.tenant = $1 AND shown.hash = $2 AND shown.used_at > $3 AND NOT EXISTS ( \
         SELECT 1 FROM refresh_tokens AS other WHERE other.tenant = $1 AND other.family = $4 \
         AND other.hash <> $2 AND other.used_at >= shown.used_at)");
    let since = now.plus_ms(-REPEATED_WITHIN_MS);
    let select = select.bind(tenant).bind(hash).bind(since.max(REPLACED_UNUSED)).bind(family);
    Ok(tx.one(select).await?.is_some())
}

async fn insert_token(
    tx: &mut Transaction,
    tenant: &TenantId,
    family: &str,
    token: NewRefreshToken,
) -> Result<()> {
    let insert = sql(
        "INSERT INTO refresh_tokens (tenant, hash, family, expires_at) VALUES ($1, $2, $3, $4)",
    );
    let insert = insert.bind(tenant).bind(&token.hash).bind(family).bind(token.expires_at);
    tx.write(insert).await.map(drop)
}

async fn revoke(
    tx: &mut Transaction,
    tenant: &TenantId,
    family: &str,
    now: Timestamp,
) -> Result<()> {
    let revoke = sql("UPDATE refresh_families SET revoked_at = $3 \
         WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL");
    tx.write(revoke.bind(tenant).bind(family).bind(now)).await.map(drop)
}
