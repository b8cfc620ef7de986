//! Calls to Feishu: the tenant's access token, what an answer means, and once more with a new token.
//!
//! Every answer is `{"code", "msg", "data"}`; the code decides, whatever the HTTP status (source:
//! open.feishu.cn, 通用错误码, 发送消息 → 错误码, 频控策略).

use super::config::FeishuConfig;
use crate::error::AdapterError;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::outbound::Outcome;
use crate::secret::Secret;
use crate::token;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call may take.
pub(super) const CALL_WITHIN: Duration = Duration::from_secs(20);
/// The pause after too many calls, unless Feishu names one.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that is believed.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// What an error text is cut to, in characters.
const REASON_CHARS_MAX: usize = 300;

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The access token is not taken.
    Token,
    /// The app's own credentials are not taken, with Feishu's words.
    Credentials(String),
    /// Too many calls.
    Limited(Duration),
    /// There is no such person, chat or message for this robot.
    Unknown(String),
    /// Refused for good: the code, and Feishu's words.
    Refused(i64, String),
    /// Nothing was done; it may be tried again.
    Away(String),
    /// It may have been done.
    Doubt(String),
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        let why = error.to_string();
        match error {
            CallError::NotAllowed => Self::Refused(0, why),
            CallError::Unreachable(_) => Self::Away(why),
            CallError::Cut(_) | CallError::TooLarge | CallError::Nonsense(_) => Self::Doubt(why),
        }
    }
}

impl Refusal {
    /// What it means for a message.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Token => Outcome::Rejected("Feishu refuses the access token".to_owned()),
            Self::Credentials(why) | Self::Refused(_, why) => Outcome::Rejected(why),
            Self::Limited(pause) => Outcome::RateLimited(pause),
            Self::Unknown(_) => Outcome::RecipientGone,
            Self::Away(why) => Outcome::Unavailable(why),
            Self::Doubt(why) => Outcome::InDoubt(why),
        }
    }

    /// What it means for a question.
    pub(super) fn error(self) -> AdapterError {
        match self {
            Self::Token | Self::Credentials(_) => AdapterError::Unauthorised,
            Self::Limited(pause) => AdapterError::RateLimited(pause),
            Self::Unknown(why) | Self::Refused(_, why) => AdapterError::Malformed(why),
            Self::Away(why) | Self::Doubt(why) => AdapterError::Unavailable(why),
        }
    }

    /// In words, for a live check.
    pub(super) fn words(self) -> String {
        match self {
            Self::Token => "Feishu refuses the access token".to_owned(),
            Self::Limited(pause) => format!("Feishu asks us to wait {} s", pause.as_secs()),
            Self::Credentials(why)
            | Self::Unknown(why)
            | Self::Refused(_, why)
            | Self::Away(why)
            | Self::Doubt(why) => why,
        }
    }
}

/// The API as one robot sees it.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) config: FeishuConfig,
    pub(super) means: Means,
}

impl Api {
    /// The address of a path whose variable parts are ids: anything else in them is refused, for they
    /// come from outside.
    pub(super) fn url(&self, parts: &[&str], query: &[(&str, &str)]) -> Result<String, CallError> {
        let mut url =
            url::Url::parse(&self.config.base_url).map_err(|_bad| CallError::NotAllowed)?;
        url.path_segments_mut().map_err(|()| CallError::NotAllowed)?.pop_if_empty().extend(parts);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url.into())
    }

    /// A call with a token and a JSON body; its `data`.
    pub(super) async fn call(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let build = |token: &Secret| {
            let request = self.means.http.request(method.clone(), url)?.timeout(CALL_WITHIN);
            let request = request.bearer_auth(token.reveal());
            Ok(match body {
                Some(body) => request.json(body),
                None => request,
            })
        };
        Ok(self.authorised(build).await?.get("data").cloned().unwrap_or_default())
    }

    /// Makes a call with the shared token, and once more with a new one when that is refused. The whole
    /// answer.
    pub(super) async fn authorised(
        &self,
        build: impl Fn(&Secret) -> Result<RequestBuilder, CallError>,
    ) -> Result<Value, Refusal> {
        let first = self.token(None).await?;
        match self.tried(build(&first)?, ANSWER_BYTES_MAX).await {
            Err(Refusal::Token) => {
                let second = self.token(Some(&first)).await?;
                self.tried(build(&second)?, ANSWER_BYTES_MAX).await
            }
            other => other,
        }
    }

    async fn tried(&self, request: RequestBuilder, bytes_max: usize) -> Result<Value, Refusal> {
        judge(&self.means.http.call(request, bytes_max).await?)
    }

    /// A call without a token, with the app's credentials in its body: every refusal is about them. The
    /// whole answer.
    pub(super) async fn with_credentials(
        &self,
        parts: &[&str],
        body: &Value,
    ) -> Result<Value, Refusal> {
        if let Some(missing) = self.config.missing() {
            return Err(Refusal::Credentials(missing.to_owned()));
        }
        let request = self.means.http.request(Method::POST, &self.url(parts, &[])?)?;
        let answer =
            self.means.http.call(request.timeout(CALL_WITHIN).json(body), ANSWER_BYTES_MAX);
        match judge(&answer.await?) {
            Ok(said) => Ok(said),
            Err(Refusal::Token) => {
                Err(Refusal::Credentials("Feishu refuses the credentials".to_owned()))
            }
            Err(Refusal::Refused(_, why) | Refusal::Unknown(why)) => Err(Refusal::Credentials(why)),
            Err(other) => Err(other),
        }
    }

    /// The shared access token.
    pub(super) async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Refusal> {
        let name = format!("feishu.{}", self.config.app_id);
        // `token::shared` speaks of adapter errors; Feishu's own words are kept beside it.
        let mut words = None;
        let fetched = token::shared(&self.means, &name, refused, async || {
            self.fetch_token().await.map_err(|refusal| {
                if let Refusal::Credentials(why) = &refusal {
                    words = Some(why.clone());
                }
                refusal.error()
            })
        })
        .await;
        fetched.map_err(|error| match (words, error) {
            (Some(why), _) => Refusal::Credentials(why),
            (None, AdapterError::RateLimited(pause)) => Refusal::Limited(pause),
            (None, AdapterError::Malformed(why)) => Refusal::Refused(0, why),
            // Nothing was asked yet but for a token.
            (None, other) => Refusal::Away(other.to_string()),
        })
    }

    async fn fetch_token(&self) -> Result<(Secret, Duration), Refusal> {
        let secret = self.config.app_secret.reveal();
        let body = json!({ "app_id": self.config.app_id, "app_secret": secret });
        let parts = ["open-apis", "auth", "v3", "tenant_access_token", "internal"];
        let said = self.with_credentials(&parts, &body).await?;
        let token = text(&said, "tenant_access_token");
        let life = said.get("expire").and_then(Value::as_u64).unwrap_or(0);
        if token.is_empty() || life == 0 {
            return Err(Refusal::Away("Feishu gives no access token".to_owned()));
        }
        Ok((Secret::new(token), Duration::from_secs(life)))
    }
}

/// An object with one more field.
pub(super) fn with(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), value.into());
    }
    object
}

/// A text of an object; empty when it has none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Judges an answer; the whole of it.
pub(super) fn judge(answer: &Answer) -> Result<Value, Refusal> {
    let said = match answer.json::<Value>() {
        Ok(said) => said,
        Err(error) if answer.is_success() => return Err(error.into()),
        Err(_) => Value::Null,
    };
    let Some(code) = said.get("code").and_then(Value::as_i64) else {
        let why = format!("HTTP {}", answer.status);
        return Err(match answer.status {
            429 => Refusal::Limited(pause(answer)),
            // Its front door answers so before anything was done.
            502 | 503 => Refusal::Away(why),
            400..500 => Refusal::Refused(0, why),
            _ => Refusal::Doubt(why),
        });
    };
    if code == 0 {
        return Ok(said);
    }
    let words = format!("{code}: {}", text(&said, "msg"));
    let why = words.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    Err(by_code(code, why, answer))
}

fn by_code(code: i64, why: String, answer: &Answer) -> Refusal {
    match code {
        99_991_661 | 99_991_663 | 99_991_664 | 99_991_665 | 99_991_668 | 99_991_671 => {
            Refusal::Token
        }
        // Of the app, of the tenant, of a chat; a card of the same message.
        99_991_400 | 230_020 | 11_232 | 11_233 | 11_247 => Refusal::Limited(pause(answer)),
        // Busy; or the same message, by its uuid, is being sent just now.
        1 | 230_049 => Refusal::Away(why),
        // Not in the chat; out of the robot's range; resigned; no such receiver; chat dissolved.
        230_002 | 230_013 | 230_029 | 230_034 | 232_009 => Refusal::Unknown(why),
        _ if answer.status == 429 => Refusal::Limited(pause(answer)),
        _ if answer.status >= 500 => Refusal::Doubt(why),
        _ => Refusal::Refused(code, why),
    }
}

/// The pause that Feishu asks for, in seconds.
fn pause(answer: &Answer) -> Duration {
    let named = answer.headers.get("x-ogw-ratelimit-reset");
    let secs = named.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let named = secs.map(Duration::from_secs).or_else(|| answer.retry_after());
    named.unwrap_or(PAUSE).clamp(PAUSE, PAUSE_MAX)
}
