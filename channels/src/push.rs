//! Push: tells a device that there is something to read. One folder or file for each service, all behind
//! [`PushProvider`].
//!
//! A notification is a hint. The word stands in the conversation's log, and the app fetches it there, so a
//! notification that is lost loses no word, and one that comes twice replaces its first: every service is
//! given the delivery's id or the conversation to collapse by. For the same reason a call that was cut
//! counts as not made ([`Pushed::Unavailable`]).

mod apns;
mod call;
mod config;
mod fcm;
mod huawei;
mod jpush;
mod key;
mod payload;
mod service_account;
#[cfg(test)]
mod tests;
mod web_push;

pub use config::PushSettings;

use crate::adapter::Finding;
use crate::registry::SecretSetting;
use crate::secret::Secret;
use domain::{ChannelId, ConversationId, NotificationKind, PushProvider as Provider, Timestamp};
use std::fmt;
use std::time::Duration;

/// The secrets of an app's settings that concern push. A key that only signs is still shown to a server by
/// what it signs, which opens that server's doors.
pub const SECRETS: &[SecretSetting] = &[
    ("/push/web_push/private_key", &[]),
    ("/push/fcm/service_account", &["/push/fcm/base_url"]),
    ("/push/apns/private_key", &["/push/apns/base_url"]),
    ("/push/jpush/master_secret", &["/push/jpush/base_url", "/push/jpush/app_key"]),
    (
        "/push/huawei/client_secret",
        &["/push/huawei/base_url", "/push/huawei/token_url", "/push/huawei/app_id"],
    ),
];

/// Where a notification goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The service that carries it.
    pub provider: Provider,
    /// What the service gave the app. For Web Push the subscription as JSON, `{endpoint, keys: {p256dh,
    /// auth}}`. Whoever knows it can have the device woken, so it is shown nowhere.
    pub token: Secret,
}

/// What a device shows. Its words are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// The delivery's id, the same whenever the same is pushed again; at most 64 characters.
    pub id: String,
    /// The conversation that it opens.
    pub conversation: ConversationId,
    /// The channel of the conversation.
    pub channel: ChannelId,
    /// What it is about.
    pub kind: NotificationKind,
    /// It tells of everything up to here.
    pub seq: u64,
    /// The first line, in the person's language.
    pub title: String,
    /// What stands below it; without content where the person or the app wants privacy.
    pub body: String,
    /// The number on the app's icon: what is unread, in all.
    pub badge: u32,
    /// How long the service keeps it for a device that is off.
    pub ttl: Duration,
    /// May the device be woken for it?
    pub urgency: Urgency,
}

// The words must not reach a log by `{:?}`.
impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("id", &self.id)
            .field("conversation", &self.conversation)
            .field("kind", &self.kind)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

/// How much a notification hurries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It may wait until the device is awake.
    Normal,
    /// Somebody waits for it: the device is woken.
    High,
}

/// What became of a notification. The words are for operators; they hold no secret and no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The service has it. Whether the device shows it, no service tells.
    Sent,
    /// Not taken; the service wants this pause before anything else goes to
    /// it.
    RateLimited(Duration),
    /// The service is down, or it is not known whether it took it; pushing again does no harm.
    Unavailable(String),
    /// The token is dead: nothing goes to it again. A device that was registered anew after `since`
    /// lives; without it the service does not say since when.
    Gone {
        /// When the service found it dead.
        since: Option<Timestamp>,
    },
    /// Refused for good, with the reason: what is sent, or with which credentials, is wrong.
    Rejected(String),
}

/// One service, as one channel's settings name it.
#[async_trait::async_trait]
pub trait PushProvider: Send + Sync + fmt::Debug {
    /// Which service it is.
    fn provider(&self) -> Provider;

    /// Can this token be one of the service's? Asked when a device is registered, so that what no
    /// service would take is not kept.
    ///
    /// # Errors
    /// What is wrong with it, in fixed words without the token.
    fn admit(&self, token: &Secret) -> Result<(), &'static str>;

    /// Pushes a notification to a device; `to` is one of this service's. Failing is an outcome, not an
    /// error. Takes ten seconds at most, thirty where a token must be asked for first.
    async fn push(&self, to: &Target, notification: &Notification) -> Pushed;

    /// Tries the settings at the service without waking anybody.
    async fn check(&self) -> Vec<Finding>;
}
