//! Numbers that are not called, because somebody asked for it: looked at before a call is promised, and again before
//! it rings.

use super::request::cancel;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::clock::mint;
use domain::{PhoneNumber, TenantId};
use records::refused_numbers::{RefusedBy, RefusedNumber};
use routing::command::Closer;

/// Is this number not to be called?
///
/// # Errors
/// When the archive is away.
pub(super) async fn is_refused(
    app: &App,
    tenant: &TenantId,
    number: &PhoneNumber,
) -> Result<bool, records::RecordsError> {
    Ok(app.records.refused_numbers().find(tenant, number).await?.is_some())
}

/// Nobody calls this number any more; a call that it waits for is cancelled, whosever conversation it is. Gives what
/// stands on the list.
///
/// # Errors
/// `unavailable`; repeating is safe.
pub async fn refuse(
    app: &App,
    tenant: &TenantId,
    number: &PhoneNumber,
    (by, note): (RefusedBy, String),
) -> Result<RefusedNumber, ApiError> {
    let (id, since) = (mint::refused_number(), app.clock.now());
    let refused = RefusedNumber { id, number: number.clone(), since, by, note };
    let kept = app.records.refused_numbers().put(tenant, &refused).await?;
    if let Some(id) = app.router.callback_of_number(tenant, number).await?
        && let Some((conversation, _)) = app.router.conversation(tenant, &id).await?
    {
        match cancel(app, tenant, &conversation, Closer::System).await {
            Ok(()) => {}
            // It was over at this moment.
            Err(over) if over.code() == Code::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}
