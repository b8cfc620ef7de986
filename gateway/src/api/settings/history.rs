//! Who changed a document, what of it and when; and taking back the last change.

use super::{Version, change_document, delete_document, kind_of, stale};
use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::extract::Body;
use crate::app::App;
use actix_web::web;
use domain::{Role, Timestamp};
use records::settings::{SettingVersion, VERSIONS_KEPT_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A version that a document has or had. What stood in it is not told: a secret may have.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentVersion {
    /// Which.
    version: u64,
    /// When it became so.
    changed_at: Timestamp,
    /// By whom: `agent:…`, `api_key:…`, `cli`.
    changed_by: String,
    /// Was it deleted then?
    deleted: bool,
    /// Which of its fields differ from the version before; empty for the oldest one kept.
    fields: Vec<String>,
}

/// The versions of a document, the present one first.
#[utoipa::path(get, path = "/v1/settings/{kind}/{id}/history", tag = "admins",
    security(("bearer" = [])), params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Vec<DocumentVersion>),
        (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn history(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Vec<DocumentVersion>>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let (kind, id) = (kind_of(&path.0)?, path.1.as_str());
    let settings = app.records.settings();
    let versions = settings.history(&staff.tenant, kind, id, VERSIONS_KEPT_MAX).await?;
    let before = versions.iter().skip(1).map(Some).chain([None]);
    Ok(web::Json(versions.iter().zip(before).map(|(one, before)| told(one, before)).collect()))
}

fn told(one: &SettingVersion, before: Option<&SettingVersion>) -> DocumentVersion {
    let fields = before.map_or_else(Vec::new, |before| changed_fields(one, before));
    DocumentVersion {
        version: one.version,
        changed_at: one.changed_at,
        changed_by: one.changed_by.clone(),
        deleted: one.value.is_none(),
        fields,
    }
}

fn changed_fields(one: &SettingVersion, before: &SettingVersion) -> Vec<String> {
    let (Some(Value::Object(now)), Some(Value::Object(then))) = (&one.value, &before.value) else {
        return Vec::new();
    };
    let mut names: Vec<String> = now.keys().chain(then.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| now.get(name) != then.get(name));
    names
}

/// Which change is to be taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The version that it made: the last one, or somebody changed the document meanwhile.
    version: u64,
}

/// Takes back the last change of a document, as a change of its own; again takes that one back. What
/// was deleted comes back; what was made by the last change is deleted.
#[utoipa::path(post, path = "/v1/settings/{kind}/{id}/undo", tag = "admins",
    security(("bearer" = [])), params(("kind" = String, Path), ("id" = String, Path)),
    request_body = Undo,
    responses((status = 200, body = Version), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn undo(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
    body: Body<Undo>,
) -> Result<web::Json<Version>, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let (kind, id) = (kind_of(&path.0)?, path.1.as_str());
    let mut last = app.records.settings().history(&staff.tenant, kind, id, 2).await?.into_iter();
    let present = last.next().ok_or_else(|| ApiError::unknown("setting"))?;
    if present.version != body.0.version {
        return Err(stale());
    }
    let before = last.next();
    if before.is_none() && present.version > 1 {
        return Err(ApiError::field("version", "what stood there before is no longer kept"));
    }
    let expected = Some(if present.value.is_some() { present.version } else { 0 });
    let version = match before.and_then(|before| before.value) {
        Some(value) => {
            change_document(&app, &staff, (kind, id), value, (expected, "setting_undone")).await?
        }
        None => {
            delete_document(&app, &staff, (kind, id), (expected, "setting_undone")).await?;
            present.version.saturating_add(1)
        }
    };
    Ok(web::Json(Version { version }))
}
