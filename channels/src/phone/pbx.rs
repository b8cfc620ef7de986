//! Telephones behind a PBX that we steer: what is the same for each of them.
//!
//! The PBX rings the agent, then the person, and connects both; it carries their voices. We give each leg its
//! id, made of the call's, so that the same order twice rings nobody twice, and a call is found again by
//! whoever takes it over. [`keep`] carries the orders out, one [`Call`] beside the other; an adapter only says
//! how its PBX does the seven things of [`Pbx`], and brings its [`News`].

mod call;
mod line;
mod outcome;
#[cfg(test)]
mod tests;

pub(crate) use line::keep;
pub(crate) use outcome::cause_of_words;

use crate::phone::{Call, MissedCall};
use domain::{CallId, Leg};

/// How many news may wait between the PBX's line and the calls.
pub(crate) const NEWS_MAX: usize = 1_024;

/// Why the PBX did not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is something of this id already.
    Exists,
    /// Nobody knows whether it did; it may be tried again.
    Away(String),
    /// It will not, with its words.
    No(String),
}

/// One leg, as the PBX has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegState {
    /// There is none.
    Gone,
    /// It rings, or is about to.
    Rings,
    /// Its owner has answered.
    Up,
}

/// What the PBX has of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) agent: LegState,
    pub(crate) contact: LegState,
    pub(crate) joined: Joined,
}

/// Do both speak?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// No.
    Not,
    /// They do.
    Both,
    /// They did; the person is on hold.
    Held,
}

/// What a PBX does for us.
#[async_trait::async_trait]
pub(crate) trait Pbx: Send + Sync {
    /// Begins to ring one of the two. The PBX itself stops after the call's time for it.
    async fn ring(&self, call: &Call, leg: Leg) -> Result<(), Refused>;
    /// Connects both, who have answered, and tells under which id it is recorded, if it is.
    async fn connect(&self, call: &CallId) -> Result<Option<String>, Refused>;
    /// The person hears music, and is not heard: tells so, unless the PBX's own news will.
    async fn hold(&self, call: &CallId) -> Result<Option<Signal>, Refused>;
    /// Both speak again: tells so, unless the PBX's own news will.
    async fn resume(&self, call: &CallId) -> Result<Option<Signal>, Refused>;
    /// Lets both telephones go, whatever they do; well done when there is nothing left.
    async fn let_go(&self, call: &CallId) -> Result<(), Refused>;
    /// What it has of a call.
    async fn find(&self, call: &CallId) -> Result<Found, Refused>;
    /// Lets somebody go who rang, after the desk knows of it; for PBXs that keep them until then.
    async fn let_caller_go(&self, _missed: &MissedCall) {}
}

/// What happens to a leg, or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// It rings.
    Rings(Leg),
    /// Its owner has answered.
    Answers(Leg),
    /// Its owner has hung up, where they had answered.
    Leaves(Leg),
    /// It is gone, with the cause after ITU-T Q.850; 0 when the PBX says none.
    Ends(Leg, u16),
    /// The person is on hold.
    Held,
    /// No longer.
    Resumed,
}

/// What comes over the PBX's line.
#[derive(Debug)]
pub(crate) enum News {
    /// Something happened.
    Heard(CallId, Signal),
    /// Somebody rang and nobody took the call.
    Missed(MissedCall),
    /// The line was away and is back: nobody knows what happened meanwhile.
    Back,
}

/// The PBX's id of a leg: at most 36 characters with the ids that we are given (FreeSWITCH takes no more).
pub(crate) fn leg_id(call: &CallId, leg: Leg) -> String {
    let letter = match leg {
        Leg::Agent => 'a',
        Leg::Contact => 'c',
    };
    format!("{call}-{letter}")
}

/// Whose leg has this id, if it is one of ours.
pub(crate) fn leg_of(id: &str) -> Option<(CallId, Leg)> {
    let (call, leg) = match id.rsplit_once('-')? {
        (call, "a") => (call, Leg::Agent),
        (call, "c") => (call, Leg::Contact),
        _ => return None,
    };
    call.parse().ok().map(|call| (call, leg))
}
