//! Closed conversations: their logs, lists and search.
//!
//! Storing is idempotent and never shrinks: the same conversation may come again, after a reopening
//! with more messages, or from two gateways at once. Messages once stored are never changed.

mod callback;
mod late;
mod search;
mod token;
mod wait;

pub use callback::{CallbackEnding, CallbackOver};
pub use search::SearchHit;
pub(crate) use token::fold;

use crate::error::{RecordsError, Result};
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::{Statement, json, sql};
use domain::{
    AgentId, ContactId, Conversation, ConversationId, Message, QueueId, TenantId, Timestamp,
};
use std::collections::BTreeMap;
use std::{fmt, str::FromStr};

handle!(History, "Closed conversations.");

/// A conversation that is over, with its log.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedConversation {
    /// The conversation as it stood at its end.
    pub conversation: Conversation,
    /// Its messages; those that are in the archive already may be left out.
    pub messages: Vec<Message>,
    /// When it was handed over.
    pub archived_at: Timestamp,
}

/// What [`History::store_closed`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// How many messages were new.
    pub new_messages: u64,
    /// How many were stored otherwise before: the log had gone on without them.
    pub replaced_messages: u64,
    /// The callbacks in it that the archive did not know before.
    pub callbacks: Vec<CallbackOver>,
}

/// A place in a list of conversations, the last closed first; `<closed_at>.<id>` as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryCursor {
    /// When the conversation was closed.
    pub closed_at: Timestamp,
    /// Which conversation.
    pub id: ConversationId,
}

impl HistoryCursor {
    /// The place of a stored conversation.
    pub fn of(conversation: &Conversation) -> Self {
        Self { closed_at: conversation.closed_at.unwrap_or_default(), id: conversation.id.clone() }
    }
}

impl fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.closed_at.0, self.id)
    }
}

impl FromStr for HistoryCursor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('.').and_then(|(closed_at, id)| {
            Some(Self { closed_at: Timestamp(closed_at.parse().ok()?), id: id.parse().ok()? })
        });
        parsed.ok_or_else(|| "a cursor is `<closed_at>.<conversation>`".to_owned())
    }
}

/// Which closed conversations to list.
#[derive(Debug, Clone, Default)]
pub struct HistoryFilter {
    /// Only these contacts'; everybody's when there is none.
    pub contacts: Vec<ContactId>,
    /// Only this queue's.
    pub queue: Option<QueueId>,
    /// Only those that this agent answered last.
    pub agent: Option<AgentId>,
    /// Only those closed before this one.
    pub before: Option<HistoryCursor>,
    /// How many at most.
    pub limit: u32,
}

/// Which messages of a conversation to read.
#[derive(Debug, Clone, Copy)]
pub struct MessagePage {
    /// Where from.
    pub from: MessagesFrom,
    /// How many at most.
    pub limit: u32,
}

/// Where a page of messages starts.
#[derive(Debug, Clone, Copy)]
pub enum MessagesFrom {
    /// The first ones after this seq; 0 is from the start.
    After(u64),
    /// The last ones before this seq.
    Before(u64),
    /// The last ones.
    End,
}

impl History<'_> {
    /// Stores a closed conversation and those of its messages that are not stored yet. Where another
    /// message stands at a place already, Redis had lost its end after it was archived (`relaxed`, a
    /// power cut), and the log went on from there: what is said now counts.
    pub async fn store_closed(
        self,
        tenant: &TenantId,
        closed: &ClosedConversation,
    ) -> Result<Stored> {
        let mut tx = self.database.begin().await?;
        let mut conversation = finished(closed);
        tx.lock("conversation", &format!("{tenant}/{}", conversation.id)).await?;
        if conversation.agent.is_none() {
            // What came since may tell of nobody.
            conversation.agent = late::agent(&mut tx, tenant, &conversation.id).await?;
        }
        upsert_conversation(&mut tx, tenant, &conversation, closed.archived_at).await?;
        wait::store(&mut tx, tenant, &conversation, &closed.messages).await?;
        let stored = stored_messages(&mut tx, tenant, &conversation.id).await?;
        let (mut new_messages, mut replaced_messages) = (0, 0);
        for message in &closed.messages {
            match stored.get(&message.seq) {
                Some((_, known)) if known == message => continue,
                Some((place, _)) => {
                    delete_message(&mut tx, tenant, *place).await?;
                    replaced_messages += 1;
                }
                None => new_messages += 1,
            }
            insert_message(&mut tx, tenant, &conversation.id, message).await?;
        }
        let mut log: BTreeMap<u64, &Message> =
            stored.iter().map(|(seq, (_, message))| (*seq, message)).collect();
        log.extend(closed.messages.iter().map(|message| (message.seq, message)));
        let line = conversation.callback.as_ref().map(|callback| &callback.line);
        let of = (tenant, &conversation.id);
        let log = (log.into_values(), replaced_messages > 0);
        let callbacks = callback::store(&mut tx, of, line, log).await?;
        tx.commit().await?;
        Ok(Stored { new_messages, replaced_messages, callbacks })
    }

    /// A closed conversation; its `agent` is who answered it last.
    pub async fn conversation(
        self,
        tenant: &TenantId,
        id: &ConversationId,
    ) -> Result<Option<Conversation>> {
        let select = sql("SELECT document FROM conversations WHERE tenant = $1 AND id = $2");
        let row = self.database.one(select.bind(tenant).bind(id)).await?;
        row.map(|row| row.json("document")).transpose()
    }

    /// Who answered last in the contact's closed conversation that was closed last, if anybody did.
    pub async fn last_agent(
        self,
        tenant: &TenantId,
        contact: &ContactId,
    ) -> Result<Option<AgentId>> {
        let select = sql("SELECT agent FROM conversations WHERE tenant = $1 AND contact = $2 \
             ORDER BY closed_at DESC, id DESC LIMIT 1");
        let row = self.database.one(select.bind(tenant).bind(contact)).await?;
        row.map_or(Ok(None), |row| row.word_if_any("agent"))
    }

    /// A page of a conversation's log, in the order of seqs.
    pub async fn messages(
        self,
        tenant: &TenantId,
        id: &ConversationId,
        page: MessagePage,
    ) -> Result<Vec<Message>> {
        let select = sql("SELECT document FROM messages WHERE tenant = $1 AND conversation = $2")
            .bind(tenant)
            .bind(id);
        let (select, backwards) = match page.from {
            MessagesFrom::After(seq) => {
                (select.push_bind(" AND seq > ", seq).push(" ORDER BY seq"), false)
            }
            MessagesFrom::Before(seq) => {
                (select.push_bind(" AND seq < ", seq).push(" ORDER BY seq DESC"), true)
            }
            MessagesFrom::End => (select.push(" ORDER BY seq DESC"), true),
        };
        let rows = self.database.all(select.limit(page.limit)).await?;
        let mut messages: Vec<Message> =
            rows.iter().map(|row| row.json("document")).collect::<Result<_>>()?;
        if backwards {
            messages.reverse();
        }
        Ok(messages)
    }

    /// Closed conversations, the last closed first.
    pub async fn list(
        self,
        tenant: &TenantId,
        filter: &HistoryFilter,
    ) -> Result<Vec<Conversation>> {
        let mut select = sql("SELECT document FROM conversations WHERE tenant = $1").bind(tenant);
        select = of_contacts(select, " AND contact IN (", filter);
        if let Some(queue) = &filter.queue {
            select = select.push_bind(" AND queue = ", queue);
        }
        if let Some(agent) = &filter.agent {
            select = select.push_bind(" AND agent = ", agent);
        }
        if let Some(before) = &filter.before {
            select = select
                .push_bind(" AND (closed_at, id) < (", before.closed_at)
                .push_bind(", ", &before.id)
                .push(")");
        }
        let select = select.push(" ORDER BY closed_at DESC, id DESC").limit(filter.limit);
        self.database.all(select).await?.iter().map(|row| row.json("document")).collect()
    }
}

/// Narrows a statement down to the filter's contacts; `begin` is what stands before the first.
fn of_contacts(mut select: Statement, begin: &'static str, filter: &HistoryFilter) -> Statement {
    let mut before = begin;
    for contact in &filter.contacts {
        select = select.push_bind(before, contact);
        before = ", ";
    }
    if filter.contacts.is_empty() { select } else { select.push(")") }
}

/// The conversation as the archive keeps it: with its end, its last agent and no pending offer.
fn finished(closed: &ClosedConversation) -> Conversation {
    let mut conversation = closed.conversation.clone();
    let joined = wait::joined(&closed.messages).last();
    conversation.agent = conversation.agent.or_else(|| joined.map(|(_, agent)| agent.clone()));
    conversation.closed_at = conversation.closed_at.or(Some(closed.archived_at));
    conversation.offer_token = None;
    conversation.until = None;
    conversation
}

async fn upsert_conversation(
    tx: &mut Transaction,
    tenant: &TenantId,
    conversation: &Conversation,
    archived_at: Timestamp,
) -> Result<()> {
    // An older state that arrives late (a second gateway was slow) changes nothing.
    let upsert = sql("INSERT INTO conversations \
         (tenant, id, contact, queue, agent, closed_at, archived_at, last_seq, document) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (tenant, id) DO UPDATE SET contact = excluded.contact, \
         queue = excluded.queue, agent = excluded.agent, closed_at = excluded.closed_at, \
         archived_at = excluded.archived_at, last_seq = excluded.last_seq, \
         document = excluded.document \
         WHERE conversations.closed_at < excluded.closed_at \
         OR (conversations.closed_at = excluded.closed_at \
             AND conversations.last_seq <= excluded.last_seq)");
    let upsert = upsert
        .bind(tenant)
        .bind(&conversation.id)
        .bind(&conversation.contact)
        .bind(&conversation.queue)
        .bind(conversation.agent.as_ref())
        .bind(conversation.closed_at)
        .bind(archived_at)
        .bind(conversation.last_seq)
        .bind(json("conversation", conversation)?);
    tx.write(upsert).await.map(drop)
}

/// The messages that are stored, by seq, with their places.
async fn stored_messages(
    tx: &mut Transaction,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<BTreeMap<u64, (i64, Message)>> {
    let select =
        sql("SELECT place, document FROM messages WHERE tenant = $1 AND conversation = $2");
    let rows = tx.all(select.bind(tenant).bind(id)).await?;
    let read = rows.iter().map(|row| {
        let message: Message = row.json("document")?;
        Ok((message.seq, (row.get("place")?, message)))
    });
    read.collect()
}

async fn delete_message(tx: &mut Transaction, tenant: &TenantId, place: i64) -> Result<()> {
    let found = "DELETE FROM message_search WHERE rowid IN \
                 (SELECT place FROM messages WHERE tenant = $1 AND place = $2)";
    tx.write(sql(found).bind(tenant).bind(place)).await?;
    let message = sql("DELETE FROM messages WHERE tenant = $1 AND place = $2");
    tx.write(message.bind(tenant).bind(place)).await.map(drop)
}

async fn insert_message(
    tx: &mut Transaction,
    tenant: &TenantId,
    id: &ConversationId,
    message: &Message,
) -> Result<()> {
    let insert =
        sql("INSERT INTO messages (tenant, conversation, seq, document) VALUES ($1, $2, $3, $4) \
         RETURNING place");
    let insert = insert.bind(tenant).bind(id).bind(message.seq).bind(json("message", message)?);
    let Some(row) = tx.one(insert).await? else {
        return Err(RecordsError::Contended { what: "a message" });
    };
    search::index(tx, tenant, row.get("place")?, message).await
}
