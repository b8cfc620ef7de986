//! Conversations: reading them, and what an agent does with them.

mod act;
mod calls;
mod read;

use actix_web::web;

pub use calls::CallbackRequest;

pub(crate) use act::*;
pub(crate) use calls::*;
pub(crate) use read::*;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/conversations", web::get().to(read::list))
        .route("/conversations/{id}", web::get().to(read::one))
        .route("/conversations/{id}/messages", web::get().to(read::messages))
        .route("/conversations/{id}/messages", web::post().to(act::send))
        .route("/conversations/{id}/accept", web::post().to(act::accept))
        .route("/conversations/{id}/decline", web::post().to(act::decline))
        .route("/conversations/{id}/transfer", web::post().to(act::transfer))
        .route("/conversations/{id}/close", web::post().to(act::close))
        .route("/conversations/{id}/end_wrap_up", web::post().to(act::end_wrap_up))
        .route("/conversations/{id}/snooze", web::post().to(act::snooze))
        .route("/conversations/{id}/describe", web::post().to(act::describe))
        .route("/conversations/{id}/assign", web::post().to(act::assign))
        .route("/conversations/{id}/callback", web::put().to(calls::request_callback))
        .route("/conversations/{id}/callback", web::delete().to(calls::cancel_callback))
        .route("/conversations/{id}/callback/number", web::get().to(calls::callback_number))
        .route("/conversations/{id}/call", web::post().to(calls::call));
}
