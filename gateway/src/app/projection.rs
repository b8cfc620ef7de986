//! The projection: agents are set in the archive and known to the switchboard. Idempotent; it runs
//! after each change and whenever Redis was away, and repairs whatever it finds.

use super::App;
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use routing::RoutingError;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl App {
    /// Tells the switchboard every tenant's agents. What is wrong with one tenant does not keep the
    /// others from work.
    ///
    /// # Errors
    /// When Redis is away.
    pub(crate) async fn project_all(&self) -> Result<(), RoutingError> {
        for tenant in self.settings.tenants() {
            match self.project(&tenant).await {
                Ok(()) => {}
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    let error = crate::telemetry::chain(&error);
                    tracing::error!(tenant.id = %tenant, error, "a tenant's agents were not told to the switchboard");
                }
            }
        }
        Ok(())
    }

    /// Tells the switchboard one tenant's agents, and takes out those who left. Settings that could
    /// not be read anew for a while take nobody out, and are not told at all over newer ones.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn project(&self, tenant: &TenantId) -> Result<(), RoutingError> {
        // The view first: one that is fresh now was read before.
        let view = self.settings.desk(tenant);
        let is_fresh = self.settings.is_fresh(tenant);
        if !is_fresh && self.router.settings_version(tenant).await? > view.version {
            tracing::warn!(tenant.id = %tenant, version = view.version, "the settings here are old: another gateway told newer ones");
            return Ok(());
        }
        let turns = view.turns();
        let mut at_work = BTreeSet::new();
        for agent in view.desk.agents.iter().filter(|agent| agent.enabled) {
            self.router.set_agent(tenant, agent, turns).await?;
            at_work.insert(&agent.id);
        }
        if !is_fresh {
            return Ok(());
        }
        for state in self.router.agent_states(tenant).await? {
            if !at_work.contains(&state.agent) {
                self.router.remove_agent(tenant, &state.agent).await?;
            }
        }
        self.router.set_settings_version(tenant, view.version).await
    }

    pub(super) fn spawn_projection(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        self.tasks.spawn("projection", OnEnd::Restart, move |stop| {
            let app = app.clone();
            async move {
                match app.upgrade() {
                    Some(app) => follow_settings(app, stop).await,
                    None => Ok(()),
                }
            }
        });
    }
}

async fn follow_settings(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut changes = app.settings.changes();
    loop {
        match stop.run_until_cancelled(changes.changed()).await {
            None | Some(Err(_)) => return Ok(()),
            Some(Ok(())) => {}
        }
        // While Redis is away nothing is lost: coming back projects everything.
        if app.accepts_work() {
            app.project_all().await?;
        }
    }
}
