//! Letters that were given again and again and never taken, although everything else works: one of
//! them must not hold up all that come behind it.

use super::LetterError;
use crate::api::error::Code;
use crate::app::App;
use domain::{FileId, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// After so many tries in a row a letter is put aside.
const TRIES_MAX: u32 = 5;
/// So many letters are remembered; with more, something else is wrong, and all begin anew.
const KNOWN_MAX: usize = 1_000;

/// How often letters were not taken in a row, on this gateway.
#[derive(Debug, Default)]
pub struct Failures {
    tries: Mutex<HashMap<FileId, u32>>,
}

impl Failures {
    /// One more; tells whether they are enough.
    pub(super) fn are_enough(&self, letter: &FileId) -> bool {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KNOWN_MAX && !tries.contains_key(letter) {
            tries.clear();
        }
        let count = tries.entry(letter.clone()).or_default();
        *count += 1;
        *count >= TRIES_MAX
    }

    pub(super) fn forget(&self, letter: &FileId) {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).remove(letter);
    }
}

impl LetterError {
    /// Does only this letter fail? Not when the disk, a store or the queue keeps every letter out.
    pub(super) async fn is_its_own(&self, app: &App, tenant: &TenantId) -> bool {
        let may_be = match self {
            Self::Disk(_) | Self::Lost(_) | Self::Pruned | Self::Adapter(_) | Self::Behind => false,
            Self::Records(_) | Self::Routing(_) | Self::Defect => true,
            Self::Pipeline(error) => error.code() == Code::Internal,
        };
        may_be
            && app.records.ping().await.is_ok()
            && app.router.bookmark(tenant, "letters/probe").await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_in_a_row_are_counted_for_each_letter() {
        let failures = Failures::default();
        let (one, other): (FileId, FileId) = ("file_1".parse().unwrap(), "file_2".parse().unwrap());
        for _ in 1..TRIES_MAX {
            assert!(!failures.are_enough(&one));
        }
        assert!(!failures.are_enough(&other));
        assert!(failures.are_enough(&one));
        failures.forget(&one);
        assert!(!failures.are_enough(&one), "it begins anew");
    }
}
