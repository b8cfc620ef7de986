//! Agents are not always there: a break, a sign-out, and now and then a laptop that is shut in the
//! middle of a conversation for longer than the lease of its presence.

use super::Work;
use crate::agent::Seen;
use crate::dice::Dice;
use crate::pace::pause;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// A rest that is to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    at: Instant,
    ms: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The line breaks without a word, and nobody is there.
    Laptop,
    /// Takes no work for a moment.
    Away,
    /// Gives everything back.
    Offline,
}

impl Rest {
    /// The one of this round, if any.
    pub(super) fn throw(dice: &mut Dice) -> Option<Self> {
        let at = Instant::now() + Duration::from_millis(dice.between(200, 1_500));
        let (kind, ms) = match dice.below(100) {
            0..3 => (Kind::Laptop, dice.between(3_200, 6_000)),
            3..9 => (Kind::Away, dice.between(30, 400)),
            9..13 => (Kind::Offline, dice.between(30, 400)),
            _ => return None,
        };
        Some(Self { at, ms, kind })
    }
}

impl Work {
    /// Takes the rest of this round when its time has come.
    pub(super) async fn rests_if_due(&mut self) {
        let Some(rest) = self.rest.take_if(|rest| rest.at <= Instant::now()) else { return };
        let presence = match rest.kind {
            Kind::Laptop => {
                self.agent.loses_connection();
                return pause(rest.ms).await;
            }
            Kind::Away => "away",
            Kind::Offline => "offline",
        };
        self.agent.sends(&json!({ "type": "presence", "presence": presence })).await;
        let is_away =
            |seen: &Seen| (seen.presence == presence || seen.ended.is_some()).then_some(());
        self.agent.seen().within(Duration::from_millis(500), is_away).await;
        pause(rest.ms).await;
    }
}
