//! Files of messages: what is needed to fetch one, as a text.

use super::api::Api;
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, CallError};
use bytes::Bytes;
use reqwest::Method;
use std::time::Duration;

/// How long fetching a file may take.
const FETCH_WITHIN: Duration = Duration::from_secs(55);
/// The longest id of a message or a file, in bytes.
const ID_BYTES_MAX: usize = 200;

/// What is needed to fetch a file: kind, message and key. `None` without ids.
pub(super) fn reference(message: &str, kind: &str, key: &str) -> Option<String> {
    let is_id = |id: &str| {
        let is_of_id = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        (1..=ID_BYTES_MAX).contains(&id.len()) && id.chars().all(is_of_id)
    };
    (is_id(message) && is_id(key)).then(|| format!("{kind}/{message}/{key}"))
}

impl Api {
    /// Fetches a file, at most so many bytes of it.
    pub(super) async fn fetch(
        &self,
        reference: &str,
        bytes_max: usize,
    ) -> Result<Bytes, AdapterError> {
        let malformed = |why: &str| AdapterError::Malformed(why.to_owned());
        let mut parts = reference.splitn(3, '/');
        let (Some(kind), Some(message), Some(key)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("this names no file of a message"));
        };
        let path = ["open-apis", "im", "v1", "messages", message, "resources", key];
        let url = self.url(&path, &[("type", kind)])?;
        let mut token = self.token(None).await.map_err(crate::refusal::Refusal::error)?;
        for is_last in [false, true] {
            let request = self.means.http.request(Method::GET, &url)?.timeout(FETCH_WITHIN);
            let request = request.bearer_auth(token.reveal());
            // A refusal is longer than a small file may be.
            let answer = match self.means.http.call(request, bytes_max.max(ANSWER_BYTES_MAX)).await
            {
                Ok(answer) => answer,
                Err(CallError::TooLarge) => return Err(malformed("the file is too large")),
                Err(error) => return Err(error.into()),
            };
            if answer.is_success() {
                let is_too_large = answer.body.len() > bytes_max;
                return if is_too_large {
                    Err(malformed("the file is too large"))
                } else {
                    Ok(answer.body)
                };
            }
            match super::api::judge(&answer) {
                Err(crate::refusal::Refusal::Token) if !is_last => {
                    let renewed = self.token(Some(&token)).await;
                    token = renewed.map_err(crate::refusal::Refusal::error)?;
                }
                Err(refusal) => return Err(refusal.error()),
                Ok(_) => return Err(AdapterError::Unavailable(format!("HTTP {}", answer.status))),
            }
        }
        Err(AdapterError::Unauthorised)
    }
}
