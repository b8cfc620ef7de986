//! Waits: one row for each time that a conversation waited for an agent.
//!
//! A conversation that was reopened and waited again has two. A transfer keeps the arrival and so
//! the row; the wait then counts for the queue in which the conversation ended. Of a conversation
//! that waited anew before it was ever closed (it woke from a rest), the last wait is known.

use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::statement::sql;
use domain::{AgentId, Conversation, Message, Notice, TenantId, Timestamp};

/// When which agents joined, as the log tells it.
pub(super) fn joined(messages: &[Message]) -> impl Iterator<Item = (Timestamp, &AgentId)> {
    messages.iter().filter_map(|message| match &message.content.notice {
        Some(Notice::Joined { agent }) => Some((message.at, agent)),
        _ => None,
    })
}

/// Stores or completes the wait that began at the conversation's arrival.
pub(super) async fn store(
    tx: &mut Transaction,
    tenant: &TenantId,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<()> {
    // `accepted_at` is the last agent's; the wait ended when the first one joined. An answer from
    // before the arrival belongs to an earlier wait.
    let first = joined(messages)
        .map(|(at, _)| at)
        .chain(conversation.accepted_at)
        .find(|at| *at >= conversation.arrived_at);
    let upsert = sql("INSERT INTO waits \
         (tenant, conversation, arrived_at, accepted_at, closed_at, queue, agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (tenant, conversation, arrived_at) DO UPDATE SET \
         accepted_at = COALESCE(waits.accepted_at, excluded.accepted_at), \
         closed_at = excluded.closed_at, queue = excluded.queue, agent = excluded.agent \
         WHERE waits.closed_at <= excluded.closed_at");
    let upsert = upsert
        .bind(tenant)
        .bind(&conversation.id)
        .bind(conversation.arrived_at)
        .bind(first)
        .bind(conversation.closed_at)
        .bind(&conversation.queue)
        .bind(conversation.agent.as_ref());
    tx.write(upsert).await.map(drop)
}
