//! A file by a link, for whoever holds it: nobody signs in. The link's own proof is the whole right.

use super::send;
use crate::api::caller::limit_key;
use crate::api::error::ApiError;
use crate::api::extract::id;
use crate::app::App;
use crate::files::link;
use crate::middleware::limits::Limit;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{ConversationId, FileId, TenantId};
use records::files::{FileRecord, Uploader};
use url::form_urlencoded;

/// Links that one address opens a second, and at once.
const PER_SECOND: (u32, u32) = (5, 50);

/// A file's bytes, as an attachment, by a link that the desk sent to a contact whose messenger does not
/// carry it. Whatever is wrong with the link, the answer is the same.
#[utoipa::path(get, path = "/v1/files/{id}/shared", tag = "chat",
    params(("id" = String, Path), ("token" = String, Query, description = "The link's proof.")),
    responses((status = 200, description = "The bytes.", body = Vec<u8>, content_type = "*/*"),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn shared(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let limit = Limit::per_second(PER_SECOND.0, PER_SECOND.1);
    app.take_here(&format!("links:{}", limit_key(&app, &request)), limit)?;
    let unknown = || ApiError::unknown("file");
    let file: FileId = id(&path, "file").map_err(|_bad| unknown())?;
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let token = query.find_map(|(key, value)| (key == "token").then_some(value));
    let token = token.ok_or_else(unknown)?;
    let claim = link::claim(&token).ok_or_else(unknown)?;
    let keys = app.auth.keys_of(&claim.tenant).ok_or_else(unknown)?;
    if !claim.opens(keys.letters(), &file, app.clock.now()) {
        return Err(unknown());
    }
    let found = app.records.files().get(&claim.tenant, &file).await?;
    let found = found.ok_or_else(unknown)?;
    if !is_still_said(&app, &claim.tenant, &found).await? {
        return Err(unknown());
    }
    let mut answer = send(&app, &claim.tenant, &found).await?;
    let headers = answer.headers_mut();
    // Whoever keeps it must ask again: the link ends.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let robots = HeaderName::from_static("x-robots-tag");
    headers.insert(robots, HeaderValue::from_static("noindex, nofollow"));
    Ok(answer)
}

/// Does the conversation still exist in which an agent said it?
async fn is_still_said(app: &App, tenant: &TenantId, file: &FileRecord) -> Result<bool, ApiError> {
    let (Uploader::Agent(_), Some(conversation)) = (&file.uploaded_by, &file.conversation) else {
        return Ok(false);
    };
    exists(app, tenant, conversation).await
}

async fn exists(app: &App, tenant: &TenantId, id: &ConversationId) -> Result<bool, ApiError> {
    if app.router.conversation(tenant, id).await?.is_some() {
        return Ok(true);
    }
    Ok(app.records.history().conversation(tenant, id).await?.is_some())
}
