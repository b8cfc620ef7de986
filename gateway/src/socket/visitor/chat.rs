//! What a visitor is shown of the conversation: the welcome, the state, the place in the queue.

use super::Visitor;
use crate::api::error::ApiError;
use crate::hub::fact::{frame, visible};
use crate::pipeline::inbound::Standing;
use crate::pipeline::{estimates, log};
use crate::socket::protocol::{ChatState, Position, VisitorResume, WidgetFrame};
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{AgentId, Conversation, ConversationId, Localized, Message, State, Timestamp};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// So many missed messages are told one by one; whoever missed more is shown the last page anew.
const MISSED_MAX: usize = 1_000;

/// The conversation that a visitor is shown.
pub(super) struct Chat {
    state: ChatState,
    /// Who serves it, to whom typing is shown.
    agent: Option<AgentId>,
    standing: Standing,
    /// The highest seq that was shown.
    shown: u64,
}

impl Chat {
    /// A conversation of which only the id is known yet.
    pub(super) fn opened(id: ConversationId, _now: Timestamp) -> Self {
        let state = ChatState {
            id,
            state: State::Queued,
            queue_name: Localized::default(),
            agent_name: None,
            position: None,
            opens_at: None,
            last_seq: 0,
            read_by_agent: 0,
            read_by_contact: 0,
            grade: None,
        };
        Self { state, agent: None, standing: Standing::Unknown, shown: 0 }
    }

    pub(super) fn id(&self) -> &ConversationId {
        &self.state.id
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// The agent who serves the conversation now.
    pub(super) fn serving(&self) -> Option<&AgentId> {
        self.agent.as_ref().filter(|_| self.state.state == State::Active)
    }

    /// Is it over for the contact?
    pub(super) fn is_over(&self) -> bool {
        self.state.state == State::Closed
    }

    /// Notes a message; false when it was shown before.
    pub(super) fn sees_first(&mut self, seq: u64) -> bool {
        let first = seq > self.shown;
        self.shown = self.shown.max(seq);
        self.state.last_seq = self.state.last_seq.max(seq);
        first
    }

    pub(super) fn read_up_to(&mut self, by: &str, seq: u64) {
        let read = if by == "agent" {
            &mut self.state.read_by_agent
        } else {
            &mut self.state.read_by_contact
        };
        *read = (*read).max(seq);
    }

    pub(super) fn graded(&mut self, grade: u8) -> ChatState {
        self.state.grade = Some(grade);
        self.state.clone()
    }

    /// A new place in the queue; the state to tell when it is another one.
    pub(super) fn moved_to(&mut self, position: Position) -> Option<ChatState> {
        if self.state.state != State::Queued || self.state.position == Some(position) {
            return None;
        }
        self.state.position = Some(position);
        Some(self.state.clone())
    }
}

impl Visitor {
    /// The answer to `hello`: the state now, and what the client does not have.
    pub(super) async fn welcome(
        &mut self,
        resume: Option<VisitorResume>,
    ) -> Result<WidgetFrame, ApiError> {
        let position = self.desk.first_position().await;
        let (epoch, _) =
            position.ok_or_else(|| ApiError::unavailable("the queue cannot be reached yet"))?;
        let tenant = self.identity.tenant.clone();
        let router = &self.app.router;
        let now = router.now().await?;
        let open = router
            .contact_conversation(&tenant, &self.identity.channel, &self.identity.contact)
            .await?;
        let known = match &open {
            Some(id) => {
                router.conversation(&tenant, id).await?.map(|(conversation, _)| conversation)
            }
            None => None,
        };
        self.stale = false;
        let Some(conversation) = known else {
            self.seat.set_waiting(None);
            let (resumed, epoch) = (false, epoch.to_string());
            return Ok(WidgetFrame::Welcome {
                epoch,
                resumed,
                conversation: None,
                messages: Vec::new(),
                now,
            });
        };
        let resume = resume.filter(|resume| {
            *resume.epoch == *epoch
                && resume.conversation == conversation.id
                && resume.seq <= conversation.last_seq
        });
        let (messages, resumed) =
            self.backlog(&conversation, resume.map(|resume| resume.seq)).await?;
        let state = self.state_of(&conversation).await?;
        let shown = messages.last().map_or(conversation.last_seq, |last| last.seq);
        self.keep(&conversation, state.clone(), shown);
        let messages = messages.into_iter().filter(visible).collect();
        Ok(WidgetFrame::Welcome {
            epoch: epoch.to_string(),
            resumed,
            conversation: Some(state),
            messages,
            now,
        })
    }

    /// What the client missed since `seq`, or the last page; and whether it was the former.
    async fn backlog(
        &self,
        conversation: &Conversation,
        seq: Option<u64>,
    ) -> Result<(Vec<Message>, bool), ApiError> {
        let (app, tenant, id) = (&self.app, &self.identity.tenant, &conversation.id);
        if let Some(seq) = seq {
            let mut missed: Vec<Message> = Vec::new();
            while missed.len() < MISSED_MAX {
                let after = missed.last().map_or(seq, |last| last.seq);
                let page = log::after(app, tenant, id, after, PAGE_MESSAGES_MAX).await?;
                let full = page.len() == PAGE_MESSAGES_MAX;
                missed.extend(page);
                if !full {
                    return Ok((missed, true));
                }
            }
        }
        let end = conversation.last_seq.saturating_add(1);
        Ok((log::before(app, tenant, id, end, PAGE_MESSAGES_MAX).await?, false))
    }

    /// Reads the conversation anew and tells what changed. When it cannot be read, it is tried again
    /// with the next sign of life.
    pub(super) async fn refresh(&mut self, out: &mut Vec<Utf8Bytes>) {
        let Some(id) = self.chat.as_ref().map(|chat| chat.id().clone()) else { return };
        match self.read_state(&id).await {
            Ok(Some((conversation, state))) => {
                self.stale = false;
                let shown = self.chat.as_ref().map_or(0, |chat| chat.shown);
                let told = self.chat.as_ref().is_some_and(|chat| chat.state == state);
                self.keep(&conversation, state.clone(), shown);
                if !told {
                    out.push(frame(&WidgetFrame::State { conversation: Box::new(state) }));
                }
            }
            Ok(None) => self.stale = false,
            Err(error) => tracing::debug!(error = %error, "a state could not be read"),
        }
    }

    async fn read_state(
        &self,
        id: &ConversationId,
    ) -> Result<Option<(Conversation, ChatState)>, ApiError> {
        let known = self.app.router.conversation(&self.identity.tenant, id).await?;
        let Some((conversation, _)) = known else { return Ok(None) };
        let state = self.state_of(&conversation).await?;
        Ok(Some((conversation, state)))
    }

    fn keep(&mut self, conversation: &Conversation, state: ChatState, shown: u64) {
        let waits = state.state == State::Queued;
        self.seat.set_waiting(waits.then(|| state.id.clone()));
        let standing = Standing::of(conversation);
        self.chat =
            Some(Box::new(Chat { state, agent: conversation.agent.clone(), standing, shown }));
    }

    /// The conversation as the person who asks may see it: an offer is not shown, nor a wrap-up.
    async fn state_of(&self, conversation: &Conversation) -> Result<ChatState, ApiError> {
        let tenant = &self.identity.tenant;
        let state = match conversation.state {
            State::Offered => State::Queued,
            State::WrapUp => State::Closed,
            other => other,
        };
        let position = match conversation.state {
            State::Queued => self
                .app
                .router
                .estimate(tenant, &conversation.id)
                .await?
                .as_ref()
                .map(estimates::position),
            State::Offered => Some(estimates::next_in_line()),
            _ => None,
        };
        let grade = match state {
            State::Closed => {
                let rating = self.app.records.ratings().get(tenant, &conversation.id).await?;
                rating.map(|rating| rating.grade)
            }
            _ => None,
        };
        let view = self.app.settings.desk(tenant);
        let served = matches!(state, State::Active | State::Snoozed | State::Closed);
        let agent = conversation.agent.as_ref().filter(|_| served).and_then(|id| view.agent(id));
        Ok(ChatState {
            id: conversation.id.clone(),
            state,
            queue_name: view
                .queue(&conversation.queue)
                .map(|queue| queue.name.clone())
                .unwrap_or_default(),
            agent_name: agent.map(|agent| agent.name.clone()),
            position,
            opens_at: conversation.until.filter(|_| state == State::Scheduled),
            last_seq: conversation.last_seq,
            read_by_agent: conversation.read_by_agent,
            read_by_contact: conversation.read_by_contact,
            grade,
        })
    }
}
