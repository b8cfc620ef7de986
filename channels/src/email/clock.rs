//! The time at which letters come in.

use domain::{Clock, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's own clock. Doors are built from their settings alone, so they bring their own.
#[derive(Debug)]
pub(super) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that the rest of mail takes")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
