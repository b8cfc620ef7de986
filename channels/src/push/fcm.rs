//! Firebase Cloud Messaging, HTTP v1: to Android with Google's services.
//!
//! Source: firebase.google.com, FCM REST `projects.messages`, `ErrorCode`, and "Scale your FCM requests"
//! for pauses. Access tokens are those of OAuth 2.0 for service accounts (RFC 7523).

use super::call::{self, ANSWER_BYTES_MAX, CALL_WITHIN, PAUSE};
use super::config::FcmConfig;
use super::service_account::ServiceAccount;
use super::{Notification, Provider, PushProvider, Pushed, Target, Urgency, payload};
use crate::adapter::Finding;
use crate::digest::digest;
use crate::http::{Answer, CallError};
use crate::means::Means;
use crate::refusal::{Refusal, shared_token, shown, text};
use crate::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// What an access token may be used for.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// How long the signed request for an access token is valid, in seconds; an hour is the most.
const ASSERTION_SECS: i64 = 3_600;
/// The longest registration token, in characters; they have about 160 today.
const TOKEN_CHARS_MAX: usize = 1_024;

/// FCM, for one project.
#[derive(Debug)]
pub(super) struct Fcm {
    means: Means,
    config: FcmConfig,
}

impl Fcm {
    /// FCM as the settings say.
    pub(super) fn new(config: FcmConfig, means: &Means) -> Self {
        Self { means: means.clone(), config }
    }

    fn account(&self) -> Result<&ServiceAccount, Refusal> {
        let missing = || Refusal::Credentials("push.fcm.service_account is not set".to_owned());
        self.config.account.as_ref().ok_or_else(missing)
    }

    /// Sends a message, and once more with a new access token when that is refused.
    async fn send(&self, body: &Value) -> Result<Answer, Pushed> {
        let account = self.account().map_err(call::unauthorised)?;
        let first = self.access(account, None).await.map_err(call::unauthorised)?;
        let answer = self.try_send(account, &first, body).await.map_err(call::unanswered)?;
        if answer.status != 401 || error_code(&said(&answer)) == "THIRD_PARTY_AUTH_ERROR" {
            return Ok(answer);
        }
        let second = self.access(account, Some(&first)).await.map_err(call::unauthorised)?;
        self.try_send(account, &second, body).await.map_err(call::unanswered)
    }

    async fn try_send(
        &self,
        account: &ServiceAccount,
        access: &Secret,
        body: &Value,
    ) -> Result<Answer, CallError> {
        let url = format!("{}/v1/projects/{}/messages:send", self.config.base_url, account.project);
        let request = self.means.http.request(Method::POST, &url)?;
        let request = request.timeout(CALL_WITHIN).bearer_auth(access.reveal()).json(body);
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }

    /// The access token that all gateways share.
    async fn access(
        &self,
        account: &ServiceAccount,
        refused: Option<&Secret>,
    ) -> Result<Secret, Refusal> {
        // Its name says to whom it is shown and who it is from, so that no other settings find it.
        let names = [
            &account.email,
            &account.key_id,
            &account.token_uri,
            &self.config.base_url,
            &account.key.name(),
        ];
        let name = format!("push.fcm.{}", digest(&names.map(String::as_str).join("\n")));
        shared_token(&self.means, &name, refused, async || self.fetch_access(account).await).await
    }

    async fn fetch_access(&self, account: &ServiceAccount) -> Result<(Secret, Duration), Refusal> {
        let now = self.means.clock.now().0 / 1_000;
        let claims = json!({
            "iss": account.email,
            "scope": SCOPE,
            "aud": account.token_uri,
            "iat": now,
            "exp": now + ASSERTION_SECS,
        });
        let key_id = Some(account.key_id.as_str()).filter(|id| !id.is_empty());
        let assertion = account
            .key
            .token(key_id, &claims)
            .map_err(|why| Refusal::Credentials(why.to_string()))?;
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let form = call::form(&[("grant_type", grant), ("assertion", &assertion)]);
        call::fetch_access(&self.means, &account.token_uri, form).await
    }
}

/// The message, without whom it is for.
fn message(notification: &Notification) -> Value {
    let words = payload::Words::of(notification);
    let (conversation, badge) = (notification.conversation.as_str(), notification.badge);
    let priority = match notification.urgency {
        Urgency::Normal => "NORMAL",
        Urgency::High => "HIGH",
    };
    json!({
        "notification": { "title": words.title, "body": words.body },
        "data": payload::texts(notification),
        "android": {
            "collapse_key": conversation,
            "priority": priority,
            "ttl": format!("{}s", notification.ttl.as_secs()),
            "notification": { "tag": conversation, "notification_count": badge },
        },
    })
}

#[async_trait::async_trait]
impl PushProvider for Fcm {
    fn provider(&self) -> Provider {
        Provider::Fcm
    }

    fn admit(&self, token: &Secret) -> Result<(), &'static str> {
        let is_of_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-');
        match call::is_word(token, TOKEN_CHARS_MAX, is_of_token) {
            true => Ok(()),
            false => Err("is no registration token of FCM"),
        }
    }

    async fn push(&self, to: &Target, notification: &Notification) -> Pushed {
        let mut message = message(notification);
        if let Some(fields) = message.as_object_mut() {
            fields.insert("token".to_owned(), to.token.reveal().into());
        }
        match self.send(&json!({ "message": message })).await {
            Ok(answer) => judge(&answer, &to.token),
            Err(pushed) => pushed,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        let access = match self.account() {
            Ok(account) => self.access(account, None).await,
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = access {
            return vec![Finding::no("credentials", refusal.words())];
        }
        // Only looked at by the service, and sent to nobody.
        let probe = json!({
            "validate_only": true,
            "message": { "topic": "hutong-check", "notification": { "title": "?" } },
        });
        let pushed = match self.send(&probe).await {
            Ok(answer) => judge(&answer, &Secret::new("")),
            Err(pushed) => pushed,
        };
        vec![Finding::yes("credentials", ""), call::finding("permissions", pushed)]
    }
}

fn said(answer: &Answer) -> Value {
    answer.json().unwrap_or_default()
}

/// FCM's own code, which stands among the details; else the status of Google's APIs.
fn error_code(said: &Value) -> &str {
    let error = said.get("error").unwrap_or(&Value::Null);
    let details = error.get("details").and_then(Value::as_array);
    let code = details.into_iter().flatten().find_map(|detail| detail.get("errorCode")?.as_str());
    code.unwrap_or_else(|| text(error, "status"))
}

/// Is it the token that makes the arguments invalid? Such a one never was a token of FCM.
fn is_about_token(said: &Value) -> bool {
    let error = said.get("error").unwrap_or(&Value::Null);
    let details = error.get("details").and_then(Value::as_array);
    let fields = details
        .into_iter()
        .flatten()
        .filter_map(|detail| detail.get("fieldViolations")?.as_array().map(|fields| fields.iter()));
    let names_it = fields.flatten().any(|violation| text(violation, "field") == "message.token");
    names_it || text(error, "message").contains("registration token")
}

/// What FCM's answer means (source: FCM `ErrorCode`).
fn judge(answer: &Answer, token: &Secret) -> Pushed {
    if answer.is_success() {
        return Pushed::Sent;
    }
    let said = said(answer);
    let code = error_code(&said);
    let message = said.get("error").map(|error| text(error, "message")).unwrap_or_default();
    let why = call::words(answer, &format!("{} {message}", shown(code)), token);
    match code {
        "UNREGISTERED" => Pushed::Gone { since: None },
        "INVALID_ARGUMENT" if is_about_token(&said) => Pushed::Gone { since: None },
        "QUOTA_EXCEEDED" => Pushed::RateLimited(answer.retry_after().unwrap_or(PAUSE)),
        "SENDER_ID_MISMATCH" => Pushed::Rejected(format!(
            "{why} (the app was built for another Firebase project than the service account's)"
        )),
        "PERMISSION_DENIED" => Pushed::Rejected(format!(
            "{why} (the service account needs the role Firebase Cloud Messaging API Admin, and the \
             project the FCM API)"
        )),
        "THIRD_PARTY_AUTH_ERROR" => Pushed::Rejected(format!(
            "{why} (the project has no valid APNs key for this app, see Cloud Messaging in its settings)"
        )),
        // UNAVAILABLE, INTERNAL, and whatever else.
        _ => call::by_status(answer, why),
    }
}

#[cfg(test)]
mod tests;
