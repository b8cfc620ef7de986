//! The settings of a Feishu (Lark) robot, checked as a whole.

use crate::digest::digest;
use crate::error::SettingsProblem;
use crate::secret::Secret;
use crate::settings::Fields;
use domain::Locale;
use serde_json::Value;

/// Feishu's public address; Lark's is `https://open.larksuite.com`, a private edition has its own.
const API: &str = "https://open.feishu.cn";

/// How events reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Over a WebSocket that we open: an intranet needs no public address.
    LongConnection,
    /// Feishu calls us back.
    Http,
}

/// What `Channel.settings` of a Feishu robot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeishuConfig {
    /// How events reach us.
    pub mode: Mode,
    /// App ID; empty until it is filled in.
    pub app_id: String,
    /// App Secret; empty until it is filled in.
    pub app_secret: Secret,
    /// Encrypt Key of the event subscription; with it bodies are encrypted and signed.
    pub encrypt_key: Secret,
    /// Verification Token of the event subscription.
    pub verification_token: Secret,
    /// Where the API is.
    pub base_url: String,
}

impl FeishuConfig {
    /// Reads the settings. Credentials may still be missing: the door opens, and says so when it is used.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let modes = [("long_connection", Mode::LongConnection), ("http", Mode::Http)];
        let mode = fields.choice("mode", &modes, Mode::LongConnection);
        let app_id = fields.text("app_id", "");
        let app_secret = fields.secret("app_secret");
        let encrypt_key = fields.secret("encrypt_key");
        let verification_token = fields.secret("verification_token");
        let base_url = fields.base_url("base_url", API);
        fields.finish();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { mode, app_id, app_secret, encrypt_key, verification_token, base_url })
    }

    /// What is still missing before anything can be called; `None` when nothing is.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match (self.app_id.is_empty(), self.app_secret.is_empty()) {
            (true, _) => Some("app_id (App ID) is not set"),
            (false, true) => Some("app_secret (App Secret) is not set"),
            (false, false) => None,
        }
    }

    /// What the access token is called on the shelf: by where it is used and with what it was asked for, so
    /// that no other settings find it. Whoever may change settings could otherwise have it sent to a server
    /// of their own.
    pub(super) fn token_name(&self) -> String {
        let parts = [&self.base_url, &self.app_id, self.app_secret.reveal()];
        format!("feishu.{}", digest(&parts.join("\n")))
    }

    /// The language in which the network's people most likely read: Lark is Feishu abroad.
    pub(super) fn locale(&self) -> Locale {
        if self.base_url.contains("larksuite") { Locale::En } else { Locale::ZhCn }
    }
}
