//! A request of WeCom: who sends it is known before anything of it is read.

use super::crypto::{Seal, SealError, Signed};
use super::xml;
use crate::adapter::RawRequest;
use crate::error::AdapterError;
use domain::Timestamp;

/// How far a request's time may be from ours, in milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1_000;

/// What a request is, once it is proved to come from the network.
#[derive(PartialEq, Eq)]
pub(super) enum Called {
    /// The network asks whether it is us, and wants these bytes back.
    Challenge(Vec<u8>),
    /// It says something, in XML.
    Said(Vec<u8>),
}

/// Opens a request. Whatever is wrong with it, the answer is the same, so that nobody learns from it
/// how far a forgery came; people with the logs see more.
pub(super) fn open(
    seal: Option<&Seal>,
    request: &RawRequest,
    now: Timestamp,
) -> Result<Called, AdapterError> {
    if !request.below.is_empty() {
        return Err(AdapterError::Unsupported("be called there"));
    }
    let Some(seal) = seal else {
        tracing::warn!("WeCom calls, and `token` and `encoding_aes_key` are not set");
        return Err(AdapterError::NotAuthentic);
    };
    let query = |name| request.query(name).ok_or(AdapterError::NotAuthentic);
    let (signature, timestamp, nonce) =
        (query("msg_signature")?, query("timestamp")?, query("nonce")?);
    if !is_of_now(&timestamp, now) {
        return Err(AdapterError::NotAuthentic);
    }
    let is_challenge = match request.method.as_str() {
        "GET" => true,
        "POST" => false,
        _ => return Err(AdapterError::Unsupported("be called so")),
    };
    let sealed = if is_challenge {
        query("echostr")?
    } else {
        let envelope = xml::read(&request.body).map_err(|_bad| AdapterError::NotAuthentic)?;
        envelope.text("Encrypt").trim().to_owned()
    };
    let signed =
        Signed { signature: &signature, timestamp: &timestamp, nonce: &nonce, sealed: &sealed };
    match seal.open(&signed) {
        Ok(echo) if is_challenge => Ok(Called::Challenge(echo)),
        Ok(said) => Ok(Called::Said(said)),
        Err(error) => {
            if error != SealError::Signature {
                // Signed with our token: a setting is wrong, and somebody must see it.
                tracing::warn!(error = %error, "a callback of WeCom cannot be opened");
            }
            Err(AdapterError::NotAuthentic)
        }
    }
}

fn is_of_now(timestamp: &str, now: Timestamp) -> bool {
    let at = timestamp.parse::<i64>().ok().and_then(|secs| secs.checked_mul(1_000));
    at.and_then(|at| now.0.checked_sub(at)).is_some_and(|off| off.abs() <= WINDOW_MS)
}
