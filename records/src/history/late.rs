//! System facts that become true after a conversation was archived and forgotten by Redis: a report that a
//! letter did not arrive may come days later.

use super::{History, insert_message, stored_messages};
use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::statement::{json, sql};
use domain::{AgentId, Conversation, ConversationId, Message, MessageContent, TenantId, Timestamp};

impl History<'_> {
    /// Adds an entry at the end of an archived log, once under its message id; returns its place, now or
    /// since an earlier call, and `None` when there is no such conversation. Only for conversations that
    /// Redis holds no longer: of others Redis counts the places.
    pub async fn append(
        self,
        tenant: &TenantId,
        id: &ConversationId,
        content: &MessageContent,
        at: Timestamp,
    ) -> Result<Option<u64>> {
        let mut tx = self.database.begin().await?;
        tx.lock("conversation", &format!("{tenant}/{id}")).await?;
        let select = sql("SELECT document FROM conversations WHERE tenant = $1 AND id = $2");
        let Some(row) = tx.one(select.bind(tenant).bind(id)).await? else { return Ok(None) };
        let mut conversation: Conversation = row.json("document")?;
        let stored = stored_messages(&mut tx, tenant, id).await?;
        let known = stored.values().find(|(_, message)| message.content.id == content.id);
        if let Some((_, message)) = known {
            return Ok(Some(message.seq));
        }
        let last = stored.keys().next_back().copied().unwrap_or_default();
        let seq = last.max(conversation.last_seq).saturating_add(1);
        let message = Message { seq, at, content: content.clone() };
        insert_message(&mut tx, tenant, id, &message).await?;
        conversation.last_seq = seq;
        let update = sql("UPDATE conversations SET last_seq = $3, document = $4 \
             WHERE tenant = $1 AND id = $2");
        let update = update.bind(tenant).bind(id).bind(seq);
        tx.write(update.bind(json("conversation", &conversation)?)).await?;
        tx.commit().await?;
        Ok(Some(seq))
    }
}

/// Who answered last, as the archive knows it.
pub(super) async fn agent(
    tx: &mut Transaction,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<Option<AgentId>> {
    let select = sql("SELECT agent FROM conversations WHERE tenant = $1 AND id = $2");
    let row = tx.one(select.bind(tenant).bind(id)).await?;
    row.map_or(Ok(None), |row| row.word_if_any("agent"))
}
