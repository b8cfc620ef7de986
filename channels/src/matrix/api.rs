//! Calls of the homeserver's Client-Server API, as the desk user.

use super::Matrix;
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::outbound::Outcome;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long one call may take; joining a room of a far server takes long.
const WITHIN: Duration = Duration::from_secs(60);
/// The pause when the homeserver asks for one and does not say how long.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that is believed.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// The longest words of the homeserver that are shown, in characters.
const WORDS_MAX: usize = 200;

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// We ask too often.
    #[error("the homeserver asks us to wait {} ms", .0.as_millis())]
    Limited(Duration),
    /// An answer that says no.
    #[error("the homeserver says {code} (HTTP {status})")]
    Said {
        /// The HTTP status.
        status: u16,
        /// `M_FORBIDDEN` and its like.
        code: String,
        /// The homeserver's own words, which may name people: only for whoever looks at the settings.
        words: String,
    },
}

impl Refusal {
    /// Is it this code?
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Said { code, .. } if code == wanted)
    }

    /// Is it this status?
    pub(super) fn has_status(&self, wanted: u16) -> bool {
        matches!(self, Self::Said { status, .. } if *status == wanted)
    }

    /// With the homeserver's own words, for whoever looks at the settings.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Said { words, .. } if !words.is_empty() => format!("{self}: {words}"),
            _ => self.to_string(),
        }
    }

    /// What it means for a step that shows nothing to anybody and may be repeated.
    pub(super) fn before_sending(self) -> Outcome {
        match self {
            Self::Call(CallError::NotAllowed) => Outcome::Rejected(self.to_string()),
            Self::Call(error) => Outcome::Unavailable(error.to_string()),
            other => other.sending(),
        }
    }

    /// What it means for something that was being sent.
    pub(super) fn sending(self) -> Outcome {
        match self {
            Self::Call(error) => error.outcome(),
            Self::Limited(pause) => Outcome::RateLimited(pause),
            Self::Said { status: 500.., .. } => Outcome::Unavailable(self.to_string()),
            Self::Said { status: 404, ref code, .. } if code != "M_UNRECOGNIZED" => {
                Outcome::RecipientGone
            }
            Self::Said { .. } => Outcome::Rejected(self.to_string()),
        }
    }
}

impl From<Refusal> for AdapterError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Limited(pause) => Self::RateLimited(pause),
            Refusal::Said { status: 401, .. } => Self::Unauthorised,
            Refusal::Said { status: 400..=499, .. } => Self::Malformed(refusal.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// In whose name a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// In nobody's: no token is shown.
    Nobody,
    /// As the application service itself, before there is a user.
    Service,
    /// As the desk user.
    User,
}

impl Matrix {
    /// Begins a call of a path, each part of which is encoded.
    pub(super) fn request(
        &self,
        who: As,
        method: Method,
        path: &[&str],
    ) -> Result<RequestBuilder, Refusal> {
        self.request_with(who, method, path, &[])
    }

    /// The same with a query.
    pub(super) fn request_with(
        &self,
        who: As,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Refusal> {
        let mut url = Url::parse(&self.config.homeserver).map_err(|_bad| CallError::NotAllowed)?;
        url.path_segments_mut().map_err(|()| CallError::NotAllowed)?.pop_if_empty().extend(path);
        if let (As::User, Some(user)) = (who, self.config.user_id()) {
            url.query_pairs_mut().append_pair("user_id", &user);
        }
        for (key, value) in query {
            url.query_pairs_mut().append_pair(key, value);
        }
        let request = self.means.http.request(method, url.as_str())?;
        let request = request.timeout(WITHIN);
        Ok(match who {
            As::Nobody => request,
            As::Service | As::User => request.bearer_auth(self.config.as_token.reveal()),
        })
    }

    /// Makes a call as the desk user; its answer as JSON.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        self.ask(self.request(As::User, method, path)?, body).await
    }

    /// Makes a call that was begun; its answer as JSON.
    pub(super) async fn ask(
        &self,
        mut request: RequestBuilder,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.means.http.call(request, ANSWER_BYTES_MAX).await?;
        Ok(well(&answer)?.json()?)
    }
}

/// The answer, if it is a good one.
pub(super) fn well(answer: &Answer) -> Result<&Answer, Refusal> {
    if answer.is_success() {
        return Ok(answer);
    }
    let said: Value = answer.json().unwrap_or_default();
    let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default();
    let code = text("errcode");
    if answer.status == 429 || code == "M_LIMIT_EXCEEDED" {
        let in_body = said.get("retry_after_ms").and_then(Value::as_u64).map(Duration::from_millis);
        let pause = answer.retry_after().or(in_body).unwrap_or(PAUSE);
        return Err(Refusal::Limited(pause.min(PAUSE_MAX)));
    }
    let is_code = code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b == b'.');
    let code = if is_code && !code.is_empty() { code } else { "nothing that Matrix knows" };
    let words = text("error").chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    Err(Refusal::Said { status: answer.status, code: code.to_owned(), words })
}
