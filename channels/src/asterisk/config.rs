//! The settings of an Asterisk, checked as a whole.

use crate::error::SettingsProblem;
use crate::phone::dialling::{self, DialString};
use crate::secret::Secret;
use crate::settings::Fields;
use domain::PhoneNumber;
use serde_json::Value;

/// The application unless the settings name another.
const APP: &str = "hutong";
/// The word after `Stasis(hutong,` that marks a call which nobody took, unless the settings name another.
const MISSED: &str = "missed";

/// What `Channel.settings` of an Asterisk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsteriskConfig {
    /// Where its HTTP server stands, with the prefix of its settings if any: `https://pbx.example:8089`; empty
    /// while nothing is configured.
    pub url: String,
    /// The user of `ari.conf`.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// Our Stasis application.
    pub app: String,
    /// How the agent's telephone is dialled: `PJSIP/{agent}`.
    pub(super) agent: DialString,
    /// How the person is: `PJSIP/{number}@trunk`.
    pub(super) contact: DialString,
    /// The number that the person sees; the trunk's own when there is none.
    pub caller_id: Option<PhoneNumber>,
    /// The format of recordings; empty when calls are not recorded.
    pub record: String,
    /// The class of music on hold; Asterisk's own when empty.
    pub music: String,
    /// The argument of our application that marks a call which nobody took.
    pub missed: String,
    /// The region of national numbers that callers show (ISO 3166-1, two letters).
    pub region: String,
}

impl AsteriskConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let config = Self {
            url: fields.base_url("url", ""),
            username: dialling::word(&mut fields, "username", ""),
            password: fields.secret("password"),
            app: dialling::word(&mut fields, "app", APP),
            agent: dialling::dial_string(&mut fields, "agent", ("PJSIP/{agent}", "{agent}")),
            contact: dialling::dial_string(&mut fields, "contact", ("", "{number}")),
            caller_id: dialling::caller_id(&mut fields),
            record: dialling::word(&mut fields, "record", ""),
            music: dialling::word(&mut fields, "music", ""),
            missed: dialling::word(&mut fields, "missed", MISSED),
            region: dialling::region(&mut fields, "region"),
        };
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The first setting without which nothing can be done.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let needed = [
            ("settings.url", self.url.is_empty()),
            ("settings.username", self.username.is_empty()),
            ("settings.password", self.password.is_empty()),
            ("settings.contact", self.contact.is_empty()),
        ];
        needed.into_iter().find_map(|(path, is_missing)| is_missing.then_some(path))
    }
}
