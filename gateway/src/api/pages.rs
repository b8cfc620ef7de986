//! The built pages, from `web.root`: the desk at `/desk/`, the widget at `/widget/`, the page behind a
//! callback's link at `/callback`, the sample website at `/demo/`, the sample app at `/app/`. Each surface has a policy of its own, and nothing outside its directory can
//! be reached.

use super::error::{ApiError, Code};
use crate::app::App;
use actix_web::http::header::{self, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, web};
use std::path::{Component, Path, PathBuf};

/// A year: the names of these files change with their content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Ask each time; the answer is mostly "not modified".
const ASK: &str = "no-cache";

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(root))
        .route("/desk", web::get().to(|| to_folder("/desk/")))
        .route("/demo", web::get().to(|| to_folder("/demo/")))
        .route("/app", web::get().to(|| to_folder("/app/")))
        .route("/desk/{path:.*}", web::get().to(desk))
        .route("/widget/{path:.*}", web::get().to(widget))
        .route("/callback", web::get().to(call_link))
        .route("/callback/{path:.*}", web::get().to(call_link_file))
        .route("/demo/{path:.*}", web::get().to(demo))
        .route("/app/{path:.*}", web::get().to(sample_app));
}

async fn root() -> HttpResponse {
    to_folder("/desk/").await
}

async fn to_folder(folder: &'static str) -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, folder)).finish()
}

/// The desk; a path that is no file is one of its own routes and gets its page.
async fn desk(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let folder = folder(&app, "desk/dist")?;
    let wanted = file_in(&folder, &path).filter(|file| file.is_file());
    let file = match wanted {
        Some(file) => file,
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => {
            return Err(nothing());
        }
        None => folder.join("index.html"),
    };
    let sockets = socket_origin(&app);
    // Letters are shown in frames without scripts or an origin, which inherit this policy and narrow it
    // by their own: their looks stand in attributes, and pictures elsewhere are loaded when an agent
    // asks for them.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob: https:; font-src 'self'; media-src 'self' blob:; \
         connect-src 'self' {sockets}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    serve(&request, &file, &path, &policy).await
}

/// The widget's loader and panel; the panel may be framed by the channel's websites only.
async fn widget(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let folder = folder(&app, "widget/dist")?;
    let file = file_in(&folder, &path).filter(|file| file.is_file()).ok_or_else(nothing)?;
    let ancestors = ancestors(&app, request.query_string());
    let sockets = socket_origin(&app);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; \
         connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; \
         frame-ancestors {ancestors}"
    );
    let mut response = serve(&request, &file, &path, &policy).await?;
    // Websites load the loader's script across origins.
    let name = header::HeaderName::from_static("cross-origin-resource-policy");
    response.headers_mut().insert(name, header::HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// The page on which people look at their call, move it or cancel it. The token of their link stands behind the
/// `#`, so it never comes here.
async fn call_link(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    of_call_link(&app, &request, "callback.html").await
}

/// What that page is made of.
async fn call_link_file(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    of_call_link(&app, &request, &path).await
}

async fn of_call_link(
    app: &App,
    request: &HttpRequest,
    path: &str,
) -> Result<HttpResponse, ApiError> {
    let folder = folder(app, "widget/dist/callback")?;
    let file = file_in(&folder, path).filter(|file| file.is_file()).ok_or_else(nothing)?;
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    serve(request, &file, path, policy).await
}

/// The origin of our sockets, for browsers whose `'self'` does not cover them.
fn socket_origin(app: &App) -> String {
    // `http` becomes `ws`, `https` becomes `wss`.
    app.config.public_origin().replacen("http", "ws", 1)
}

/// Who may frame the panel of the channel that the query names.
fn ancestors(app: &App, query: &str) -> String {
    let channel = url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "channel")
        .and_then(|(_, value)| value.parse().ok());
    let mut ancestors = "'self'".to_owned();
    if let Some(channel) = channel
        && let Ok((_, _, config)) = super::chat::find(app, &channel)
    {
        for origin in &config.allowed_origins {
            // They were checked when they were set; here nothing may end the policy early.
            if origin.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.*-[]_".contains(&b)) {
                ancestors.push(' ');
                ancestors.push_str(origin);
            }
        }
    }
    ancestors
}

/// The sample website.
async fn demo(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                  img-src 'self' data:; frame-src 'self'; connect-src 'self'; base-uri 'none'; \
                  form-action 'self'; frame-ancestors 'self'";
    sample(&app, &request, ("sample-site/dist", &path), policy).await
}

/// The sample app, which a browser may install.
async fn sample_app(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let sockets = socket_origin(&app);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self' {sockets}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    sample(&app, &request, ("sample-app/dist", &path), &policy).await
}

/// A file of a sample, in the demo only; a folder shows its page.
async fn sample(
    app: &App,
    request: &HttpRequest,
    (part, path): (&str, &str),
    policy: &str,
) -> Result<HttpResponse, ApiError> {
    if !app.config.web.demo {
        return Err(nothing());
    }
    let folder = folder(app, part)?;
    let wanted = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    let file = file_in(&folder, &wanted).filter(|file| file.is_file()).ok_or_else(nothing)?;
    serve(request, &file, &wanted, policy).await
}

fn nothing() -> ApiError {
    ApiError::new(Code::NotFound, "there is nothing at this path")
}

fn folder(app: &App, part: &str) -> Result<PathBuf, ApiError> {
    let root = &app.config.web.root;
    if root.as_os_str().is_empty() {
        return Err(nothing());
    }
    Ok(root.join(part))
}

/// The file that a path of a URL names inside a folder. Only plain names: no `..`, no root, no
/// hidden files, no backslashes.
fn file_in(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut file = folder.to_owned();
    if path.contains(['\\', '\0']) {
        return None;
    }
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if !name.as_encoded_bytes().starts_with(b".") => {
                file.push(name)
            }
            _ => return None,
        }
    }
    Some(file)
}

async fn serve(
    request: &HttpRequest,
    file: &Path,
    path: &str,
    policy: &str,
) -> Result<HttpResponse, ApiError> {
    let bytes = tokio::fs::read(file).await.map_err(|error| nothing().because(error))?;
    let tag = etag(&bytes);
    let cache = if path.starts_with("assets/") { FOREVER } else { ASK };
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(tag.as_str()) {
        // The policy too: browsers put the headers of a 304 in the place of the stored ones.
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, tag))
            .insert_header((header::CACHE_CONTROL, cache))
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .finish());
    }
    Ok(HttpResponse::Ok()
        .content_type(content_type(file))
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(bytes))
}

fn etag(bytes: &[u8]) -> String {
    let hash = crate::auth::hash_secret(bytes);
    let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}\"")
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|end| end.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_can_be_named() {
        let folder = Path::new("/srv/web/desk/dist");
        let check = |path: &str, wanted: Option<&str>| {
            let wanted = wanted.map(|path| folder.join(path));
            assert_eq!(file_in(folder, path), wanted, "{path:?}");
        };
        check("assets/a.js", Some("assets/a.js"));
        check("", Some(""));
        check("../secrets", None);
        check("assets/../../x", None);
        check("/etc/passwd", None);
        check(".env", None);
        check("assets/.git/config", None);
        check("..\\x", None);
        check("a\0b", None);
    }
}
