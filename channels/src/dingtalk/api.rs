//! Calls to DingTalk: the access token, what an answer means, and once more with a new token.
//!
//! Two generations live side by side. The new one (`api.dingtalk.com/v1.0`) answers with an HTTP status
//! and `{"code", "message"}`; the old one (`oapi.dingtalk.com`) with 200 and `{"errcode", "errmsg"}`.

use super::config::DingTalkConfig;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shared_token, shown, text};
use crate::secret::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a call may take.
const CALL_WITHIN: Duration = Duration::from_secs(20);
/// The pause after too many calls in a second.
const QPS_PAUSE: Duration = Duration::from_secs(2);
/// The pause after more than 20 messages in a minute.
pub(super) const MINUTE_PAUSE: Duration = Duration::from_secs(60);
/// The header that carries the token.
pub(super) const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

/// How an answer is judged.
pub(super) type Judge = fn(&Answer) -> Result<Value, Refusal>;

/// The API as one robot sees it.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) config: DingTalkConfig,
    pub(super) means: Means,
}

impl Api {
    /// A call of the new generation, with a token.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        let url = format!("{}{path}", self.config.api_base_url);
        let build = |token: &Secret| {
            let request = self.means.http.request(Method::POST, &url)?;
            Ok(request.timeout(CALL_WITHIN).header(TOKEN_HEADER, token.reveal()).json(body))
        };
        self.authorised(build, judge).await
    }

    /// A call of the old generation, with a token.
    pub(super) async fn post_old(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        let build = |token: &Secret| {
            let url = self.old_url(path, &[], token)?;
            let request = self.means.http.request(Method::POST, &url)?;
            Ok(request.timeout(CALL_WITHIN).json(body))
        };
        self.authorised(build, judge_old).await
    }

    /// An address of the old generation: the token stands in the query.
    pub(super) fn old_url(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: &Secret,
    ) -> Result<String, CallError> {
        let base = format!("{}{path}", self.config.oapi_base_url);
        let mut url = url::Url::parse(&base).map_err(|_bad| CallError::NotAllowed)?;
        url.query_pairs_mut().append_pair("access_token", token.reveal()).extend_pairs(query);
        Ok(url.into())
    }

    /// Makes a call with the shared token, and once more with a new one when that is refused.
    pub(super) async fn authorised(
        &self,
        build: impl Fn(&Secret) -> Result<RequestBuilder, CallError>,
        judge: Judge,
    ) -> Result<Value, Refusal> {
        let first = self.token(None).await?;
        match self.tried(build(&first)?, judge).await {
            Err(Refusal::Token) => {
                let second = self.token(Some(&first)).await?;
                self.tried(build(&second)?, judge).await
            }
            other => other,
        }
    }

    async fn tried(&self, request: RequestBuilder, judge: Judge) -> Result<Value, Refusal> {
        judge(&self.means.http.call(request, ANSWER_BYTES_MAX).await?)
    }

    /// A call without a token.
    pub(super) async fn open_call(
        &self,
        url: &str,
        body: &Value,
        judge: Judge,
    ) -> Result<Value, Refusal> {
        let request = self.means.http.request(Method::POST, url)?;
        self.tried(request.timeout(CALL_WITHIN).json(body), judge).await
    }

    /// The shared access token.
    pub(super) async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Refusal> {
        if let Some(missing) = self.config.missing() {
            return Err(Refusal::Credentials(missing.to_owned()));
        }
        let name = self.config.token_name();
        shared_token(&self.means, &name, refused, async || self.fetch_token().await).await
    }

    async fn fetch_token(&self) -> Result<(Secret, Duration), Refusal> {
        let url = format!("{}/v1.0/oauth2/accessToken", self.config.api_base_url);
        let secret = self.config.client_secret.reveal();
        let body = json!({ "appKey": self.config.client_id, "appSecret": secret });
        let answer = self.open_call(&url, &body, judge_credentials).await?;
        let token = text(&answer, "accessToken");
        let life = answer.get("expireIn").and_then(Value::as_u64).unwrap_or(0);
        if token.is_empty() || life == 0 {
            return Err(Refusal::Away("DingTalk gives no access token".to_owned()));
        }
        Ok((Secret::new(token), Duration::from_secs(life)))
    }
}

/// Judges an answer that the app's own credentials got: every refusal is about them.
pub(super) fn judge_credentials(answer: &Answer) -> Result<Value, Refusal> {
    judge(answer).map_err(Refusal::of_credentials)
}

/// Judges an answer of the new generation.
pub(super) fn judge(answer: &Answer) -> Result<Value, Refusal> {
    if answer.is_success() {
        return Ok(answer.json()?);
    }
    let said = answer.json::<Value>().unwrap_or_default();
    let code = text(&said, "code");
    let why = reason(code, text(&said, "message"), answer.status);
    Err(match answer.status {
        401 => Refusal::Token,
        429 => Refusal::Limited(answer.retry_after().unwrap_or(QPS_PAUSE)),
        // Its front door answers so before anything was done.
        502 | 503 => Refusal::Away(why),
        500.. => Refusal::Doubt(why),
        _ => by_code(code, &said, why),
    })
}

fn by_code(code: &str, said: &Value, why: String) -> Refusal {
    let has = |part: &str| code.to_ascii_lowercase().contains(part);
    if has("invalidauthentication") {
        return Refusal::Token;
    }
    if has("qpslimit") || has("throttl") || has("flowcontrol") || has("toofast") {
        return Refusal::Limited(QPS_PAUSE);
    }
    if has("permissiondenied") {
        let scopes = said.pointer("/accessdenieddetail/requiredScopes").cloned();
        return Refusal::Refused(0, format!("{why} {}", scopes.unwrap_or_default()));
    }
    let is_missing = has("notexist") || has("not.exist") || has("notfound") || has("not.found");
    let is_address = has("staffid") || has("userid") || has("conversation") || has("group");
    let is_bad_address = code == "invalid.openConversationId";
    if is_bad_address || (is_missing && is_address) {
        Refusal::Unknown(why)
    } else {
        Refusal::Refused(0, why)
    }
}

/// Judges an answer of the old generation.
pub(super) fn judge_old(answer: &Answer) -> Result<Value, Refusal> {
    let said = match answer.json::<Value>() {
        Ok(said) => said,
        Err(_) if matches!(answer.status, 502 | 503) => {
            return Err(Refusal::Away(format!("HTTP {}", answer.status)));
        }
        Err(error) => return Err(error.into()),
    };
    let number = |key: &str| {
        let value = said.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let Some(code) = number("errcode") else { return judge(answer) };
    // 88 stands for whatever the sub-code says.
    let code = if code == 88 { number("sub_code").unwrap_or(code) } else { code };
    let words = Some(text(&said, "sub_msg")).filter(|words| !words.is_empty());
    let why = reason(&code.to_string(), words.unwrap_or(text(&said, "errmsg")), answer.status);
    Err(match code {
        0 => return Ok(said),
        40_001 | 40_014 | 42_001 => Refusal::Token,
        -1 => Refusal::Away(why),
        90_002..=90_018 => Refusal::Limited(QPS_PAUSE),
        130_101 | 410_100 => Refusal::Limited(MINUTE_PAUSE),
        60_121 | 60_003 | 33_012 => Refusal::Unknown(why),
        _ => Refusal::Refused(code, why),
    })
}

fn reason(code: &str, message: &str, status: u16) -> String {
    let words = match (code, message) {
        ("", "") => format!("HTTP {status}"),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    shown(&words)
}
