//! May this upload begin? Everything that can be judged before its first byte is read: its length, how
//! many there were and are, by whom and from where, and the room on the disk.

use crate::api::caller::{Caller, limit_key};
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::Principal;
use crate::middleware::at_once::Turn;
use crate::middleware::limits::{Limit, WithoutRedis};
use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;

/// Uploads of one person at the same time.
const AT_ONCE_MAX: usize = 4;
/// Uploads of visitors from one address at the same time.
const AT_ONCE_ADDRESS_MAX: usize = 16;
/// What the form around a file may take.
const FORM_BYTES_MAX: u64 = 64 * 1024;
/// When a refusal for too many at once may be over, in milliseconds.
const AGAIN_MS: i64 = 1_000;
/// The unit in which an address's bytes are counted.
const MIB: u64 = 1024 * 1024;

/// The most bytes of a whole upload.
pub(super) fn whole_bytes_max(app: &App) -> u64 {
    app.config.file_bytes_max().saturating_add(FORM_BYTES_MAX)
}

/// Lets an upload begin; what it gives is held until the upload ends.
///
/// # Errors
/// 413, 429, or 503 when the disk is nearly full.
pub(super) async fn admit(
    app: &App,
    request: &HttpRequest,
    caller: &Caller,
) -> Result<Vec<Turn>, ApiError> {
    let bytes = announced(app, request)?;
    let limits = &app.config.limits;
    let who = format!("uploads:{}", caller.0.name());
    let mut turns = vec![begin(app, &format!("{}:{who}", caller.0.tenant()), AT_ONCE_MAX)?];
    // Whoever signed in is known; a visitor is anybody, as many times as there are sessions.
    if matches!(caller.0, Principal::Visitor(_)) {
        let address = format!("uploads_from:{}", limit_key(app, request));
        turns.push(begin(app, &address, AT_ONCE_ADDRESS_MAX)?);
        let limit = Limit::per_hour(limits.uploads_per_hour_address);
        app.take(caller.0.tenant(), &address, limit, WithoutRedis::CountHere).await?;
        let limit = Limit::per_hour(limits.upload_mib_per_hour_address);
        app.take_many_here(&format!("mib_{address}"), limit, bytes.div_ceil(MIB))?;
    }
    let limit = Limit::per_hour(limits.uploads_per_hour);
    app.take(caller.0.tenant(), &who, limit, WithoutRedis::CountHere).await?;
    has_room(app, bytes).await?;
    Ok(turns)
}

/// How long the upload says it is; one that does not say counts as the longest.
fn announced(app: &App, request: &HttpRequest) -> Result<u64, ApiError> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let max = whole_bytes_max(app);
    let bytes = length.and_then(|length| length.parse().ok()).unwrap_or(max);
    if bytes > max { Err(too_large(app)) } else { Ok(bytes) }
}

pub(super) fn too_large(app: &App) -> ApiError {
    let max = app.config.file_bytes_max();
    ApiError::new(Code::TooLarge, format!("a file may have at most {max} bytes"))
}

fn begin(app: &App, who: &str, most: usize) -> Result<Turn, ApiError> {
    app.at_once.begin(who, most).ok_or_else(|| ApiError::limited(AGAIN_MS))
}

/// A full disk would stop the archive, which matters more than a file.
async fn has_room(app: &App, bytes: u64) -> Result<(), ApiError> {
    let least = app.config.limits.disk_mib_free_min.saturating_mul(MIB);
    match app.files.free_bytes().await {
        Ok(free) if free < least.saturating_add(bytes) => {
            tracing::error!(free, least, "the disk is nearly full: no uploads are taken");
            Err(ApiError::unavailable("the disk is nearly full: files are not taken just now"))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::warn!(%error, "the free room of the disk cannot be told");
            Ok(())
        }
    }
}
