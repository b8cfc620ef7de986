//! Tenants, and the signing secrets that each of them keeps.
//!
//! Secrets are random bytes that the caller made: this room draws no chance and hashes no password.

use crate::error::Result;
use crate::store::handle;
use crate::store::statement::sql;
use domain::{TenantId, Timestamp};

handle!(Tenants, "Tenants and their secrets.");

/// One desk's own space.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name as shown.
    pub name: String,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// What came of [`Tenants::create`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    Created,
    /// It was there already, and stays as it was.
    Exists,
}

impl Tenants<'_> {
    /// Creates a tenant, once.
    pub async fn create(self, tenant: &TenantId, name: &str, now: Timestamp) -> Result<Created> {
        let insert = sql(
            "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let made = self.database.write(insert.bind(tenant).bind(name).bind(now)).await?;
        Ok(if made == 1 { Created::Created } else { Created::Exists })
    }

    /// Every tenant, the oldest first.
    pub async fn list(self) -> Result<Vec<Tenant>> {
        let select = sql("SELECT id, name, created_at FROM tenants ORDER BY created_at, id");
        let rows = self.database.all(select).await?;
        rows.iter()
            .map(|row| {
                Ok(Tenant {
                    id: row.word("id")?,
                    name: row.get("name")?,
                    created_at: row.time("created_at")?,
                })
            })
            .collect()
    }

    /// A secret by its name, for example `access_token` or `webhook.<id>`.
    pub async fn secret(self, tenant: &TenantId, name: &str) -> Result<Option<Vec<u8>>> {
        let select = sql("SELECT secret FROM secrets WHERE tenant = $1 AND name = $2");
        let row = self.database.one(select.bind(tenant).bind(name)).await?;
        row.map(|row| row.get("secret")).transpose()
    }

    /// Keeps a secret unless one of this name is there; gives the one that is kept. Of several
    /// gateways that start at once, all get the same.
    pub async fn put_secret_if_absent(
        self,
        tenant: &TenantId,
        name: &str,
        secret: &[u8],
    ) -> Result<Vec<u8>> {
        let insert = sql(
            "INSERT INTO secrets (tenant, name, secret) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let mut tx = self.database.begin().await?;
        tx.write(insert.bind(tenant).bind(name).bind(secret)).await?;
        let select = sql("SELECT secret FROM secrets WHERE tenant = $1 AND name = $2");
        let kept = tx.one(select.bind(tenant).bind(name)).await?.map(|row| row.get("secret"));
        tx.commit().await?;
        kept.transpose().map(|kept| kept.unwrap_or_else(|| secret.to_vec()))
    }

    /// Replaces a secret, or keeps the first of this name.
    pub async fn replace_secret(self, tenant: &TenantId, name: &str, secret: &[u8]) -> Result<()> {
        let upsert = sql("INSERT INTO secrets (tenant, name, secret) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant, name) DO UPDATE SET secret = excluded.secret");
        self.database.write(upsert.bind(tenant).bind(name).bind(secret)).await.map(drop)
    }
}
