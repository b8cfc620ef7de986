//! What a phone bridge tells, as `docs/channels/phone/phone-bridge.schema.json` says.

use crate::phone::telling::end;
use crate::phone::{CallEnd, CallEvent, MissedCall};
use chrono::DateTime;
use domain::{CallId, CallOutcome, CallStage, Leg, PhoneNumber, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest id of a recording, and of anything, in characters.
const ID_CHARS_MAX: usize = 256;
/// The longest cause, in characters.
const CAUSE_CHARS_MAX: usize = 128;
/// The longest pause that a bridge may ask for, in seconds (6 hours).
const RETRY_AFTER_SECS_MAX: u64 = 21_600;

/// One event.
#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Wire {
    #[serde(rename = "call.ringing")]
    Ringing { id: CallId, leg: Leg },
    #[serde(rename = "call.answered")]
    Answered { id: CallId, leg: Leg },
    #[serde(rename = "call.connected")]
    Connected { id: CallId },
    #[serde(rename = "call.held")]
    Held { id: CallId },
    #[serde(rename = "call.resumed")]
    Resumed { id: CallId },
    #[serde(rename = "call.recorded")]
    Recorded { id: CallId, recording: String },
    #[serde(rename = "call.ended")]
    Ended {
        id: CallId,
        outcome: CallOutcome,
        #[serde(default)]
        by: Option<Leg>,
        #[serde(default)]
        cause: String,
        #[serde(default)]
        retry_after_secs: Option<u64>,
    },
    #[serde(rename = "call.missed")]
    Missed {
        id: String,
        from: PhoneNumber,
        #[serde(default)]
        to: String,
        #[serde(default)]
        at: Option<String>,
    },
    #[serde(rename = "check")]
    Check { id: String },
}

/// What a bridge tells.
pub(super) enum Told {
    /// Something happened to a call.
    Happened(CallId, CallEvent),
    /// Somebody rang.
    Missed(MissedCall),
    /// The answer to a check of this id.
    Check(String),
}

impl Told {
    /// Reads one; the problem is for whoever writes the bridge.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let wire = Wire::deserialize(value).map_err(|error| error.to_string())?;
        Ok(match wire {
            Wire::Ringing { id, leg } => Self::Happened(id, CallEvent::Ringing(leg)),
            Wire::Answered { id, leg } => Self::Happened(id, CallEvent::Answered(leg)),
            Wire::Connected { id } => Self::Happened(id, CallEvent::Connected),
            Wire::Held { id } => Self::Happened(id, CallEvent::Held),
            Wire::Resumed { id } => Self::Happened(id, CallEvent::Resumed),
            Wire::Recorded { id, recording } => {
                Self::Happened(id, CallEvent::Recorded(bounded("recording", recording)?))
            }
            Wire::Ended { id, outcome, by, cause, retry_after_secs } => {
                let end = ended(outcome, by, &cause, retry_after_secs)?;
                Self::Happened(id, CallEvent::Ended(end))
            }
            Wire::Missed { id, from, to, at } => {
                let external_id = bounded("id", id)?;
                if to.chars().count() > ID_CHARS_MAX {
                    return Err(format!("`to` has more than {ID_CHARS_MAX} characters"));
                }
                let at = at.as_deref().map(time).transpose()?;
                Self::Missed(MissedCall { external_id, from, to, at })
            }
            Wire::Check { id } => Self::Check(bounded("id", id)?),
        })
    }
}

fn ended(
    outcome: CallOutcome,
    by: Option<Leg>,
    cause: &str,
    retry_after_secs: Option<u64>,
) -> Result<CallEnd, String> {
    if cause.chars().count() > CAUSE_CHARS_MAX {
        return Err(format!("`cause` has more than {CAUSE_CHARS_MAX} characters"));
    }
    if retry_after_secs.is_some_and(|secs| secs > RETRY_AFTER_SECS_MAX) {
        return Err(format!("`retry_after_secs` is more than {RETRY_AFTER_SECS_MAX}"));
    }
    let retry_after = retry_after_secs.map(Duration::from_secs);
    Ok(CallEnd { retry_after, ..end(outcome, by, cause) })
}

fn bounded(name: &str, text: String) -> Result<String, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=ID_CHARS_MAX).contains(&text.len()) {
        return Ok(text);
    }
    Err(format!("`{name}` has 1 to {ID_CHARS_MAX} printable ASCII characters without blanks"))
}

fn time(text: &str) -> Result<Timestamp, String> {
    let time = DateTime::parse_from_rfc3339(text);
    let time = time.map_err(|_bad| "`at` is no RFC 3339 time".to_owned())?;
    Ok(Timestamp(time.timestamp_millis()))
}

/// How far a call is, as the bridge answers `call.look_up`.
#[derive(Deserialize)]
pub(super) struct Stage {
    pub(super) stage: CallStage,
    #[serde(default)]
    outcome: Option<CallOutcome>,
    #[serde(default)]
    by: Option<Leg>,
    #[serde(default)]
    cause: String,
}

impl Stage {
    /// How it ended; lost where the bridge does not say.
    pub(super) fn end(&self) -> CallEnd {
        end(self.outcome.unwrap_or(CallOutcome::Lost), self.by, &self.cause)
    }
}
