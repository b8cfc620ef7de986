//! What was tried at networks that know no id of ours: the same command does not reach a contact twice
//! only because a gateway died between sending and saying so.

use crate::means::Means;
use crate::outbound::{Command, Outcome};

/// How long a try without a known end keeps others from sending the same, in milliseconds. Whoever is
/// still not told then is told by a person.
const TRY_MS: u64 = 3_600_000;
/// How long the network's ids of what was sent are kept, in milliseconds.
const SENT_MS: u64 = 24 * 3_600_000;

/// Sends a command unless it was sent before, or another try of it has no known end.
///
/// Cancel safety: dropped, the command is in doubt until the try's time is over.
pub async fn once(
    means: &Means,
    command: &Command,
    send: impl Future<Output = Outcome>,
) -> Outcome {
    if let Some(ids) = sent(means, command).await {
        return Outcome::Sent(ids);
    }
    match means.shelf.take_turn(&turn(command), TRY_MS).await {
        Ok(true) => {}
        Ok(false) => return Outcome::InDoubt("an earlier try of it has no known end".to_owned()),
        Err(error) => return Outcome::Unavailable(error.reason),
    }
    let outcome = send.await;
    match &outcome {
        Outcome::Sent(ids) => keep(means, command, ids).await,
        Outcome::InDoubt(_) | Outcome::SentInPart { .. } => {}
        Outcome::RateLimited(_)
        | Outcome::Unavailable(_)
        | Outcome::WindowClosed
        | Outcome::RecipientGone
        | Outcome::Rejected(_) => never_sent(means, command).await,
    }
    outcome
}

/// The network's ids of a command, if it is known to have been sent.
pub async fn sent(means: &Means, command: &Command) -> Option<Vec<String>> {
    let found = means.shelf.find(&name(command)).await.ok().flatten()?;
    serde_json::from_str(&found).ok()
}

/// What became of a command at a network that cannot be asked itself.
pub async fn look_up(means: &Means, command: &Command) -> Outcome {
    match sent(means, command).await {
        Some(ids) => Outcome::Sent(ids),
        None => Outcome::InDoubt("the network cannot be asked what was sent".to_owned()),
    }
}

/// Notes the network's ids of a command that was sent.
pub async fn keep(means: &Means, command: &Command, ids: &[String]) {
    let ids = serde_json::Value::from(ids).to_string();
    if let Err(error) = means.shelf.put(&name(command), &ids, SENT_MS).await {
        // The try itself is still noted: the same again is a doubt, not a double.
        tracing::debug!(error = %error, "what was sent is not noted");
    }
}

/// Lets a command be tried again, which is known not to have been sent.
pub async fn never_sent(means: &Means, command: &Command) {
    means.shelf.end_turn(&turn(command)).await;
}

fn name(command: &Command) -> String {
    format!("sent.{}", command.id)
}

fn turn(command: &Command) -> String {
    format!("sending.{}", command.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Action;

    fn command() -> Command {
        Command {
            id: "c1".to_owned(),
            recipient: String::new(),
            external_conversation: None,
            answers: None,
            action: Action::Typing,
        }
    }

    async fn tried(means: &Means, outcome: Outcome) -> (bool, Outcome) {
        let mut was_asked = false;
        let said = once(means, &command(), async {
            was_asked = true;
            outcome
        })
        .await;
        (was_asked, said)
    }

    #[tokio::test]
    async fn what_was_sent_is_not_sent_again() {
        let (means, sent) = (Means::none(), Outcome::Sent(vec!["m1".to_owned()]));
        assert_eq!(tried(&means, sent.clone()).await, (true, sent.clone()));
        assert_eq!(tried(&means, Outcome::RecipientGone).await, (false, sent));
    }

    #[tokio::test]
    async fn a_doubt_stays_one_and_a_failure_is_tried_again() {
        let (means, cut) = (Means::none(), Outcome::InDoubt("cut".to_owned()));
        let away = Outcome::Unavailable("away".to_owned());
        assert_eq!(tried(&means, away.clone()).await, (true, away.clone()));
        assert_eq!(tried(&means, cut.clone()).await, (true, cut));
        let (was_asked, said) = tried(&means, away).await;
        assert!(!was_asked && matches!(said, Outcome::InDoubt(_)), "{said:?}");
        never_sent(&means, &command()).await;
        let sent = Outcome::Sent(Vec::new());
        assert_eq!(tried(&means, sent.clone()).await, (true, sent));
    }
}
