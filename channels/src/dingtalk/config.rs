//! The settings of a DingTalk robot, checked as a whole.

use crate::digest::digest;
use crate::error::SettingsProblem;
use crate::secret::Secret;
use crate::settings::Fields;
use serde_json::Value;

/// DingTalk's public address; a dedicated edition (专属钉钉) has its own.
const API: &str = "https://api.dingtalk.com";
/// The older half of it: files, directory, session webhooks.
const OLD_API: &str = "https://oapi.dingtalk.com";

/// How messages reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Over a WebSocket that we open: an intranet needs no public address.
    Stream,
    /// DingTalk calls us back.
    Http,
}

/// What `Channel.settings` of a DingTalk robot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DingTalkConfig {
    /// How messages reach us.
    pub mode: Mode,
    /// Client ID (原 AppKey); empty until it is filled in.
    pub client_id: String,
    /// Client Secret (原 AppSecret); empty until it is filled in.
    pub client_secret: Secret,
    /// The robot's code; nearly always the same as the client id, which it is when empty.
    pub robot_code: String,
    /// Where the API is.
    pub api_base_url: String,
    /// Where files, directory and session webhooks are.
    pub oapi_base_url: String,
}

impl DingTalkConfig {
    /// Reads the settings. Credentials may still be missing: the door opens, and says so when it is used.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let modes = [("stream", Mode::Stream), ("http", Mode::Http)];
        let mode = fields.choice("mode", &modes, Mode::Stream);
        let client_id = fields.text("client_id", "");
        let client_secret = fields.secret("client_secret");
        let robot_code = fields.text("robot_code", &client_id);
        let api_base_url = fields.base_url("api_base_url", API);
        let oapi_base_url = fields.base_url("oapi_base_url", OLD_API);
        fields.finish();
        if !problems.is_empty() {
            return Err(problems);
        }
        let robot_code = if robot_code.is_empty() { client_id.clone() } else { robot_code };
        Ok(Self { mode, client_id, client_secret, robot_code, api_base_url, oapi_base_url })
    }

    /// What the access token is called on the shelf: by where it is used and with what it was asked for, so
    /// that no other settings find it. Whoever may change settings could otherwise have it sent to a server
    /// of their own.
    pub(super) fn token_name(&self) -> String {
        let secret = self.client_secret.reveal();
        let parts = [&self.api_base_url, &self.oapi_base_url, &self.client_id, secret];
        format!("dingtalk.{}", digest(&parts.join("\n")))
    }

    /// What is still missing before anything can be called; `None` when nothing is.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match (self.client_id.is_empty(), self.client_secret.is_empty()) {
            (true, _) => Some("client_id (Client ID) is not set"),
            (false, true) => Some("client_secret (Client Secret) is not set"),
            (false, false) => None,
        }
    }
}
