//! Telling the desk, until it has it.

use crate::outbound::Outcome;
use crate::phone::{CallDesk, CallEnd, CallEvent, MissedCall, Told};
use domain::{CallId, CallOutcome, Leg};
use std::time::Duration;

/// The pause before something is told again, at least and at most, whatever the desk asks for.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 10..=5_000;
/// The longest cause, in characters.
const CAUSE_CHARS_MAX: usize = 128;
/// A cause shows no more digits in a row: more may be somebody's number.
const DIGITS_SHOWN: usize = 4;

/// Tells something of a call until it is kept. Whoever waits is stopped by being dropped; the next owner
/// of the call then learns it from the network.
pub(crate) async fn tell(desk: &dyn CallDesk, call: &CallId, event: CallEvent) -> Told {
    loop {
        match desk.told(call, event.clone()).await {
            Ok(told) => return told,
            Err(error) => {
                tracing::debug!(call = %call, error = %error, "the desk does not hear it yet");
                pause(error.retry_after_ms).await;
            }
        }
    }
}

/// Tells of a call that nobody took, until it is kept or refused.
pub(crate) async fn tell_missed(desk: &dyn CallDesk, missed: &MissedCall) {
    while let Err(error) = desk.missed(missed.clone()).await {
        tracing::debug!(error = %error, "the desk does not hear of a missed call yet");
        pause(error.retry_after_ms).await;
    }
}

async fn pause(asked_ms: u64) {
    let ms = asked_ms.clamp(*PAUSE_MS.start(), *PAUSE_MS.end());
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Pauses before a line is opened again, and gives the next pause: twice as long, unless the line did well.
pub(crate) async fn pause_after(
    did_well: bool,
    pause: Duration,
    (first, most): (Duration, Duration),
) -> Duration {
    let pause = if did_well { first } else { pause };
    tokio::time::sleep(pause).await;
    pause.saturating_mul(2).min(most)
}

/// An end, with a cause as it may be shown.
pub(crate) fn end(outcome: CallOutcome, by: Option<Leg>, cause: &str) -> CallEnd {
    CallEnd { outcome, by, cause: shown(cause), retry_after: None }
}

/// In one line, cut short, and without numbers.
fn shown(cause: &str) -> String {
    let mut in_row = 0;
    let letters = cause.chars().filter(|letter| !letter.is_control()).map(|letter| {
        in_row = if letter.is_ascii_digit() { in_row + 1 } else { 0 };
        if in_row > DIGITS_SHOWN { '*' } else { letter }
    });
    letters.take(CAUSE_CHARS_MAX).collect()
}

/// What becomes of everything that a desk sends through a telephone as if it were a messenger.
pub(crate) fn carries_no_text() -> Outcome {
    Outcome::Rejected("a telephone carries calls, and no text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_shows_no_number() {
        assert_eq!(shown("486 Busy Here"), "486 Busy Here");
        assert_eq!(shown("no route to\r\n+8613800138000"), "no route to+8613*********");
        assert_eq!(shown(&"x".repeat(500)).len(), CAUSE_CHARS_MAX);
    }
}
