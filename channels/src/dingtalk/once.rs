//! DingTalk has no idempotency key. So what was sent, or may have been, is remembered on the shelf for a
//! day: a command that comes again is answered from there, and nobody hears it twice.

use crate::means::Means;
use crate::outbound::{Command, Outcome};

/// How long a command is remembered, in milliseconds: longer than it is tried.
const REMEMBERED_MS: u64 = 24 * 3_600_000;

/// Sends a command unless it was sent, or may have been.
pub(super) async fn once(
    means: &Means,
    command: &Command,
    send: impl Future<Output = Outcome>,
) -> Outcome {
    let turn = format!("sending.{}", command.id);
    match means.shelf.take_turn(&turn, REMEMBERED_MS).await {
        Ok(true) => {}
        Ok(false) => return earlier(means, command).await,
        Err(error) => return Outcome::Unavailable(error.reason),
    }
    let outcome = send.await;
    match &outcome {
        Outcome::Sent(ids) => {
            let ids = serde_json::Value::from(ids.clone()).to_string();
            if let Err(error) = means.shelf.put(&sent(command), &ids, REMEMBERED_MS).await {
                // Asked again, it is in doubt, and a person decides.
                tracing::debug!(error = %error, "what was sent is not remembered");
            }
        }
        Outcome::InDoubt(_) | Outcome::SentInPart { .. } => {}
        // Nothing was sent: the next try may.
        Outcome::RateLimited(_)
        | Outcome::Unavailable(_)
        | Outcome::WindowClosed
        | Outcome::RecipientGone
        | Outcome::Rejected(_) => means.shelf.end_turn(&turn).await,
    }
    outcome
}

/// What is remembered of a command.
pub(super) async fn earlier(means: &Means, command: &Command) -> Outcome {
    let found = means.shelf.find(&sent(command)).await.ok().flatten();
    match found.and_then(|ids| serde_json::from_str(&ids).ok()) {
        Some(ids) => Outcome::Sent(ids),
        None => Outcome::InDoubt("DingTalk cannot be asked whether it was sent".to_owned()),
    }
}

fn sent(command: &Command) -> String {
    format!("sent.{}", command.id)
}
