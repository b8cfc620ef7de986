//! The settings of push, checked as a whole.

use super::apns::Apns;
use super::fcm::Fcm;
use super::huawei::Huawei;
use super::jpush::Jpush;
use super::key::EcKey;
use super::service_account::ServiceAccount;
use super::web_push::WebPush;
use super::{Provider, PushProvider};
use crate::error::SettingsProblem;
use crate::means::Means;
use crate::secret::Secret;
use crate::settings::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer stays unread before it is pushed unless the settings say otherwise, in seconds.
const AFTER_SECS_DEFAULT: u64 = 2;
/// The bounds of it.
const AFTER_SECS: RangeInclusive<u64> = 0..=600;
/// How long a service keeps a notification for a device that is off unless the settings say otherwise, in
/// seconds.
const TTL_SECS_DEFAULT: u64 = 24 * 3_600;
/// The bounds of it: no service keeps anything for longer than four weeks (FCM).
const TTL_SECS: RangeInclusive<u64> = 60..=28 * 24 * 3_600;
/// The longest name of an app, a team or a key, in bytes.
const WORD_BYTES_MAX: usize = 256;

/// Where FCM is.
const FCM: &str = "https://fcm.googleapis.com";
/// Where Apple's service is; for apps that Xcode installs it is `https://api.sandbox.push.apple.com`.
const APNS: &str = "https://api.push.apple.com";
/// Where JPush is; an app of its Beijing room has `https://bjapi.push.jiguang.cn`.
const JPUSH: &str = "https://api.jpush.cn";
/// Where Huawei's Push Kit is.
const HUAWEI: &str = "https://push-api.cloud.huawei.com";
/// Where Huawei gives access tokens.
const HUAWEI_TOKEN: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";

/// What `Channel.settings.push` of an app says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// How long an answer stays unread before it is pushed.
    pub after: Duration,
    /// How long a service keeps a notification for a device that is off.
    pub ttl: Duration,
    /// Are notifications without content for everybody? A person can choose so for themselves anyway.
    pub private: bool,
    pub(super) web_push: Option<WebPushConfig>,
    pub(super) fcm: Option<FcmConfig>,
    pub(super) apns: Option<ApnsConfig>,
    pub(super) jpush: Option<JpushConfig>,
    pub(super) huawei: Option<HuaweiConfig>,
}

/// Web Push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebPushConfig {
    /// Whom a service's operator writes to when we disturb it: `mailto:…` or `https://…`.
    pub(super) subject: String,
    /// The key that says that it is us; none until it is filled in.
    pub(super) key: Option<EcKey>,
}

/// FCM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FcmConfig {
    /// Who pushes; none until it is filled in.
    pub(super) account: Option<ServiceAccount>,
    /// Where the API is.
    pub(super) base_url: String,
}

/// Apple's service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApnsConfig {
    /// The team that the key belongs to.
    pub(super) team_id: String,
    /// The key's id.
    pub(super) key_id: String,
    /// The key; none until it is filled in.
    pub(super) key: Option<EcKey>,
    /// The app's bundle id.
    pub(super) topic: String,
    /// Where the API is.
    pub(super) base_url: String,
}

/// JPush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JpushConfig {
    /// The app.
    pub(super) app_key: String,
    /// Its secret; empty until it is filled in.
    pub(super) master_secret: Secret,
    /// Where the API is.
    pub(super) base_url: String,
    /// Do Apple devices behind it run the app of the store?
    pub(super) apns_production: bool,
}

/// Huawei's Push Kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HuaweiConfig {
    /// The app; a number.
    pub(super) app_id: String,
    /// Its secret; empty until it is filled in.
    pub(super) client_secret: Secret,
    /// Where the API is.
    pub(super) base_url: String,
    /// Where access tokens are given.
    pub(super) token_url: String,
}

impl PushSettings {
    /// Reads what a channel's settings say of push; `None` when they say nothing. Secrets may still be
    /// missing: the service says so when it is used.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings.push`.
    pub fn of(settings: &Value) -> Result<Option<Self>, Vec<SettingsProblem>> {
        let Some(push) = settings.get("push").filter(|push| !push.is_null()) else {
            return Ok(None);
        };
        let mut problems = Vec::new();
        let mut fields = Fields::open(push, "settings.push", &mut problems);
        let after = fields.number("after_secs", AFTER_SECS_DEFAULT, AFTER_SECS);
        let ttl = fields.number("ttl_secs", TTL_SECS_DEFAULT, TTL_SECS);
        let settings = Self {
            after: Duration::from_secs(after),
            ttl: Duration::from_secs(ttl),
            private: fields.flag("private", false),
            web_push: part(&mut fields, Provider::WebPush, web_push),
            fcm: part(&mut fields, Provider::Fcm, fcm),
            apns: part(&mut fields, Provider::Apns, apns),
            jpush: part(&mut fields, Provider::Jpush, jpush),
            huawei: part(&mut fields, Provider::Huawei, huawei),
        };
        fields.finish();
        if problems.is_empty() { Ok(Some(settings)) } else { Err(problems) }
    }

    /// The services that are set up.
    pub fn providers(&self) -> Vec<Provider> {
        let is_there = |provider: &Provider| match provider {
            Provider::WebPush => self.web_push.is_some(),
            Provider::Fcm => self.fcm.is_some(),
            Provider::Apns => self.apns.is_some(),
            Provider::Jpush => self.jpush.is_some(),
            Provider::Huawei => self.huawei.is_some(),
        };
        Provider::ALL.into_iter().filter(is_there).collect()
    }

    /// The public key that browsers want when they subscribe (`applicationServerKey`): an uncompressed
    /// point in base64url. `None` without Web Push, or while its key is missing.
    pub fn web_push_key(&self) -> Option<String> {
        let key = self.web_push.as_ref()?.key.as_ref()?;
        Some(URL_SAFE_NO_PAD.encode(key.point()))
    }

    /// Opens every service that is set up, in the order of [`PushSettings::providers`]. Nothing is
    /// connected before something is pushed.
    pub fn open(&self, means: &Means) -> Vec<Arc<dyn PushProvider>> {
        let mut open: Vec<Arc<dyn PushProvider>> = Vec::new();
        if let Some(config) = self.web_push.clone() {
            open.push(Arc::new(WebPush::new(config, means)));
        }
        if let Some(config) = self.fcm.clone() {
            open.push(Arc::new(Fcm::new(config, means)));
        }
        if let Some(config) = self.apns.clone() {
            open.push(Arc::new(Apns::new(config, means)));
        }
        if let Some(config) = self.jpush.clone() {
            open.push(Arc::new(Jpush::new(config, means)));
        }
        if let Some(config) = self.huawei.clone() {
            open.push(Arc::new(Huawei::new(config, means)));
        }
        open
    }
}

/// The settings of one service, when they are there.
fn part<T>(
    fields: &mut Fields<'_>,
    provider: Provider,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> Option<T> {
    let is_there = fields.has(provider.name());
    let mut fields = fields.inner(provider.name());
    if !is_there {
        return None;
    }
    let config = read(&mut fields);
    fields.finish();
    Some(config)
}

fn web_push(fields: &mut Fields<'_>) -> WebPushConfig {
    let subject = fields.text("subject", "");
    let is_address = subject.strip_prefix("mailto:").is_some_and(|to| to.contains('@'));
    let is_page = subject.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    let is_whole = subject.len() <= WORD_BYTES_MAX && subject.bytes().all(|b| b.is_ascii_graphic());
    if !(is_address || is_page) || !is_whole {
        fields.say(
            "subject",
            "must be `mailto:…` or `https://…`, where the services' operators reach you",
        );
    }
    WebPushConfig { subject, key: read_secret(fields, "private_key", EcKey::read) }
}

fn fcm(fields: &mut Fields<'_>) -> FcmConfig {
    let account = read_secret(fields, "service_account", ServiceAccount::read);
    FcmConfig { account, base_url: fields.base_url("base_url", FCM) }
}

fn apns(fields: &mut Fields<'_>) -> ApnsConfig {
    ApnsConfig {
        team_id: word(fields, "team_id"),
        key_id: word(fields, "key_id"),
        key: read_secret(fields, "private_key", EcKey::read),
        topic: word(fields, "topic"),
        base_url: fields.base_url("base_url", APNS),
    }
}

fn jpush(fields: &mut Fields<'_>) -> JpushConfig {
    JpushConfig {
        app_key: word(fields, "app_key"),
        master_secret: fields.secret("master_secret"),
        base_url: fields.base_url("base_url", JPUSH),
        apns_production: fields.flag("apns_production", true),
    }
}

fn huawei(fields: &mut Fields<'_>) -> HuaweiConfig {
    HuaweiConfig {
        app_id: word(fields, "app_id"),
        client_secret: fields.secret("client_secret"),
        base_url: fields.base_url("base_url", HUAWEI),
        token_url: fields.base_url("token_url", HUAWEI_TOKEN),
    }
}

/// A name that a vendor gave: it stands in headers and addresses.
fn word(fields: &mut Fields<'_>, key: &str) -> String {
    let word = fields.text(key, "");
    let is_of_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if word.is_empty() {
        fields.say(key, "must be set");
    } else if word.len() > WORD_BYTES_MAX || !word.bytes().all(is_of_word) {
        fields.say(key, format!("has 1 to {WORD_BYTES_MAX} of A-Z a-z 0-9 - _ ."));
    }
    word
}

/// A secret with a shape of its own; `None` while it is missing.
fn read_secret<T>(
    fields: &mut Fields<'_>,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Option<T> {
    let secret = fields.secret(key);
    if secret.is_empty() {
        return None;
    }
    // The value itself is never shown.
    read(secret.reveal()).map_err(|problem| fields.say(key, problem)).ok()
}
