//! Devices that carry an app: which service wakes them, and what they are woken for.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// Which service carries notifications to a device.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PushProvider {
    /// Web Push (RFC 8030), which browsers' services and UnifiedPush's distributors speak.
    WebPush,
    /// Firebase Cloud Messaging, HTTP v1.
    Fcm,
    /// Apple's push notification service.
    Apns,
    /// JPush 极光推送, which passes on to the makers of Android devices in China.
    Jpush,
    /// Huawei's Push Kit.
    Huawei,
}

impl PushProvider {
    /// Every service.
    pub const ALL: [Self; 5] = [Self::WebPush, Self::Fcm, Self::Apns, Self::Jpush, Self::Huawei];

    /// The name as it stands in settings, rows and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebPush => "web_push",
            Self::Fcm => "fcm",
            Self::Apns => "apns",
            Self::Jpush => "jpush",
            Self::Huawei => "huawei",
        }
    }
}

impl fmt::Display for PushProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PushProvider {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| format!("unknown push provider `{text}`"))
    }
}

/// What a notification is about. All of them are answers to something that the contact began; there is
/// none for anything else.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The desk has answered.
    Answer,
    /// The contact's request stands differently than before.
    Status,
    /// The callback that was arranged is near.
    Reminder,
    /// The contact is asked how it was.
    Rating,
}

impl NotificationKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Answer, Self::Status, Self::Reminder, Self::Rating];

    /// The name as it stands in settings and payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Status => "status",
            Self::Reminder => "reminder",
            Self::Rating => "rating",
        }
    }
}

impl fmt::Display for NotificationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NotificationKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown kind of notification `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json_and_are_read_again() {
        for provider in PushProvider::ALL {
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.name());
            assert_eq!(provider.to_string().parse(), Ok(provider));
        }
        for kind in NotificationKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("pigeon".parse::<PushProvider>().is_err());
        assert!("advertisement".parse::<NotificationKind>().is_err());
    }
}
