//! Conversations with which a duty's pass could not do its work: they are passed over for a while, so
//! that the others go on.

use domain::{ConversationId, Timestamp};
use std::error::Error;

/// So many conversations that fail are passed over; then all of them are tried again.
const FAILING_MAX: usize = 256;
/// After so long those that failed are tried again, in milliseconds.
const TRY_AGAIN_AFTER_MS: i64 = 5 * 60_000;

/// The conversations that failed, until they are tried again.
pub(super) struct Failing {
    since: Timestamp,
    ids: Vec<String>,
}

impl Failing {
    /// From a pass's note: the time of the first failure, then the ids.
    pub(super) fn read(note: &str, now: Timestamp) -> Self {
        let mut words = note.split(' ');
        let since = words.next().and_then(|ms| ms.parse().ok()).map_or(now, Timestamp);
        let ids: Vec<String> = words.map(str::to_owned).collect();
        if now.ms_since(since) >= TRY_AGAIN_AFTER_MS || ids.len() >= FAILING_MAX {
            return Self { since: now, ids: Vec::new() };
        }
        Self { since, ids }
    }

    /// So many are passed over.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// One more that failed.
    pub(super) fn add(&mut self, id: &ConversationId) {
        self.ids.push(id.to_string());
    }

    /// Is it passed over?
    pub(super) fn has(&self, id: &ConversationId) -> bool {
        self.ids.iter().any(|failing| failing == id.as_str())
    }

    /// The note for the next pass.
    pub(super) fn write(&self) -> String {
        if self.ids.is_empty() {
            return String::new();
        }
        format!("{} {}", self.since.0, self.ids.join(" "))
    }
}

/// Is a store away, so that nothing else would go better? Its error may be the cause of another.
pub(super) fn is_away(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let routing = error.downcast_ref::<routing::RoutingError>();
        let records = error.downcast_ref::<records::RecordsError>();
        if routing.is_some_and(routing::RoutingError::is_unavailable)
            || records.is_some_and(records::RecordsError::may_retry)
        {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_passed_over_for_a_while() {
        let id: ConversationId = "conv_1".parse().unwrap();
        let mut failing = Failing::read("", Timestamp(7));
        assert_eq!(failing.write(), "", "nothing fails yet");
        failing.add(&id);
        let later = Failing::read(&failing.write(), Timestamp(7 + TRY_AGAIN_AFTER_MS - 1));
        assert!(later.has(&id));
        let again = Failing::read(&failing.write(), Timestamp(7 + TRY_AGAIN_AFTER_MS));
        assert!(!again.has(&id), "it is tried again");
    }
}
