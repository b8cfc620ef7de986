//! The description of the API, for machines and for people; the page loads nothing from elsewhere.

use super::openapi;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpResponse, web};

const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/page.js");
const STYLE: &str = include_str!("docs/page.css");

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/openapi.json", web::get().to(document))
        .route("/docs", web::get().to(page))
        .route("/docs/page.js", web::get().to(script))
        .route("/docs/page.css", web::get().to(style));
}

async fn document() -> HttpResponse {
    answer("application/json", openapi::openapi())
}

async fn page() -> HttpResponse {
    answer("text/html; charset=utf-8", PAGE.to_owned())
}

async fn script() -> HttpResponse {
    answer("text/javascript; charset=utf-8", SCRIPT.to_owned())
}

async fn style() -> HttpResponse {
    answer("text/css; charset=utf-8", STYLE.to_owned())
}

fn answer(content_type: &str, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ))
        .body(body)
}
