//! Calls to Feishu: the tenant's access token, what an answer means, and once more with a new token.
//!
//! Every answer is `{"code", "msg", "data"}`; the code decides, whatever the HTTP status (source:
//! open.feishu.cn, 通用错误码, 发送消息 → 错误码, 频控策略).

use super::config::FeishuConfig;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shared_token, shown, text};
use crate::secret::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call may take.
pub(super) const CALL_WITHIN: Duration = Duration::from_secs(20);
/// The pause after too many calls, unless Feishu names one.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that is believed.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
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
        judge(&answer.await?).map_err(Refusal::of_credentials)
    }

    /// The shared access token.
    pub(super) async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Refusal> {
        let name = self.config.token_name();
        shared_token(&self.means, &name, refused, async || self.fetch_token().await).await
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
    Err(by_code(code, shown(&words), answer))
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
