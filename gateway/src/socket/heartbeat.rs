//! Tells the switchboard which agents are on the line here, in one call for all of them. An agent
//! whose last socket is gone is not told away: its lease runs out, which leaves time to reconnect.

use crate::app::App;
use crate::tasks::{OnEnd, TaskResult};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many agents one call tells.
const AGENTS_AT_ONCE: usize = 256;

/// Starts the heartbeats.
pub(crate) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("heartbeat", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut link = app.link.clone();
    loop {
        if link.borrow_and_update().is_up() {
            beat(&app).await;
        }
        let pause = Duration::from_millis(app.config.presence.heartbeat_ms);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
            // When Redis comes back the leases may have run out meanwhile: tell at once.
            changed = link.changed() => changed?,
        }
    }
}

async fn beat(app: &App) {
    let lease_ms = i64::try_from(app.config.presence.lease_ms).unwrap_or(i64::MAX);
    for desk in app.hub.desks() {
        for agents in desk.connected_agents().chunks(AGENTS_AT_ONCE) {
            if let Err(error) = app.router.heartbeat(desk.tenant(), agents, lease_ms).await {
                let away = error.is_unavailable();
                let error = crate::telemetry::chain(&error);
                tracing::warn!(tenant.id = %desk.tenant(), error, "a heartbeat was not told");
                // Without Redis the others would wait for their timeouts, too; what is wrong with one
                // tenant is not wrong with the next.
                if away {
                    return;
                }
            }
        }
    }
}
