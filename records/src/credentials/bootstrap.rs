//! The one-time code with which the first admin signs up.

use super::SecretHash;
use crate::error::Result;
use crate::store::handle;
use crate::store::statement::sql;
use domain::{TenantId, Timestamp};

handle!(Bootstrap, "The one-time code for the first admin.");

impl Bootstrap<'_> {
    /// Keeps a code's hash until it expires; an earlier code no longer counts.
    pub async fn put(
        self,
        tenant: &TenantId,
        hash: &SecretHash,
        expires_at: Timestamp,
    ) -> Result<()> {
        let upsert =
            sql("INSERT INTO bootstrap_codes (tenant, hash, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant) DO UPDATE SET hash = excluded.hash, \
             expires_at = excluded.expires_at");
        self.database.write(upsert.bind(tenant).bind(hash).bind(expires_at)).await.map(drop)
    }

    /// Keeps a code's hash unless one that still counts is there. Of several gateways that start at
    /// once, one gets to tell its code.
    pub async fn put_if_none(
        self,
        tenant: &TenantId,
        hash: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let upsert =
            sql("INSERT INTO bootstrap_codes (tenant, hash, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant) DO UPDATE SET hash = excluded.hash, \
             expires_at = excluded.expires_at WHERE bootstrap_codes.expires_at <= $4");
        let upsert = upsert.bind(tenant).bind(hash).bind(expires_at).bind(now);
        Ok(self.database.write(upsert).await? == 1)
    }

    /// Uses the code up. True for exactly one caller, and only before it expires.
    pub async fn take(self, tenant: &TenantId, hash: &SecretHash, now: Timestamp) -> Result<bool> {
        let take =
            sql("DELETE FROM bootstrap_codes WHERE tenant = $1 AND hash = $2 AND expires_at > $3");
        Ok(self.database.write(take.bind(tenant).bind(hash).bind(now)).await? == 1)
    }
}
