//! Runs what is due. Every gateway does it: a timer is removed in the call that carries it out, so
//! two gateways cannot run it twice, and one that dies is not missed.

use crate::app::App;
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use routing::RoutingError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many timers one call runs.
const BATCH: u32 = 64;
/// Calls in a row for one tenant before the others get their turn.
const CALLS_MAX: u32 = 16;
/// The longest pause: timers that other gateways set are found after so long.
const PAUSE_MS: i64 = 500;
/// After Redis was away, and after the start, nothing is run for so long: first the heartbeats of
/// every gateway must tell that the agents are still there (and agents of a gateway that was replaced
/// must come back), or all of them would count as lost.
const GRACE: Duration = Duration::from_secs(3);

pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("timers", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut link = app.link.clone();
    let mut not_before = Instant::now() + GRACE;
    loop {
        let mut pause_ms = PAUSE_MS;
        if !link.borrow_and_update().is_up() {
            // Away, or never there yet.
            let back = async { link.wait_for(|state| state.is_up()).await.map(drop) };
            match stop.run_until_cancelled(back).await {
                None => return Ok(()),
                Some(ended) => ended?,
            }
            not_before = Instant::now() + GRACE;
        } else if Instant::now() >= not_before {
            for tenant in app.settings.tenants() {
                match run_due(&app, &tenant).await {
                    Ok(next_ms) => pause_ms = pause_ms.min(next_ms),
                    Err(error) if error.is_unavailable() => {
                        tracing::debug!(tenant.id = %tenant, error = %error, "timers wait for Redis");
                    }
                    Err(error) => {
                        let error = crate::telemetry::chain(&error);
                        tracing::error!(tenant.id = %tenant, error, "timers failed");
                    }
                }
            }
        }
        // A little jitter, so that gateways do not all ask at the same instant.
        let pause_ms = u64::try_from(pause_ms.max(2)).unwrap_or(2) + rand::random_range(0..=5);
        if stop
            .run_until_cancelled(tokio::time::sleep(Duration::from_millis(pause_ms)))
            .await
            .is_none()
        {
            return Ok(());
        }
    }
}

/// Runs what is due for one tenant; gives how long until the next, at most [`PAUSE_MS`].
async fn run_due(app: &App, tenant: &TenantId) -> Result<i64, RoutingError> {
    for _ in 0..CALLS_MAX {
        let run = app.router.run_timers(tenant, BATCH).await?;
        for failed in &run.failed {
            crate::metrics::timer_failed();
            tracing::error!(
                tenant.id = %tenant, timer = %failed.timer, why = %failed.why,
                "a timer failed and was put aside: `hutong fsck` tells what is broken"
            );
        }
        let Some(next) = run.next_due else { return Ok(PAUSE_MS) };
        if run.ran < u64::from(BATCH) {
            let wait_ms = next.ms_since(app.clock.now());
            return Ok(wait_ms.clamp(0, PAUSE_MS));
        }
    }
    Ok(0)
}
