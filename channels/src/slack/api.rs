//! Calls of the Web API (<https://docs.slack.dev/apis/web-api/>). Arguments go as a form: every method
//! takes that, and not every method takes JSON.

use super::config::SlackConfig;
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::outbound::Outcome;
use crate::secret::Secret;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// The pause when Slack asks for one and does not say how long.
const PAUSE_DEFAULT: Duration = Duration::from_secs(30);
/// How much of an error's name is passed on, in characters.
const NAME_CHARS_MAX: usize = 80;

/// Somebody must give us another token, or let us in again.
const REFUSES_US: [&str; 9] = [
    "access_denied",
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
];
/// There is nobody at that address.
const GONE: [&str; 6] = [
    "channel_not_found",
    "is_archived",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
    "users_not_found",
];
/// Nothing was done, and it may be tried again.
const AWAY: [&str; 3] = ["service_unavailable", "team_added_to_org", "org_login_required"];
/// "It's possible some aspect of the operation succeeded before the error was raised."
const UNSURE: [&str; 3] = ["fatal_error", "internal_error", "request_timeout"];

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// The settings lack a secret.
    #[error("this channel has no `{0}` in its settings")]
    Missing(&'static str),
    /// There was no whole answer.
    #[error("{0}")]
    Call(#[from] CallError),
    /// Slack asks us to wait.
    #[error("Slack asks us to wait {} s", .0.as_secs())]
    Limited(Duration),
    /// Slack says no.
    #[error("Slack answers {name}{}", needed(.needs))]
    Refused {
        /// The error's name.
        name: String,
        /// The scope that is missing; empty where it is not that.
        needs: String,
    },
    /// Something before Slack answers.
    #[error("Slack answers HTTP {0}")]
    Status(u16),
}

fn needed(scope: &str) -> String {
    if scope.is_empty() { String::new() } else { format!(" (the app needs the scope {scope})") }
}

/// What doing the same once more would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The same as once.
    IsHarmless,
    /// It would reach the contact twice.
    Doubles,
}

#[derive(Deserialize)]
struct Said {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    needed: String,
}

/// The Web API as one app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api<'a> {
    pub(super) means: &'a Means,
    pub(super) config: &'a SlackConfig,
}

impl Api<'_> {
    /// Calls a method as the bot.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        arguments: &[(&str, &str)],
    ) -> Result<T, ApiError> {
        let (answer, _) = self.call_as(self.bot_token()?, method, arguments).await?;
        Ok(answer)
    }

    /// Calls a method with a token, and also tells the header fields.
    pub(super) async fn call_as<T: DeserializeOwned>(
        &self,
        token: &Secret,
        method: &str,
        arguments: &[(&str, &str)],
    ) -> Result<(T, HeaderMap), ApiError> {
        let form = Serializer::new(String::new()).extend_pairs(arguments).finish();
        let url = format!("{}/{method}", self.config.api_url);
        let request = self.means.http.request(Method::POST, &url)?;
        let request = request
            .bearer_auth(token.reveal())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
            .body(form);
        let answer = self.means.http.call(request, ANSWER_BYTES_MAX).await?;
        Ok((read(&answer)?, answer.headers))
    }

    /// Fetches a file as the bot, if it lies where Slack's files lie.
    pub(super) async fn file(&self, url: &str, bytes_max: usize) -> Result<Bytes, ApiError> {
        let token = self.bot_token()?.reveal();
        let request = self.means.http.request(Method::GET, self.of_files(url)?)?;
        let answer = self.means.http.call(request.bearer_auth(token), bytes_max).await?;
        let is_page = answer
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|sort| sort.as_bytes().starts_with(b"text/html"));
        match answer.status {
            200 if !is_page => Ok(answer.body),
            429 => Err(ApiError::Limited(answer.retry_after().unwrap_or(PAUSE_DEFAULT))),
            // Without `files:read` Slack answers with its page for signing in, or leads there.
            200 | 301..=308 | 401 | 403 => {
                let (name, needs) = ("a page to sign in".to_owned(), "files:read".to_owned());
                Err(ApiError::Refused { name, needs })
            }
            status => Err(ApiError::Status(status)),
        }
    }

    /// Lays a file's content where `files.getUploadURLExternal` said.
    pub(super) async fn lay(&self, url: &str, bytes: Bytes) -> Result<(), ApiError> {
        let request = self.means.http.request(Method::POST, self.of_files(url)?)?;
        let request = request.header(CONTENT_TYPE, "application/octet-stream").body(bytes);
        let answer = self.means.http.call(request, ANSWER_BYTES_MAX).await?;
        match answer.status {
            200 => Ok(()),
            429 => Err(ApiError::Limited(answer.retry_after().unwrap_or(PAUSE_DEFAULT))),
            status => Err(ApiError::Status(status)),
        }
    }

    /// The URL, if it is one of the place where files are.
    fn of_files<'u>(&self, url: &'u str) -> Result<&'u str, ApiError> {
        let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
        let is_there = origin(url)
            .is_some_and(|found| found.is_tuple() && Some(found) == origin(&self.config.files_url));
        if is_there { Ok(url) } else { Err(CallError::NotAllowed.into()) }
    }

    fn bot_token(&self) -> Result<&Secret, ApiError> {
        some(&self.config.bot_token, "bot_token")
    }

    /// The token for Socket Mode.
    pub(super) fn app_token(&self) -> Result<&Secret, ApiError> {
        some(&self.config.app_token, "app_token")
    }
}

fn some<'a>(secret: &'a Secret, name: &'static str) -> Result<&'a Secret, ApiError> {
    if secret.is_empty() { Err(ApiError::Missing(name)) } else { Ok(secret) }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ApiError> {
    if answer.status == 429 {
        return Err(ApiError::Limited(answer.retry_after().unwrap_or(PAUSE_DEFAULT)));
    }
    let said: Said = match answer.json() {
        Ok(said) => said,
        Err(_) if !answer.is_success() => return Err(ApiError::Status(answer.status)),
        Err(nonsense) => return Err(nonsense.into()),
    };
    if said.ok {
        return Ok(answer.json()?);
    }
    if matches!(said.error.as_str(), "ratelimited" | "rate_limited") {
        return Err(ApiError::Limited(answer.retry_after().unwrap_or(PAUSE_DEFAULT)));
    }
    let word = |text: &str| -> String {
        let is_plain =
            |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | ',' | '-');
        text.chars().filter(is_plain).take(NAME_CHARS_MAX).collect()
    };
    Err(ApiError::Refused { name: word(&said.error), needs: word(&said.needed) })
}

impl ApiError {
    /// Is this the error's name?
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { name, .. } if name == wanted)
    }

    fn is_one_of(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|name| self.is(name))
    }

    /// What it means for a command.
    pub(super) fn outcome(self, again: Again) -> Outcome {
        let why = self.to_string();
        let unknown = |why| match again {
            Again::IsHarmless => Outcome::Unavailable(why),
            Again::Doubles => Outcome::InDoubt(why),
        };
        if self.is_one_of(&GONE) {
            return Outcome::RecipientGone;
        }
        if self.is_one_of(&AWAY) {
            return Outcome::Unavailable(why);
        }
        if self.is_one_of(&UNSURE) {
            return unknown(why);
        }
        match self {
            Self::Limited(pause) => Outcome::RateLimited(pause),
            // Nobody took the request (RFC 9110, section 15.6.4).
            Self::Status(503) => Outcome::Unavailable(why),
            Self::Status(status) if status >= 500 => unknown(why),
            Self::Call(error) => match error.outcome() {
                Outcome::InDoubt(why) => unknown(why),
                other => other,
            },
            Self::Missing(_) | Self::Refused { .. } | Self::Status(_) => Outcome::Rejected(why),
        }
    }
}

impl From<ApiError> for AdapterError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Missing(_) => Self::Unauthorised,
            ApiError::Limited(pause) => Self::RateLimited(pause),
            ApiError::Refused { .. } if error.is_one_of(&REFUSES_US) => Self::Unauthorised,
            ApiError::Refused { .. } | ApiError::Status(_) => Self::Unavailable(error.to_string()),
            ApiError::Call(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn outcome(status: u16, body: &str, again: Again) -> Outcome {
        let read: Result<serde_json::Value, _> = read(&answer(status, body));
        read.expect_err("an error").outcome(again)
    }

    #[test]
    fn every_no_says_what_to_do_next() {
        let said = |name: &str| {
            outcome(200, &format!(r#"{{"ok":false,"error":"{name}"}}"#), Again::Doubles)
        };
        assert_eq!(said("channel_not_found"), Outcome::RecipientGone);
        assert_eq!(said("is_archived"), Outcome::RecipientGone);
        assert_eq!(said("ratelimited"), Outcome::RateLimited(PAUSE_DEFAULT));
        assert!(matches!(said("service_unavailable"), Outcome::Unavailable(_)));
        assert!(matches!(said("internal_error"), Outcome::InDoubt(_)));
        assert!(matches!(said("msg_too_long"), Outcome::Rejected(_)));
        let scope = r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"a"}"#;
        let refused = outcome(200, scope, Again::Doubles);
        assert!(
            matches!(&refused, Outcome::Rejected(why) if why.contains("chat:write")),
            "{refused:?}"
        );
    }

    #[test]
    fn a_proxy_that_answers_is_told_from_slack() {
        assert!(matches!(outcome(503, "<html>", Again::Doubles), Outcome::Unavailable(_)));
        assert!(matches!(outcome(502, "<html>", Again::Doubles), Outcome::InDoubt(_)));
        assert!(matches!(outcome(502, "<html>", Again::IsHarmless), Outcome::Unavailable(_)));
        assert!(matches!(outcome(200, "<html>", Again::Doubles), Outcome::InDoubt(_)));
        assert!(matches!(outcome(429, "", Again::Doubles), Outcome::RateLimited(_)));
        assert!(matches!(outcome(404, "", Again::Doubles), Outcome::Rejected(_)));
    }
}
