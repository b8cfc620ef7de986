//! Web Push (RFC 8030): to browsers, and to apps through UnifiedPush, whose distributors (ntfy and others)
//! take the very same requests.
//!
//! The server is named by the device. So it may be anybody's: it is called only where the operator lets
//! the gateway call (https, no inner address), it learns nothing but that something arrived, not even how
//! long it is, and what it answers pauses its own devices only.

mod seal;
mod subscription;
mod vapid;

use super::call::{self, ANSWER_BYTES_MAX, CALL_WITHIN};
use super::config::WebPushConfig;
use super::{Notification, Provider, PushProvider, Pushed, Target, Urgency, payload};
use crate::adapter::Finding;
use crate::digest::digest;
use crate::http::Answer;
use crate::means::Means;
use crate::secret::Secret;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::Value;
use subscription::Subscription;
use vapid::Vapid;

/// Web Push, with one key.
#[derive(Debug)]
pub(super) struct WebPush {
    means: Means,
    /// None until the key is filled in.
    vapid: Option<Vapid>,
}

impl WebPush {
    /// Web Push as the settings say.
    pub(super) fn new(config: WebPushConfig, means: &Means) -> Self {
        let vapid = config.key.map(|key| Vapid::new(key, config.subject));
        Self { means: means.clone(), vapid }
    }

    /// The subscription, if its server may be called.
    fn subscription(&self, token: &Secret) -> Result<Subscription, &'static str> {
        let subscription = Subscription::read(token.reveal())?;
        let allowed = self.means.http.allowed(subscription.endpoint.as_str());
        allowed.map_err(|_not| "has an endpoint that is not allowed")?;
        Ok(subscription)
    }

    async fn post(&self, to: &Subscription, notification: &Notification) -> Result<Answer, Pushed> {
        let vapid = self.vapid.as_ref().ok_or_else(no_key)?;
        let words = Value::Object(payload::fields(notification)).to_string();
        let broken = |why: &'static str| Pushed::Rejected(why.to_owned());
        let body = seal::seal(words.as_bytes(), to).map_err(broken)?;
        let authorization = vapid
            .header(&to.endpoint, self.means.clock.now())
            .map_err(|why| Pushed::Rejected(why.to_string()))?;
        let urgency = match notification.urgency {
            Urgency::Normal => "normal",
            Urgency::High => "high",
        };
        let request = self.means.http.request(Method::POST, to.endpoint.as_str());
        let request = request
            .map_err(call::unanswered)?
            .timeout(CALL_WITHIN)
            .header(AUTHORIZATION, authorization)
            .header("TTL", notification.ttl.as_secs())
            .header("Urgency", urgency)
            // 32 characters at most (RFC 8030, section 5.4): a later one of the conversation replaces it.
            .header("Topic", digest(notification.conversation.as_str()))
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(body);
        self.means.http.call(request, ANSWER_BYTES_MAX).await.map_err(call::unanswered)
    }
}

fn no_key() -> Pushed {
    Pushed::Rejected("push.web_push.private_key is not set".to_owned())
}

#[async_trait::async_trait]
impl PushProvider for WebPush {
    fn provider(&self) -> Provider {
        Provider::WebPush
    }

    fn admit(&self, token: &Secret) -> Result<(), &'static str> {
        self.subscription(token).map(|_| ())
    }

    async fn push(&self, to: &Target, notification: &Notification) -> Pushed {
        let subscription = match self.subscription(&to.token) {
            Ok(subscription) => subscription,
            Err(why) => return Pushed::Rejected(format!("the subscription {why}")),
        };
        match self.post(&subscription, notification).await {
            Ok(answer) => judge(&answer, &subscription),
            Err(pushed) => pushed,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        let Some(vapid) = &self.vapid else {
            return vec![Finding::no("credentials", "push.web_push.private_key is not set")];
        };
        // Each browser has a service of its own, and none says anything without a subscription.
        let what = "no service can be asked before a device is registered; public key: ";
        vec![Finding::unknown("credentials", format!("{what}{}", vapid.public_key()))]
    }
}

/// What a service's answer means (RFC 8030, sections 5 and 8.4; RFC 8292, section 4.2).
fn judge(answer: &Answer, to: &Subscription) -> Pushed {
    let said = answer.json::<Value>().unwrap_or_default();
    // Mozilla says `message`, Apple `reason`.
    let said = ["message", "reason"].iter().find_map(|key| said.get(*key)?.as_str());
    let path = Secret::new(to.endpoint.path().trim_start_matches('/'));
    let why = call::words(answer, said.unwrap_or_default(), &path);
    match answer.status {
        404 | 410 => Pushed::Gone { since: None },
        401 | 403 => Pushed::Rejected(format!(
            "{why} (the service does not take our key: the device subscribed with another one, or \
             push.web_push.subject is not to its liking)"
        )),
        _ => call::by_status(answer, why),
    }
}

#[cfg(test)]
mod tests;
