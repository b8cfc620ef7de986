//! One event on its way to sockets: decoded once, each frame serialised at most once for however
//! many sockets, and the rules of who may see what.

use domain::{
    AgentId, ChannelId, Commit, ContactId, ConversationId, Event, MailHead, Message, MessageKind,
    Notice,
};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// One event with its frames.
#[derive(Debug)]
pub struct Fact {
    /// Where a client that got this may resume. Only the last event of a commit carries the commit's
    /// own cursor; earlier ones carry the one before, so that a socket which breaks in the middle of
    /// a commit gets all of it again (events are idempotent) instead of losing its rest.
    cursor: Arc<str>,
    /// What became true.
    pub event: Event,
    desk: OnceLock<Utf8Bytes>,
    widget: OnceLock<Option<Utf8Bytes>>,
}

/// One transition's facts.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The commit's cursor.
    pub cursor: Arc<str>,
    /// Its events, in order.
    pub facts: Arc<[Arc<Fact>]>,
}

impl Batch {
    /// Makes a commit ready for sockets; `before` is the cursor of the commit before.
    pub fn new(commit: Commit, before: &Arc<str>) -> Self {
        let cursor: Arc<str> = commit.cursor.into();
        let last = commit.events.len().saturating_sub(1);
        let facts = commit.events.into_iter().enumerate().map(|(n, event)| {
            let cursor = if n == last { Arc::clone(&cursor) } else { Arc::clone(before) };
            Arc::new(Fact { cursor, event, desk: OnceLock::new(), widget: OnceLock::new() })
        });
        let facts = facts.collect();
        Self { cursor, facts }
    }

    /// Its events, in order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.facts.iter().map(|fact| &fact.event)
    }

    /// About how many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.facts.iter().map(|fact| fact.bytes()).sum()
    }

    /// Whether an agent gets a fact of this batch: what concerns the agent, and for a supervisor
    /// everything.
    pub fn concerns(&self, fact: &Fact, agent: &AgentId, supervisor: bool) -> bool {
        supervisor
            || match audience(&fact.event) {
                Audience::Agent(named) => named == agent,
                Audience::Everybody => true,
                Audience::Supervisors => false,
                Audience::Conversation(conversation) => {
                    self.named_for(conversation).any(|named| named == agent)
                }
            }
    }

    /// The agents whom the other facts of a conversation name: a transition that says "released by
    /// A" and "queued" tells A both.
    pub fn named_for<'a>(
        &'a self,
        conversation: &'a ConversationId,
    ) -> impl Iterator<Item = &'a AgentId> {
        self.facts.iter().filter_map(move |fact| match audience(&fact.event) {
            Audience::Agent(agent) if fact.event.conversation() == Some(conversation) => {
                Some(agent)
            }
            _ => None,
        })
    }
}

impl Fact {
    /// About how many bytes it holds.
    pub fn bytes(&self) -> usize {
        match &self.event {
            Event::MessageAppended { message, .. } => {
                let mail = message.content.mail.as_deref().map_or(0, MailHead::bytes);
                512 + message.content.text.len() + mail
            }
            _ => 320,
        }
    }

    /// The `event` frame of the desk.
    pub fn desk_frame(&self) -> Utf8Bytes {
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Frame<'a> {
            Event { cursor: &'a str, event: &'a Event },
        }
        self.desk
            .get_or_init(|| frame(&Frame::Event { cursor: &self.cursor, event: &self.event }))
            .clone()
    }

    /// The frame of the widget, for events that are frames there as they stand: messages that the
    /// contact may see, and reading.
    pub fn widget_frame(&self) -> Option<Utf8Bytes> {
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Frame<'a> {
            Message { conversation: &'a ConversationId, message: &'a Message },
            Read { by: &'a str, seq: u64 },
        }
        self.widget
            .get_or_init(|| match &self.event {
                Event::MessageAppended { conversation, message, .. } => {
                    let message = for_contact(message)?;
                    Some(frame(&Frame::Message { conversation, message: &message }))
                }
                Event::ReadMarked { by, seq, .. } => Some(frame(&Frame::Read { by, seq: *seq })),
                _ => None,
            })
            .clone()
    }
}

/// Serialises a frame of ours. It cannot fail: ours have text keys and no foreign serialisers.
pub fn frame<T: Serialize>(frame: &T) -> Utf8Bytes {
    Utf8Bytes::from(serde_json::to_string(frame).unwrap_or_default())
}

/// A message as its contact may see it; `None` when it is among agents: notes, what became of letters, calls that did not
/// reach for the contact, and addresses, of which the contact is told with the state. Who else wrote and read letters is not for the contact's eyes
/// either, nor when the agent's telephone rang.
pub fn for_contact(message: &Message) -> Option<Cow<'_, Message>> {
    let content = &message.content;
    if content.kind == MessageKind::Note || content.notice.as_ref().is_some_and(is_among_agents) {
        return None;
    }
    let tells_of_agent =
        matches!(content.notice, Some(Notice::CallEnded { agent_rung_at: Some(_), .. }));
    if content.mail.is_none() && !tells_of_agent {
        return Some(Cow::Borrowed(message));
    }
    let mut shown = message.clone();
    shown.content.mail = None;
    if let Some(Notice::CallEnded { agent_rung_at, agent_rang_ms, .. }) = &mut shown.content.notice
    {
        (*agent_rung_at, *agent_rang_ms) = (None, None);
    }
    Some(Cow::Owned(shown))
}

fn is_among_agents(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::Undelivered { .. }
            | Notice::AddressLeft { .. }
            | Notice::AddressWithdrawn
            | Notice::AutomaticAnswer { .. }
    ) || matches!(notice, Notice::CallEnded { outcome, .. } if !outcome.reached_for_contact())
}

/// For whom among the agents an event is.
#[derive(Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// The agent whom it names, and supervisors.
    Agent(&'a AgentId),
    /// The agents whom other events of the same commit name for this conversation, and supervisors.
    Conversation(&'a ConversationId),
    /// Every agent.
    Everybody,
    /// Supervisors only.
    Supervisors,
}

/// For whom among the agents an event is.
pub fn audience(event: &Event) -> Audience<'_> {
    match event {
        Event::OfferMade { agent, .. }
        | Event::OfferDeclined { agent, .. }
        | Event::OfferExpired { agent, .. }
        | Event::OfferWithdrawn { agent, .. }
        | Event::ConversationAssigned { agent, .. }
        | Event::ConversationReleased { agent, .. }
        | Event::WrapUpEnded { agent, .. }
        | Event::PresenceChanged { agent, .. }
        | Event::AgentChanged { agent }
        | Event::SessionRevoked { agent } => Audience::Agent(agent),
        Event::MessageAppended { conversation, agent, .. }
        | Event::ConversationClosed { conversation, agent, .. }
        | Event::ConversationDescribed { conversation, agent }
        | Event::CallbackChanged { conversation, agent, .. }
        | Event::ReadMarked { conversation, agent, .. }
        | Event::ReceivedMarked { conversation, agent, .. } => match agent {
            Some(agent) => Audience::Agent(agent),
            None => Audience::Conversation(conversation),
        },
        Event::ConversationOpened { conversation, .. }
        | Event::ConversationScheduled { conversation, .. }
        | Event::ConversationQueued { conversation, .. }
        | Event::NeedRelaxed { conversation, .. }
        | Event::ConversationOverdue { conversation, .. }
        | Event::ConversationOverflowed { conversation, .. }
        | Event::ConversationReminded { conversation, .. }
        | Event::ConversationSnoozed { conversation, .. }
        | Event::ConversationReopened { conversation, .. }
        | Event::ConversationRated { conversation, .. } => Audience::Conversation(conversation),
        Event::SettingsChanged { .. } => Audience::Everybody,
        Event::DeliveryRecorded { .. } => Audience::Supervisors,
    }
}

/// The contact whom an event concerns, if a visitor may learn of it.
pub fn contact(event: &Event) -> Option<&ContactId> {
    match event {
        Event::ConversationOpened { contact, .. }
        | Event::MessageAppended { contact, .. }
        | Event::ConversationScheduled { contact, .. }
        | Event::ConversationQueued { contact, .. }
        | Event::ConversationAssigned { contact, .. }
        | Event::ConversationSnoozed { contact, .. }
        | Event::ConversationClosed { contact, .. }
        | Event::ConversationReopened { contact, .. }
        | Event::CallbackChanged { contact, .. }
        | Event::ReadMarked { contact, .. } => Some(contact),
        Event::NeedRelaxed { .. }
        | Event::ConversationOverdue { .. }
        | Event::ConversationOverflowed { .. }
        | Event::ConversationReminded { .. }
        | Event::OfferMade { .. }
        | Event::OfferDeclined { .. }
        | Event::OfferExpired { .. }
        | Event::OfferWithdrawn { .. }
        | Event::ConversationReleased { .. }
        | Event::WrapUpEnded { .. }
        | Event::ConversationDescribed { .. }
        | Event::ReceivedMarked { .. }
        | Event::PresenceChanged { .. }
        | Event::AgentChanged { .. }
        | Event::DeliveryRecorded { .. }
        | Event::SessionRevoked { .. }
        | Event::SettingsChanged { .. }
        | Event::ConversationRated { .. } => None,
    }
}

/// Does an event change what a visitor is shown of the conversation's state?
pub fn changes_state(event: &Event) -> bool {
    if let Event::MessageAppended { message, .. } = event {
        return matches!(
            message.content.notice,
            Some(Notice::AddressLeft { .. } | Notice::AddressWithdrawn)
        );
    }
    matches!(
        event,
        Event::ConversationOpened { .. }
            | Event::ConversationScheduled { .. }
            | Event::ConversationQueued { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationSnoozed { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationReopened { .. }
            | Event::CallbackChanged { .. }
    )
}

/// Does an event change how many are before somebody who waits?
pub fn changes_waiting(event: &Event) -> bool {
    matches!(
        event,
        Event::ConversationQueued { .. }
            | Event::NeedRelaxed { .. }
            | Event::OfferMade { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationClosed { .. }
            | Event::PresenceChanged { .. }
            | Event::AgentChanged { .. }
    )
}

/// The channel of a conversation that was just opened.
pub fn opened_on(event: &Event) -> Option<(&ChannelId, &ConversationId)> {
    match event {
        Event::ConversationOpened { channel, conversation, .. } => Some((channel, conversation)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use domain::{Author, MessageContent, Timestamp};

    pub(in crate::hub) fn message(
        conversation: &str,
        agent: Option<&str>,
        seq: u64,
        kind: MessageKind,
    ) -> Event {
        Event::MessageAppended {
            conversation: conversation.parse().unwrap(),
            contact: "ctc_1".parse().unwrap(),
            agent: agent.map(|agent| agent.parse().unwrap()),
            message: Message {
                seq,
                at: Timestamp(1),
                content: MessageContent {
                    id: "msg_1".parse().unwrap(),
                    author: Author::System,
                    kind,
                    text: "您好".to_owned(),
                    files: Vec::new(),
                    notice: None,
                    client_id: None,
                    mail: None,
                },
            },
        }
    }

    fn batch(events: Vec<Event>) -> Batch {
        Batch::new(Commit { cursor: "2-0".to_owned(), events }, &"1-0".into())
    }

    #[test]
    fn only_the_last_event_of_a_commit_moves_the_cursor() {
        let batch = batch(vec![
            message("conv_1", None, 1, MessageKind::Text),
            message("conv_1", None, 2, MessageKind::Text),
        ]);
        let cursors: Vec<&str> = batch.facts.iter().map(|fact| &*fact.cursor).collect();
        assert_eq!(cursors, ["1-0", "2-0"]);
    }

    #[test]
    fn frames_are_those_of_the_protocol() {
        use crate::socket::protocol::{DeskFrame, WidgetFrame};
        let batch = batch(vec![message("conv_1", Some("li"), 7, MessageKind::Text)]);
        let fact = batch.facts.first().unwrap();
        let desk: DeskFrame = serde_json::from_str(&fact.desk_frame()).unwrap();
        assert!(
            matches!(desk, DeskFrame::Event { cursor, event } if cursor == "2-0" && *event == fact.event)
        );
        let widget: WidgetFrame = serde_json::from_str(&fact.widget_frame().unwrap()).unwrap();
        assert!(matches!(widget, WidgetFrame::Message { message, .. } if message.seq == 7));
    }

    #[test]
    fn a_visitor_never_gets_a_note() {
        let batch = batch(vec![message("conv_1", Some("li"), 1, MessageKind::Note)]);
        assert_eq!(batch.facts.first().unwrap().widget_frame(), None);
    }

    #[test]
    fn a_visitor_does_not_learn_how_long_the_agents_telephone_rang() {
        let mut event = message("conv_1", Some("li"), 1, MessageKind::Notice);
        if let Event::MessageAppended { message, .. } = &mut event {
            message.content.notice = Some(Notice::CallEnded {
                call: "call_1_1".parse().unwrap(),
                outcome: domain::CallOutcome::Completed,
                by: None,
                cause: String::new(),
                seconds: 9,
                attempt: 1,
                next_at: None,
                recording: None,
                connected_at: Some(Timestamp(77)),
                agent_rung_at: Some(Timestamp(55)),
                agent_rang_ms: Some(22),
            });
        }
        let batch = batch(vec![event]);
        let fact = batch.facts.first().unwrap();
        let (desk, widget) = (fact.desk_frame(), fact.widget_frame().unwrap());
        assert!(desk.contains(r#""agent_rung_at":55"#) && desk.contains(r#""agent_rang_ms":22"#));
        assert!(widget.contains(r#""connected_at":77"#) && !widget.contains("agent_r"), "{widget}");
    }

    #[test]
    fn an_address_is_told_by_the_state_and_never_by_the_log() {
        let mut event = message("conv_1", Some("li"), 1, MessageKind::Notice);
        if let Event::MessageAppended { message, .. } = &mut event {
            let address = "wang@agency.example".to_owned();
            message.content.notice = Some(Notice::AddressLeft { address });
        }
        assert!(changes_state(&event));
        assert_eq!(batch(vec![event]).facts.first().unwrap().widget_frame(), None);
        assert!(!changes_state(&message("conv_1", None, 1, MessageKind::Text)));
    }

    #[test]
    fn an_agent_gets_what_names_the_agent_and_what_goes_with_it() {
        let li: AgentId = "li".parse().unwrap();
        let wang: AgentId = "wang".parse().unwrap();
        let conversation: ConversationId = "conv_1".parse().unwrap();
        let batch = batch(vec![
            Event::ConversationReleased {
                conversation: conversation.clone(),
                agent: li.clone(),
                reason: "transfer".to_owned(),
            },
            Event::NeedRelaxed { conversation: conversation.clone(), lane: String::new() },
            Event::OfferMade {
                conversation,
                contact: "ctc_1".parse().unwrap(),
                agent: wang.clone(),
                token: "ofr_1".parse().unwrap(),
                deadline: Timestamp(1),
                why: serde_json::Value::Null,
            },
        ]);
        let seen = |agent: &AgentId, supervisor: bool| -> Vec<bool> {
            batch.facts.iter().map(|fact| batch.concerns(fact, agent, supervisor)).collect()
        };
        assert_eq!(seen(&li, false), [true, true, false], "the offer's token is not for li");
        assert_eq!(seen(&wang, false), [false, true, true]);
        assert_eq!(seen(&"zhao".parse().unwrap(), false), [false, false, false]);
        assert_eq!(seen(&"zhao".parse().unwrap(), true), [true, true, true]);
    }
}
