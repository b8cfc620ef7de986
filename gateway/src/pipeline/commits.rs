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
