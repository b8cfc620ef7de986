//! How a conversation waits when it moves: to another queue, to a colleague, after a rest. Policy is
//! computed by `domain`; here the facts are put together.

use crate::api::error::{ApiError, Code};
use crate::settings::DeskView;
use domain::queue::Request;
use domain::{AgentId, Conversation, Entry, QueueId, Timestamp};

/// How long a colleague to whom a conversation was passed is waited for before the lanes of its
/// queue open, in milliseconds.
pub const COLLEAGUE_MS: i64 = 120_000;

/// How a conversation waits in a queue from now on. It keeps its arrival, so it keeps its place
/// among those of equal target.
///
/// # Errors
/// `invalid` when there is no such queue.
pub fn in_queue(
    view: &DeskView,
    conversation: &Conversation,
    queue: &QueueId,
    now: Timestamp,
) -> Result<Entry, ApiError> {
    view.entry(queue, &request(conversation, now)).ok_or_else(no_queue)
}

/// How a conversation waits for a colleague in person, and after a while for the queue it is in.
///
/// # Errors
/// `invalid` when there is no such agent at work, or the conversation's queue is gone; `wrong_state`
/// when the agent has the conversation.
pub fn for_colleague(
    view: &DeskView,
    conversation: &Conversation,
    agent: &AgentId,
    now: Timestamp,
) -> Result<Entry, ApiError> {
    if view.agent(agent).is_none_or(|agent| !agent.enabled) {
        return Err(ApiError::field("agent", "no agent has this name"));
    }
    if conversation.agent.as_ref() == Some(agent) {
        return Err(ApiError::new(Code::WrongState, "this agent has the conversation already"));
    }
    // A person chose the colleague now: closed hours of the queue must not hold it back.
    let mut entry =
        in_queue(view, conversation, &conversation.queue, now)?.reserved_for(agent, COLLEAGUE_MS);
    entry.not_before = None;
    Ok(entry)
}

/// Until when a conversation really rests, and how it waits then: like one that arrives then, for its
/// agent first. A rest that would end in closed hours goes on until the opening.
///
/// # Errors
/// `invalid` when its queue is gone.
pub fn after_rest(
    view: &DeskView,
    conversation: &Conversation,
    agent: &AgentId,
    until: Timestamp,
) -> Result<(Timestamp, Entry), ApiError> {
    let woken_at = |at: Timestamp| {
        let request = Request { arrived_at: at, ..request(conversation, at) };
        view.entry(&conversation.queue, &request).ok_or_else(no_queue)
    };
    let (mut until, mut entry) = (until, woken_at(until)?);
    if let Some(opens_at) = entry.not_before.take() {
        until = opens_at;
        entry = woken_at(until)?;
        entry.not_before = None;
    }
    Ok((until, entry.reserved_for(agent, COLLEAGUE_MS)))
}

/// How a conversation that waited too long waits in the queue that takes over; `None` when its queue
/// names none.
pub fn overflowed(view: &DeskView, conversation: &Conversation, now: Timestamp) -> Option<Entry> {
    let to = view.queue(&conversation.queue)?.overflow.to.clone()?;
    let mut entry = view.entry(&to, &request(conversation, now))?;
    // Whoever waited too long is never turned away by a full queue.
    entry.waiting_max = 0;
    Some(entry)
}

/// When the desk opens for a queue, at a time at which it is closed; `None` when it is open, or takes
/// what comes at any time.
pub fn opens_at(view: &DeskView, queue: &QueueId, at: Timestamp) -> Option<Timestamp> {
    let queue = view.queue(queue)?;
    let calendar = view.calendar_of(queue)?;
    if calendar.is_open(at) { None } else { calendar.next_open(at) }
}

fn no_queue() -> ApiError {
    ApiError::field("queue", "no queue has this name")
}

fn request(conversation: &Conversation, now: Timestamp) -> Request<'_> {
    Request {
        kind: conversation.kind,
        audience: conversation.info.audience,
        request_type: conversation.info.request_type.as_deref(),
        arrived_at: conversation.arrived_at,
        last_agent: None,
        now,
    }
}
