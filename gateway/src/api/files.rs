//! Uploading and fetching files.

mod admission;
mod shared;

pub(crate) use shared::*;

use super::caller::Caller;
use super::error::{ApiError, Code};
use super::extract::id;
use crate::app::App;
use crate::auth::Principal;
use crate::auth::access::{self, may_read, may_read_archived, visitor_may_read};
use crate::clock::mint;
use crate::files::{Incoming, StoreError, clean_name, media_type, reference};
use crate::metrics;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use domain::{ConversationId, FileId, FileRef, Role, TenantId};
use futures_util::{Stream, StreamExt};
use multer::Multipart;
use records::files::{FileRecord, Uploader};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// A whole upload may take so much longer than a body of JSON.
const UPLOAD_TIMES: u32 = 10;
/// Chunks between the connection and the parser; more wait in the connection.
const CHUNKS_WAITING_MAX: usize = 2;
/// How much may come before the file begins. The parser keeps it in memory while it looks for the first
/// part; some chunks of the file may be with it by then.
const BEFORE_FILE_BYTES_MAX: u64 = 256 * 1024;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/files", web::post().to(upload))
        .route("/files/{id}", web::get().to(download))
        .route("/files/{id}/shared", web::get().to(shared));
}

/// A multipart body with one part, `file`.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct Upload {
    /// The file.
    #[schema(format = Binary)]
    file: String,
}

/// Keeps a file until a message carries it, at most 24 hours.
#[utoipa::path(post, path = "/v1/files", tag = "chat", security(("bearer" = [])),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 200, body = FileRef), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn upload(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    payload: web::Payload,
) -> Result<web::Json<FileRef>, ApiError> {
    let uploader = match &caller.0 {
        Principal::Visitor(visitor) => Uploader::Contact(visitor.contact.clone()),
        Principal::Agent(_) => Uploader::Agent(caller.staff(Role::Agent)?.person()?.clone()),
        Principal::Key(_) => return Err(ApiError::new(Code::Forbidden, "for people only")),
    };
    let _turns = admission::admit(&app, &request, &caller).await?;
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or(""))
        .map_err(|_other| ApiError::new(Code::UnsupportedType, "send multipart/form-data"))?;
    let within = Duration::from_millis(app.config.server.body_timeout_ms) * UPLOAD_TIMES;
    let (form, pump) = Form::new(payload, boundary, admission::whole_bytes_max(&app));
    let keeping = keep(&app, &caller.0, uploader, form);
    let both = async move {
        tokio::pin!(keeping);
        tokio::select! {
            kept = &mut keeping => kept,
            () = pump => keeping.await,
        }
    };
    match tokio::time::timeout(within, both).await {
        Ok(kept) => kept.map(web::Json),
        Err(_elapsed) => Err(ApiError::new(Code::Timeout, "the file did not arrive in time")),
    }
}

/// A multipart body that is being read, and how much of it may be.
struct Form {
    parts: Multipart<'static>,
    allowance: Arc<AtomicU64>,
    bytes_max: u64,
}

impl Form {
    /// The parser wants a stream that may move between threads, and a worker's payload may not: a short
    /// channel stands between them, and the future beside the form fills it while the parser reads.
    fn new(
        payload: web::Payload,
        boundary: String,
        bytes_max: u64,
    ) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) =
            tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(CHUNKS_WAITING_MAX);
        let allowance = Arc::new(AtomicU64::new(BEFORE_FILE_BYTES_MAX.min(bytes_max)));
        let start = (receiver, 0_u64, Arc::clone(&allowance));
        let stream =
            futures_util::stream::unfold(start, |(mut receiver, read, allowance)| async move {
                let mut chunk = receiver.recv().await?;
                let read =
                    read.saturating_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
                if read > allowance.load(Ordering::Relaxed) {
                    chunk = Err(std::io::ErrorKind::FileTooLarge.into());
                }
                Some((chunk, (receiver, read, allowance)))
            });
        let pump = async move {
            let mut payload = payload;
            while let Some(chunk) = payload.next().await {
                if sender.send(chunk.map_err(std::io::Error::other)).await.is_err() {
                    break;
                }
            }
        };
        (Self { parts: Multipart::new(stream, boundary), allowance, bytes_max }, pump)
    }

    /// The first part has begun: from now on the bytes go to the disk.
    fn begins(&self) {
        self.allowance.store(self.bytes_max, Ordering::Relaxed);
    }
}

/// Why the form cannot be read.
fn broken(app: &App, error: &multer::Error) -> ApiError {
    if let multer::Error::StreamReadFailed(cause) = error
        && let Some(cause) = cause.downcast_ref::<std::io::Error>()
        && cause.kind() == std::io::ErrorKind::FileTooLarge
    {
        return admission::too_large(app);
    }
    ApiError::new(Code::BadRequest, "the multipart body cannot be read")
}

async fn keep(
    app: &App,
    principal: &Principal,
    uploaded_by: Uploader,
    mut form: Form,
) -> Result<FileRef, ApiError> {
    let broken = |error: multer::Error| broken(app, &error);
    let field = form.parts.next_field().await.map_err(broken)?;
    form.begins();
    let field = field.filter(|field| field.name() == Some("file"));
    let mut field =
        field.ok_or_else(|| ApiError::field("file", "the first part must be `file`"))?;
    let name = clean_name(field.file_name().unwrap_or(""));
    let (tenant, file) = (principal.tenant(), mint::file());
    let mut incoming = app.files.begin(tenant, &file).await.map_err(ApiError::internal)?;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        incoming.write(&chunk).await.map_err(store_error)?;
    }
    drop(field);
    if form.parts.next_field().await.map_err(broken)?.is_some() {
        return Err(ApiError::field("file", "must be the only part"));
    }
    let kept = finish(app, principal, uploaded_by, incoming, (file, name)).await?;
    metrics::file_kept(kept.bytes);
    Ok(reference(kept))
}

async fn finish(
    app: &App,
    principal: &Principal,
    uploaded_by: Uploader,
    incoming: Incoming,
    (id, name): (FileId, String),
) -> Result<FileRecord, ApiError> {
    let (head, whole) = incoming.head();
    let found = media_type(head, whole, &name);
    let found = found
        .ok_or_else(|| ApiError::new(Code::UnsupportedType, "this type of file is not taken"))?;
    let bytes = incoming.bytes();
    let sha256 = incoming.keep().await.map_err(store_error)?;
    let record = FileRecord {
        id,
        name,
        media_type: found.to_owned(),
        bytes,
        sha256,
        uploaded_by,
        conversation: None,
        created_at: app.clock.now(),
    };
    app.records.files().create(principal.tenant(), &record).await?;
    Ok(record)
}

fn store_error(error: StoreError) -> ApiError {
    match error {
        StoreError::TooLarge { max } => {
            ApiError::new(Code::TooLarge, format!("a file may have at most {max} bytes"))
        }
        error => ApiError::unavailable("the file cannot be kept just now").because(error),
    }
}

/// A file's bytes, as an attachment, for whoever may see its conversation or uploaded it.
#[utoipa::path(get, path = "/v1/files/{id}", tag = "chat", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "The bytes.", body = Vec<u8>, content_type = "*/*"),
        (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn download(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let unknown = || ApiError::unknown("file");
    let id: FileId = id(&path, "file")?;
    let file = app.records.files().get(caller.0.tenant(), &id).await?.ok_or_else(unknown)?;
    if !access::uploaded(&caller.0, &file) {
        let conversation = file.conversation.as_ref().ok_or_else(unknown)?;
        if !may_see(&app, &caller, conversation).await? {
            return Err(unknown());
        }
    }
    send(&app, caller.0.tenant(), &file).await
}

/// Answers with a file's bytes.
///
/// # Errors
/// `not_found` when the bytes are gone.
pub(super) async fn send(
    app: &App,
    tenant: &TenantId,
    file: &FileRecord,
) -> Result<HttpResponse, ApiError> {
    let opened = app.files.open(tenant, &file.id).await;
    let opened = opened.map_err(|error| ApiError::unknown("file").because(error))?;
    Ok(serve(file, ReaderStream::with_capacity(opened, 16 * 1024)))
}

/// May the caller see the conversation whose message carries the file?
async fn may_see(app: &App, caller: &Caller, id: &ConversationId) -> Result<bool, ApiError> {
    let tenant = caller.0.tenant();
    let live = app.router.conversation(tenant, id).await?.map(|(conversation, _)| conversation);
    let archived = match live {
        Some(_) => None,
        None => app.records.history().conversation(tenant, id).await?,
    };
    let Some(conversation) = live.as_ref().or(archived.as_ref()) else { return Ok(false) };
    if let Principal::Visitor(visitor) = &caller.0 {
        return Ok(visitor_may_read(visitor, conversation).is_ok());
    }
    let staff = caller.staff(Role::Agent)?;
    if may_read(&staff, conversation).is_ok() {
        return Ok(true);
    }
    let serves = super::conversations::serves_contact(app, &staff, &conversation.contact).await?;
    Ok(archived.is_some() && may_read_archived(&staff, conversation.agent.as_ref(), serves).is_ok()
        || serves)
}

fn serve(
    file: &FileRecord,
    body: impl Stream<Item = std::io::Result<Bytes>> + 'static,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type(file.media_type.as_str())
        .insert_header((header::CONTENT_DISPOSITION, disposition(&file.name)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600, immutable"))
        .no_chunking(file.bytes)
        .streaming(body.map(|chunk| chunk.map_err(actix_web::Error::from)))
}

/// `attachment` with the name by RFC 8187: nothing of it can end the header or start another.
fn disposition(name: &str) -> HeaderValue {
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_bad| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        let value = disposition("信\"; filename=\"x.html\r\nX: y.pdf");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename*=UTF-8''%E4%BF%A1%22%3B%20filename%3D%22x.html%0D%0AX%3A%20y.pdf"
        );
    }
}
