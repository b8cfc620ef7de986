//! Waiting for a state, bounded, and saying which part of it was still false.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// No test waits longer for one state.
pub const WITHIN: Duration = Duration::from_secs(10);

const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Waits until `look` gives a value; it says meanwhile what is still missing.
///
/// # Panics
/// After ten seconds, with the last thing that was missing.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    eventually_within(WITHIN, what, look).await
}

/// The same with another bound, for what is allowed to take longer.
///
/// # Panics
/// After that time, with the last thing that was missing.
pub async fn eventually_within<T>(
    within: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let begun = Instant::now();
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match look().await {
            Ok(value) => return value,
            Err(missing) if begun.elapsed() > within => {
                panic!("not within {within:?}: {what}; still: {missing}")
            }
            Err(_) => {}
        }
    }
}

/// `Ok` when it holds, otherwise what is missing.
///
/// # Errors
/// The text, when it does not hold.
pub fn holds(is_so: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise.into()) }
}
