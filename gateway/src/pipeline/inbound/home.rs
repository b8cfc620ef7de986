//! What a door knows of the conversation that an arrival belongs to, and where that is at home.

use super::Arrival;
use domain::{AgentId, ChannelId, ChannelKind, ContactId, Conversation, QueueId, State, Timestamp};

/// What a door knows of the contact's conversation on it, so that it need not be looked up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: look it up.
    Unknown,
    /// There is none.
    None,
    /// It is open, or was closed lately.
    Known {
        /// In which queue it is, or was.
        queue: QueueId,
        /// Its request type.
        request_type: Option<String>,
        /// Is it over?
        over: bool,
        /// Who holds it, or held it to its end.
        agent: Option<AgentId>,
        /// Whose it is, and where it is at home.
        home: Home,
    },
}

/// Whose a conversation is, and where it is at home: what comes through another door joins it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Through which channel it came.
    pub(super) channel: ChannelId,
    /// What kind of work it is.
    pub(super) kind: ChannelKind,
    /// Who asks.
    pub(super) contact: ContactId,
    /// When it was closed.
    pub(super) closed_at: Option<Timestamp>,
}

impl Standing {
    /// What a conversation tells.
    pub fn of(conversation: &Conversation) -> Self {
        Self::Known {
            queue: conversation.queue.clone(),
            request_type: conversation.info.request_type.clone(),
            over: matches!(conversation.state, State::Closed | State::WrapUp),
            agent: conversation.agent.clone(),
            home: Home {
                channel: conversation.channel.clone(),
                kind: conversation.kind,
                contact: conversation.contact.clone(),
                closed_at: conversation.closed_at,
            },
        }
    }
}

impl Arrival<'_> {
    /// The home of the conversation that this goes on with, where that is another door's and can still
    /// be gone on with.
    pub(super) fn home<'h>(&self, standing: &'h Standing) -> Option<&'h Home> {
        let Standing::Known { queue, home, .. } = standing else { return None };
        let reopen_ms =
            self.view.queue(queue).map(|queue| i64::from(queue.reopen_hours) * 3_600_000);
        let now = self.app.clock.now();
        let may_go_on = home.closed_at.is_none_or(|at| now.ms_since(at) < reopen_ms.unwrap_or(0));
        Some(home).filter(|home| home.channel != self.channel.id && may_go_on)
    }
}
