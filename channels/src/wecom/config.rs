//! The settings that both doors share: the corporation, the app and its callback.

use super::crypto::{AES_KEY_CHARS, Seal};
use crate::error::SettingsProblem;
use crate::secret::Secret;
use crate::settings::Fields;
use serde_json::Value;

/// The public edition's address; private ones (私有化部署, 政务微信) have their own.
pub(super) const API_URL: &str = "https://qyapi.weixin.qq.com";
/// The longest id of a corporation, in bytes.
const CORP_ID_BYTES_MAX: usize = 64;

/// Who we are at WeCom.
#[derive(Clone)]
pub(super) struct Account {
    /// The network's address, without a slash at its end.
    pub(super) api_url: String,
    /// 企业 ID.
    pub(super) corp_id: String,
    /// The app's Secret.
    pub(super) secret: Secret,
    /// What opens callbacks; `None` while they are not set up.
    pub(super) seal: Option<Seal>,
}

/// The settings of a self-built app.
#[derive(Clone)]
pub(super) struct AppConfig {
    pub(super) account: Account,
    /// The app's AgentId; 0 while it is not set.
    pub(super) agent_id: u64,
    /// What of a member is the organisation's own id.
    pub(super) directory_id: DirectoryId,
}

/// What of a member is the organisation's own id, by which the same person is known on other networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DirectoryId {
    /// Nothing.
    Unknown,
    /// The account (UserID).
    UserId,
    /// An extended attribute (扩展属性) of this name, such as 工号.
    Attribute(String),
}

impl AppConfig {
    /// Reads a channel's settings.
    pub(super) fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let account = Account::take(&mut fields);
        let agent_id = fields.number("agent_id", 0, 0..=u64::from(u32::MAX));
        let directory_id = match fields.text("directory_id", "").as_str() {
            "" => DirectoryId::Unknown,
            "userid" => DirectoryId::UserId,
            name => DirectoryId::Attribute(name.to_owned()),
        };
        fields.finish();
        let config = Self { account, agent_id, directory_id };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

impl Account {
    pub(super) fn take(fields: &mut Fields<'_>) -> Self {
        let api_url = fields.base_url("api_url", API_URL);
        let corp_id = fields.text("corp_id", "");
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if corp_id.len() > CORP_ID_BYTES_MAX || !corp_id.chars().all(is_id) {
            fields.say("corp_id", "must be the id of a corporation, such as `ww1234567890abcdef`");
        }
        let secret = fields.secret("secret");
        let token = fields.secret("token");
        let key = fields.secret("encoding_aes_key");
        let seal = match (token.is_empty(), key.is_empty()) {
            (true, true) => None,
            (false, false) => {
                let seal = Seal::new(token, key.reveal(), &corp_id);
                if seal.is_none() {
                    let what = format!("must be {AES_KEY_CHARS} characters of base64");
                    fields.say("encoding_aes_key", what);
                }
                seal
            }
            (true, false) => {
                fields.say("token", "is needed beside `encoding_aes_key`");
                None
            }
            (false, true) => {
                fields.say("encoding_aes_key", "is needed beside `token`");
                None
            }
        };
        Self { api_url, corp_id, secret, seal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(settings: &Value) -> Vec<String> {
        let problems = AppConfig::parse(settings).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn everything_has_a_default_and_every_problem_is_named() {
        let config = AppConfig::parse(&json!({})).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!((config.account.api_url.as_str(), config.agent_id), (API_URL, 0));
        assert!(config.account.seal.is_none());
        let wrong = json!({
            "api_url": "ftp://a.example", "corp_id": "a b", "agent_id": -1, "secret": 7,
            "token": "t", "encoding_aes_key": "short", "agentid": 1,
        });
        let named = ["api_url", "corp_id", "secret", "encoding_aes_key", "agent_id", "agentid"];
        assert_eq!(paths(&wrong), named.map(|name| format!("settings.{name}")));
        assert_eq!(paths(&json!({ "token": "t" })), ["settings.encoding_aes_key"]);
        assert_eq!(paths(&json!({ "encoding_aes_key": "t" })), ["settings.token"]);
    }
}
