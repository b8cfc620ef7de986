//! Proves that a number is the asker's: a code goes to it, by whatever sends short messages. `callback.verify` of a
//! phone channel's settings says where: a page of somebody's code, to which we post signed JSON after Standard
//! Webhooks, as to a phone bridge. `docs/channels/phone.md` says what stands in it.

use crate::http::{ANSWER_BYTES_MAX, CallError};
use crate::means::Means;
use crate::registry::SecretSetting;
use crate::settings::Fields;
use crate::standard_webhooks::{self, Key, signed};
use domain::{Locale, PhoneNumber, Timestamp};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// How long the sender may take to say that it has the message: a person waits.
const WITHIN: Duration = Duration::from_secs(10);
/// The key of these settings, below those of the policy.
pub(super) const KEY: &str = "verify";
/// The secrets of these settings, in every phone channel.
pub const SECRETS: &[SecretSetting] = &[
    ("/callback/verify/secret", &["/callback/verify/url"]),
    ("/callback/verify/previous_secret", &["/callback/verify/url"]),
];

/// What sends codes.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSender {
    url: String,
    keys: Vec<Key>,
}

impl fmt::Debug for CodeSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSender").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A code on its way to a number. `{:?}` shows neither.
#[derive(Clone, Copy)]
pub struct CodeMessage<'a> {
    /// The same for each try to send the same.
    pub id: &'a str,
    /// To whom.
    pub number: &'a PhoneNumber,
    /// Six digits.
    pub code: &'a str,
    /// In which language.
    pub locale: Locale,
    /// What to say, the code in it.
    pub text: &'a str,
    /// It works until then.
    pub until: Timestamp,
}

impl fmt::Debug for CodeMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMessage").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a code is not on its way.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The sender was not reached.
    #[error("whoever sends codes is not reached")]
    Away(#[source] CallError),
    /// It says no.
    #[error("whoever sends codes refuses it: HTTP {0}")]
    Refused(u16),
}

impl CodeSender {
    /// Reads `verify`; `None` where no number has to be proved.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        if !fields.has(KEY) {
            fields.leave(KEY);
            return None;
        }
        let mut inner = fields.inner(KEY);
        for key in ["url", "secret"] {
            if !inner.has(key) {
                inner.say(key, "is missing");
            }
        }
        let (url, keys) = (inner.base_url("url", ""), standard_webhooks::keys(&mut inner));
        inner.finish();
        Some(Self { url, keys })
    }

    /// Has a code sent; the sender answers once it has the message, not once it arrived.
    ///
    /// # Errors
    /// [`CodeError`]; asking again with the same id is safe where the sender looks at it.
    pub async fn send(&self, means: &Means, message: CodeMessage<'_>) -> Result<(), CodeError> {
        let body = body(message).to_string();
        let request = means.http.request(Method::POST, &self.url).map_err(CodeError::Away)?;
        let content = (message.id, body.as_bytes());
        let request = signed(request, &self.keys, content, means.clock.now().0);
        let request = request.header(CONTENT_TYPE, "application/json").timeout(WITHIN).body(body);
        let answer = means.http.call(request, ANSWER_BYTES_MAX).await.map_err(CodeError::Away)?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(CodeError::Refused(status)),
        }
    }
}

fn body(message: CodeMessage<'_>) -> Value {
    json!({
        "type": "code.send",
        "id": message.id,
        "number": message.number.e164(),
        "code": message.code,
        "locale": message.locale,
        "text": message.text,
        "expires_at": message.until,
    })
}
