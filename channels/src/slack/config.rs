//! The settings of a Slack app.

use crate::error::SettingsProblem;
use crate::registry::SecretSetting;
use crate::secret::Secret;
use crate::settings::Fields;
use serde_json::Value;

/// Where the Web API is, unless another is named (GovSlack has its own).
const API_URL: &str = "https://slack.com/api";
/// Where files are.
const FILES_URL: &str = "https://files.slack.com";

/// The secrets of the settings. Files are fetched with the bot's token.
pub const SECRETS: &[SecretSetting] = &[
    ("/bot_token", &["/api_url", "/files_url"]),
    ("/app_token", &["/api_url"]),
    ("/signing_secret", &[]),
];

/// How events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Over a WebSocket that we open (Socket Mode).
    Socket,
    /// Slack calls us (Events API).
    Http,
}

/// What `Channel.settings` of a Slack app says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackConfig {
    /// How events come.
    pub mode: Mode,
    /// The bot user's token, `xoxb-…`.
    pub bot_token: Secret,
    /// The app's token for Socket Mode, `xapp-…`, with `connections:write`.
    pub app_token: Secret,
    /// What Slack signs its calls with.
    pub signing_secret: Secret,
    /// Where the Web API is.
    pub api_url: String,
    /// Where files are; the bot's token is shown nowhere else.
    pub files_url: String,
}

impl SlackConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let modes = [("socket", Mode::Socket), ("http", Mode::Http)];
        let config = Self {
            mode: fields.choice("mode", &modes, Mode::Socket),
            bot_token: fields.secret("bot_token"),
            app_token: fields.secret("app_token"),
            signing_secret: fields.secret("signing_secret"),
            api_url: fields.base_url("api_url", API_URL),
            files_url: fields.base_url("files_url", FILES_URL),
        };
        for (key, token, start) in
            [("bot_token", &config.bot_token, "xoxb-"), ("app_token", &config.app_token, "xapp-")]
        {
            if !token.is_empty() && !is_token(token.reveal(), start) {
                fields.say(key, format!("must be a token that begins with `{start}`"));
            }
        }
        for (key, url) in [("api_url", &config.api_url), ("files_url", &config.files_url)] {
            if url.is_empty() {
                fields.say(key, "must not be empty");
            }
        }
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

/// It becomes a header field.
fn is_token(text: &str, start: &str) -> bool {
    text.starts_with(start) && text.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_set_is_the_default_and_everything_wrong_is_told_at_once() {
        let config = SlackConfig::parse(&json!({})).expect("defaults");
        assert_eq!((config.mode, config.api_url.as_str()), (Mode::Socket, API_URL));
        let wrong = json!({
            "mode": "rtm", "bot_token": "xapp-CANARY", "app_token": "CANARY", "files_url": "files",
            "signing_secert": "x",
        });
        let problems = SlackConfig::parse(&wrong).expect_err("five problems");
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected = ["mode", "files_url", "bot_token", "app_token", "signing_secert"];
        assert_eq!(paths, expected.map(|key| format!("settings.{key}")));
        assert!(!format!("{problems:?}").contains("CANARY"), "{problems:?}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = json!({ "bot_token": "xoxb-CANARY", "signing_secret": "CANARY" });
        let config = SlackConfig::parse(&settings).expect("secrets");
        assert!(!format!("{config:?}").contains("CANARY"));
    }
}
