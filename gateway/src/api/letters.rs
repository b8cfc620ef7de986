//! Letters: how they look in full, to whom an answer goes, and those that could not go on.

use super::caller::Caller;
use super::conversations::{done, find, note_read};
use super::error::{ApiError, Code};
use super::extract::{Params, id};
use crate::app::App;
use crate::pipeline::letters::reply::{Correspondence, correspondence};
use crate::pipeline::letters::{self, LetterError, Retried, send};
use crate::pipeline::log;
use actix_web::{HttpResponse, web};
use channels::{AdapterError, RemoteImages};
use domain::{ChannelId, FileId, MailHead, Role, Timestamp};
use records::quarantine::{QuarantineReason, Quarantined};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most letters of the quarantine on one page.
const QUARANTINE_MAX: u32 = 200;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/conversations/{id}/letters/{seq}", web::get().to(view))
        .route("/conversations/{id}/addressees", web::get().to(addressees))
        .route("/quarantine", web::get().to(list))
        .route("/quarantine/{id}/original", web::get().to(original))
        .route("/quarantine/{id}/retry", web::post().to(retry))
        .route("/quarantine/{id}", web::delete().to(remove));
}

fn unavailable(error: LetterError) -> ApiError {
    ApiError::unavailable("the letter cannot be read just now").because(error)
}

/// What to show of a letter.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    /// Show pictures that lie elsewhere? Loading them tells the sender that and where it was read.
    #[serde(default)]
    images: bool,
}

/// A header field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderField {
    /// Its name.
    name: String,
    /// Its value, decoded.
    value: String,
}

/// A letter in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Letter {
    /// What the log keeps of it.
    head: MailHead,
    /// The header fields in their order.
    headers: Vec<HeaderField>,
    /// The HTML body, made harmless; to be shown in a frame without scripts.
    html: Option<String>,
    /// So many pictures elsewhere were left out.
    images_blocked: usize,
    /// The whole new text.
    text: String,
    /// Quotes and signature.
    rest: String,
}

/// A letter in full, read anew from its bytes. Whoever may read the conversation may see it.
#[utoipa::path(get, path = "/v1/conversations/{id}/letters/{seq}", tag = "letters",
    security(("bearer" = [])), params(("id" = String, Path), ("seq" = u64, Path), Look),
    responses((status = 200, body = Letter), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn view(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, u64)>,
    look: Params<Look>,
) -> Result<web::Json<Letter>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, seq) = path.into_inner();
    let (conversation, _) = find(&app, &staff, &id(&conversation, "conversation")?).await?;
    note_read(&app, &staff, &conversation, "letter_read").await?;
    let unknown = || ApiError::unknown("letter");
    let before = seq.saturating_sub(1);
    let found = log::after(&app, &staff.tenant, &conversation.id, before, 1).await?;
    let message = found.into_iter().next().filter(|message| message.seq == seq);
    let head = *message.and_then(|message| message.content.mail).ok_or_else(unknown)?;
    let file = head.original.as_ref().ok_or_else(unknown)?;
    let bytes = tokio::fs::read(app.files.path(&staff.tenant, file)).await;
    let bytes = bytes.map_err(|error| unknown().because(error))?;
    let view = app.settings.desk(&staff.tenant);
    let mailbox = view.by_mail(&conversation.channel).map(|(mailbox, _)| mailbox);
    let channel = mailbox.or_else(|| view.channel(&conversation.channel)).ok_or_else(unknown)?;
    let adapter = app
        .doors
        .adapter(&staff.tenant, channel)
        .map_err(|_problems| ApiError::new(Code::WrongState, "the channel's settings are wrong"))?;
    let images = if look.0.images { RemoteImages::Shown } else { RemoteImages::Blocked };
    let shown = web::block(move || adapter.view(&bytes.into(), images)).await;
    let shown = shown.map_err(ApiError::internal)?.map_err(|error| match error {
        AdapterError::Malformed(_) | AdapterError::Unsupported(_) => unknown(),
        other => ApiError::internal(other),
    })?;
    let fields = shown.headers.into_iter().map(|(name, value)| HeaderField { name, value });
    Ok(web::Json(Letter {
        head,
        headers: fields.collect(),
        html: shown.html,
        images_blocked: shown.images_blocked,
        text: shown.text,
        rest: shown.rest,
    }))
}

/// To whom an answer would go: to the last writer, or to everybody whom the last letter names.
#[utoipa::path(get, path = "/v1/conversations/{id}/addressees", tag = "letters",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = Correspondence), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn addressees(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<Correspondence>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (conversation, _) = find(&app, &staff, &id(&path, "conversation")?).await?;
    let view = app.settings.desk(&staff.tenant);
    let nobody = || ApiError::unknown("letter");
    let channel = send::channel_of(&view, &conversation).ok_or_else(nobody)?;
    let adapter = app
        .doors
        .adapter(&staff.tenant, channel)
        .map_err(|_problems| ApiError::new(Code::WrongState, "the channel's settings are wrong"))?;
    let own = adapter.own_addresses();
    let found = correspondence(&app, &staff.tenant, &conversation, own).await;
    found.map_err(unavailable)?.map(web::Json).ok_or_else(nobody)
}

/// Why a letter could not go on.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// Nothing can be made of its bytes.
    Unreadable,
    /// The channel is switched off, was removed, or its settings are wrong.
    ChannelClosed,
    /// It has neither text nor files, or breaks another rule of the queue.
    Refused,
    /// This sender's program wrote so many letters that a loop is likely.
    Loop,
    /// A report about a letter that is not ours, or whose conversation is over.
    Report,
    /// It failed again and again while others went on.
    Failing,
}

impl From<QuarantineReason> for Reason {
    fn from(reason: QuarantineReason) -> Self {
        match reason {
            QuarantineReason::Unreadable => Self::Unreadable,
            QuarantineReason::ChannelClosed => Self::ChannelClosed,
            QuarantineReason::Refused => Self::Refused,
            QuarantineReason::Loop => Self::Loop,
            QuarantineReason::Report => Self::Report,
            QuarantineReason::Failing => Self::Failing,
        }
    }
}

/// A letter that could not go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuarantinedLetter {
    /// Its name here.
    id: FileId,
    /// Through which channel it came.
    channel: ChannelId,
    /// Where it lay at the far end.
    place: String,
    /// The return path, where a server told it; empty for reports.
    mail_from: Option<String>,
    /// The recipients, where a server told them.
    rcpt_to: Vec<String>,
    /// Its size.
    bytes: u64,
    /// Why it could not go on.
    reason: Reason,
    /// More of why, for people.
    detail: String,
    /// When it was received.
    received_at: Timestamp,
    /// How often it was tried.
    tries: u32,
}

impl From<Quarantined> for QuarantinedLetter {
    fn from(letter: Quarantined) -> Self {
        Self {
            id: letter.original,
            channel: letter.channel,
            place: letter.place,
            mail_from: letter.mail_from,
            rcpt_to: letter.rcpt_to,
            bytes: letter.bytes,
            reason: letter.reason.into(),
            detail: letter.detail,
            received_at: letter.received_at,
            tries: letter.tries,
        }
    }
}

/// A page of the quarantine.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuarantinePage {
    /// At most so many, 200 at the most; 50 by default.
    limit: Option<u32>,
    /// Only those received before, in milliseconds; with `before_id`.
    before: Option<i64>,
    /// The last letter of the page before.
    before_id: Option<String>,
}

/// Letters that could not go on, the newest first.
#[utoipa::path(get, path = "/v1/quarantine", tag = "letters", security(("bearer" = [])),
    params(QuarantinePage),
    responses((status = 200, body = Vec<QuarantinedLetter>), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn list(
    app: web::Data<App>,
    caller: Caller,
    page: Params<QuarantinePage>,
) -> Result<web::Json<Vec<QuarantinedLetter>>, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let last: Option<FileId> =
        page.0.before_id.as_deref().map(|text| id(text, "letter")).transpose()?;
    let before = page.0.before.map(Timestamp).zip(last.as_ref());
    let limit = page.0.limit.unwrap_or(50).clamp(1, QUARANTINE_MAX);
    let letters = app.records.quarantine().list(&staff.tenant, before, limit).await?;
    Ok(web::Json(letters.into_iter().map(Into::into).collect()))
}

/// The bytes of a letter of the quarantine, as an attachment.
#[utoipa::path(get, path = "/v1/quarantine/{id}/original", tag = "letters",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The bytes.", body = Vec<u8>, content_type = "message/rfc822"),
        (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn original(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let unknown = || ApiError::unknown("letter");
    let letter: FileId = id(&path, "letter")?;
    let found = app.records.quarantine().get(&staff.tenant, &letter).await?;
    found.ok_or_else(unknown)?;
    let file = app.records.files().get(&staff.tenant, &letter).await?.ok_or_else(unknown)?;
    let object = format!("letter:{letter}");
    app.note(&staff.tenant, &staff.name, "quarantined_letter_read", &object).await;
    super::files::send(&app, &staff.tenant, &file).await
}

/// Tries a letter of the quarantine again.
#[utoipa::path(post, path = "/v1/quarantine/{id}/retry", tag = "letters",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204, description = "It went on."), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn retry(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Supervisor)?;
    let letter: FileId = id(&path, "letter")?;
    let retried = letters::retry(&app, &staff.tenant, &letter).await.map_err(unavailable)?;
    let object = format!("letter:{letter}");
    app.note(&staff.tenant, &staff.name, "quarantined_letter_retried", &object).await;
    match retried {
        Retried::WentOn => Ok(done()),
        Retried::Stays => {
            Err(ApiError::new(Code::WrongState, "it still cannot go on; its reason is up to date"))
        }
        Retried::Unknown => Err(ApiError::unknown("letter")),
    }
}

/// Gives a letter of the quarantine up, for good.
#[utoipa::path(delete, path = "/v1/quarantine/{id}", tag = "letters", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn remove(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Admin)?;
    let letter: FileId = id(&path, "letter")?;
    if !app.records.quarantine().remove(&staff.tenant, &letter).await? {
        return Err(ApiError::unknown("letter"));
    }
    let object = format!("letter:{letter}");
    app.note(&staff.tenant, &staff.name, "quarantined_letter_removed", &object).await;
    Ok(done())
}
