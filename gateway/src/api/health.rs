//! For operators: is it alive, does it take work, what does it count.

use crate::app::{App, LinkReport};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics));
}

/// The process lives; and what it lives with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `alive`.
    status: &'static str,
    /// The release.
    version: &'static str,
    /// What an acknowledged write survives: `strict`, `ha`, `relaxed`.
    #[schema(value_type = String)]
    durability: routing::Durability,
    /// Does Redis answer, and is it what was promised?
    #[schema(value_type = Object)]
    redis: LinkReport,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = Health)))]
pub(crate) async fn healthz(app: web::Data<App>) -> web::Json<Health> {
    let mut redis = app.monitor.report();
    // The chain of an error may name hosts; it is in the log, and for admins in /v1/system.
    redis.problem = redis.problem.map(|_| "see the log".to_owned());
    web::Json(Health {
        status: "alive",
        version: env!("CARGO_PKG_VERSION"),
        durability: app.config.redis.durability,
        redis,
    })
}

/// Work is taken here: Redis is up and fits, and the gateway is not closing.
#[utoipa::path(get, path = "/readyz", tag = "operators",
    responses((status = 200), (status = 503)))]
pub(crate) async fn readyz(app: web::Data<App>) -> HttpResponse {
    if app.is_closing() {
        return not_ready("closing");
    }
    if !app.accepts_work() {
        return not_ready("redis");
    }
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).body("ready\n")
}

fn not_ready(part: &str) -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("Retry-After", "1"))
        .body(format!("not ready: {part}\n"))
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operators", responses((status = 200, body = String)))]
pub(crate) async fn metrics(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(app.metrics.render())
}
