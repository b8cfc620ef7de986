//! How a conversation waits when it moves: to another queue, to a colleague, after a rest. Policy is
//! computed by `domain`; here the facts are put together.

use crate::api::error::{ApiError, Code};
use crate::settings::DeskView;
use domain::queue::Request;
use domain::{AgentId, Conversation, Entry, QueueId, Timestamp};

/// How long a colleague to whom a conversation was passed is waited for before the lanes of its
/// queue open, in milliseconds.
pub const COLLEAGUE_MS: i64 = 60_000;

/// How a conversation waits in a queue from now on. It keeps its arrival, so it keeps its place
/// among those of equal target.
///
/// # Errors
/// `not_found` when there is no such queue.
pub fn in_queue(
    view: &DeskView,
    conversation: &Conversation,
    queue: &QueueId,
    now: Timestamp,
) -> Result<Entry, ApiError> {
    view.entry(queue, &request(conversation, now)).ok_or_else(|| ApiError::unknown("queue"))
}

/// How a conversation waits for a colleague in person, and after a while for the queue it is in.
///
/// # Errors
/// `not_found` when there is no such agent at work, or the conversation's queue is gone.
pub fn for_colleague(
    view: &DeskView,
    conversation: &Conversation,
    agent: &AgentId,
    now: Timestamp,
) -> Result<Entry, ApiError> {
    if view.agent(agent).is_none_or(|agent| !agent.enabled) {
        return Err(ApiError::unknown("agent"));
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

/// How a conversation waits after its rest: in its queue, preferring the agent who has it now.
///
/// # Errors
/// `not_found` when its queue is gone; `invalid` when `until` is not in the future or too far away.
pub fn after_rest(
    view: &DeskView,
    conversation: &Conversation,
    until: Timestamp,
    now: Timestamp,
) -> Result<Entry, ApiError> {
    const LONGEST_MS: i64 = 90 * 24 * 3_600_000;
    if until <= now || until.ms_since(now) > LONGEST_MS {
        return Err(ApiError::field("until", "must be in the future, at most 90 days away"));
    }
    let request = Request { last_agent: conversation.agent.as_ref(), ..request(conversation, now) };
    let entry =
        view.entry(&conversation.queue, &request).ok_or_else(|| ApiError::unknown("queue"))?;
    Ok(entry)
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
