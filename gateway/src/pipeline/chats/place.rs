//! A place in the queue as it is told to people who wait: how many are before them and about how long
//! that takes, in steps that mean something to somebody; and whether another place is worth a word.

use crate::pipeline::estimates;
use routing::reply::Estimate;
use serde::{Deserialize, Serialize};

/// The waits that are told, in minutes: what lies between is rounded up. Beyond the last nothing honest
/// can be said.
const MINUTES: [u64; 12] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180];

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// At least and at most so many are before the person.
    pub(super) before: (u64, u64),
    /// The wait, between these steps of [`MINUTES`]; none when it is not known.
    wait: Option<(usize, usize)>,
}

impl Place {
    pub(super) fn of(estimate: &Estimate) -> Self {
        let position = estimates::position(estimate);
        let step = |secs: u64| MINUTES.iter().position(|minutes| secs <= minutes * 60);
        let wait = position.wait_secs_min.zip(position.wait_secs_max);
        let wait = wait.and_then(|(least, most)| step(least).zip(step(most)));
        Self { before: (estimate.before_min, estimate.before_max), wait }
    }

    /// The wait in minutes, at least and at most; none when it is not known.
    pub(super) fn minutes(self) -> Option<(u64, u64)> {
        let (least, most) = self.wait?;
        MINUTES.get(least).copied().zip(MINUTES.get(most).copied())
    }

    /// Is it worth a word to somebody who was told of another place, or of none? A place that is half as
    /// far, or the first one, is; so is a wait that is two steps shorter, or known at last. What was
    /// said and is no longer true is put right when it is off by half.
    fn matters_after(self, told: Option<Self>) -> bool {
        let Some(told) = told else { return true };
        let ((least, most), (_, said)) = (self.before, told.before);
        let is_nearer = most < said && most.saturating_mul(2) <= said;
        let is_farther = least > said && least >= said.saturating_add(said.div_ceil(2));
        let is_other_wait = match (told.wait, self.wait) {
            (Some((_, said)), Some((least, most))) => {
                most.saturating_add(2) <= said || least >= said.saturating_add(2)
            }
            (None, Some(_)) => true,
            (_, None) => false,
        };
        is_nearer || is_farther || is_other_wait
    }
}

/// What somebody was told, as it is kept with the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// The place; none where there was none yet.
    place: Option<Place>,
    /// So many words followed the first one.
    times: u32,
}

impl Told {
    /// What the first word tells.
    pub(super) fn first(estimate: Option<&Estimate>) -> Self {
        Self { place: estimate.map(Place::of), times: 0 }
    }

    /// What is to be told of another place, if it is worth a word and there were not `most` already.
    pub(super) fn then(self, place: Place, most: u32) -> Option<Self> {
        let is_told = self.times < most && place.matters_after(self.place);
        is_told.then(|| Self { place: Some(place), times: self.times.saturating_add(1) })
    }

    /// The place.
    pub(super) fn place(self) -> Option<Place> {
        self.place
    }

    /// Were there so many words already?
    pub(super) fn is_over(self, most: u32) -> bool {
        self.times >= most
    }

    /// The name of its word: each once in a conversation.
    pub(super) fn name(self) -> String {
        format!("place.{}", self.times)
    }

    /// As it is kept.
    ///
    /// # Errors
    /// None that numbers can cause.
    pub(super) fn text(self) -> serde_json::Result<String> {
        serde_json::to_string(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(before: (u64, u64), handling_ms: i64) -> Place {
        let (before_min, before_max) = before;
        Place::of(&Estimate { before_min, before_max, agents: 1, slots: 1, handling_ms })
    }

    #[test]
    fn a_wait_is_told_in_steps_and_only_when_it_is_known() {
        assert_eq!(place((2, 5), 0).minutes(), None, "nothing is known yet");
        assert_eq!(place((2, 5), 60_000).minutes(), Some((2, 10)), "2 and 6 minutes, rounded up");
        assert_eq!(place((0, 0), 30_000).minutes(), Some((1, 1)));
        assert_eq!(place((50, 90), 600_000).minutes(), None, "beyond three hours");
    }

    #[test]
    fn only_a_place_that_means_something_else_is_worth_a_word() {
        let matters =
            |told: (u64, u64), now: (u64, u64)| place(now, 0).matters_after(Some(place(told, 0)));
        assert!(place((3, 3), 0).matters_after(None), "there was none yet");
        for (told, now) in [((4, 8), (2, 4)), ((1, 1), (0, 0)), ((2, 3), (0, 1)), ((2, 4), (6, 9))]
        {
            assert!(matters(told, now), "{told:?} {now:?}");
        }
        for (told, now) in [
            ((4, 8), (4, 8)),
            ((4, 8), (3, 7)),
            ((4, 8), (0, 5)),
            ((2, 4), (5, 6)),
            ((0, 0), (0, 0)),
        ] {
            assert!(!matters(told, now), "{told:?} {now:?}");
        }
        // The same place, and another wait: one agent went home, or came.
        assert!(place((4, 4), 60_000).matters_after(Some(place((4, 4), 0))), "known at last");
        assert!(place((4, 4), 60_000).matters_after(Some(place((4, 4), 240_000))));
        assert!(place((4, 4), 600_000).matters_after(Some(place((4, 4), 60_000))));
        assert!(!place((4, 4), 60_000).matters_after(Some(place((4, 4), 70_000))));
        assert!(
            !place((4, 4), 0).matters_after(Some(place((4, 4), 60_000))),
            "nothing can be said"
        );
    }

    #[test]
    fn words_are_counted_and_each_has_its_name() {
        let mut told = Told::first(None);
        let mut names = Vec::new();
        for n in (0..9).rev() {
            let before = 1 << n;
            if let Some(next) = told.then(place((before, before), 0), 3) {
                told = next;
                names.push(told.name());
            }
        }
        assert_eq!(names, ["place.1", "place.2", "place.3"]);
        assert!(told.is_over(3) && !told.is_over(4));
        assert_eq!(serde_json::from_str::<Told>(&told.text().unwrap()).unwrap(), told);
    }
}
