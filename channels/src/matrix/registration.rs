//! The registration file that the homeserver's operator puts beside its configuration.

use super::MatrixConfig;
use crate::error::SettingsProblem;
use crate::im;
use domain::Channel;
use serde_json::Value;

/// The registration of a channel's application service as YAML (specification, "Application Service
/// API", "Registration"), for the homeserver's list of such files. `callback` is the channel's public
/// callback address, `https://desk.example/v1/callbacks/TENANT/CHANNEL`. It holds both tokens: whoever
/// reads it may do everything that the desk may.
///
/// # Errors
/// Every problem of the channel's settings, and what is missing from them.
pub fn registration(channel: &Channel, callback: &str) -> Result<String, Vec<SettingsProblem>> {
    let config = MatrixConfig::parse(&im::without(channel).settings, &channel.id)?;
    if let Some(path) = config.missing() {
        let (path, problem) = (path.to_owned(), "is missing".to_owned());
        return Err(vec![SettingsProblem { path, problem }]);
    }
    Ok(yaml(&config, callback))
}

fn yaml(config: &MatrixConfig, callback: &str) -> String {
    let (user, server) = (literal(&config.user), literal(&config.server_name));
    // A JSON text is a YAML text too.
    let quoted = |text: &str| Value::from(text).to_string();
    let lines = [
        format!("id: {}", quoted(&config.appservice)),
        format!("url: {}", quoted(callback.trim_end_matches('/'))),
        format!("as_token: {}", quoted(config.as_token.reveal())),
        format!("hs_token: {}", quoted(config.hs_token.reveal())),
        format!("sender_localpart: {}", quoted(&config.user)),
        "rate_limited: false".to_owned(),
        "receive_ephemeral: true".to_owned(),
        // The name that homeservers before specification v1.13 know.
        "de.sorunome.msc2409.push_ephemeral: true".to_owned(),
        "namespaces:".to_owned(),
        "  users:".to_owned(),
        "    - exclusive: true".to_owned(),
        format!("      regex: {}", quoted(&format!("^@{user}:{server}$"))),
        "  aliases:".to_owned(),
        "    - exclusive: true".to_owned(),
        format!("      regex: {}", quoted(&format!("^#{user}-[0-9a-f]{{32}}:{server}$"))),
        "  rooms: []".to_owned(),
    ];
    lines.join("\n") + "\n"
}

/// A regular expression that fits this text alone. Names have only these signs.
fn literal(text: &str) -> String {
    let escape = |c: char| match c {
        '.' | '+' | '[' | ']' | '-' => vec!['\\', c],
        _ => vec![c],
    };
    text.chars().flat_map(escape).collect()
}
