//! A network in memory: it keeps what contacts said until it is told that we have it, and what we
//! sent; its line can be down, and it can die between taking a command and saying so.

use channels::{Command, Outcome};
use std::sync::Arc;
use tests::watched::Watched;

#[derive(Debug, Default)]
struct Network {
    is_down: bool,
    dies_after_taking: bool,
    knows_ids: bool,
    is_gone: bool,
    /// Everything that contacts said: id and text.
    said: Vec<(String, String)>,
    /// So many of these were confirmed by us.
    confirmed: usize,
    /// What reached the contact, in order, by command id.
    reached: Vec<String>,
    connections: usize,
}

/// The network.
#[derive(Debug, Clone, Default)]
pub(crate) struct FarEnd(Arc<Watched<Network>>);

impl FarEnd {
    /// One that knows a command by its id, so that the same twice is one.
    pub(crate) fn that_knows_ids() -> Self {
        let far_end = Self::default();
        far_end.0.change(|network| network.knows_ids = true);
        far_end
    }

    /// A contact says something.
    pub(crate) fn hears(&self, id: &str, text: &str) {
        self.0.change(|network| network.said.push((id.to_owned(), text.to_owned())));
    }

    /// The line goes down, or comes back.
    pub(crate) fn goes_down(&self) {
        self.0.change(|network| network.is_down = true);
    }

    /// The line comes back.
    pub(crate) fn comes_back(&self) {
        self.0.change(|network| network.is_down = false);
    }

    /// Takes the next command and dies before saying so.
    pub(crate) fn dies_after_taking(&self) {
        self.0.change(|network| network.dies_after_taking = true);
    }

    /// The contact's address is dead from now on.
    pub(crate) fn loses_recipient(&self) {
        self.0.change(|network| network.is_gone = true);
    }

    /// What reached the contact.
    pub(crate) fn reached(&self) -> Vec<String> {
        self.0.look(|network| network.reached.clone())
    }

    /// How often a connection was opened.
    pub(crate) fn connections(&self) -> usize {
        self.0.look(|network| network.connections)
    }

    /// How much we confirmed.
    pub(crate) fn confirmed(&self) -> usize {
        self.0.look(|network| network.confirmed)
    }

    pub(super) fn connects(&self) -> bool {
        self.0.change(|network| {
            network.connections += usize::from(!network.is_down);
            !network.is_down
        })
    }

    /// What was said after a place; an error when the line is down.
    pub(super) fn fetch(&self, after: usize) -> Result<Vec<(String, String)>, String> {
        self.0.look(|network| match network.is_down {
            true => Err("the line is down".to_owned()),
            false => Ok(network.said.get(after..).unwrap_or_default().to_vec()),
        })
    }

    pub(super) fn confirm(&self, up_to: usize) {
        self.0.change(|network| network.confirmed = network.confirmed.max(up_to));
    }

    /// Waits until there is more than so much, or the line's state changed.
    pub(super) async fn stirs(&self, after: usize, was_down: bool) {
        let look = |network: &Network| {
            (network.said.len() > after && !network.is_down || network.is_down != was_down)
                .then_some(())
        };
        self.0.within(std::time::Duration::from_secs(1), look).await;
    }

    /// Carries a command to the contact.
    pub(super) fn carry(&self, command: &Command) -> Outcome {
        self.0.change(|network| {
            if network.is_down {
                return Outcome::Unavailable("the line is down".to_owned());
            }
            if network.is_gone {
                return Outcome::RecipientGone;
            }
            if !(network.knows_ids && network.reached.contains(&command.id)) {
                network.reached.push(command.id.clone());
            }
            if std::mem::take(&mut network.dies_after_taking) {
                return Outcome::InDoubt("no answer".to_owned());
            }
            Outcome::Sent(vec![format!("far-{}", command.id)])
        })
    }

    /// What the network says of an earlier command.
    pub(super) fn look_up(&self, command: &Command) -> Outcome {
        self.0.look(|network| match network.reached.contains(&command.id) {
            true => Outcome::Sent(vec![format!("far-{}", command.id)]),
            false => Outcome::Unavailable("it never came".to_owned()),
        })
    }
}
