//! Apple's push notification service, with tokens that a key of the team signs.
//!
//! Source: developer.apple.com, "Sending notification requests to APNs", "Handling notification responses
//! from APNs", "Establishing a token-based connection to APNs". It speaks HTTP/2 only.

use super::call::{self, ANSWER_BYTES_MAX, CALL_WITHIN};
use super::config::ApnsConfig;
use super::{Notification, Provider, PushProvider, Pushed, Target, Urgency, payload};
use crate::adapter::Finding;
use crate::digest::digest;
use crate::http::{Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shared_token, text};
use crate::secret::Secret;
use domain::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Version};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a token is used, in seconds. Apple refuses one that is older than an hour, and pauses who makes
/// a new one more often than every 20 minutes. Tokens are dated by the last whole multiple of it: the same
/// key makes the same token then, for every channel that has it.
const TOKEN_SECS: u64 = 40 * 60;
/// The pause when tokens were made too often.
const TOKEN_PAUSE: Duration = Duration::from_secs(20 * 60);
/// The longest device token, in hexadecimal digits; they have 64 today, and "variable length".
const TOKEN_DIGITS_MAX: usize = 256;

/// Apple's service, for one app.
#[derive(Debug)]
pub(super) struct Apns {
    means: Means,
    config: ApnsConfig,
}

impl Apns {
    /// Apple's service as the settings say.
    pub(super) fn new(config: ApnsConfig, means: &Means) -> Self {
        Self { means: means.clone(), config }
    }

    /// The token that all gateways share.
    async fn access(&self, refused: Option<&Secret>) -> Result<Secret, Refusal> {
        let config = &self.config;
        let missing = || Refusal::Credentials("push.apns.private_key is not set".to_owned());
        let key = config.key.as_ref().ok_or_else(missing)?;
        // Its name says to whom it is shown and who it is from, so that no other settings find it.
        let names = [&config.base_url, &config.team_id, &config.key_id, &key.name()];
        let name = format!("push.apns.{}", digest(&names.map(String::as_str).join("\n")));
        shared_token(&self.means, &name, refused, async || {
            let now = u64::try_from(self.means.clock.now().0 / 1_000).unwrap_or_default();
            // One that is refused was too old by Apple's clock.
            let age = if refused.is_none() { now % TOKEN_SECS } else { 0 };
            let claims = json!({ "iss": config.team_id, "iat": now - age });
            let token = key.token(Some(&config.key_id), &claims);
            let token = token.map_err(|why| Refusal::Credentials(why.to_string()))?;
            Ok((Secret::new(token), Duration::from_secs(TOKEN_SECS - age)))
        })
        .await
    }

    /// Posts to a device, and once more with a new token when that is too old.
    async fn send(
        &self,
        device: &str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Pushed> {
        let first = self.access(None).await.map_err(call::unauthorised)?;
        let answer = self.try_send(device, &first, &fill).await.map_err(call::unanswered)?;
        if reason(&answer) != "ExpiredProviderToken" {
            return Ok(answer);
        }
        let second = self.access(Some(&first)).await.map_err(call::unauthorised)?;
        self.try_send(device, &second, &fill).await.map_err(call::unanswered)
    }

    async fn try_send(
        &self,
        device: &str,
        access: &Secret,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, CallError> {
        let url = format!("{}/3/device/{device}", self.config.base_url);
        let request = self.means.http.request(Method::POST, &url)?;
        let request = fill(request.timeout(CALL_WITHIN).version(Version::HTTP_2))
            .bearer_auth(access.reveal())
            .header("apns-topic", &self.config.topic)
            .header("apns-push-type", "alert");
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }
}

/// The body, of 4096 bytes at most.
fn body(notification: &Notification) -> Value {
    let words = payload::Words::of(notification);
    let mut body = Value::Object(payload::texts(notification));
    if let Some(fields) = body.as_object_mut() {
        let aps = json!({
            "alert": { "title": words.title, "body": words.body },
            "badge": notification.badge,
            "sound": "default",
            "thread-id": notification.conversation,
        });
        fields.insert("aps".to_owned(), aps);
    }
    body
}

/// A UUID of our own making (RFC 9562, version 8) that is the same for the same notification.
fn message_id(id: &str) -> String {
    let mut digits: Vec<char> = digest(id).chars().collect();
    for (place, digit) in [(12, '8'), (16, 'a')] {
        if let Some(found) = digits.get_mut(place) {
            *found = digit;
        }
    }
    let mut uuid = String::with_capacity(36);
    for (place, digit) in digits.into_iter().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

fn is_device(token: &Secret) -> bool {
    call::is_word(token, TOKEN_DIGITS_MAX, |b| b.is_ascii_hexdigit())
}

#[async_trait::async_trait]
impl PushProvider for Apns {
    fn provider(&self) -> Provider {
        Provider::Apns
    }

    fn admit(&self, token: &Secret) -> Result<(), &'static str> {
        if is_device(token) { Ok(()) } else { Err("is no device token of Apple, in hexadecimal") }
    }

    async fn push(&self, to: &Target, notification: &Notification) -> Pushed {
        // It becomes part of the address.
        if !is_device(&to.token) {
            return Pushed::Gone { since: None };
        }
        let ttl = i64::try_from(notification.ttl.as_secs()).unwrap_or(i64::MAX);
        let expires = (self.means.clock.now().0 / 1_000).saturating_add(ttl);
        let priority = match notification.urgency {
            Urgency::Normal => "5",
            Urgency::High => "10",
        };
        let (id, body) = (message_id(&notification.id), body(notification).to_string());
        let fill = |request: RequestBuilder| {
            request
                .header("apns-id", &id)
                .header("apns-collapse-id", notification.conversation.as_str())
                .header("apns-expiration", expires)
                .header("apns-priority", priority)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone())
        };
        match self.send(to.token.reveal(), fill).await {
            Ok(answer) => judge(&answer, &to.token),
            Err(pushed) => pushed,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        // Nobody has this token: who is told so was let in.
        let nobody = "0".repeat(64);
        let fill = |request: RequestBuilder| request.body(r#"{"aps":{}}"#);
        match self.send(&nobody, fill).await {
            Ok(answer) if reason(&answer) == "BadDeviceToken" => {
                vec![Finding::yes("credentials", ""), Finding::yes("connection", "")]
            }
            Ok(answer) => vec![call::finding("credentials", judge(&answer, &Secret::new(nobody)))],
            Err(pushed) => vec![call::finding("credentials", pushed)],
        }
    }
}

/// Why it was refused; empty when it was not.
fn reason(answer: &Answer) -> String {
    let said = answer.json::<Value>().unwrap_or_default();
    if answer.is_success() { String::new() } else { text(&said, "reason").to_owned() }
}

/// What Apple's answer means (source: "Handling notification responses from APNs", tables 4 and 5).
fn judge(answer: &Answer, token: &Secret) -> Pushed {
    let reason = reason(answer);
    let why = call::words(answer, &reason, token);
    match (answer.status, reason.as_str()) {
        // Unregistered, ExpiredToken; since when, in milliseconds.
        (410, _) => {
            let said = answer.json::<Value>().unwrap_or_default();
            let since = said.get("timestamp").and_then(Value::as_i64).map(Timestamp);
            Pushed::Gone { since }
        }
        (400, "BadDeviceToken") => Pushed::Gone { since: None },
        (400, "DeviceTokenNotForTopic" | "TopicDisallowed" | "BadTopic" | "MissingTopic") => {
            Pushed::Rejected(format!("{why} (push.apns.topic is not the app's bundle id)"))
        }
        (403, "BadEnvironmentKeyIdInToken") => Pushed::Rejected(format!(
            "{why} (the key is for the other environment, see push.apns.base_url)"
        )),
        (403, _) => Pushed::Rejected(format!(
            "{why} (look at push.apns.team_id, key_id and private_key, and at this machine's clock)"
        )),
        (429, "TooManyProviderTokenUpdates") => Pushed::RateLimited(TOKEN_PAUSE),
        // Too many calls to one device, InternalServerError, ServiceUnavailable, Shutdown, and others.
        _ => call::by_status(answer, why),
    }
}

#[cfg(test)]
mod tests;
