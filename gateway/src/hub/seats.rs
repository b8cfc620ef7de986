//! Which sockets are here, and who of them gets what.

use super::fact::{self, Audience, Batch, Fact};
use super::{DeskHub, Item, Outbox};
use crate::auth::{AgentIdentity, Auth};
use crate::settings::DeskView;
use domain::{AgentId, ContactId, ConversationId, Role, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// The sockets of one tenant on this gateway.
#[derive(Debug, Default)]
pub(super) struct Seats {
    agents: HashMap<AgentId, Vec<Desk>>,
    visitors: HashMap<ContactId, Vec<Widget>>,
    next: u64,
}

#[derive(Debug)]
struct Desk {
    id: u64,
    supervisor: bool,
    /// When the token of the hello was made.
    issued_at: Timestamp,
    /// The family of refresh tokens with which it came.
    family: String,
    outbox: Arc<Outbox>,
}

#[derive(Debug)]
struct Widget {
    id: u64,
    outbox: Arc<Outbox>,
    waiting: Option<ConversationId>,
}

/// A visitor's socket whose conversation waits.
#[derive(Debug, Clone)]
pub struct WaitingVisitor {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The socket's outbox.
    pub outbox: Arc<Outbox>,
}

/// Where an agent's socket goes on.
#[derive(Debug)]
pub enum Resumed {
    /// Here is what was missed.
    Missed(Vec<Arc<Fact>>),
    /// What was missed is no longer kept here: read it from Redis, up to the seat's cursor.
    Older,
}

/// An agent's socket in the hub, until dropped.
#[derive(Debug)]
pub struct AgentSeat {
    desk: Arc<DeskHub>,
    agent: AgentId,
    id: u64,
}

/// A visitor's socket in the hub, until dropped.
#[derive(Debug)]
pub struct VisitorSeat {
    desk: Arc<DeskHub>,
    contact: ContactId,
    id: u64,
}

impl DeskHub {
    /// Registers an agent's socket: from here on it gets every fact after the returned cursor. With more
    /// than `most`, the oldest are closed.
    pub fn seat_agent(
        self: &Arc<Self>,
        identity: &AgentIdentity,
        most: usize,
        outbox: &Arc<Outbox>,
    ) -> (AgentSeat, Arc<str>) {
        let mut state = self.lock();
        let (id, agent) = (state.seats.next(), &identity.agent);
        let desk = Desk {
            id,
            supervisor: identity.role >= Role::Supervisor,
            issued_at: identity.issued_at,
            family: identity.family.clone(),
            outbox: Arc::clone(outbox),
        };
        let desks = state.seats.agents.entry(agent.clone()).or_default();
        for oldest in desks.iter().take((desks.len() + 1).saturating_sub(most)) {
            oldest.outbox.close(super::Close::Replaced);
        }
        desks.push(desk);
        let cursor = Arc::clone(state.ring.end());
        (AgentSeat { desk: Arc::clone(self), agent: agent.clone(), id }, cursor)
    }

    /// The facts for an agent after `from` and up to `to`, the cursor of the agent's seat.
    pub fn missed(&self, agent: &AgentId, supervisor: bool, from: &str, to: &str) -> Resumed {
        let state = self.lock();
        let Some(batches) = state.ring.after(from) else { return Resumed::Older };
        let upto = batches.take_while(|batch| !routing::events::is_before(to, &batch.cursor));
        Resumed::Missed(upto.flat_map(|batch| facts_for(batch, agent, supervisor)).collect())
    }

    /// Closes the sockets of agents who are gone, disabled, or of another role than at their hello.
    pub(super) fn expel(&self, view: &DeskView) {
        for (agent, desks) in &self.lock().seats.agents {
            let role = view.agent(agent).filter(|agent| agent.enabled).map(|agent| agent.role);
            let supervisor = role.map(|role| role >= Role::Supervisor);
            for desk in desks.iter().filter(|desk| supervisor != Some(desk.supervisor)) {
                desk.outbox.close(super::Close::Unauthenticated);
            }
        }
    }

    /// Closes the sockets of agents whose tokens no longer count.
    pub(super) fn expel_revoked(&self, auth: &Auth) {
        for (agent, desks) in &self.lock().seats.agents {
            for desk in desks {
                if auth.is_revoked(self.tenant(), agent, desk.issued_at, &desk.family) {
                    desk.outbox.close(super::Close::Unauthenticated);
                }
            }
        }
    }

    /// Registers a visitor's socket. With more than `most`, the oldest are closed.
    pub fn seat_visitor(
        self: &Arc<Self>,
        contact: &ContactId,
        most: usize,
        outbox: &Arc<Outbox>,
    ) -> VisitorSeat {
        let mut state = self.lock();
        let id = state.seats.next();
        let widget = Widget { id, outbox: Arc::clone(outbox), waiting: None };
        let widgets = state.seats.visitors.entry(contact.clone()).or_default();
        for oldest in widgets.iter().take((widgets.len() + 1).saturating_sub(most)) {
            oldest.outbox.close(super::Close::Replaced);
        }
        widgets.push(widget);
        VisitorSeat { desk: Arc::clone(self), contact: contact.clone(), id }
    }

    /// Gives every socket of an agent a sign.
    pub(super) fn sign_agent(&self, agent: &AgentId, sign: &super::Sign, item: &Item) {
        for desk in self.lock().seats.agents.get(agent).into_iter().flatten() {
            desk.outbox.sign(sign.clone(), item.clone());
        }
    }

    /// Gives every socket of a visitor a sign.
    pub(super) fn sign_visitor(&self, contact: &ContactId, sign: &super::Sign, item: &Item) {
        for widget in self.lock().seats.visitors.get(contact).into_iter().flatten() {
            widget.outbox.sign(sign.clone(), item.clone());
        }
    }
}

/// The facts of a batch that an agent gets.
pub(crate) fn facts_for(batch: &Batch, agent: &AgentId, supervisor: bool) -> Vec<Arc<Fact>> {
    let concerned = |fact: &&Arc<Fact>| batch.concerns(fact, agent, supervisor);
    batch.facts.iter().filter(concerned).cloned().collect()
}

impl VisitorSeat {
    /// Says that the visitor's conversation waits now, or no longer.
    pub fn set_waiting(&self, conversation: Option<ConversationId>) {
        let mut state = self.desk.lock();
        let seats = state.seats.visitors.get_mut(&self.contact);
        if let Some(widget) = seats.into_iter().flatten().find(|widget| widget.id == self.id) {
            widget.waiting = conversation;
        }
    }
}

impl Drop for AgentSeat {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        if let Some(desks) = state.seats.agents.get_mut(&self.agent) {
            desks.retain(|desk| desk.id != self.id);
            if desks.is_empty() {
                state.seats.agents.remove(&self.agent);
            }
        }
    }
}

impl Drop for VisitorSeat {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        if let Some(widgets) = state.seats.visitors.get_mut(&self.contact) {
            widgets.retain(|widget| widget.id != self.id);
            if widgets.is_empty() {
                state.seats.visitors.remove(&self.contact);
            }
        }
    }
}

impl Seats {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn agents(&self) -> Vec<AgentId> {
        self.agents.keys().cloned().collect()
    }

    pub(super) fn waiting(&self) -> Vec<WaitingVisitor> {
        let widgets = self.visitors.values().flatten();
        let waiting = widgets.filter_map(|widget| {
            let conversation = widget.waiting.clone()?;
            Some(WaitingVisitor { conversation, outbox: Arc::clone(&widget.outbox) })
        });
        waiting.collect()
    }

    pub(super) fn outboxes(&self) -> Vec<Arc<Outbox>> {
        let desks = self.agents.values().flatten().map(|desk| &desk.outbox);
        let widgets = self.visitors.values().flatten().map(|widget| &widget.outbox);
        desks.chain(widgets).cloned().collect()
    }

    /// Gives each fact of a batch to the sockets that it concerns.
    pub(super) fn deliver(&self, batch: &Batch) {
        for fact in batch.facts.iter() {
            self.deliver_to_agents(batch, fact);
            if let Some(contact) = fact::contact(&fact.event) {
                for widget in self.visitors.get(contact).into_iter().flatten() {
                    widget.outbox.push(Item::Fact(Arc::clone(fact)));
                }
            }
        }
    }

    fn deliver_to_agents(&self, batch: &Batch, fact: &Arc<Fact>) {
        if self.agents.is_empty() {
            return;
        }
        let give = |desks: &[Desk], to_supervisors: bool| {
            for desk in desks.iter().filter(|desk| desk.supervisor == to_supervisors) {
                desk.outbox.push(Item::Fact(Arc::clone(fact)));
            }
        };
        let of = |agent: &AgentId| self.agents.get(agent).map_or(&[][..], Vec::as_slice);
        for desks in self.agents.values() {
            give(desks, true);
        }
        match fact::audience(&fact.event) {
            Audience::Agent(agent) => give(of(agent), false),
            Audience::Everybody => self.agents.values().for_each(|desks| give(desks, false)),
            Audience::Supervisors => {}
            Audience::Conversation(conversation) => {
                let mut told: Vec<&AgentId> = Vec::new();
                for agent in batch.named_for(conversation) {
                    if !told.contains(&agent) {
                        told.push(agent);
                        give(of(agent), false);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fact::tests::message;
    use super::*;
    use domain::{Commit, MessageKind};

    fn commit(n: u64, agent: Option<&str>) -> Commit {
        let events = vec![message("conv_1", agent, n, MessageKind::Text)];
        Commit { cursor: format!("{n}-0"), events }
    }

    fn desk() -> Arc<DeskHub> {
        Arc::new(DeskHub::new(&"demo".parse().unwrap(), &Arc::default()))
    }

    fn identity(agent: &str, role: Role) -> AgentIdentity {
        AgentIdentity {
            tenant: "demo".parse().unwrap(),
            agent: agent.parse().unwrap(),
            role,
            jti: String::new(),
            exp: Timestamp(i64::MAX),
            issued_at: Timestamp(0),
            family: String::new(),
            must_change_password: false,
        }
    }

    fn got(outbox: &Outbox) -> usize {
        outbox.take().items.len()
    }

    #[test]
    fn a_message_goes_to_its_agent_its_contact_and_supervisors_only() {
        let hub = desk();
        let outboxes: Vec<Arc<Outbox>> = (0..5).map(|_| Arc::default()).collect();
        let _li = hub.seat_agent(&identity("li", Role::Agent), 9, &outboxes[0]);
        let _wang = hub.seat_agent(&identity("wang", Role::Agent), 9, &outboxes[1]);
        let _chief = hub.seat_agent(&identity("chief", Role::Supervisor), 9, &outboxes[2]);
        let _contact = hub.seat_visitor(&"ctc_1".parse().unwrap(), 9, &outboxes[3]);
        let other = hub.seat_visitor(&"ctc_2".parse().unwrap(), 9, &outboxes[4]);
        hub.publish(vec![commit(1, Some("li"))]);
        let counts: Vec<usize> = outboxes.iter().map(|outbox| got(outbox)).collect();
        assert_eq!(counts, [1, 0, 1, 1, 0]);
        drop(other);
        assert_eq!(hub.lock().seats.visitors.len(), 1);
    }

    #[test]
    fn a_resumed_agent_misses_nothing_and_gets_nothing_twice() {
        let hub = desk();
        let agent: AgentId = "li".parse().unwrap();
        hub.publish(vec![commit(1, Some("li")), commit(2, Some("li")), commit(3, Some("wang"))]);
        let outbox: Arc<Outbox> = Arc::default();
        let (_seat, cursor) = hub.seat_agent(&identity("li", Role::Agent), 9, &outbox);
        hub.publish(vec![commit(4, Some("li"))]);
        assert_eq!(&*cursor, "3-0");
        let Resumed::Missed(missed) = hub.missed(&agent, false, "1-0", &cursor) else {
            panic!("it is still kept")
        };
        assert_eq!(missed.len(), 1, "2-0 only: 3-0 is not li's, 4-0 waits in the outbox");
        assert_eq!(got(&outbox), 1);
    }

    #[test]
    fn of_too_many_sockets_of_one_person_the_oldest_go() {
        let hub = desk();
        let outboxes: Vec<Arc<Outbox>> = (0..3).map(|_| Arc::default()).collect();
        let seats: Vec<VisitorSeat> =
            outboxes.iter().map(|o| hub.seat_visitor(&"ctc_1".parse().unwrap(), 2, o)).collect();
        let closed = |outbox: &Arc<Outbox>| outbox.take().close;
        let replaced = Some(super::super::Close::Replaced);
        assert_eq!(outboxes.iter().map(closed).collect::<Vec<_>>(), [replaced, None, None]);
        drop(seats);
        let outboxes: Vec<Arc<Outbox>> = (0..3).map(|_| Arc::default()).collect();
        let li = identity("li", Role::Agent);
        let seats: Vec<_> = outboxes.iter().map(|o| hub.seat_agent(&li, 1, o)).collect();
        assert_eq!(outboxes.iter().map(closed).collect::<Vec<_>>(), [replaced, replaced, None]);
        drop(seats);
    }

    #[tokio::test]
    async fn a_revocation_that_a_commit_tells_of_is_looked_up() {
        let hub = crate::hub::Hub::new();
        let events = vec![domain::Event::SessionRevoked { agent: "li".parse().unwrap() }];
        let commit = Commit { cursor: "1-0".to_owned(), events };
        hub.desk(&"demo".parse().unwrap()).publish(vec![commit]);
        let told = hub.revocation_told();
        tokio::time::timeout(std::time::Duration::from_secs(1), told).await.unwrap();
    }
}
