//! A network in memory: it keeps what contacts said until it is told that we have it, and what we
//! sent; its line can be down, and it can die between taking a command and saying so.

use crate::watched::Watched;
use channels::Outcome;
use std::sync::Arc;

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
    /// What reached whom, in order: the person, and the command's id or its words.
    reached: Vec<(String, String)>,
    holds_next_answer: bool,
    /// So many commands reached somebody and were not answered.
    unanswered: usize,
    connections: usize,
}

/// It arrived, and the answer is held back for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held;

/// The network.
#[derive(Debug, Clone, Default)]
pub struct FarEnd(Arc<Watched<Network>>);

impl Network {
    fn knows(&self, id: &str) -> bool {
        self.reached.iter().any(|(_, known)| known == id)
    }
}

impl FarEnd {
    /// One that knows a command by its id, so that the same twice is one.
    pub fn that_knows_ids() -> Self {
        let far_end = Self::default();
        far_end.0.change(|network| network.knows_ids = true);
        far_end
    }

    /// A contact says something, under the network's id of it.
    pub fn hears(&self, id: &str, text: &str) {
        self.0.change(|network| network.said.push((id.to_owned(), text.to_owned())));
    }

    /// The line goes down, or comes back.
    pub fn goes_down(&self) {
        self.0.change(|network| network.is_down = true);
    }

    /// The line comes back.
    pub fn comes_back(&self) {
        self.0.change(|network| network.is_down = false);
    }

    /// Takes the next command and dies before saying so.
    pub fn dies_after_taking(&self) {
        self.0.change(|network| network.dies_after_taking = true);
    }

    /// Takes the next command and keeps its answer back, for those who can.
    pub fn holds_next_answer(&self) {
        self.0.change(|network| network.holds_next_answer = true);
    }

    /// How many commands arrived and were not answered.
    pub fn unanswered(&self) -> usize {
        self.0.look(|network| network.unanswered)
    }

    /// The contact's address is dead from now on.
    pub fn loses_recipient(&self) {
        self.0.change(|network| network.is_gone = true);
    }

    /// What reached people, in order.
    pub fn reached(&self) -> Vec<String> {
        self.0.look(|network| network.reached.iter().map(|(_, words)| words.clone()).collect())
    }

    /// What reached one of them.
    pub fn reached_by(&self, person: &str) -> Vec<String> {
        self.0.look(|network| {
            let own = network.reached.iter().filter(|(to, _)| to == person);
            own.map(|(_, words)| words.clone()).collect()
        })
    }

    /// How often a connection was opened.
    pub fn connections(&self) -> usize {
        self.0.look(|network| network.connections)
    }

    /// How much we confirmed.
    pub fn confirmed(&self) -> usize {
        self.0.look(|network| network.confirmed)
    }

    /// A connection is opened; false when the line is down.
    pub fn connects(&self) -> bool {
        self.0.change(|network| {
            network.connections += usize::from(!network.is_down);
            !network.is_down
        })
    }

    /// What was said after a place.
    ///
    /// # Errors
    /// When the line is down.
    pub fn fetch(&self, after: usize) -> Result<Vec<(String, String)>, String> {
        self.0.look(|network| match network.is_down {
            true => Err("the line is down".to_owned()),
            false => Ok(network.said.get(after..).unwrap_or_default().to_vec()),
        })
    }

    /// We have everything up to a place.
    pub fn confirm(&self, up_to: usize) {
        self.0.change(|network| network.confirmed = network.confirmed.max(up_to));
    }

    /// Waits until there is more than so much, or the line's state changed.
    pub async fn stirs(&self, after: usize, was_down: bool) {
        let look = |network: &Network| {
            (network.said.len() > after && !network.is_down || network.is_down != was_down)
                .then_some(())
        };
        self.0.within(std::time::Duration::from_secs(1), look).await;
    }

    /// Carries a command to the contact, by its id.
    pub fn carry(&self, id: &str) -> Outcome {
        let carried = self.carry_to("contact", id);
        carried.unwrap_or_else(|Held| Outcome::InDoubt("no answer yet".to_owned()))
    }

    /// Carries a command to somebody, by its id or its words.
    ///
    /// # Errors
    /// [`Held`].
    pub fn carry_to(&self, person: &str, id: &str) -> Result<Outcome, Held> {
        self.0.change(|network| {
            if network.is_down {
                return Ok(Outcome::Unavailable("the line is down".to_owned()));
            }
            if network.is_gone {
                return Ok(Outcome::RecipientGone);
            }
            if !(network.knows_ids && network.knows(id)) {
                network.reached.push((person.to_owned(), id.to_owned()));
            }
            if std::mem::take(&mut network.dies_after_taking) {
                network.unanswered += 1;
                return Ok(Outcome::InDoubt("no answer".to_owned()));
            }
            if std::mem::take(&mut network.holds_next_answer) {
                network.unanswered += 1;
                return Err(Held);
            }
            Ok(Outcome::Sent(vec![format!("far-{id}")]))
        })
    }

    /// What the network says of an earlier command.
    pub fn look_up(&self, id: &str) -> Outcome {
        self.0.look(|network| match network.knows(id) {
            true => Outcome::Sent(vec![format!("far-{id}")]),
            false => Outcome::Unavailable("it never came".to_owned()),
        })
    }
}
