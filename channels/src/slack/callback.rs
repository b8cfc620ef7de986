//! Calls of Slack: events, pressed buttons, slash commands
//! (<https://docs.slack.dev/apis/events-api/using-http-request-urls>).

use super::Slack;
use super::config::Mode;
use super::signature;
use super::wire::{Interaction, SlashCommand};
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::error::AdapterError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Answers a call.
pub(super) async fn answer(
    door: &Slack,
    request: &RawRequest,
    inlet: &Inlet,
) -> Result<RawReply, AdapterError> {
    if door.config.mode != Mode::Http {
        return Err(AdapterError::Unsupported("be called back"));
    }
    signature::check(request, &door.config.signing_secret, door.means.clock.now())?;
    let sort = request.header("content-type").unwrap_or_default();
    if sort.starts_with("application/x-www-form-urlencoded") {
        return form(door, &request.body, inlet).await;
    }
    let call: Value =
        serde_json::from_slice(&request.body).map_err(|_error| malformed("it is no JSON"))?;
    match call.get("type").and_then(Value::as_str) {
        Some("url_verification") => {
            let challenge = call.get("challenge").and_then(Value::as_str);
            let challenge = challenge.ok_or_else(|| malformed("it has no challenge"))?;
            return Ok(RawReply::text(challenge.to_owned()));
        }
        Some("event_callback") => door.take_event(call, inlet).await?,
        Some("app_rate_limited") => {
            let channel = &door.descriptor.channel;
            tracing::warn!(channel.id = %channel, "Slack leaves events out: there are too many");
        }
        Some(_) => {}
        None => return Err(malformed("it has no type")),
    }
    Ok(RawReply::empty())
}

/// Buttons come as JSON in a form, commands as the form's own fields.
async fn form(door: &Slack, body: &[u8], inlet: &Inlet) -> Result<RawReply, AdapterError> {
    let fields: Map<String, Value> = url::form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect();
    if let Some(payload) = fields.get("payload").and_then(Value::as_str) {
        let interaction: Interaction = serde_json::from_str(payload)
            .map_err(|_error| malformed("its payload cannot be read"))?;
        door.take_interaction(&interaction, inlet).await?;
    } else {
        let command: SlashCommand = read(Value::Object(fields))?;
        door.take_command(&command, inlet).await?;
    }
    Ok(RawReply::empty())
}

fn read<T: DeserializeOwned>(fields: Value) -> Result<T, AdapterError> {
    serde_json::from_value(fields)
        .map_err(|_error| malformed("it is neither a button nor a command"))
}

fn malformed(why: &str) -> AdapterError {
    AdapterError::Malformed(why.to_owned())
}
