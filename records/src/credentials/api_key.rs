//! API keys of integrations. The secret is shown once, when it is made; its hash stays.

use super::SecretHash;
use crate::error::Result;
use crate::store::handle;
use crate::store::statement::{Row, sql, tag, untag};
use domain::{Role, TenantId, Timestamp};

handle!(ApiKeys, "API keys of integrations.");

/// An API key to be kept.
#[derive(Debug, Clone)]
pub struct NewApiKey<'a> {
    /// The public part; unique over all tenants.
    pub id: &'a str,
    /// The SHA-256 of the secret part.
    pub secret_hash: SecretHash,
    /// What it may do.
    pub role: Role,
    /// What it is for.
    pub name: &'a str,
    /// Who made it.
    pub created_by: &'a str,
    /// When.
    pub created_at: Timestamp,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part.
    pub id: String,
    /// The SHA-256 of the secret part; compare in constant time.
    pub secret_hash: SecretHash,
    /// What it may do.
    pub role: Role,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it was last used, to the precision with which the caller reports it.
    pub last_used_at: Option<Timestamp>,
    /// Since when it no longer counts.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKeys<'_> {
    /// Keeps a new key.
    pub async fn create(self, tenant: &TenantId, key: &NewApiKey<'_>) -> Result<()> {
        let insert = sql(
            "INSERT INTO api_keys (tenant, id, secret_hash, role, name, created_at, created_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let insert = insert
            .bind(tenant)
            .bind(key.id)
            .bind(&key.secret_hash)
            .bind(tag("role", &key.role)?)
            .bind(key.name)
            .bind(key.created_at)
            .bind(key.created_by);
        self.database.write(insert).await.map(drop)
    }

    /// The tenant of a key, for a request that names no tenant. Tells nothing else about it.
    pub async fn tenant_of(self, id: &str) -> Result<Option<TenantId>> {
        let select = sql("SELECT tenant FROM api_keys WHERE id = $1");
        let row = self.database.one(select.bind(id)).await?;
        row.map(|row| row.word("tenant")).transpose()
    }

    /// A key, revoked or not.
    pub async fn get(self, tenant: &TenantId, id: &str) -> Result<Option<ApiKey>> {
        let select = sql(
            "SELECT id, secret_hash, role, name, created_at, created_by, last_used_at, revoked_at \
             FROM api_keys WHERE tenant = $1 AND id = $2",
        );
        let row = self.database.one(select.bind(tenant).bind(id)).await?;
        row.as_ref().map(read_key).transpose()
    }

    /// Every key, the newest first; revoked ones too.
    pub async fn list(self, tenant: &TenantId) -> Result<Vec<ApiKey>> {
        let select = sql(
            "SELECT id, secret_hash, role, name, created_at, created_by, last_used_at, revoked_at \
             FROM api_keys WHERE tenant = $1 ORDER BY created_at DESC, id",
        );
        self.database.all(select.bind(tenant)).await?.iter().map(read_key).collect()
    }

    /// Notes that a key was used; an earlier time than the noted one is passed over.
    pub async fn note_use(self, tenant: &TenantId, id: &str, now: Timestamp) -> Result<()> {
        let update = sql("UPDATE api_keys SET last_used_at = $3 \
             WHERE tenant = $1 AND id = $2 AND COALESCE(last_used_at, 0) < $3");
        self.database.write(update.bind(tenant).bind(id).bind(now)).await.map(drop)
    }

    /// Revokes a key for good. False when there is none, or it was revoked before.
    pub async fn revoke(self, tenant: &TenantId, id: &str, now: Timestamp) -> Result<bool> {
        let update = sql("UPDATE api_keys SET revoked_at = $3 \
             WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL");
        Ok(self.database.write(update.bind(tenant).bind(id).bind(now)).await? == 1)
    }
}

fn read_key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.get("id")?,
        secret_hash: row.hash("secret_hash")?,
        role: untag("role", row.get("role")?)?,
        name: row.get("name")?,
        created_at: row.time("created_at")?,
        created_by: row.get("created_by")?,
        last_used_at: row.time_if_any("last_used_at")?,
        revoked_at: row.time_if_any("revoked_at")?,
    })
}
