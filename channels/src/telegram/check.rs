//! A look at the bot's settings at Telegram, which sends nothing to anybody.

use super::Telegram;
use super::api::ApiError;
use super::config::Mode;
use super::wire::{User, WebhookInfo};
use crate::adapter::Finding;
use serde_json::json;

/// What is in order, and what is not.
pub(super) async fn check(door: &Telegram) -> Vec<Finding> {
    let me: User = match door.api().call("getMe", &json!({})).await {
        Ok(me) => me,
        Err(error) => return vec![missing("credentials", &error)],
    };
    let way = match door.api().call("getWebhookInfo", &json!({})).await {
        Ok(info) => way(door, &info),
        Err(error) => missing(point(door), &error),
    };
    vec![Finding::yes("credentials", format!("@{}", me.username)), groups(&me), way]
}

fn point(door: &Telegram) -> &'static str {
    match door.config.mode {
        Mode::Poll => "connection",
        Mode::Webhook => "callback",
    }
}

fn missing(point: &str, error: &ApiError) -> Finding {
    match error {
        ApiError::Call(_) => Finding::unknown(point, error.to_string()),
        ApiError::NoToken | ApiError::Refused { .. } => Finding::no(point, error.to_string()),
    }
}

/// In groups we want only what is said to us: that is what privacy mode is.
fn groups(me: &User) -> Finding {
    let detail = match me.can_read_all_group_messages {
        Some(true) => {
            "privacy mode is off: Telegram also sends what groups say among themselves, and it is \
             left unread (BotFather, /setprivacy)"
        }
        Some(false) => "privacy mode is on: in groups only mentions, answers and commands come",
        None => return Finding::unknown("permissions", "Telegram does not tell the privacy mode"),
    };
    Finding::yes("permissions", detail)
}

fn way(door: &Telegram, info: &WebhookInfo) -> Finding {
    let (point, waiting) = (point(door), info.pending_update_count);
    match door.config.mode {
        Mode::Poll if info.url.is_empty() => {
            Finding::yes(point, format!("{waiting} updates wait to be asked for"))
        }
        Mode::Poll => {
            let detail = "a webhook is set; it is removed as soon as this channel runs";
            Finding::unknown(point, detail)
        }
        Mode::Webhook if door.config.webhook_secret.is_empty() => {
            Finding::no(point, "this channel has no secret (settings `webhook_secret`)")
        }
        Mode::Webhook if info.url.is_empty() => {
            Finding::no(point, "no webhook is set: call setWebhook with this channel's address")
        }
        Mode::Webhook if !info.last_error_message.is_empty() => {
            let said = door.api().clean(&info.last_error_message);
            Finding::no(point, format!("{waiting} updates wait; Telegram's last error: {said}"))
        }
        Mode::Webhook => Finding::yes(point, format!("{waiting} updates wait")),
    }
}
