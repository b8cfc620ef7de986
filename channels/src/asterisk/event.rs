//! What Asterisk's events say of our calls.

use super::AsteriskConfig;
use crate::phone::MissedCall;
use crate::phone::number::read;
use crate::phone::pbx::{News, Signal, leg_of};
use crate::refusal::text;
use chrono::DateTime;
use domain::{CallId, Leg, Timestamp};
use serde_json::Value;

/// How Asterisk writes a time: `2026-11-27T09:30:00.123+0800`.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f%z";
/// The longest id of a caller's channel, in bytes.
const ID_BYTES_MAX: usize = 256;

/// What an event says.
#[derive(Debug)]
pub(super) enum Said {
    /// News of a call.
    News(News),
    /// Somebody rang whose number cannot be called back: let this channel go.
    Stranger(String),
    /// Another gateway listens to our application now.
    Replaced,
    /// Nothing of ours.
    Nothing,
}

/// Reads one event.
pub(super) fn said(event: &Value, config: &AsteriskConfig) -> Said {
    let nothing = Value::Null;
    let channel = event.get("channel").unwrap_or(&nothing);
    let (is, id) = (text(event, "type"), text(channel, "id"));
    let of_leg = |signal: fn(Leg) -> Signal| heard(leg_of(id), signal);
    match is {
        "StasisStart" if leg_of(id).is_none() => caller(event, channel, config),
        "StasisStart" => of_leg(Signal::Answers),
        "ChannelStateChange" if text(channel, "state") == "Ringing" => of_leg(Signal::Rings),
        "ChannelHangupRequest" => of_leg(Signal::Leaves),
        "ChannelDestroyed" => {
            let cause = event.get("cause").and_then(Value::as_u64).unwrap_or_default();
            let cause = u16::try_from(cause).unwrap_or_default();
            heard(leg_of(id), |leg| Signal::Ends(leg, cause))
        }
        "ChannelHold" => of_leg(|_| Signal::Held),
        "ChannelUnhold" => of_leg(|_| Signal::Resumed),
        "Dial" => dialled(event),
        "ApplicationReplaced" => Said::Replaced,
        _ => Said::Nothing,
    }
}

fn heard(leg: Option<(CallId, Leg)>, signal: impl Fn(Leg) -> Signal) -> Said {
    leg.map_or(Said::Nothing, |(call, leg)| Said::News(News::Heard(call, signal(leg))))
}

/// How far dialling is. Of its ends only those are taken that say more than the channel's own end does.
fn dialled(event: &Value) -> Said {
    let peer = event.get("peer").map_or("", |peer| text(peer, "id"));
    match text(event, "dialstatus") {
        "RINGING" => heard(leg_of(peer), Signal::Rings),
        "BUSY" => heard(leg_of(peer), |leg| Signal::Ends(leg, 17)),
        "NOANSWER" => heard(leg_of(peer), |leg| Signal::Ends(leg, 19)),
        _ => Said::Nothing,
    }
}

/// Somebody whom the dial plan sent into our application: only those are ours that it marked.
fn caller(event: &Value, channel: &Value, config: &AsteriskConfig) -> Said {
    let first = event.get("args").and_then(|args| args.get(0)).and_then(Value::as_str);
    let id = text(channel, "id");
    if first != Some(&*config.missed) || id.is_empty() || id.len() > ID_BYTES_MAX {
        return Said::Nothing;
    }
    let number = channel.get("caller").map_or("", |caller| text(caller, "number"));
    let Ok(from) = read(number, &config.region) else { return Said::Stranger(id.to_owned()) };
    let called = channel.get("dialplan").map_or("", |place| text(place, "exten"));
    Said::News(News::Missed(MissedCall {
        external_id: id.to_owned(),
        from,
        to: called.chars().filter(|letter| !letter.is_control()).take(64).collect(),
        at: time(text(event, "timestamp")),
    }))
}

fn time(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_str(text, TIME).ok()?;
    Some(Timestamp(time.timestamp_millis()))
}
