//! The last commits, for sockets that resume: what they missed without asking Redis. Bounded in
//! commits and bytes; older ones are read from Redis.

use super::fact::Batch;
use routing::events::is_before;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most commits kept.
pub(super) const COMMITS_MAX: usize = 10_000;
/// The most bytes kept, about.
pub(super) const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The last commits of a tenant.
#[derive(Debug)]
pub(super) struct Ring {
    batches: VecDeque<Batch>,
    bytes: usize,
    /// The cursor before the first batch kept: whoever stands there missed nothing older.
    start: Arc<str>,
    /// The cursor of the last commit.
    end: Arc<str>,
}

impl Ring {
    /// A ring that goes on after `cursor`.
    pub(super) fn new(cursor: &str) -> Self {
        let start: Arc<str> = cursor.into();
        Self { batches: VecDeque::new(), bytes: 0, end: Arc::clone(&start), start }
    }

    /// The cursor of the last commit.
    pub(super) fn end(&self) -> &Arc<str> {
        &self.end
    }

    /// Adds the next commit.
    pub(super) fn push(&mut self, batch: Batch) {
        self.end = Arc::clone(&batch.cursor);
        self.bytes += batch.bytes();
        self.batches.push_back(batch);
        while self.batches.len() > COMMITS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
            self.start = oldest.cursor;
        }
    }

    /// The commits after one that is known here; `None` when it is not among those kept.
    pub(super) fn exactly_after(&self, cursor: &str) -> Option<impl Iterator<Item = &Batch>> {
        let from = self.batches.partition_point(|batch| !is_before(cursor, &batch.cursor));
        let last = from.checked_sub(1).and_then(|last| self.batches.get(last));
        let known = last.map_or(&self.start, |last| &last.cursor);
        (**known == *cursor).then(|| self.batches.range(from..))
    }

    /// The commits after a cursor; `None` when some of them are no longer kept here.
    pub(super) fn after(&self, cursor: &str) -> Option<impl Iterator<Item = &Batch>> {
        if is_before(cursor, &self.start) {
            return None;
        }
        let from = self.batches.partition_point(|batch| !is_before(cursor, &batch.cursor));
        Some(self.batches.range(from..))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fact::tests::message;
    use super::*;
    use domain::{Commit, MessageKind};

    fn batch(n: usize, before: &Arc<str>) -> Batch {
        let events = vec![message("conv_1", None, 1, MessageKind::Text)];
        Batch::new(Commit { cursor: format!("{n}-0"), events }, before)
    }

    fn ring(from: usize, to: usize) -> Ring {
        let mut ring = Ring::new(&format!("{from}-0"));
        for n in from + 1..=to {
            let before = Arc::clone(ring.end());
            ring.push(batch(n, &before));
        }
        ring
    }

    fn after(ring: &Ring, cursor: &str) -> Option<Vec<String>> {
        ring.after(cursor).map(|batches| batches.map(|batch| batch.cursor.to_string()).collect())
    }

    #[test]
    fn a_client_gets_exactly_what_it_missed() {
        let ring = ring(5, 8);
        assert_eq!(after(&ring, "5-0").unwrap(), ["6-0", "7-0", "8-0"]);
        assert_eq!(after(&ring, "7-0").unwrap(), ["8-0"]);
        assert_eq!(after(&ring, "8-0").unwrap(), Vec::<String>::new());
        assert_eq!(after(&ring, "7-5").unwrap(), ["8-0"], "a cursor between commits");
        assert_eq!(after(&ring, "99-0").unwrap(), Vec::<String>::new(), "ahead of this gateway");
        assert_eq!(after(&ring, "4-9"), None, "older than what is kept");
        assert_eq!(after(&ring, "10-0").unwrap(), Vec::<String>::new(), "numbers, not texts");
    }

    #[test]
    fn a_duty_goes_on_only_after_a_commit_that_is_known() {
        let ring = ring(5, 8);
        let after = |cursor: &str| {
            ring.exactly_after(cursor)
                .map(|batches| batches.map(|batch| batch.cursor.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(after("5-0").unwrap(), ["6-0", "7-0", "8-0"]);
        assert_eq!(after("7-0").unwrap(), ["8-0"]);
        assert_eq!(after("8-0").unwrap(), Vec::<String>::new());
        assert_eq!(after("7-5"), None, "no commit of this history");
        assert_eq!(after("99-0"), None, "ahead: perhaps of another history");
        assert_eq!(after("4-9"), None, "older than what is kept");
    }

    #[test]
    fn the_oldest_leave_first_and_the_start_moves() {
        let ring = ring(0, COMMITS_MAX + 3);
        assert!(ring.batches.len() <= COMMITS_MAX && ring.bytes <= BYTES_MAX);
        let oldest = COMMITS_MAX + 3 - ring.batches.len();
        assert_eq!(after(&ring, &format!("{}-0", oldest - 1)), None);
        assert_eq!(after(&ring, &format!("{oldest}-0")).unwrap().len(), ring.batches.len());
    }
}
