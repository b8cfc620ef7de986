//! The pauses that real clients make: they think between words, and back off before they come back.
//! Tests wait for states (`eventually`); only simulated people come here.

use std::time::Duration;

/// A simulated person's pause.
#[expect(
    clippy::disallowed_methods,
    reason = "people think, and clients back off; no test waits here for a state"
)]
pub async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
