//! The HTTP API: routes, and what they have in common. Each module is one noun; statuses are chosen
//! in `error` alone; who may do what is decided in `auth::access` alone.

#![expect(unused_qualifications, reason = "utoipa's macros spell paths out")]

pub mod admin;
pub mod auth;
pub mod callbacks;
pub mod caller;
pub mod channel_states;
pub mod chat;
pub mod contacts;
pub mod conversations;
pub mod desk;
pub mod docs;
pub mod error;
pub mod extract;
pub mod files;
pub mod health;
pub mod letters;
pub mod lines;
pub mod openapi;
pub mod pages;
pub mod phone;
pub mod refused_numbers;
pub mod reports;
pub mod settings;
pub mod supervisors;
pub mod system;

use crate::app::App;
use crate::middleware::{access_log, body, headers, idempotency};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::{Error, web};
use error::{ApiError, Code};
use std::sync::Arc;

/// The application of one HTTP worker. Everything was constructed before; this only wires routes.
pub fn app(
    app: Arc<App>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    actix_web::App::new()
        .app_data(web::Data::from(app))
        .configure(routes)
        .default_service(web::to(nothing_here))
        .wrap(from_fn(idempotency::once::<BoxBody>))
        .wrap(from_fn(body::collect::<BoxBody>))
        .wrap(from_fn(headers::guard::<BoxBody>))
        .wrap(from_fn(access_log::log::<BoxBody>))
        .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
}

fn routes(config: &mut web::ServiceConfig) {
    health::routes(config);
    docs::routes(config);
    config.service(
        web::scope("/v1")
            .configure(auth::routes)
            .configure(chat::routes)
            .configure(phone::routes)
            .configure(refused_numbers::routes)
            .configure(files::routes)
            .configure(desk::routes)
            .configure(conversations::routes)
            .configure(letters::routes)
            .configure(channel_states::routes)
            .configure(lines::routes)
            .configure(contacts::routes)
            .configure(supervisors::routes)
            .configure(reports::routes)
            .configure(settings::routes)
            .configure(admin::routes)
            .configure(system::routes)
            .configure(callbacks::routes)
            .default_service(web::to(nothing_here)),
    );
    pages::routes(config);
}

async fn nothing_here() -> Result<(), ApiError> {
    Err(ApiError::new(Code::NotFound, "there is nothing at this path"))
}
