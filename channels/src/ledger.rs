//! What was tried at networks that know no id of ours: the same command does not reach a contact twice
//! only because a gateway died between sending and saying so.

use crate::inbound::SinkError;
use crate::means::Means;
use crate::outbound::{Command, Outcome};

/// How long a try without a known end keeps others from sending the same, in milliseconds (a week): much
/// longer than all gateways are away, since without it the command counts as never begun.
const TRY_MS: u64 = 7 * 24 * 3_600_000;
/// How long looking for a try may take, in milliseconds.
const LOOK_MS: u64 = 10_000;
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
    match means.shelf.take_turn(&turn(command), TRY_MS).await {
        Ok(true) => {}
        Ok(false) => {
            let doubt = || Outcome::InDoubt("an earlier try of it has no known end".to_owned());
            return sent(means, command).await.map_or_else(doubt, Outcome::Sent);
        }
        Err(error) => return Outcome::Unavailable(error.reason),
    }
    // A try that is known to have been sent has given its turn back.
    let outcome = match known(means, command).await {
        Ok(Some(ids)) => Outcome::Sent(ids),
        Ok(None) => send.await,
        Err(error) => Outcome::Unavailable(error.reason),
    };
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

/// What became of a command at a network that cannot be asked: it was sent, its try has no known end, or
/// it was never begun.
pub async fn look_up(means: &Means, command: &Command) -> Outcome {
    match known(means, command).await {
        Ok(Some(ids)) => return Outcome::Sent(ids),
        Ok(None) => {}
        Err(error) => return Outcome::InDoubt(error.reason),
    }
    match means.shelf.take_turn(&turn(command), LOOK_MS).await {
        Ok(true) => {
            never_sent(means, command).await;
            Outcome::Unavailable("it was never begun".to_owned())
        }
        Ok(false) => Outcome::InDoubt("the network cannot be asked what it was sent".to_owned()),
        Err(error) => Outcome::InDoubt(error.reason),
    }
}

/// The network's ids of a command, if it is known to have been sent.
pub async fn sent(means: &Means, command: &Command) -> Option<Vec<String>> {
    known(means, command).await.ok().flatten()
}

async fn known(means: &Means, command: &Command) -> Result<Option<Vec<String>>, SinkError> {
    let found = means.shelf.find(&name(command)).await?;
    Ok(found.and_then(|ids| serde_json::from_str(&ids).ok()))
}

/// Notes the network's ids of a command that was sent, and lets go of the try.
pub async fn keep(means: &Means, command: &Command, ids: &[String]) {
    let ids = serde_json::Value::from(ids).to_string();
    match means.shelf.put(&name(command), &ids, SENT_MS).await {
        Ok(()) => means.shelf.end_turn(&turn(command)).await,
        // The try itself is still noted: the same again is a doubt, not a double.
        Err(error) => tracing::debug!(error = %error, "what was sent is not noted"),
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
    async fn what_was_never_begun_is_told_from_what_was_sent() {
        let (means, ids) = (Means::none(), vec!["m1".to_owned()]);
        for _ in 0..2 {
            let found = look_up(&means, &command()).await;
            assert!(matches!(found, Outcome::Unavailable(_)), "looking begins nothing: {found:?}");
        }
        let sent = Outcome::Sent(ids);
        assert_eq!(tried(&means, sent.clone()).await, (true, sent.clone()));
        assert_eq!(look_up(&means, &command()).await, sent);
    }

    #[tokio::test]
    async fn a_doubt_stays_one_and_a_failure_is_tried_again() {
        let (means, cut) = (Means::none(), Outcome::InDoubt("cut".to_owned()));
        let away = Outcome::Unavailable("away".to_owned());
        assert_eq!(tried(&means, away.clone()).await, (true, away.clone()));
        assert_eq!(tried(&means, cut.clone()).await, (true, cut));
        let (was_asked, said) = tried(&means, away).await;
        assert!(!was_asked && matches!(said, Outcome::InDoubt(_)), "{said:?}");
        assert!(matches!(look_up(&means, &command()).await, Outcome::InDoubt(_)));
        never_sent(&means, &command()).await;
        let sent = Outcome::Sent(Vec::new());
        assert_eq!(tried(&means, sent.clone()).await, (true, sent));
    }
}
