//! How long people usually wait in a queue: the mean of the last hour, reckoned once a minute and kept
//! ready, since every visitor's page asks for it.

use crate::app::App;
use crate::tasks::{OnEnd, TaskResult};
use domain::{QueueId, TenantId};
use records::reports::{Denominator, Period, ServiceLevel};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is reckoned.
const EVERY: Duration = Duration::from_secs(60);
/// Over so long, in milliseconds.
const PERIOD_MS: i64 = 3_600_000;
/// Fewer answered than this say nothing of the usual.
const ANSWERED_MIN: u64 = 3;

/// The usual waits of every queue.
#[derive(Debug, Default)]
pub struct UsualWaits {
    secs: RwLock<HashMap<TenantId, HashMap<QueueId, u64>>>,
}

impl UsualWaits {
    /// The usual wait in a queue, in seconds; `None` when too few waited lately.
    pub fn of(&self, tenant: &TenantId, queue: &QueueId) -> Option<u64> {
        let secs = self.secs.read().unwrap_or_else(PoisonError::into_inner);
        secs.get(tenant)?.get(queue).copied()
    }

    fn set(&self, tenant: &TenantId, waits: HashMap<QueueId, u64>) {
        let mut secs = self.secs.write().unwrap_or_else(PoisonError::into_inner);
        secs.insert(tenant.clone(), waits);
    }
}

pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("usual_waits", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    loop {
        for tenant in app.settings.tenants() {
            match reckon(&app, &tenant).await {
                Ok(waits) => app.usual_waits.set(&tenant, waits),
                Err(error) => {
                    let error = crate::telemetry::chain(&error);
                    tracing::warn!(tenant.id = %tenant, error, "the usual waits stay as they were");
                }
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return Ok(());
        }
    }
}

async fn reckon(app: &App, tenant: &TenantId) -> records::Result<HashMap<QueueId, u64>> {
    let now = app.clock.now();
    let period = Period { from: now.plus_ms(-PERIOD_MS), to: now };
    let definition =
        ServiceLevel { within_secs: 0, short_abandon_secs: 0, denominator: Denominator::Answered };
    let reports = app.records.reports().queues(tenant, period, definition).await?;
    let waits = reports.into_iter().filter(|report| report.answered >= ANSWERED_MIN);
    let waits = waits.filter_map(|report| {
        let secs = u64::try_from(report.mean_wait_ms?).ok()?.div_ceil(1000);
        Some((report.queue, secs))
    });
    Ok(waits.collect())
}
