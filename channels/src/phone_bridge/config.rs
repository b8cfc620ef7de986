//! The settings of a phone bridge, checked as a whole.

use crate::error::SettingsProblem;
use crate::phone::dialling;
use crate::settings::Fields;
use crate::standard_webhooks::{self, Key};
use domain::PhoneNumber;
use serde_json::Value;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How often the bridge is asked how far an open call is, in seconds, unless the settings say otherwise.
const LOOK_EVERY_SECS_DEFAULT: u64 = 60;
/// Its bounds.
const LOOK_EVERY_SECS: RangeInclusive<u64> = 1..=600;

/// What `Channel.settings` of a phone bridge says.
#[derive(Clone, PartialEq)]
pub struct PhoneBridgeConfig {
    /// Where the bridge takes orders; empty while nothing is configured.
    pub url: String,
    /// The keys, the present one first. With each of them the bridge may sign, and we sign with all.
    pub(super) keys: Vec<Key>,
    /// The number that the person sees; the bridge's own choice when there is none.
    pub caller_id: Option<PhoneNumber>,
    /// How often the bridge is asked how far an open call is.
    pub look_every: Duration,
}

impl fmt::Debug for PhoneBridgeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneBridgeConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

impl PhoneBridgeConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let url = fields.base_url("url", "");
        let keys = standard_webhooks::keys(&mut fields);
        let caller_id = dialling::caller_id(&mut fields);
        let every = fields.number("look_every_secs", LOOK_EVERY_SECS_DEFAULT, LOOK_EVERY_SECS);
        fields.finish();
        let config = Self { url, keys, caller_id, look_every: Duration::from_secs(every) };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The first setting without which nothing can be done.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let needed =
            [("settings.url", self.url.is_empty()), ("settings.secret", self.keys.is_empty())];
        needed.into_iter().find_map(|(path, is_missing)| is_missing.then_some(path))
    }
}
