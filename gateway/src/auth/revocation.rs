//! What no longer counts before its time: the sessions of an agent from before some moment, and the
//! families of refresh tokens that ended by a sign-out or because a copy was shown.
//!
//! The archive is asked every second, whether Redis is there or not, and at once when a commit tells of
//! a revocation. After each answer the sockets here are looked over, so that a socket that was opened on
//! an old answer does not outlive the next one.

use super::{Auth, TenantKeys};
use crate::hub::Hub;
use crate::tasks::{OnEnd, Tasks};
use domain::{AgentId, TenantId, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often revocations made elsewhere are read.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// How often families that are over are forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// So long after its end a family is no longer asked for: every access token of it is over, by any
/// gateway's clock. In milliseconds, added to the life of an access token.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// What was revoked, as far as this gateway knows.
#[derive(Debug, Default)]
pub(super) struct Revoked {
    /// Since when the sign-ins of an agent count.
    agents: HashMap<(TenantId, AgentId), Timestamp>,
    /// When a family ended.
    families: HashMap<(TenantId, String), Timestamp>,
}

impl Revoked {
    /// Adds what was noted here while the archive was read: it must not be forgotten.
    fn keep(&mut self, noted: Self, families_since: Timestamp) {
        for (who, since) in noted.agents {
            let known = self.agents.entry(who).or_insert(since);
            *known = (*known).max(since);
        }
        for (family, at) in noted.families {
            if at >= families_since {
                self.families.entry(family).or_insert(at);
            }
        }
    }
}

impl Auth {
    /// Ends every session of an agent: in the archive, and here at once. The caller announces it.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn revoke(&self, tenant: &TenantId, agent: &AgentId) -> records::Result<()> {
        let now = self.inner.clock.now();
        self.inner.records.credentials().revoke_agent(tenant, agent, now).await?;
        self.note_revoked(tenant, agent, now);
        Ok(())
    }

    /// Tokens of the agent from before `since` no longer count on this gateway.
    pub fn note_revoked(&self, tenant: &TenantId, agent: &AgentId, since: Timestamp) {
        let mut revoked = self.inner.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.agents.insert((tenant.clone(), agent.clone()), since);
    }

    /// Tokens of the family no longer count on this gateway.
    pub(super) fn note_family_ended(&self, tenant: &TenantId, family: &str, at: Timestamp) {
        let mut revoked = self.inner.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.families.insert((tenant.clone(), family.to_owned()), at);
    }

    /// Does a token of the agent, made then and of this family, no longer count?
    pub fn is_revoked(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        issued_at: Timestamp,
        family: &str,
    ) -> bool {
        let revoked = self.inner.revoked.read().unwrap_or_else(PoisonError::into_inner);
        let since = revoked.agents.get(&(tenant.clone(), agent.clone()));
        since.is_some_and(|since| issued_at < *since)
            || revoked.families.contains_key(&(tenant.clone(), family.to_owned()))
    }

    /// Reads keys of new tenants, and revocations made by others.
    ///
    /// # Errors
    /// When the archive cannot be read; the caches stay as they were.
    pub async fn refresh(&self) -> records::Result<()> {
        let life_ms =
            i64::try_from(self.inner.config.access_secs).unwrap_or(0).saturating_mul(1000);
        let since = self.inner.clock.now().plus_ms(-life_ms - CLOCKS_DIFFER_MS);
        let (mut keys, mut revoked) = (HashMap::new(), Revoked::default());
        for tenant in self.inner.settings.tenants() {
            self.read_revoked(&tenant, since, &mut revoked).await?;
            let known = self.keys_of(&tenant);
            let of_tenant: Arc<TenantKeys> = match known {
                Some(known) => known,
                None => Arc::new(self.load_keys(&tenant).await?),
            };
            keys.insert(tenant, of_tenant);
        }
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        let mut present = self.inner.revoked.write().unwrap_or_else(PoisonError::into_inner);
        let noted = std::mem::replace(&mut *present, revoked);
        present.keep(noted, since);
        Ok(())
    }

    async fn read_revoked(
        &self,
        tenant: &TenantId,
        families_since: Timestamp,
        revoked: &mut Revoked,
    ) -> records::Result<()> {
        for (agent, since) in self.inner.records.credentials().revoked_agents(tenant).await? {
            revoked.agents.insert((tenant.clone(), agent), since);
        }
        let tokens = self.inner.records.refresh_tokens();
        for (family, at) in tokens.revoked_families(tenant, families_since).await? {
            revoked.families.insert((tenant.clone(), family), at);
        }
        Ok(())
    }

    /// Forgets families whose last token is over.
    async fn prune(&self) -> records::Result<()> {
        let now = self.inner.clock.now();
        for tenant in self.inner.settings.tenants() {
            self.inner.records.refresh_tokens().prune(&tenant, now).await?;
        }
        Ok(())
    }

    /// Keeps the caches fresh, and closes the sockets here whose tokens no longer count.
    pub fn spawn_refreshing(&self, tasks: &Tasks, hub: &Hub) {
        let (auth, hub) = (self.clone(), hub.clone());
        tasks.spawn("auth", OnEnd::Restart, move |stop| {
            let (auth, hub) = (auth.clone(), hub.clone());
            async move {
                let mut pruning = tokio::time::interval(PRUNE_EVERY);
                loop {
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(REFRESH_EVERY) => {}
                        () = hub.revocation_told() => {}
                        _ = pruning.tick() => auth.prune().await?,
                    }
                    match auth.refresh().await {
                        Ok(()) => hub.expel_revoked(&auth),
                        // What is known stays; the next second asks again.
                        Err(error) => tracing::error!(
                            error = crate::telemetry::chain(&error),
                            "revocations cannot be read"
                        ),
                    }
                }
            }
        });
    }
}
