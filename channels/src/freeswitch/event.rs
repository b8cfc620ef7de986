//! What FreeSWITCH's events say of our calls.

use super::FreeSwitchConfig;
use crate::phone::MissedCall;
use crate::phone::number::read;
use crate::phone::pbx::{News, Signal, cause_of_words, leg_of};
use crate::refusal::text;
use domain::{Leg, Timestamp};
use serde_json::Value;

/// A cause that the table does not know: something failed.
const SOME_CAUSE: u16 = 127;
/// The longest id of a caller's channel, in bytes.
const ID_BYTES_MAX: usize = 256;

/// Reads one event; `None` when it is nothing of ours.
pub(super) fn happened(event: &Value, config: &FreeSwitchConfig) -> Option<News> {
    let (is, id) = (text(event, "Event-Name"), text(event, "Unique-ID"));
    if is == "BACKGROUND_JOB" {
        return job(event);
    }
    let Some((call, leg)) = leg_of(id) else {
        return if is == "CHANNEL_HANGUP_COMPLETE" { caller(event, id, config) } else { None };
    };
    let signal = match is {
        "CHANNEL_PROGRESS" | "CHANNEL_PROGRESS_MEDIA" => Signal::Rings(leg),
        "CHANNEL_ANSWER" => Signal::Answers(leg),
        "CHANNEL_HANGUP" | "CHANNEL_HANGUP_COMPLETE" => ends(leg, text(event, "Hangup-Cause")),
        "CHANNEL_HOLD" => Signal::Held,
        "CHANNEL_UNHOLD" => Signal::Resumed,
        _ => return None,
    };
    Some(News::Heard(call, signal))
}

/// The end of `originate`, under the id that we gave it: the leg's. Where it failed before there was a
/// channel, nothing else tells.
fn job(event: &Value) -> Option<News> {
    let (call, leg) = leg_of(text(event, "Job-UUID"))?;
    let cause = text(event, "_body").trim().strip_prefix("-ERR ")?;
    Some(News::Heard(call, ends(leg, cause)))
}

fn ends(leg: Leg, cause: &str) -> Signal {
    match cause_of_words(cause) {
        0 => Signal::Ends(leg, SOME_CAUSE),
        cause => Signal::Ends(leg, cause),
    }
}

/// Somebody who rang: only those are ours whom the dial plan marked. Others have no number to call back.
fn caller(event: &Value, id: &str, config: &FreeSwitchConfig) -> Option<News> {
    let is_marked = text(event, &format!("variable_{}", config.missed)) == "true";
    if !is_marked || id.is_empty() || id.len() > ID_BYTES_MAX {
        return None;
    }
    let from = read(text(event, "Caller-Caller-ID-Number"), &config.region).ok()?;
    let called = text(event, "Caller-Destination-Number");
    let micros = text(event, "Event-Date-Timestamp").parse::<i64>().ok();
    Some(News::Missed(MissedCall {
        external_id: id.to_owned(),
        from,
        to: called.chars().filter(|letter| !letter.is_control()).take(64).collect(),
        at: micros.map(|micros| Timestamp(micros / 1_000)),
    }))
}
