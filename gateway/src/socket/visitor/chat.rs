//! What a visitor is shown of the conversation: the welcome, the state, the place in the queue.

use super::Visitor;
use crate::api::error::ApiError;
use crate::hub::fact::{for_contact, frame};
use crate::pipeline::inbound::Standing;
use crate::pipeline::{estimates, log};
use crate::socket::protocol::{ChatCallback, ChatState, Position, VisitorResume, WidgetFrame};
use domain::limits::PAGE_MESSAGES_MAX;
use domain::{AgentId, Conversation, ConversationId, Localized, Message, State, Timestamp};
use std::borrow::Cow;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// So many missed messages are told one by one; whoever missed more is shown the last page anew.
const MISSED_MAX: usize = 1_000;
/// So many bytes of missed messages are told; whoever missed more is shown the last page anew.
const MISSED_BYTES_MAX: usize = 1024 * 1024;
/// So many bytes of messages go into the welcome itself, which must fit a socket's write buffer.
/// What was missed beyond comes as `message` frames; of a page, only the newest are shown, and the
/// client reads back the earlier ones.
const WELCOME_BYTES_MAX: usize = 192 * 1024;

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
            callback: None,
            mail_address: None,
        };
        Self { state, agent: None, standing: Standing::Unknown, shown: 0 }
    }

    pub(super) fn state(&self) -> &ChatState {
        &self.state
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

    /// Do answers go by mail when they are not read here?
    pub(super) fn left_address(&self) -> bool {
        self.state.mail_address.is_some()
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
    /// The answer to `hello`: a `welcome` with the state now and what the client does not have, and
    /// `message` frames for what did not fit.
    pub(super) async fn welcome(
        &mut self,
        resume: Option<VisitorResume>,
    ) -> Result<Vec<Utf8Bytes>, ApiError> {
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
            let (conversation, messages) = (None, Vec::new());
            let welcome = WidgetFrame::Welcome { epoch, resumed, conversation, messages, now };
            return Ok(vec![frame(&welcome)]);
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
        self.attend().await;
        let messages: Vec<Message> =
            messages.iter().filter_map(for_contact).map(Cow::into_owned).collect();
        let (messages, rest) =
            if resumed { first_fitting(messages) } else { last_fitting(messages) };
        let (epoch, id) = (epoch.to_string(), state.id.clone());
        let conversation = Some(Box::new(state));
        let welcome = WidgetFrame::Welcome { epoch, resumed, conversation, messages, now };
        let mut frames = vec![frame(&welcome)];
        frames.extend(rest.into_iter().map(|message| {
            let (conversation, message) = (id.clone(), Box::new(message));
            frame(&WidgetFrame::Message { conversation, message })
        }));
        Ok(frames)
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
            let mut bytes = 0;
            while missed.len() < MISSED_MAX && bytes < MISSED_BYTES_MAX {
                let after = missed.last().map_or(seq, |last| last.seq);
                let page = log::after(app, tenant, id, after, PAGE_MESSAGES_MAX).await?;
                let full = page.len() == PAGE_MESSAGES_MAX;
                bytes += page.iter().map(|message| message.content.text.len()).sum::<usize>();
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
                self.attend().await;
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
        let mail_address = match view.by_mail(&conversation.channel) {
            Some(_) => self.app.router.left_address(tenant, &conversation.id).await?,
            None => None,
        };
        let mail_address = mail_address.map(|left| hidden(&left.address));
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
            callback: conversation.callback.clone().map(ChatCallback::from).map(Box::new),
            mail_address,
        })
    }
}

/// An address of which its owner knows it, and nobody else.
fn hidden(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// What of missed messages goes into the welcome, and what follows it.
fn first_fitting(messages: Vec<Message>) -> (Vec<Message>, Vec<Message>) {
    let mut room = WELCOME_BYTES_MAX;
    let mut first = messages;
    let count = first.iter().take_while(|message| takes_room(&mut room, message)).count();
    let rest = first.split_off(count);
    (first, rest)
}

/// The newest messages of a page that fit the welcome; the client asks for the earlier ones.
fn last_fitting(messages: Vec<Message>) -> (Vec<Message>, Vec<Message>) {
    let mut room = WELCOME_BYTES_MAX;
    let mut last = messages;
    let count = last.iter().rev().take_while(|message| takes_room(&mut room, message)).count();
    (last.split_off(last.len() - count), Vec::new())
}

/// Takes the room that a message needs as it goes out; false when there is not so much.
fn takes_room(room: &mut usize, message: &Message) -> bool {
    match room.checked_sub(frame(message).len()) {
        Some(left) => {
            *room = left;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Author, MessageContent, MessageKind};

    fn messages(count: u64, bytes: usize) -> Vec<Message> {
        let content = |seq: u64| MessageContent {
            id: format!("msg_{seq}").parse().unwrap(),
            author: Author::System,
            kind: MessageKind::Text,
            // Control characters are six bytes each on the wire.
            text: "\u{1}".repeat(bytes),
            files: Vec::new(),
            notice: None,
            client_id: None,
            mail: None,
        };
        (1..=count).map(|seq| Message { seq, at: Timestamp(0), content: content(seq) }).collect()
    }

    #[test]
    fn a_welcome_has_room_for_some_messages_and_the_rest_follow_in_order() {
        let (first, rest) = first_fitting(messages(10, 8 * 1024));
        assert!(!first.is_empty() && !rest.is_empty());
        let seqs: Vec<u64> = first.iter().chain(&rest).map(|message| message.seq).collect();
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
        assert!(frame(&first).len() <= WELCOME_BYTES_MAX + first.len() + 2);
    }

    #[test]
    fn of_a_page_the_newest_messages_are_shown() {
        let (last, rest) = last_fitting(messages(10, 8 * 1024));
        assert!(rest.is_empty() && !last.is_empty() && last.len() < 10);
        assert_eq!(last.last().map(|message| message.seq), Some(10));
        assert_eq!(last_fitting(messages(10, 1)).0.len(), 10, "few bytes fit as they are");
    }

    #[test]
    fn the_longest_message_fits_a_welcome() {
        let longest = messages(1, domain::limits::TEXT_BYTES_MAX);
        assert_eq!(last_fitting(longest).0.len(), 1);
    }
}
