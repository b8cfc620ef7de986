//! Follows each tenant's stream on a connection of its own, and goes on at its cursor after any
//! interruption. When the history was replaced, or commits were lost meanwhile, every socket is told
//! to start over: a gap is never passed over in silence.

use super::DeskHub;
use crate::app::App;
use crate::clock::mint;
use crate::tasks::{OnEnd, TaskResult};
use domain::TenantId;
use routing::events::{Read, is_before};
use routing::{EventReader, Router, RoutingError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many commits are read at once.
const COMMITS_AT_ONCE: usize = 512;
/// How long one read waits for a commit.
const BLOCK_MS: u64 = 5_000;
/// A read that takes longer than this hangs: Redis is paused, or the connection is dead.
const READ_WITHIN: Duration = Duration::from_millis(BLOCK_MS + 3_000);
/// Back-off after a failure, at first and at most, in milliseconds.
const BACKOFF_MS: (u64, u64) = (100, 5_000);

/// Starts a reader for every tenant, also for those that come later; and closes the sockets of agents
/// who are no longer what they were when they came.
pub(super) fn spawn(app: &Arc<App>) {
    let started: Arc<Mutex<BTreeSet<TenantId>>> = Arc::default();
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("hub", OnEnd::Restart, move |stop| {
        let (app, started) = (Arc::clone(&app_of_task), Arc::clone(&started));
        async move {
            let mut changes = app.settings.changes();
            loop {
                start_new(&app, &started);
                for desk in app.hub.desks() {
                    desk.expel(&app.settings.desk(desk.tenant()));
                }
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    changed = changes.changed() => changed?,
                }
            }
        }
    });
}

fn start_new(app: &Arc<App>, started: &Mutex<BTreeSet<TenantId>>) {
    let mut started = started.lock().unwrap_or_else(PoisonError::into_inner);
    for tenant in app.settings.tenants() {
        if started.insert(tenant.clone()) {
            let (app_of_task, desk) = (Arc::clone(app), app.hub.desk(&tenant));
            app.tasks.spawn("hub_reader", OnEnd::Restart, move |stop| {
                follow(Arc::clone(&app_of_task), Arc::clone(&desk), stop)
            });
        }
    }
}

async fn follow(app: Arc<App>, desk: Arc<DeskHub>, stop: CancellationToken) -> TaskResult {
    let mut link = app.link.clone();
    let mut wait_ms = BACKOFF_MS.0;
    loop {
        let end = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            end = read(&app.router, &desk, &mut wait_ms) => end,
        };
        match end {
            // Redis may be away for long; its return is told elsewhere.
            Err(error) if error.is_unavailable() => {
                tracing::debug!(tenant.id = %desk.tenant(), error = %error, "cannot read events");
            }
            Err(error) => {
                tracing::error!(tenant.id = %desk.tenant(), error = crate::telemetry::chain(&error), "cannot read events");
            }
            Ok(never) => match never {},
        }
        let pause = Duration::from_millis(rand::random_range(wait_ms / 2..=wait_ms));
        wait_ms = (wait_ms * 2).min(BACKOFF_MS.1);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
            // Redis is back, or just went: look at once.
            changed = link.changed() => changed?,
        }
    }
}

/// Reads until something fails.
async fn read(
    router: &Router,
    desk: &DeskHub,
    wait_ms: &mut u64,
) -> Result<std::convert::Infallible, RoutingError> {
    let cursor = resume(router, desk).await?;
    let mut reader = EventReader::new(router.store(), desk.tenant(), &cursor);
    loop {
        let next = reader.next(COMMITS_AT_ONCE, BLOCK_MS);
        let read = tokio::time::timeout(READ_WITHIN, next).await.map_err(|_elapsed| {
            RoutingError::Unavailable { function: "read_events", source: None }
        })??;
        *wait_ms = BACKOFF_MS.0;
        match read {
            Read::Commits(commits) if commits.is_empty() => {}
            Read::Commits(commits) => desk.publish(commits),
            Read::Lost => {
                let cursor = resume(router, desk).await?;
                reader = EventReader::new(router.store(), desk.tenant(), &cursor);
            }
        }
    }
}

/// The cursor at which to go on: the last one, if the history is the same and whole since then.
async fn resume(router: &Router, desk: &DeskHub) -> Result<String, RoutingError> {
    let tenant = desk.tenant();
    let mut epoch = router.epoch(tenant, &mint::name()).await?;
    let newest = router.newest_cursor(tenant).await?;
    if let Some((known, cursor)) = desk.position()
        && *known == *epoch
    {
        if is_before(&newest, &cursor) {
            // Redis came back without its last commits: what clients saw of them never was.
            epoch = router.next_epoch(tenant, &known).await?;
            tracing::warn!(tenant.id = %tenant, "Redis lost its last commits; every socket starts over");
        } else {
            match router.commits_after(tenant, &cursor, 1).await? {
                Read::Commits(_) => return Ok(cursor.to_string()),
                Read::Lost => {
                    tracing::warn!(tenant.id = %tenant, "commits were missed; every socket starts over");
                }
            }
        }
    }
    desk.start_over(&epoch, &newest);
    Ok(newest)
}
