//! Reading requests: bodies and queries into explicit types, ids out of paths.

use super::error::{ApiError, Code};
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{Error, FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use std::str::FromStr;

/// A JSON body of exactly this form.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let is_json = content_type.is_some_and(|text| {
            text.split(';')
                .next()
                .is_some_and(|t| t.trim().eq_ignore_ascii_case("application/json"))
        });
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes
                .await
                .map_err(|_cut| ApiError::new(Code::TooLarge, "the body is too large"))?;
            if !is_json {
                return Err(ApiError::new(Code::UnsupportedType, "send application/json").into());
            }
            match serde_json::from_slice(&bytes) {
                Ok(body) => Ok(Self(body)),
                // A well-formed text of another form is the client's mistake in meaning.
                Err(error) if error.is_data() => {
                    Err(ApiError::new(Code::Invalid, format!("the body: {error}")).into())
                }
                Err(error) => {
                    Err(ApiError::new(Code::BadRequest, format!("the body: {error}")).into())
                }
            }
        })
    }
}

/// Query parameters of exactly this form.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(match web::Query::<T>::from_query(request.query_string()) {
            Ok(query) => Ok(Self(query.into_inner())),
            Err(error) => Err(ApiError::new(Code::Invalid, format!("the query: {error}")).into()),
        })
    }
}

/// An id out of a path; one that cannot exist is unknown like any other.
///
/// # Errors
/// 404.
pub fn id<T: FromStr>(text: &str, what: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_bad| ApiError::unknown(what))
}

/// A text that may have at most so many characters.
///
/// # Errors
/// 422.
pub fn at_most(path: &str, text: &str, chars: usize) -> Result<(), ApiError> {
    if text.chars().count() > chars {
        Err(ApiError::field(path, format!("must have at most {chars} characters")))
    } else {
        Ok(())
    }
}
