//! Callbacks: somebody wants to be rung, and what becomes of it.

use crate::call::{CallOutcome, CallStage};
use crate::id::{AgentId, CallId, ChannelId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A callback as people see it: without the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Callback {
    /// How it stands.
    pub state: CallbackState,
    /// The number, masked: `+86*******1234`.
    pub number: String,
    /// The phone channel whose line rings.
    pub line: ChannelId,
    /// Not before; absent for as soon as possible.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// The end of the window that the contact named. It is not rung later without need, but rather late than never.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How often the contact's telephone was tried.
    pub tries: u32,
    /// When it is tried again.
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// How the last call ended.
    #[serde(default)]
    pub outcome: Option<CallOutcome>,
    /// The call that is under way.
    #[serde(default)]
    pub call: Option<LiveCall>,
}

/// How a callback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// It is wanted, and waits for an agent or its time.
    Wanted,
    /// A call is ordered or under way.
    Calling,
    /// Nobody is rung any more: both spoke, it was cancelled, or it was tried often enough.
    Over,
}

/// A call that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveCall {
    /// Its id.
    pub id: CallId,
    /// Whose telephone is rung for the desk.
    pub agent: AgentId,
    /// How far it has come.
    pub stage: CallStage,
    /// When it was ordered.
    pub since: Timestamp,
    /// Since when both speak.
    #[serde(default)]
    pub connected_at: Option<Timestamp>,
    /// What its line is to do with it.
    #[serde(default)]
    pub wish: Option<CallWish>,
}

/// What a line is to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallWish {
    /// End it.
    HangUp,
    /// Put the contact on hold.
    Hold,
    /// Let both speak again.
    Resume,
}

impl CallWish {
    /// Every wish.
    pub const ALL: [Self; 3] = [Self::HangUp, Self::Hold, Self::Resume];

    /// The name on the wire and in Redis.
    pub fn name(self) -> &'static str {
        match self {
            Self::HangUp => "hang_up",
            Self::Hold => "hold",
            Self::Resume => "resume",
        }
    }
}

impl std::str::FromStr for CallWish {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|wish| wish.name() == text);
        found.ok_or_else(|| format!("unknown wish for a call `{text}`"))
    }
}

/// When somebody is tried again whom a call did not reach: policy of a phone channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pauses before the second, the third … try, in milliseconds; none left means that it is given up.
    pub pauses_ms: Vec<i64>,
    /// After which outcomes it is tried again.
    pub after: Vec<CallOutcome>,
}

/// What follows a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// The agent who holds the conversation decides.
    Stay,
    /// It is tried again then.
    Rest(Timestamp),
    /// Nobody is rung any more.
    Over,
}

impl RetryPolicy {
    /// What follows a call that ended so, at this time; `tries` counts the calls that tried the contact,
    /// this one too. The trunk may ask for a pause.
    pub fn follows(
        &self,
        outcome: CallOutcome,
        tries: u32,
        (now, trunk_pause_ms): (Timestamp, i64),
    ) -> Follows {
        if outcome == CallOutcome::Completed {
            return Follows::Over;
        }
        if !outcome.reached_for_contact() {
            return Follows::Stay;
        }
        let again = self.after.contains(&outcome).then_some(tries).and_then(|tries| {
            let place = usize::try_from(tries.checked_sub(1)?).ok()?;
            self.pauses_ms.get(place)
        });
        again
            .map_or(Follows::Over, |pause| Follows::Rest(now.plus_ms((*pause).max(trunk_pause_ms))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_reached_is_tried_again_as_often_as_the_policy_says() {
        let policy = RetryPolicy {
            pauses_ms: vec![60_000, 600_000],
            after: vec![CallOutcome::Busy, CallOutcome::NoAnswer],
        };
        let now = Timestamp(1_000);
        let follows = |outcome, tries| policy.follows(outcome, tries, (now, 0));
        assert_eq!(follows(CallOutcome::Busy, 1), Follows::Rest(Timestamp(61_000)));
        assert_eq!(follows(CallOutcome::NoAnswer, 2), Follows::Rest(Timestamp(601_000)));
        assert_eq!(follows(CallOutcome::Busy, 3), Follows::Over, "three tries are enough");
        assert_eq!(follows(CallOutcome::BadNumber, 1), Follows::Over, "it will not answer later");
        assert_eq!(follows(CallOutcome::Completed, 1), Follows::Over);
        assert_eq!(follows(CallOutcome::AgentUnreachable, 0), Follows::Stay, "nobody was rung");
        assert_eq!(follows(CallOutcome::Lost, 0), Follows::Stay);
        let trunk = policy.follows(CallOutcome::Busy, 1, (now, 120_000));
        assert_eq!(trunk, Follows::Rest(Timestamp(121_000)), "the trunk wants a longer pause");
    }
}
