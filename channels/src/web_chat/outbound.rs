//! Answers are read from the conversation's log by the visitor's socket, which resumes by seq; so a
//! message is delivered by being committed, and other commands have no one to reach.

use crate::outbound::{Action, Command, Outcome};

/// Says what a command comes to at this door.
pub(super) fn deliver(command: &Command) -> Outcome {
    match &command.action {
        Action::Send { .. } | Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
        Action::Edit { .. } => Outcome::Rejected("web chat cannot change a message".to_owned()),
        Action::Delete { .. } => {
            Outcome::Rejected("web chat cannot take back a message".to_owned())
        }
        Action::React { .. } => Outcome::Rejected("web chat has no reactions".to_owned()),
        Action::StartCall { .. } | Action::EndCall { .. } => {
            Outcome::Rejected("web chat has no calls".to_owned())
        }
    }
}
