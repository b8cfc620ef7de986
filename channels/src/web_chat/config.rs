//! The settings of a web chat, checked as a whole.

use super::identity::IdentityKeys;
use crate::app;
use crate::error::SettingsProblem;
use crate::settings::Fields;
use domain::channel::TELEPHONE;
use domain::{Channel, ChannelId, ChannelKind, Localized};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::Duration;
use utoipa::ToSchema;

/// The most origins of one channel.
const ORIGINS_MAX: usize = 64;
/// The longest greeting or privacy text in one language, in bytes.
const NOTE_BYTES_MAX: usize = 2_000;

/// How long an agent's word stays unread before it goes by mail unless the settings say otherwise, in
/// seconds.
const UNREAD_AFTER_SECS_DEFAULT: u64 = 120;
/// The bounds of it: below, somebody who changes pages would be written to; above, nobody waits.
const UNREAD_AFTER_SECS: RangeInclusive<u64> = 5..=86_400;

/// What `Channel.settings` of a web chat says.
#[derive(Debug, Clone, PartialEq)]
pub struct WebChatConfig {
    /// Origins of pages that may show the widget, as browsers send them (`https://www.city.cn`), or
    /// `https://*.city.cn` for every name below. Empty: only pages of the gateway's own origin.
    pub allowed_origins: Vec<String>,
    /// The keys of identity tokens that the website's or the app's backend signs; none: no one can prove
    /// an identity.
    pub identity: IdentityKeys,
    /// How the chat goes on by mail; none: not at all, and there are no transcripts.
    pub mail: Option<ByMail>,
    /// What the widget needs to know.
    pub widget: WidgetSettings,
}

/// How a chat goes on by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMail {
    /// The mail channel that carries its letters.
    pub channel: ChannelId,
    /// How long an agent's word may stay unread before it goes by mail.
    pub unread_after: Duration,
}

/// What the widget needs of the channel's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WidgetSettings {
    /// The brand colour, `#rrggbb`.
    pub color: String,
    /// In which corner of the page.
    pub corner: Corner,
    /// The first words; both empty for the widget's own.
    pub greeting: Localized,
    /// What is said of the person's data before the first word.
    pub privacy: Privacy,
    /// Is the person asked for a name?
    pub ask_name: AskName,
    /// Do agents see what is being typed before it is sent? The widget says so aloud.
    pub typing_preview: bool,
    /// Is the elder mode 长辈模式 offered?
    pub elder_mode: bool,
}

/// In which corner of the page the widget sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Corner {
    /// Bottom right.
    Right,
    /// Bottom left.
    Left,
}

/// What is said of the person's data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Privacy {
    /// The line; both empty for the widget's own.
    pub text: Localized,
    /// The full text, `https://…`; empty for none.
    pub url: String,
}

/// Whether the person is asked for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskName {
    /// Not at all.
    No,
    /// May be left empty.
    Optional,
    /// Needed.
    Required,
}

impl Default for WidgetSettings {
    fn default() -> Self {
        Self {
            color: "#1f5fbf".to_owned(),
            corner: Corner::Right,
            greeting: Localized::default(),
            privacy: Privacy::default(),
            ask_name: AskName::Optional,
            typing_preview: false,
            elder_mode: true,
        }
    }
}

impl WebChatConfig {
    /// Reads the settings of a website's or an app's chat; an app's own are not looked at.
    ///
    /// # Errors
    /// As [`WebChatConfig::parse`].
    pub fn of(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        match channel.kind {
            ChannelKind::App => Self::parse(&app::without(&channel.settings)),
            _ => Self::parse(&channel.settings),
        }
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let allowed_origins = origins(&mut fields);
        let identity = IdentityKeys::read(&mut fields);
        let mail = by_mail(&mut fields);
        let widget = widget(fields.inner("widget"));
        // Who rings for this channel is the desk's business, and checked there.
        fields.leave(TELEPHONE);
        fields.finish();
        if problems.is_empty() {
            Ok(Self { allowed_origins, identity, mail, widget })
        } else {
            Err(problems)
        }
    }

    /// May a page of this origin show the widget? `own` is the gateway's public origin.
    pub fn allows_origin(&self, origin: &str, own: &str) -> bool {
        origin == own || self.allowed_origins.iter().any(|allowed| origin_matches(allowed, origin))
    }
}

/// Does an origin match a pattern, `https://*.city.cn` standing for every name below?
fn origin_matches(pattern: &str, origin: &str) -> bool {
    match pattern.split_once("*.") {
        None => pattern.eq_ignore_ascii_case(origin),
        Some((scheme, parent)) => {
            let Some(host) = origin.strip_prefix(scheme) else { return false };
            let host = host.to_ascii_lowercase();
            let parent = format!(".{}", parent.to_ascii_lowercase());
            host.strip_suffix(&parent).is_some_and(|name| !name.is_empty())
        }
    }
}

fn origins(fields: &mut Fields<'_>) -> Vec<String> {
    let origins = fields.texts("allowed_origins");
    if origins.len() > ORIGINS_MAX {
        fields.say(
            "allowed_origins",
            format!("has {} entries; {ORIGINS_MAX} are the most", origins.len()),
        );
    }
    for (n, origin) in origins.iter().enumerate() {
        if !is_origin(origin) {
            fields.say(
                &format!("allowed_origins[{n}]"),
                format!("`{origin}` is not an origin such as `https://www.example.cn` or `https://*.example.cn`"),
            );
        }
    }
    origins
}

/// `http(s)://host[:port]`, no path, at most one leading `*.`.
fn is_origin(text: &str) -> bool {
    let Some(host) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let host = host.strip_prefix("*.").unwrap_or(host);
    let (host, port) = host.split_once(':').unwrap_or((host, "443"));
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    !host.is_empty() && host.split('.').all(label) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether the channel that it names is a mailbox, only the whole desk can tell.
fn by_mail(fields: &mut Fields<'_>) -> Option<ByMail> {
    let is_there = fields.has("mail");
    let mut fields = fields.inner("mail");
    if !is_there {
        return None;
    }
    let name = fields.text("channel", "");
    let channel = name.parse();
    if channel.is_err() {
        fields.say("channel", "must be the name of a mail channel".to_owned());
    }
    let secs = fields.number("after_secs", UNREAD_AFTER_SECS_DEFAULT, UNREAD_AFTER_SECS);
    fields.finish();
    Some(ByMail { channel: channel.ok()?, unread_after: Duration::from_secs(secs) })
}

fn widget(mut fields: Fields<'_>) -> WidgetSettings {
    let defaults = WidgetSettings::default();
    let color = fields.text("color", &defaults.color);
    let digits = color.strip_prefix('#').unwrap_or("");
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        fields.say("color", format!("must be a colour such as `#1f5fbf`, not `{color}`"));
    }
    let corners = [("right", Corner::Right), ("left", Corner::Left)];
    let asks =
        [("no", AskName::No), ("optional", AskName::Optional), ("required", AskName::Required)];
    let corner = fields.choice("corner", &corners, defaults.corner);
    let greeting = fields.localized("greeting", defaults.greeting);
    if greeting.zh_cn.len().max(greeting.en.len()) > NOTE_BYTES_MAX {
        fields.say("greeting", format!("has more than {NOTE_BYTES_MAX} bytes"));
    }
    let ask_name = fields.choice("ask_name", &asks, defaults.ask_name);
    let typing_preview = fields.flag("typing_preview", defaults.typing_preview);
    let elder_mode = fields.flag("elder_mode", defaults.elder_mode);
    let privacy = privacy(fields.inner("privacy"));
    fields.finish();
    WidgetSettings { color, corner, greeting, privacy, ask_name, typing_preview, elder_mode }
}

fn privacy(mut fields: Fields<'_>) -> Privacy {
    let text = fields.localized("text", Localized::default());
    if text.zh_cn.len().max(text.en.len()) > NOTE_BYTES_MAX {
        fields.say("text", format!("has more than {NOTE_BYTES_MAX} bytes"));
    }
    let url = fields.text("url", "");
    let web = url.starts_with("https://") || url.starts_with("http://");
    let fits = web && url.len() <= 500 && !url.contains(char::is_whitespace);
    if !url.is_empty() && !fits {
        fields.say(
            "url",
            format!("must be a web address, not `{}`", url.chars().take(80).collect::<String>()),
        );
    }
    fields.finish();
    Privacy { text, url }
}
