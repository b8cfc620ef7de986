//! What was sent under which of our ids, on the shelf. The network gives nothing by which it would know
//! a message of ours again, so that a second try must be found out here.

use crate::inbound::SinkError;
use crate::means::Means;
use crate::outbound::{Command, Outcome};

/// How long it is remembered what was sent: longer than anything is tried again.
const FOR_MS: u64 = 24 * 3_600_000;
/// How long it is remembered that a message was begun (a week): much longer than all gateways are away,
/// since without it the message counts as never begun.
const BEGUN_MS: u64 = 7 * FOR_MS;
/// Stands there while a message is being sent, and for good when its sender went away meanwhile.
const BEGUN: &str = "?";

/// What became of a command before.
pub(super) enum Before {
    /// Nothing is known of it.
    Nothing,
    /// It was begun, and how it ended is unknown.
    Begun,
    /// It was sent; the network's ids.
    Sent(Vec<String>),
}

fn name(command: &Command) -> String {
    format!("sent.{}", command.id)
}

pub(super) async fn before(means: &Means, command: &Command) -> Result<Before, SinkError> {
    let note = means.shelf.find(&name(command)).await?;
    Ok(match note.as_deref() {
        None | Some("") => Before::Nothing,
        Some(BEGUN) => Before::Begun,
        Some(ids) => Before::Sent(ids.split('\n').map(str::to_owned).collect()),
    })
}

/// Notes that it is being sent, before it is.
pub(super) async fn begin(means: &Means, command: &Command) -> Result<(), SinkError> {
    means.shelf.put(&name(command), BEGUN, BEGUN_MS).await
}

/// Notes how it ended. Failing to note it leaves a doubt, which a person decides.
pub(super) async fn end(means: &Means, command: &Command, outcome: &Outcome) {
    let noted = match outcome {
        Outcome::InDoubt(_) => return,
        Outcome::Sent(ids) => means.shelf.put(&name(command), &ids.join("\n"), FOR_MS).await,
        // Nothing was sent: the next try begins anew.
        _ => means.shelf.put(&name(command), "", 1).await,
    };
    if let Err(error) = noted {
        tracing::debug!(error = %error, "how a message ended was not noted");
    }
}

/// What the network cannot say, and the shelf may.
pub(super) async fn look_up(means: &Means, command: &Command) -> Outcome {
    match before(means, command).await {
        Ok(Before::Sent(ids)) => Outcome::Sent(ids),
        Ok(Before::Nothing) => Outcome::Unavailable("it was never begun".to_owned()),
        Ok(Before::Begun) => {
            Outcome::InDoubt("WeCom cannot be asked what became of a message".to_owned())
        }
        Err(error) => Outcome::InDoubt(error.reason),
    }
}
