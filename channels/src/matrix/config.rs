//! The settings of a Matrix channel, checked as a whole.

use crate::error::SettingsProblem;
use crate::secret::Secret;
use crate::settings::Fields;
use domain::ChannelId;
use serde_json::Value;

/// The desk user's name on the homeserver unless the settings say otherwise.
const USER_DEFAULT: &str = "desk";
/// The shortest token, in bytes: anybody who guesses it speaks for the whole homeserver.
const TOKEN_BYTES_MIN: usize = 16;
/// The longest Matrix id, in bytes (specification, "Common namespace format").
pub(super) const ID_BYTES_MAX: usize = 255;
/// The most users who are passed over.
const IGNORED_MAX: usize = 100;
/// The longest name that is shown, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// What `Channel.settings` of a Matrix channel says.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixConfig {
    /// The homeserver's address for clients, `https://matrix.city.example`; empty while nothing is
    /// configured.
    pub homeserver: String,
    /// The name behind the colon of its users' ids, `city.example`.
    pub server_name: String,
    /// The desk user's name, the part before the colon.
    pub user: String,
    /// The name that people see; empty for none.
    pub display_name: String,
    /// With this we act on the homeserver.
    pub as_token: Secret,
    /// With this the homeserver shows that it is the one.
    pub hs_token: Secret,
    /// The `id` of the registration.
    pub appservice: String,
    /// Users who are passed over, such as those of other bridges: whole ids, or beginnings with a `*`
    /// behind.
    pub ignored: Vec<String>,
}

impl MatrixConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value, channel: &ChannelId) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let config = Self {
            homeserver: fields.base_url("homeserver", ""),
            server_name: server_name(&mut fields),
            user: user(&mut fields),
            display_name: display_name(&mut fields),
            as_token: token(&mut fields, "as_token"),
            hs_token: token(&mut fields, "hs_token"),
            appservice: appservice(&mut fields, channel),
            ignored: ignored(&mut fields),
        };
        if config.user.len() + config.server_name.len() + 2 > ID_BYTES_MAX {
            fields.say("user", format!("makes an id of more than {ID_BYTES_MAX} bytes"));
        }
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The desk user's whole id, once the server's name is known.
    pub fn user_id(&self) -> Option<String> {
        (!self.server_name.is_empty()).then(|| format!("@{}:{}", self.user, self.server_name))
    }

    /// The first setting without which nothing can be done.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let needed = [
            ("settings.homeserver", self.homeserver.is_empty()),
            ("settings.server_name", self.server_name.is_empty()),
            ("settings.as_token", self.as_token.is_empty()),
            ("settings.hs_token", self.hs_token.is_empty()),
        ];
        needed.into_iter().find_map(|(path, is_missing)| is_missing.then_some(path))
    }

    /// Is it the desk itself, or somebody who is passed over?
    pub(super) fn passes_over(&self, user: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => user.starts_with(beginning),
            None => user == pattern,
        };
        self.user_id().is_some_and(|own| own == user) || self.ignored.iter().any(fits)
    }
}

/// A host with or without a port (specification, "Server name").
pub(super) fn is_server_name(name: &str) -> bool {
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    !name.is_empty() && name.len() <= ID_BYTES_MAX && name.bytes().all(is_known)
}

fn server_name(fields: &mut Fields<'_>) -> String {
    let name = fields.text("server_name", "");
    if !name.is_empty() && !is_server_name(&name) {
        fields.say("server_name", format!("`{name}` is not a name such as `city.example`"));
    }
    name
}

fn user(fields: &mut Fields<'_>) -> String {
    let user = fields.text("user", USER_DEFAULT);
    let is_known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._=-/+".contains(&b);
    if user.is_empty() || !user.bytes().all(is_known) {
        fields.say("user", format!("`{user}` is not a name of a-z 0-9 . _ = - / +"));
    }
    user
}

fn display_name(fields: &mut Fields<'_>) -> String {
    let name = fields.text("display_name", "");
    if name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        fields.say("display_name", format!("must be one line of {NAME_BYTES_MAX} bytes at most"));
    }
    name
}

fn token(fields: &mut Fields<'_>, key: &str) -> Secret {
    let token = fields.secret(key);
    let is_written = token.reveal().bytes().all(|b| b.is_ascii_graphic());
    // The value itself is never shown.
    if !token.is_empty() && (token.reveal().len() < TOKEN_BYTES_MIN || !is_written) {
        fields.say(key, format!("needs at least {TOKEN_BYTES_MIN} letters, digits and signs"));
    }
    token
}

fn appservice(fields: &mut Fields<'_>, channel: &ChannelId) -> String {
    let id = fields.text("appservice", &format!("hutong-{channel}"));
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(is_known) {
        fields.say("appservice", format!("`{id}` is not a name of A-Z a-z 0-9 . _ -"));
    }
    id
}

fn ignored(fields: &mut Fields<'_>) -> Vec<String> {
    let ignored = fields.texts("ignored");
    if ignored.len() > IGNORED_MAX {
        fields.say("ignored", format!("has more than {IGNORED_MAX} entries"));
    }
    for (n, pattern) in ignored.iter().enumerate() {
        if !pattern.starts_with('@') || pattern.len() > ID_BYTES_MAX {
            let problem = format!("`{pattern}` is not `@user:server`, or `@bridge_*`");
            fields.say(&format!("ignored[{n}]"), problem);
        }
    }
    ignored
}
