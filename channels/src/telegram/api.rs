//! Calls of the Bot API (<https://core.telegram.org/bots/api#making-requests>).
//!
//! The token is part of every URL: no URL goes into an error, and what the server says is searched for
//! the token before anybody sees it.

use super::config::TelegramConfig;
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::outbound::Outcome;
use bytes::Bytes;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// The longest answer to `getUpdates`: a hundred updates of the longest texts with their entities.
pub(super) const UPDATES_BYTES_MAX: usize = 16 << 20;
/// How much of what the server says is passed on, in characters.
const SAID_CHARS_MAX: usize = 200;
/// The pause when the server asks for one and does not say how long.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5);
/// The longest pause that the server may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// The settings have no token.
    #[error("this channel has no token (settings `token`)")]
    NoToken,
    /// There was no whole answer.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The server says no.
    #[error("Telegram answers {code}: {said}")]
    Refused {
        /// `error_code`, or the HTTP status.
        code: u16,
        /// `description`, without secrets and cut short.
        said: String,
        /// The pause that it asks for.
        pause: Option<Duration>,
        /// The group's new id, after it became a supergroup.
        moved_to: Option<String>,
    },
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
    result: Value,
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// The Bot API of one bot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api<'a> {
    pub(super) means: &'a Means,
    pub(super) config: &'a TelegramConfig,
}

impl Api<'_> {
    /// Calls a method with JSON.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &Value,
    ) -> Result<T, ApiError> {
        self.answer(self.request(method)?.json(parameters), ANSWER_BYTES_MAX).await
    }

    /// Calls a method with a file.
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        method: &str,
        form: Form,
    ) -> Result<T, ApiError> {
        self.answer(self.request(method)?.multipart(form), ANSWER_BYTES_MAX).await
    }

    /// Begins a call of a method.
    pub(super) fn request(&self, method: &str) -> Result<RequestBuilder, ApiError> {
        let url = format!("{}/bot{}/{method}", self.config.api_url, self.token()?);
        Ok(self.means.http.request(Method::POST, &url)?)
    }

    /// Makes a call.
    pub(super) async fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        bytes_max: usize,
    ) -> Result<T, ApiError> {
        let answer = self.means.http.call(request, bytes_max).await?;
        self.read(&answer)
    }

    /// Fetches a file by the path that `getFile` gave.
    pub(super) async fn file(&self, path: &str, bytes_max: usize) -> Result<Bytes, ApiError> {
        if !is_file_path(path) {
            let why = "it tells a path that is none of its own";
            return Err(CallError::Nonsense(why.to_owned()).into());
        }
        let url = format!("{}/file/bot{}/{path}", self.config.api_url, self.token()?);
        let request = self.means.http.request(Method::GET, &url)?;
        let answer = self.means.http.call(request, bytes_max).await?;
        if answer.is_success() { Ok(answer.body) } else { Err(self.refusal(&answer, None)) }
    }

    fn token(&self) -> Result<&str, ApiError> {
        let token = self.config.token.reveal();
        if token.is_empty() { Err(ApiError::NoToken) } else { Ok(token) }
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ApiError> {
        let said: Said = match answer.json() {
            Ok(said) => said,
            // A proxy before the server answers in a language of its own.
            Err(_) if !answer.is_success() => return Err(self.refusal(answer, None)),
            Err(nonsense) => return Err(nonsense.into()),
        };
        if !said.ok {
            return Err(self.refusal(answer, Some(said)));
        }
        serde_json::from_value(said.result).map_err(|error| {
            CallError::Nonsense(format!("a result of another shape, {:?}", error.classify())).into()
        })
    }

    fn refusal(&self, answer: &Answer, said: Option<Said>) -> ApiError {
        let header = answer.retry_after();
        let Some(said) = said else {
            let said = "no words of the Bot API".to_owned();
            return ApiError::Refused { code: answer.status, said, pause: header, moved_to: None };
        };
        let pause = said.parameters.retry_after.map(Duration::from_secs).or(header);
        ApiError::Refused {
            code: said.error_code.unwrap_or(answer.status),
            said: self.clean(&said.description),
            pause: pause.map(|pause| pause.min(PAUSE_MAX)),
            moved_to: said.parameters.migrate_to_chat_id.map(|id| id.to_string()),
        }
    }

    /// What the server says, in one line, without the token that it was called with.
    pub(super) fn clean(&self, said: &str) -> String {
        let token = self.config.token.reveal();
        let bare = if token.is_empty() { said.to_owned() } else { said.replace(token, "…") };
        bare.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
    }
}

/// `photos/file_7.jpg`. A server in local mode tells places on its disk instead: those are not fetched.
fn is_file_path(path: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !path.is_empty()
        && path.split('/').all(|part| {
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_word)
        })
}

impl ApiError {
    /// Does the server say this, in whatever case?
    pub(super) fn says(&self, words: &str) -> bool {
        match self {
            Self::Refused { said, .. } => said.to_ascii_lowercase().contains(words),
            Self::NoToken | Self::Call(_) => false,
        }
    }

    /// What it means for a command (<https://core.telegram.org/api/errors>).
    pub(super) fn outcome(self, again: Again) -> Outcome {
        let why = self.to_string();
        let unknown = |why| match again {
            Again::IsHarmless => Outcome::Unavailable(why),
            Again::Doubles => Outcome::InDoubt(why),
        };
        let is_gone =
            ["chat not found", "peer_id_invalid", "user not found", "group chat was deleted"]
                .iter()
                .any(|words| self.says(words));
        match self {
            Self::NoToken => Outcome::Rejected(why),
            Self::Call(error) => match error.outcome() {
                Outcome::InDoubt(why) => unknown(why),
                other => other,
            },
            Self::Refused { code: 429, pause, .. } => {
                Outcome::RateLimited(pause.unwrap_or(PAUSE_DEFAULT))
            }
            // Nobody took the request (RFC 9110, section 15.6.4).
            Self::Refused { code: 503, .. } => Outcome::Unavailable(why),
            Self::Refused { code, .. } if code >= 500 => unknown(why),
            // The bot was blocked, or thrown out; the account is gone; the person never began.
            Self::Refused { code: 403, .. } => Outcome::RecipientGone,
            Self::Refused { .. } if is_gone => Outcome::RecipientGone,
            Self::Refused { .. } => Outcome::Rejected(why),
        }
    }
}

impl From<ApiError> for AdapterError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NoToken => Self::Unauthorised,
            // A token that is none is "Not Found": it is a part of the path.
            ApiError::Refused { code: 401 | 404, .. } => Self::Unauthorised,
            ApiError::Refused { code: 429, pause, .. } => {
                Self::RateLimited(pause.unwrap_or(PAUSE_DEFAULT))
            }
            ApiError::Refused { .. } => Self::Unavailable(error.to_string()),
            ApiError::Call(error) => error.into(),
        }
    }
}
