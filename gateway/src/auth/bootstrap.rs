//! The first admin: a one-time code, printed where only an operator reads, kept as a hash, gone when
//! used or expired. There are no default accounts.

use super::{Auth, hash_secret, password};
use domain::TenantId;

impl Auth {
    /// A new code for a tenant; an earlier one no longer counts.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn new_bootstrap_code(&self, tenant: &TenantId) -> records::Result<String> {
        let code = password::generate();
        let life =
            i64::try_from(self.inner.config.bootstrap_secs).unwrap_or(0).saturating_mul(1000);
        let expires_at = self.inner.clock.now().plus_ms(life);
        let hash = hash_secret(code.as_bytes());
        self.inner.records.bootstrap().put(tenant, &hash, expires_at).await?;
        Ok(code)
    }

    /// A new code for a tenant, unless an earlier one still counts: several gateways start at once, and
    /// the code that was told must stay the one that works.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn offer_bootstrap_code(&self, tenant: &TenantId) -> records::Result<Option<String>> {
        let code = password::generate();
        let life =
            i64::try_from(self.inner.config.bootstrap_secs).unwrap_or(0).saturating_mul(1000);
        let now = self.inner.clock.now();
        let hash = hash_secret(code.as_bytes());
        let bootstrap = self.inner.records.bootstrap();
        let kept = bootstrap.put_if_none(tenant, &hash, now.plus_ms(life), now).await?;
        Ok(kept.then_some(code))
    }

    /// Uses up a code; tells for which tenant it was.
    ///
    /// # Errors
    /// When the archive cannot be used.
    pub async fn take_bootstrap_code(&self, code: &str) -> records::Result<Option<TenantId>> {
        let hash = hash_secret(code.trim().to_lowercase().as_bytes());
        let now = self.inner.clock.now();
        for tenant in self.inner.settings.tenants() {
            if self.inner.records.bootstrap().take(&tenant, &hash, now).await? {
                return Ok(Some(tenant));
            }
        }
        Ok(None)
    }
}
