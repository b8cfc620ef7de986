//! What the bridge answers, and what that means.

use crate::http::Answer;
use crate::outbound::Outcome;
use serde_json::Value;
use std::time::Duration;

/// The pause when the bridge asks for one and does not say how long.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest reason that is told, in characters.
const REASON_MAX: usize = 200;

/// The pause that is asked for.
pub(super) fn spoken(answer: &Answer) -> Duration {
    answer.retry_after().unwrap_or(PAUSE)
}

/// What became of a command with this id.
pub(super) fn outcome(answer: &Answer, id: &str) -> Outcome {
    match answer.status {
        // 409: it knows the command already.
        200..=299 | 409 => ids(answer, id),
        410 => Outcome::RecipientGone,
        423 => Outcome::WindowClosed,
        429 => Outcome::RateLimited(spoken(answer)),
        401 | 403 => Outcome::Rejected("the bridge does not take our signature".to_owned()),
        400 | 413 | 422 => Outcome::Rejected(reason(answer)),
        status @ 300..=399 => {
            Outcome::Rejected(format!("the bridge says HTTP {status}; redirects are not followed"))
        }
        status => Outcome::Unavailable(format!("the bridge says HTTP {status}")),
    }
}

/// The messenger's ids of it; a bridge that tells none knows the message by the command's id.
fn ids(answer: &Answer, id: &str) -> Outcome {
    let told: Value = answer.json().unwrap_or_default();
    let ids = told.get("ids").and_then(Value::as_array);
    let ids: Vec<String> =
        ids.into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    Outcome::Sent(if ids.is_empty() { vec![id.to_owned()] } else { ids })
}

fn reason(answer: &Answer) -> String {
    let told: Value = answer.json().unwrap_or_default();
    let reason = told.get("reason").and_then(Value::as_str).unwrap_or_default();
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
    if reason.is_empty() { format!("the bridge says HTTP {}", answer.status) } else { reason }
}
