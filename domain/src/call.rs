//! Telephone calls: whose number, which leg, how far, and how it ended.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// The fewest and the most digits of a number in E.164 form (ITU-T E.164: 15 with the country's code; no
/// country has numbers of fewer than 7).
const DIGITS: (usize, usize) = (7, 15);
/// So many digits at the end of a masked number are shown.
const SHOWN: usize = 4;

/// A telephone number in E.164 form, `+8613800000000`: personal data, so `{:?}` and `{}` show it masked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, examples("+8613800000000"))]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The whole number, for whoever dials it or may see it.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The number as everybody may see it: `+86*******0000`.
    pub fn masked(&self) -> String {
        let chars = self.0.chars().count();
        let is_shown = |place: usize| place < 3 || place + SHOWN >= chars;
        let masked = self.0.chars().enumerate();
        masked.map(|(place, digit)| if is_shown(place) { digit } else { '*' }).collect()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// It is no number in E.164 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a telephone number is `+`, the country's code and the number: 7 to 15 digits")]
pub struct NotE164;

impl FromStr for PhoneNumber {
    type Err = NotE164;
    fn from_str(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits = (DIGITS.0..=DIGITS.1).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(text.to_owned())) } else { Err(NotE164) }
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One of the two people of a call.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// The agent, who is rung first.
    Agent,
    /// The person who asked to be called back.
    Contact,
}

impl Leg {
    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Contact => "contact",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Agent => Self::Contact,
            Self::Contact => Self::Agent,
        }
    }
}

/// How far a call has come. It only goes forward; `held` and `connected` may take turns.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CallStage {
    /// It is wanted; no line has taken it yet.
    Ordered,
    /// A line dials the agent.
    Dialing,
    /// The agent's telephone rings.
    AgentRinging,
    /// The agent has answered; the person is being dialled.
    AgentAnswered,
    /// The person's telephone rings.
    ContactRinging,
    /// Both speak with each other.
    Connected,
    /// The person is on hold.
    Held,
    /// It is over.
    Ended,
}

impl CallStage {
    /// Every stage, in order.
    pub const ALL: [Self; 8] = [
        Self::Ordered,
        Self::Dialing,
        Self::AgentRinging,
        Self::AgentAnswered,
        Self::ContactRinging,
        Self::Connected,
        Self::Held,
        Self::Ended,
    ];

    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Dialing => "dialing",
            Self::AgentRinging => "agent_ringing",
            Self::AgentAnswered => "agent_answered",
            Self::ContactRinging => "contact_ringing",
            Self::Connected => "connected",
            Self::Held => "held",
            Self::Ended => "ended",
        }
    }
}

impl FromStr for CallStage {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stage| stage.name() == text);
        found.ok_or_else(|| format!("unknown stage of a call `{text}`"))
    }
}

/// How a call ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Both spoke with each other; then somebody hung up.
    Completed,
    /// The person's telephone is busy (SIP 486, 600).
    Busy,
    /// The person did not answer in time (SIP 408, 480, 487 after our own end).
    NoAnswer,
    /// The person refused the call (SIP 603, 403 after ringing).
    Declined,
    /// A machine seems to have answered for the person.
    Voicemail,
    /// The number is not in service, or not allowed (SIP 404, 410, 484, 604): it will not answer later.
    BadNumber,
    /// The network or the trunk failed (SIP 5xx, no answer at all).
    Failed,
    /// The agent's telephone is busy, does not answer, refused, or cannot be reached: the person was not rung.
    AgentUnreachable,
    /// The agent hung up before the person answered.
    AgentLeft,
    /// The desk took it back before anybody spoke.
    Cancelled,
    /// Nobody knows: whoever kept the line died. Both telephones were let go.
    Lost,
}

impl CallOutcome {
    /// Every outcome.
    pub const ALL: [Self; 11] = [
        Self::Completed,
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::Voicemail,
        Self::BadNumber,
        Self::Failed,
        Self::AgentUnreachable,
        Self::AgentLeft,
        Self::Cancelled,
        Self::Lost,
    ];

    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Voicemail => "voicemail",
            Self::BadNumber => "bad_number",
            Self::Failed => "failed",
            Self::AgentUnreachable => "agent_unreachable",
            Self::AgentLeft => "agent_left",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }

    /// Was the person's telephone tried, so that it counts as an attempt to reach them?
    pub fn reached_for_contact(self) -> bool {
        match self {
            Self::Completed
            | Self::Busy
            | Self::NoAnswer
            | Self::Declined
            | Self::Voicemail
            | Self::BadNumber
            | Self::Failed => true,
            Self::AgentUnreachable | Self::AgentLeft | Self::Cancelled | Self::Lost => false,
        }
    }
}

impl FromStr for CallOutcome {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.name() == text);
        found.ok_or_else(|| format!("unknown outcome of a call `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_masked_and_dialled_whole() {
        let number: PhoneNumber = "+8613800001234".parse().unwrap();
        assert_eq!(number.e164(), "+8613800001234");
        assert_eq!(number.masked(), "+86*******1234");
        assert_eq!(format!("{number} {number:?}"), "+86*******1234 +86*******1234");
    }

    #[test]
    fn what_is_no_e164_number_is_refused() {
        for text in [
            "",
            "+",
            "13800001234",
            "+0138000012",
            "+86 138",
            "+123456",
            "+1234567890123456",
            "+86１38",
        ] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(NotE164), "{text}");
        }
    }

    #[test]
    fn names_lead_back() {
        for stage in CallStage::ALL {
            assert_eq!(stage.name().parse(), Ok(stage));
        }
        for outcome in CallOutcome::ALL {
            assert_eq!(outcome.name().parse(), Ok(outcome));
        }
    }
}
