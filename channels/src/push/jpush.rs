//! JPush 极光推送: to Android devices in China, through the channels of their makers, and to others.
//!
//! Source: docs.jiguang.cn, "Push API v3" and "REST API 概述". Traps that decided something:
//! * A repetition is known by its `cid`, for a day, and only by one that JPush itself has given out: a few
//!   are asked for at a time, and which one a notification got is kept on the shelf before it is pushed.
//! * The calls are counted per app and minute (600 in the free edition), those for `cid`s too.
//! * A later notification replaces an earlier one only on Apple devices (`apns_collapse_id`): the other
//!   way, `override_msg_id`, refuses everything after a day.

use super::call::{self, ANSWER_BYTES_MAX, CALL_WITHIN, PAUSE};
use super::config::JpushConfig;
use super::{Notification, Provider, PushProvider, Pushed, Target, Urgency, payload};
use crate::adapter::Finding;
use crate::digest::digest;
use crate::http::{Answer, CallError};
use crate::means::Means;
use crate::refusal::text;
use crate::secret::Secret;
use domain::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long JPush keeps a notification at most.
const TTL_MAX: Duration = Duration::from_secs(10 * 24 * 3_600);
/// How long JPush knows a `cid`, in milliseconds.
const CID_LIFE_MS: u64 = 24 * 3_600 * 1_000;
/// One that nobody used is thrown away so long after it was given, in milliseconds: a repetition must
/// still find it alive.
const CID_UNUSED_MS: i64 = 3_600 * 1_000;
/// So many are asked for at a time; 1000 are the most.
const CIDS: usize = 100;
/// The longest registration id, in characters; they have 11 to 19 today.
const TOKEN_CHARS_MAX: usize = 64;

/// JPush, for one app.
#[derive(Debug)]
pub(super) struct Jpush {
    means: Means,
    config: JpushConfig,
    /// Whoever asks for more holds it, so that not everybody asks at once.
    cids: Mutex<Unused>,
}

/// `cid`s that nobody used, and when they were given.
#[derive(Debug, Default)]
struct Unused {
    given_at: Timestamp,
    cids: VecDeque<String>,
}

impl Jpush {
    /// JPush as the settings say.
    pub(super) fn new(config: JpushConfig, means: &Means) -> Self {
        Self { means: means.clone(), config, cids: Mutex::default() }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Pushed> {
        if self.config.master_secret.is_empty() {
            return Err(Pushed::Rejected("push.jpush.master_secret is not set".to_owned()));
        }
        let called = async || -> Result<Answer, CallError> {
            let url = format!("{}{path}", self.config.base_url);
            let request = self.means.http.request(method, &url)?.timeout(CALL_WITHIN);
            let secret = self.config.master_secret.reveal();
            let request = request.basic_auth(&self.config.app_key, Some(secret));
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            self.means.http.call(request, ANSWER_BYTES_MAX).await
        };
        called().await.map_err(call::unanswered)
    }

    /// The `cid` of a notification: the one that it had, or a new one.
    async fn cid(&self, id: &str, to: &Secret) -> Result<String, Pushed> {
        let name = format!("push.jpush.cid.{}", digest(&format!("{id}\n{}", to.reveal())));
        let away = |error: crate::SinkError| Pushed::Unavailable(error.reason);
        if let Some(known) = self.means.shelf.find(&name).await.map_err(away)? {
            return Ok(known);
        }
        let cid = self.unused().await?;
        self.means.shelf.put(&name, &cid, CID_LIFE_MS).await.map_err(away)?;
        Ok(cid)
    }

    /// One that nobody used, out of those that were asked for, or of new ones.
    async fn unused(&self) -> Result<String, Pushed> {
        let busy = |_late| Pushed::Unavailable("JPush gives no cid".to_owned());
        let locked = tokio::time::timeout(CALL_WITHIN, self.cids.lock());
        let mut unused = locked.await.map_err(busy)?;
        if self.means.clock.now().ms_since(unused.given_at) > CID_UNUSED_MS {
            unused.cids.clear();
        }
        if unused.cids.is_empty() {
            *unused = Unused { given_at: self.means.clock.now(), cids: self.fetch_cids().await? };
        }
        unused.cids.pop_front().ok_or_else(|| Pushed::Unavailable("JPush gives no cid".to_owned()))
    }

    async fn fetch_cids(&self) -> Result<VecDeque<String>, Pushed> {
        let path = format!("/v3/push/cid?count={CIDS}&type=push");
        let answer = self.call(Method::GET, &path, None).await?;
        match judge(&answer, &Secret::new("")) {
            Pushed::Sent => {}
            other => return Err(other),
        }
        let said = answer.json::<Value>().unwrap_or_default();
        let list = said.get("cidlist").and_then(Value::as_array).into_iter().flatten();
        Ok(list.filter_map(Value::as_str).take(CIDS).map(str::to_owned).collect())
    }

    /// The body of a push.
    fn message(&self, cid: &str, to: &Secret, notification: &Notification) -> Value {
        let (words, extras) = (payload::Words::of(notification), payload::texts(notification));
        let conversation = notification.conversation.as_str();
        let priority = match notification.urgency {
            Urgency::Normal => 0,
            Urgency::High => 1,
        };
        json!({
            "cid": cid,
            "platform": ["android", "ios"],
            "audience": { "registration_id": [to.reveal()] },
            "notification": {
                "android": {
                    "alert": words.body,
                    "title": words.title,
                    "priority": priority,
                    "extras": extras,
                },
                "ios": {
                    "alert": { "title": words.title, "body": words.body },
                    "sound": "default",
                    "badge": notification.badge,
                    "thread-id": conversation,
                    "extras": extras,
                },
            },
            "options": {
                "time_to_live": notification.ttl.min(TTL_MAX).as_secs(),
                "apns_production": self.config.apns_production,
                "apns_collapse_id": conversation,
            },
        })
    }
}

#[async_trait::async_trait]
impl PushProvider for Jpush {
    fn provider(&self) -> Provider {
        Provider::Jpush
    }

    fn admit(&self, token: &Secret) -> Result<(), &'static str> {
        match call::is_word(token, TOKEN_CHARS_MAX, |b| b.is_ascii_alphanumeric()) {
            true => Ok(()),
            false => Err("is no registration id of JPush"),
        }
    }

    async fn push(&self, to: &Target, notification: &Notification) -> Pushed {
        let cid = match self.cid(&notification.id, &to.token).await {
            Ok(cid) => cid,
            Err(pushed) => return pushed,
        };
        let message = self.message(&cid, &to.token, notification);
        match self.call(Method::POST, "/v3/push", Some(&message)).await {
            Ok(answer) => judge(&answer, &to.token),
            Err(pushed) => pushed,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        let pushed = match self.call(Method::GET, "/v3/push/cid?count=1&type=push", None).await {
            Ok(answer) => judge(&answer, &Secret::new("")),
            Err(pushed) => pushed,
        };
        vec![call::finding("credentials", pushed)]
    }
}

/// What JPush's answer means (source: "Push API v3", 调用返回).
fn judge(answer: &Answer, token: &Secret) -> Pushed {
    if answer.is_success() {
        return Pushed::Sent;
    }
    let said = answer.json::<Value>().unwrap_or_default();
    let error = said.get("error").unwrap_or(&Value::Null);
    let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
    let why = call::words(answer, &format!("{code} {}", text(error, "message")), token);
    match code {
        // Nobody is left whom the registration id names.
        1011 => Pushed::Gone { since: None },
        // Internal error; timeout.
        1000 | 1030 => Pushed::Unavailable(why),
        1004 | 1008 => {
            Pushed::Rejected(format!("{why} (look at push.jpush.app_key, master_secret)"))
        }
        2002 => Pushed::RateLimited(pause(answer)),
        2004 => Pushed::Rejected(format!(
            "{why} (应用设置 → IP 白名单: this machine's address is not on the app's list)"
        )),
        _ if answer.status == 429 => Pushed::RateLimited(pause(answer)),
        // 2003 and 2005 to 2007: the app may not call; the others: what is sent is wrong.
        _ => call::by_status(answer, why),
    }
}

/// The time until the minute is over in which too much was called.
fn pause(answer: &Answer) -> Duration {
    let reset = answer.headers.get("x-rate-limit-reset");
    let secs = reset.and_then(|secs| secs.to_str().ok()?.trim().parse().ok());
    let named = secs.map(Duration::from_secs).or_else(|| answer.retry_after());
    named.unwrap_or(PAUSE).clamp(Duration::from_secs(1), PAUSE)
}

#[cfg(test)]
mod tests;
