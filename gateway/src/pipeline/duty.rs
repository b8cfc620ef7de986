//! Duties: work that must have one owner among the gateways. The owner takes the duty for a time
//! and renews it; its epoch fences every write, so a paused owner can do no harm.
//!
//! Each duty's work is a pass: it reads the truth, does a bounded amount, and says whether more
//! remains. A pass that fails is tried again; it remembers nothing that it could not read anew.

use crate::app::App;
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use futures_util::future::BoxFuture;
use routing::RoutingError;
use routing::reply::Duty;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// For how long a duty is taken, in milliseconds. A dead owner holds the work up for at most so long.
const FOR_MS: i64 = 10_000;
/// After so long the owner renews.
const RENEW_AFTER: Duration = Duration::from_millis(3_000);
/// After so long whoever is not the owner asks again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(2_000);
/// Passes in a row for one tenant before the others get their turn.
const PASSES_MAX: u32 = 20;
/// Back-off after a pass that failed.
const FAILED_PAUSE: Duration = Duration::from_secs(2);

/// What a pass comes to: does more remain?
pub(super) type Passed = Result<bool, Box<dyn Error + Send + Sync>>;
/// A pass: for one tenant, in an epoch, with a note of its own that may be lost: it is empty at first
/// and in every new epoch, since another owner may have gone on meanwhile.
pub(super) type Pass =
    for<'a> fn(&'a App, &'a TenantId, u64, &'a mut String) -> BoxFuture<'a, Passed>;

/// Work that has one owner.
#[derive(Clone, Copy)]
pub(super) struct DutyWork {
    /// The duty's name, also the task's.
    pub name: &'static str,
    /// The pause between passes.
    pub pause: Duration,
    /// What is done.
    pub pass: Pass,
}

impl DutyWork {
    /// Starts the work on this gateway: it is done whenever the duty is ours.
    pub(super) fn spawn(self, app: &Arc<App>) {
        let app_of_task = Arc::clone(app);
        app.tasks
            .spawn(self.name, OnEnd::Restart, move |stop| self.run(Arc::clone(&app_of_task), stop));
    }

    async fn run(self, app: Arc<App>, stop: CancellationToken) -> TaskResult {
        let mut hold = Hold { duty: self.name, tenants: HashMap::new() };
        let mut notes: HashMap<TenantId, Note> = HashMap::new();
        loop {
            let mut pause = self.pause;
            if app.accepts_work() {
                for tenant in app.settings.tenants() {
                    let note = notes.entry(tenant.clone()).or_default();
                    if let Err(error) = self.passes(&app, &tenant, &mut hold, note).await {
                        note.text.clear();
                        hold.tenants.remove(&tenant);
                        tell(self.name, &tenant, error.as_ref());
                        pause = FAILED_PAUSE;
                    }
                    if stop.is_cancelled() {
                        break;
                    }
                }
            }
            let jitter = Duration::from_millis(rand::random_range(0..=50));
            if stop.run_until_cancelled(tokio::time::sleep(pause + jitter)).await.is_none() {
                hold.let_go(&app).await;
                return Ok(());
            }
        }
    }

    async fn passes(
        self,
        app: &App,
        tenant: &TenantId,
        hold: &mut Hold,
        note: &mut Note,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        for _ in 0..PASSES_MAX {
            let Some(epoch) = hold.epoch(app, tenant).await? else { return Ok(()) };
            if !(self.pass)(app, tenant, epoch, note.of(epoch)).await? {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn tell(duty: &'static str, tenant: &TenantId, error: &(dyn Error + Send + Sync + 'static)) {
    let away = error.downcast_ref::<RoutingError>().is_some_and(RoutingError::is_unavailable);
    let error = crate::telemetry::chain(error);
    if away {
        tracing::debug!(tenant.id = %tenant, duty, error, "a pass waits for Redis");
    } else {
        tracing::error!(tenant.id = %tenant, duty, error, "a pass failed and will be tried again");
    }
}

/// What passes of one epoch tell the next.
#[derive(Default)]
struct Note {
    epoch: u64,
    text: String,
}

impl Note {
    /// The note as this epoch has it.
    fn of(&mut self, epoch: u64) -> &mut String {
        if self.epoch != epoch {
            *self = Self { epoch, text: String::new() };
        }
        &mut self.text
    }
}

/// What this gateway knows of a duty.
struct Hold {
    duty: &'static str,
    tenants: HashMap<TenantId, (Option<u64>, Instant)>,
}

impl Hold {
    /// The epoch if the duty is ours; asks Redis only when what is known grows old.
    async fn epoch(&mut self, app: &App, tenant: &TenantId) -> Result<Option<u64>, RoutingError> {
        if let Some((known, asked)) = self.tenants.get(tenant) {
            let good_for = if known.is_some() { RENEW_AFTER } else { ASK_AGAIN_AFTER };
            if asked.elapsed() < good_for {
                return Ok(*known);
            }
        }
        let asked = Instant::now();
        let epoch = match app.router.take_duty(tenant, self.duty, &app.node, FOR_MS).await? {
            Duty::Held { epoch } => Some(epoch),
            Duty::Elsewhere { .. } => None,
        };
        self.tenants.insert(tenant.clone(), (epoch, asked));
        Ok(epoch)
    }

    /// Lets go at the end, so that another gateway need not wait.
    async fn let_go(&self, app: &App) {
        for (tenant, (epoch, _)) in &self.tenants {
            if epoch.is_some()
                && let Err(error) = app.router.release_duty(tenant, self.duty, &app.node).await
            {
                tracing::debug!(tenant.id = %tenant, duty = self.duty, error = %error, "a duty was not let go");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Note;

    #[test]
    fn a_note_does_not_outlive_its_epoch() {
        let mut note = Note::default();
        note.of(1).push_str("up to here");
        assert_eq!(note.of(1), "up to here");
        assert_eq!(note.of(3), "", "another owner went on in between");
    }
}
