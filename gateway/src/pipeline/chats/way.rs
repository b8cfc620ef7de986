//! Where a contact is to be answered, and until when.

use channels::{Inbound, Payload, ReplyWindow};
use domain::{ChannelId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where the contact's last word came from, as the conversation keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Through which channel.
    pub channel: ChannelId,
    /// The contact's address there.
    pub recipient: String,
    /// The network's chat or room, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The network's id of the word.
    pub answers: String,
    /// When it was received.
    pub at: Timestamp,
    /// The group in which it was said, where others read along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

// Addresses are personal data.
impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Way {
    /// Where an event came from.
    pub fn of(inbound: &Inbound) -> Self {
        let group = match &inbound.payload {
            Payload::MessageNew(message) => message.group.clone(),
            _ => None,
        };
        Self {
            channel: inbound.channel.clone(),
            recipient: inbound.sender.value.clone(),
            room: inbound.external_conversation.clone(),
            answers: inbound.external_id.clone(),
            at: inbound.received_at,
            group,
        }
    }
}

/// How long, and how often, the contact can still be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Window {
    /// Until then; none when at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// So many messages are left until the contact writes again; none when there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

impl Window {
    /// The window after a word, of which so many parts were said since.
    pub fn of(rule: ReplyWindow, way: &Way, said: u32) -> Self {
        match rule {
            ReplyWindow::Always => Self { until: None, left: None },
            ReplyWindow::After { within, messages_max } => {
                let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
                let left = (messages_max > 0).then(|| messages_max.saturating_sub(said));
                Self { until: Some(way.at.plus_ms(within)), left }
            }
        }
    }

    /// Can so many parts still be said?
    pub fn allows(self, parts: usize, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
            && self.left.is_none_or(|left| parts <= left as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn way(at: i64) -> Way {
        Way {
            channel: "im".parse().unwrap(),
            recipient: "u1".to_owned(),
            room: None,
            answers: "m1".to_owned(),
            at: Timestamp(at),
            group: None,
        }
    }

    #[test]
    fn a_window_closes_by_time_and_by_count() {
        let rule = ReplyWindow::After { within: Duration::from_secs(60), messages_max: 5 };
        let window = Window::of(rule, &way(1_000), 3);
        assert_eq!(window, Window { until: Some(Timestamp(61_000)), left: Some(2) });
        assert!(window.allows(2, Timestamp(60_999)));
        assert!(!window.allows(3, Timestamp(60_999)), "two are left");
        assert!(!window.allows(1, Timestamp(61_000)), "the time is over");
        assert_eq!(Window::of(rule, &way(0), 9).left, Some(0));
        assert!(Window::of(ReplyWindow::Always, &way(0), 99).allows(64, Timestamp(i64::MAX)));
    }
}
