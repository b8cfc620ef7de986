//! The settings of a bridge, checked as a whole. What the messenger behind it can carry only they tell.

use crate::adapter::{Capabilities, Limits, ReplyWindow};
use crate::error::SettingsProblem;
use crate::settings::Fields;
use crate::standard_webhooks::{self, Key};
use domain::limits::{FILE_BYTES_MAX, TEXT_BYTES_MAX};
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest text unless the settings say otherwise, in bytes.
const TEXT_BYTES_DEFAULT: u64 = 4_000;
/// Its bounds: below, no sentence fits; above, no message is longer.
const TEXT_BYTES: RangeInclusive<u64> = 100..=TEXT_BYTES_MAX as u64;
/// The largest file unless the settings say otherwise, in bytes (5 MiB). It leaves within the request,
/// a third larger.
const FILE_BYTES_DEFAULT: u64 = 5 * 1024 * 1024;
/// Its bounds.
const FILE_BYTES: RangeInclusive<u64> = 1..=FILE_BYTES_MAX as u64;
/// How long one may answer after a person's last word, in hours: half a year is as good as always.
const HOURS: RangeInclusive<u64> = 1..=4_380;
/// How many answers a word may have; 0 is no limit.
const MESSAGES: RangeInclusive<u64> = 0..=1_000;

/// What `Channel.settings` of a bridge says.
#[derive(Debug, Clone, PartialEq)]
pub struct BridgeConfig {
    /// Where the bridge takes commands; empty while nothing is configured.
    pub url: String,
    /// Below this the files lie that it names; empty for none.
    pub files_url: String,
    /// The keys, the present one first. With each of them the bridge may sign, and we sign with all.
    pub(super) keys: Vec<Key>,
    /// What the messenger can carry.
    pub capabilities: Capabilities,
    /// How much it can carry.
    pub limits: Limits,
    /// How long one may answer.
    pub reply_window: ReplyWindow,
}

impl BridgeConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let url = fields.base_url("url", "");
        let files_url = fields.base_url("files_url", &url);
        let keys = standard_webhooks::keys(&mut fields);
        let capabilities = capabilities(fields.inner("capabilities"));
        let limits = limits(&mut fields, capabilities);
        let reply_window = reply_window(&mut fields);
        fields.finish();
        let config = Self { url, files_url, keys, capabilities, limits, reply_window };
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The first setting without which nothing can be done.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let needed =
            [("settings.url", self.url.is_empty()), ("settings.secret", self.keys.is_empty())];
        needed.into_iter().find_map(|(path, is_missing)| is_missing.then_some(path))
    }
}

fn capabilities(mut fields: Fields<'_>) -> Capabilities {
    let capabilities = Capabilities {
        callbacks: true,
        media_in: fields.flag("files_in", true),
        media_out: fields.flag("files_out", true),
        edit: fields.flag("edit", false),
        delete: fields.flag("delete", false),
        reactions: fields.flag("reactions", false),
        typing: fields.flag("typing", false),
        receipts: fields.flag("receipts", false),
        cards: fields.flag("choices", false),
        proactive: fields.flag("proactive", false),
        profiles: true,
        resends_in_doubt: true,
        ..Capabilities::default()
    };
    fields.finish();
    capabilities
}

fn limits(fields: &mut Fields<'_>, can: Capabilities) -> Limits {
    let text = fields.number("text_bytes_max", TEXT_BYTES_DEFAULT, TEXT_BYTES);
    let file = fields.number("file_bytes_max", FILE_BYTES_DEFAULT, FILE_BYTES);
    let has_files = can.media_in || can.media_out;
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    Limits {
        text_bytes_max: size(text),
        file_bytes_max: if has_files { size(file) } else { 0 },
        files_max: usize::from(has_files),
    }
}

fn reply_window(fields: &mut Fields<'_>) -> ReplyWindow {
    let is_there = fields.has("reply_window");
    let mut fields = fields.inner("reply_window");
    if !is_there {
        return ReplyWindow::Always;
    }
    let hours = fields.number("hours", *HOURS.end(), HOURS);
    let messages = fields.number("messages_max", 0, MESSAGES);
    fields.finish();
    ReplyWindow::After {
        within: Duration::from_secs(hours * 3_600),
        messages_max: u32::try_from(messages).unwrap_or(u32::MAX),
    }
}
