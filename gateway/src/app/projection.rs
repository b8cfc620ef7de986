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
    /// Tells the switchboard every tenant's agents.
    pub(crate) async fn project_all(&self) -> Result<(), RoutingError> {
        for tenant in self.settings.tenants() {
            self.project(&tenant).await?;
        }
        Ok(())
    }

    /// Tells the switchboard one tenant's agents, and takes out those who left.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn project(&self, tenant: &TenantId) -> Result<(), RoutingError> {
        let view = self.settings.desk(tenant);
        let turns = view.turns();
        let mut at_work = BTreeSet::new();
        for agent in view.desk.agents.iter().filter(|agent| agent.enabled) {
            self.router.set_agent(tenant, agent, turns).await?;
            at_work.insert(&agent.id);
        }
        for state in self.router.agent_states(tenant).await? {
            if !at_work.contains(&state.agent) {
                self.router.remove_agent(tenant, &state.agent).await?;
            }
        }
        Ok(())
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
