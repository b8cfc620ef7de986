//! The settings of a Telegram bot.

use crate::error::SettingsProblem;
use crate::registry::SecretSetting;
use crate::secret::Secret;
use crate::settings::Fields;
use serde_json::Value;

/// Where the Bot API is, unless an own server is named
/// (<https://core.telegram.org/bots/api#using-a-local-bot-api-server>).
const API_URL: &str = "https://api.telegram.org";
/// The bounds of the webhook's secret, in characters: Telegram's own maximum, and enough not to be guessed.
const WEBHOOK_SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=256;

/// The secrets of the settings.
pub const SECRETS: &[SecretSetting] = &[("/token", &["/api_url"]), ("/webhook_secret", &[])];

/// How updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// We ask for them (`getUpdates`).
    Poll,
    /// Telegram calls us (`setWebhook`).
    Webhook,
}

/// What `Channel.settings` of a Telegram bot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramConfig {
    /// How updates come.
    pub mode: Mode,
    /// The bot's token, as BotFather gives it: `4711:AAE…`.
    pub token: Secret,
    /// What Telegram sends as `X-Telegram-Bot-Api-Secret-Token`, as it was given to `setWebhook`.
    pub webhook_secret: Secret,
    /// Where the Bot API is.
    pub api_url: String,
}

impl TelegramConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let modes = [("poll", Mode::Poll), ("webhook", Mode::Webhook)];
        let config = Self {
            mode: fields.choice("mode", &modes, Mode::Poll),
            token: fields.secret("token"),
            webhook_secret: fields.secret("webhook_secret"),
            api_url: fields.base_url("api_url", API_URL),
        };
        if config.api_url.is_empty() {
            fields.say("api_url", "must not be empty");
        }
        if !config.token.is_empty() && !is_token(config.token.reveal()) {
            fields
                .say("token", "must be a token as BotFather gives it: a number, a colon, letters");
        }
        let secret = config.webhook_secret.reveal();
        if !secret.is_empty() && !is_webhook_secret(secret) {
            let (low, high) = (WEBHOOK_SECRET_CHARS.start(), WEBHOOK_SECRET_CHARS.end());
            fields.say("webhook_secret", format!("must be {low} to {high} of A-Z a-z 0-9 _ -"));
        }
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The bot's user id, which begins its token and is no secret; empty without a token.
    pub fn bot_id(&self) -> &str {
        self.token.reveal().split_once(':').map_or("", |(id, _)| id)
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// It becomes part of URLs: nothing in it may end a path's segment.
fn is_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, rest)| {
        !id.is_empty()
            && id.len() <= 20
            && id.chars().all(|c| c.is_ascii_digit())
            && !rest.is_empty()
            && rest.chars().all(is_word)
    })
}

fn is_webhook_secret(text: &str) -> bool {
    WEBHOOK_SECRET_CHARS.contains(&text.len()) && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_set_is_the_default_and_everything_wrong_is_told_at_once() {
        let config = TelegramConfig::parse(&json!({})).expect("defaults");
        assert_eq!((config.mode, config.api_url.as_str()), (Mode::Poll, API_URL));
        let wrong = json!({
            "mode": "push", "token": "CANARY/../x", "webhook_secret": "CANARY", "api_url": "ftp://x",
            "tokn": "x",
        });
        let problems = TelegramConfig::parse(&wrong).expect_err("five problems");
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected = ["mode", "api_url", "token", "webhook_secret", "tokn"];
        assert_eq!(paths, expected.map(|key| format!("settings.{key}")));
        assert!(!format!("{problems:?}").contains("CANARY"), "{problems:?}");
    }

    #[test]
    fn the_token_tells_the_bot_and_is_not_shown() {
        let config = TelegramConfig::parse(&json!({ "token": "4711:CANARY_-x" })).expect("a token");
        assert_eq!(config.bot_id(), "4711");
        assert!(!format!("{config:?}").contains("CANARY"));
    }
}
