//! What the duties read: the next commits after a cursor of theirs. The hub has read and decoded the
//! newest ones already; Redis is asked only for older ones.

use crate::app::App;
use crate::hub::Batch;
use domain::TenantId;
use routing::RoutingError;
use routing::events::Read;
use std::sync::Arc;

/// What follows a cursor.
pub(super) enum Next {
    /// These commits; empty when there is none yet.
    Commits(Vec<Batch>),
    /// The cursor lies before what is kept: commits were missed.
    Lost,
}

/// At most `limit` commits after `cursor`.
pub(super) async fn after(
    app: &App,
    tenant: &TenantId,
    cursor: &str,
    limit: usize,
) -> Result<Next, RoutingError> {
    if let Some(batches) = app.hub.desk(tenant).commits_after(cursor, limit) {
        return Ok(Next::Commits(batches));
    }
    let Read::Commits(commits) = app.router.commits_after(tenant, cursor, limit).await? else {
        return Ok(Next::Lost);
    };
    let mut before: Arc<str> = cursor.into();
    let batches = commits.into_iter().map(|commit| {
        let batch = Batch::new(commit, &before);
        before = Arc::clone(&batch.cursor);
        batch
    });
    Ok(Next::Commits(batches.collect()))
}

/// What a duty has not read yet, at most `limit` commits, from where `done` says or, when that is empty,
/// from its cursor; `None` when there is nothing. Commits that were cut off unread are told, and the
/// duty goes on from the newest.
pub(super) async fn unread(
    app: &App,
    tenant: &TenantId,
    (duty, epoch): (&'static str, u64),
    done: &mut String,
    limit: usize,
) -> Result<Option<Vec<Batch>>, RoutingError> {
    if done.is_empty() {
        *done = app.router.duty_cursor(tenant, duty).await?;
    }
    if app.hub.desk(tenant).position().is_some_and(|(_, newest)| *newest == **done) {
        return Ok(None);
    }
    match after(app, tenant, done, limit).await? {
        Next::Commits(commits) => Ok(Some(commits).filter(|commits| !commits.is_empty())),
        Next::Lost => {
            tracing::error!(tenant.id = %tenant, duty, "the stream was cut before this duty had read it: what it missed is not made up for");
            let newest = app.router.newest_cursor(tenant).await?;
            app.router.dispatch(tenant, duty, epoch, &newest, &[]).await?;
            *done = newest;
            Ok(None)
        }
    }
}
