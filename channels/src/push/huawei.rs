//! Huawei's Push Kit, directly: to Android devices with HMS Core and to HarmonyOS up to version 4. Newer
//! HarmonyOS has an API of its own (v3), which is not spoken here.
//!
//! Source: developer.huawei.com, "HTTPS 下行消息" (v1) and "OAuth 2.0 开放鉴权（客户端模式）".

use super::call::{self, ANSWER_BYTES_MAX, CALL_WITHIN, PAUSE};
use super::config::HuaweiConfig;
use super::{Notification, Provider, PushProvider, Pushed, Target, payload};
use crate::adapter::Finding;
use crate::digest::digest;
use crate::http::{Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shared_token, text};
use crate::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// How long Huawei keeps a notification at most.
const TTL_MAX: Duration = Duration::from_secs(15 * 24 * 3_600);
/// The longest token, in characters; they have about 130 today.
const TOKEN_CHARS_MAX: usize = 512;

/// Push Kit, for one app.
#[derive(Debug)]
pub(super) struct Huawei {
    means: Means,
    config: HuaweiConfig,
}

impl Huawei {
    /// Push Kit as the settings say.
    pub(super) fn new(config: HuaweiConfig, means: &Means) -> Self {
        Self { means: means.clone(), config }
    }

    /// The access token that all gateways share.
    async fn access(&self, refused: Option<&Secret>) -> Result<Secret, Refusal> {
        let config = &self.config;
        let secret = config.client_secret.reveal();
        if secret.is_empty() {
            let missing = "push.huawei.client_secret is not set";
            return Err(Refusal::Credentials(missing.to_owned()));
        }
        // Its name says to whom it is shown and who it is from, so that no other settings find it.
        let names = [&config.base_url, &config.token_url, &config.app_id].map(String::as_str);
        let name = format!("push.huawei.{}", digest(&format!("{}\n{secret}", names.join("\n"))));
        shared_token(&self.means, &name, refused, async || {
            let form = call::form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &config.app_id),
                ("client_secret", secret),
            ]);
            call::fetch_access(&self.means, &config.token_url, form).await
        })
        .await
    }

    /// Sends a message, and once more with a new access token when that is refused.
    async fn send(&self, body: &Value) -> Result<Answer, Pushed> {
        let first = self.access(None).await.map_err(call::unauthorised)?;
        let answer = self.try_send(&first, body).await.map_err(call::unanswered)?;
        let is_refused = answer.status == 401 || matches!(code(&answer), 80_200_001 | 80_200_003);
        if !is_refused {
            return Ok(answer);
        }
        let second = self.access(Some(&first)).await.map_err(call::unauthorised)?;
        self.try_send(&second, body).await.map_err(call::unanswered)
    }

    async fn try_send(&self, access: &Secret, body: &Value) -> Result<Answer, CallError> {
        let url = format!("{}/v1/{}/messages:send", self.config.base_url, self.config.app_id);
        let request = self.means.http.request(Method::POST, &url)?;
        let request = request.timeout(CALL_WITHIN).bearer_auth(access.reveal()).json(body);
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }
}

/// The message to one token. `urgency` is for messages that no one sees, and needs a permission; the tag
/// makes a later one of the conversation replace it.
fn message(to: &str, notification: &Notification) -> Value {
    let words = payload::Words::of(notification);
    let fields = Value::Object(payload::texts(notification));
    json!({
        "data": fields.to_string(),
        "notification": { "title": words.title, "body": words.body },
        "android": {
            "ttl": format!("{}s", notification.ttl.min(TTL_MAX).as_secs()),
            "notification": {
                "tag": notification.conversation,
                "importance": "NORMAL",
                // Opens the app, which is given the fields.
                "click_action": { "type": 3 },
            },
        },
        "token": [to],
    })
}

#[async_trait::async_trait]
impl PushProvider for Huawei {
    fn provider(&self) -> Provider {
        Provider::Huawei
    }

    fn admit(&self, token: &Secret) -> Result<(), &'static str> {
        match call::is_word(token, TOKEN_CHARS_MAX, |b| b.is_ascii_graphic()) {
            true => Ok(()),
            false => Err("is no token of Huawei's Push Kit"),
        }
    }

    async fn push(&self, to: &Target, notification: &Notification) -> Pushed {
        let message = message(to.token.reveal(), notification);
        match self.send(&json!({ "validate_only": false, "message": message })).await {
            Ok(answer) => judge(&answer, &to.token),
            Err(pushed) => pushed,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        if let Err(refusal) = self.access(None).await {
            return vec![Finding::no("credentials", refusal.words())];
        }
        // Only looked at by the service, and sent to nobody.
        let probe = json!({
            "validate_only": true,
            "message": {
                "notification": { "title": "?", "body": "?" },
                "android": { "notification": { "click_action": { "type": 3 } } },
                "token": ["hutong-check"],
            },
        });
        let pushed = match self.send(&probe).await {
            Ok(answer) => judge(&answer, &Secret::new("")),
            Err(pushed) => pushed,
        };
        vec![Finding::yes("credentials", ""), call::finding("permissions", pushed)]
    }
}

/// Huawei's code, which stands in the answer whatever its status; 0 when there is none.
fn code(answer: &Answer) -> u64 {
    let said = answer.json::<Value>().unwrap_or_default();
    text(&said, "code").parse().unwrap_or_default()
}

/// What Huawei's answer means (source: "HTTPS 下行消息", 错误码).
fn judge(answer: &Answer, token: &Secret) -> Pushed {
    let said = answer.json::<Value>().unwrap_or_default();
    let (code, message) = (code(answer), text(&said, "msg"));
    let why = call::words(answer, &format!("{code} {message}"), token);
    match code {
        80_000_000 => Pushed::Sent,
        // Of one token: this one. Of all tokens: likewise.
        80_100_000 | 80_300_007 => Pushed::Gone { since: None },
        80_200_001 | 80_200_003 | 80_200_005 => {
            Pushed::Rejected(format!("{why} (look at push.huawei.app_id, client_secret)"))
        }
        80_300_002 => Pushed::Rejected(format!(
            "{why} (AppGallery Connect → 推送服务: Push Kit must be enabled for this app)"
        )),
        // Its own token server, or itself, is in trouble.
        80_600_003 | 81_000_001 => Pushed::Unavailable(why),
        // Too much at once; it says so by the status alone.
        _ if answer.status == 503 => Pushed::RateLimited(answer.retry_after().unwrap_or(PAUSE)),
        // A code that is not known is no success.
        _ if answer.is_success() => Pushed::Rejected(why),
        _ => call::by_status(answer, why),
    }
}

#[cfg(test)]
mod tests;
