//! Where an arrival waits: in the queue of the conversation that it goes on with, or by its topic.

use super::{Arrival, Standing};
use crate::api::error::ApiError;
use domain::{AgentId, ChannelKind, ContactId, QueueId};
use routing::command::Belongs;

/// What decides where a message waits.
pub(super) struct Wish {
    pub(super) kind: ChannelKind,
    pub(super) queue: QueueId,
    pub(super) topic: Option<String>,
    pub(super) request_type: Option<String>,
    pub(super) last_agent: Option<AgentId>,
}

impl Arrival<'_> {
    /// Where the person wants to go: into the conversation there is, or by the chosen topic.
    pub(super) async fn wish(
        &self,
        contact: &ContactId,
        standing: Standing,
    ) -> Result<Wish, ApiError> {
        let standing = match standing {
            // Whether what is over can still be gone on with, only the switchboard knows.
            Standing::Unknown | Standing::Known { over: true, .. } => self.look_up(contact).await?,
            known @ (Standing::None | Standing::Known { .. }) => known,
        };
        match standing {
            Standing::Known { queue, request_type, over, agent, .. }
                if self.view.queue(&queue).is_some() =>
            {
                // Only what may be queued anew needs to know whom the person spoke with last.
                let last_agent = if over { self.last_agent(contact, agent).await? } else { None };
                let (kind, topic) = (self.channel.kind, self.message.topic.clone());
                Ok(Wish { kind, queue, topic, request_type, last_agent })
            }
            Standing::Known { agent, .. } => {
                let last_agent = self.last_agent(contact, agent).await?;
                Ok(Wish { last_agent, ..self.chosen()? })
            }
            Standing::None | Standing::Unknown => {
                let last_agent = self.last_agent(contact, None).await?;
                Ok(Wish { last_agent, ..self.chosen()? })
            }
        }
    }

    async fn look_up(&self, contact: &ContactId) -> Result<Standing, ApiError> {
        let id = match self.belongs {
            Belongs::ToContact => {
                let channel = &self.channel.id;
                self.app.router.contact_conversation(self.tenant, channel, contact).await?
            }
            Belongs::ToThread { into, .. } => into.cloned(),
        };
        let Some(id) = id else { return Ok(Standing::None) };
        let known = self.app.router.conversation(self.tenant, &id).await?;
        Ok(known.map_or(Standing::None, |(conversation, _)| Standing::of(&conversation)))
    }

    /// By the topic chosen; without one by the channel's first.
    pub(super) fn chosen(&self) -> Result<Wish, ApiError> {
        let topics = &self.channel.topics;
        let topic = match &self.message.topic {
            Some(chosen) => topics.iter().find(|topic| topic.id == *chosen),
            None => topics.first(),
        };
        let topic = topic.ok_or_else(|| ApiError::unknown("topic"))?;
        let request_type = self.message.request_type.clone().or_else(|| topic.request_type.clone());
        let (queue, topic) = (topic.queue.clone(), Some(topic.id.clone()));
        Ok(Wish { kind: self.channel.kind, queue, topic, request_type, last_agent: None })
    }

    /// Whom the person spoke with last. What the switchboard still holds is newer than anything in
    /// the records, where a conversation arrives only some time after its end.
    async fn last_agent(
        &self,
        contact: &ContactId,
        held: Option<AgentId>,
    ) -> Result<Option<AgentId>, ApiError> {
        let last = match held {
            Some(agent) => Some(agent),
            None => self.app.records.history().last_agent(self.tenant, contact).await?,
        };
        Ok(last.filter(|agent| self.view.agent(agent).is_some_and(|agent| agent.enabled)))
    }
}
