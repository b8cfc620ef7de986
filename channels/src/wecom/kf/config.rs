//! The settings of 微信客服.

use super::super::config::Account;
use crate::error::SettingsProblem;
use crate::settings::Fields;
use serde_json::Value;
use std::time::Duration;

/// The most accounts that one channel names.
const ACCOUNTS_MAX: usize = 100;
/// How often is looked whether a callback was missed, in seconds.
const POLL_SECS: u64 = 60;
/// The longest id of an account, in bytes.
const ID_BYTES_MAX: usize = 64;

#[derive(Clone)]
pub(super) struct KfConfig {
    pub(super) account: Account,
    /// The accounts (OpenKfId) that are ours; empty for all that the app may use.
    pub(super) accounts: Vec<String>,
    pub(super) start: Start,
    pub(super) poll: Duration,
}

/// What of an account is taken in when it is read for the first time. The network keeps three days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// What was written from now on.
    New,
    /// Everything that the network still has.
    All,
}

impl KfConfig {
    /// Reads a channel's settings.
    pub(super) fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let account = Account::take(&mut fields);
        let accounts = fields.texts("accounts");
        if accounts.len() > ACCOUNTS_MAX {
            fields.say("accounts", format!("has more than {ACCOUNTS_MAX} accounts"));
        }
        for (n, id) in accounts.iter().enumerate().filter(|(_, id)| !is_account(id)) {
            let shown: String = id.chars().take(40).collect();
            fields.say(&format!("accounts[{n}]"), format!("`{shown}` is no OpenKfId"));
        }
        let start = fields.choice("start", &[("new", Start::New), ("all", Start::All)], Start::New);
        let poll = Duration::from_secs(fields.number("poll_secs", POLL_SECS, 1..=3_600));
        fields.finish();
        let config = Self { account, accounts, start, poll };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

/// Has this the form of an account's id?
pub(super) fn is_account(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_and_problems() {
        let config = KfConfig::parse(&json!({})).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!((config.start, config.poll), (Start::New, Duration::from_secs(60)));
        let wrong =
            json!({ "accounts": ["wkA", "a b", 7], "start": "x", "poll_secs": 0, "agent_id": 1 });
        let problems = KfConfig::parse(&wrong).err().unwrap_or_default();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let named = ["accounts[2]", "accounts[1]", "start", "poll_secs", "agent_id"];
        assert_eq!(paths, named.map(|name| format!("settings.{name}")));
    }
}
