//! Search over the logs of closed conversations, notes included: only people of the desk search.

use super::token::{Query, tokens, tsvector};
use super::{History, HistoryFilter, of_contacts};
use crate::error::Result;
use crate::store::Engine;
use crate::store::database::Transaction;
use crate::store::statement::{Statement, sql};
use domain::{Conversation, Message, TenantId};

/// A conversation in which the text was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// The conversation.
    pub conversation: Conversation,
    /// Its last message that holds the text.
    pub message: Message,
}

impl History<'_> {
    /// Conversations with a message that holds every term of the text, the last closed first. Terms
    /// are split by spaces; each is found as a whole, and may go on in the message. What the filter does
    /// not let through is not found at all: a page's end tells nothing of it.
    pub async fn search(
        self,
        tenant: &TenantId,
        text: &str,
        filter: &HistoryFilter,
    ) -> Result<Vec<SearchHit>> {
        let Some(query) = Query::parse(text) else { return Ok(Vec::new()) };
        // The cross join keeps SQLite from asking the full-text index once for each message.
        let select = sql("SELECT c.document AS conversation, m.document AS message FROM ( \
             SELECT found.conversation, MAX(found.seq) AS seq FROM message_search s \
             CROSS JOIN messages found WHERE found.place = s.rowid AND found.tenant = $1 AND ")
        .bind(tenant);
        let select = match self.database.engine() {
            Engine::Sqlite => select.push_bind("message_search MATCH ", query.fts5(tenant)),
            Engine::Postgres => {
                select.push_bind("s.tokens @@ CAST(", query.tsquery()).push(" AS tsquery)")
            }
        };
        let select = select.push(
            " GROUP BY found.conversation) hit \
             JOIN conversations c ON c.tenant = $1 AND c.id = hit.conversation \
             JOIN messages m ON m.tenant = $1 AND m.conversation = c.id AND m.seq = hit.seq \
             WHERE c.tenant = $1",
        );
        let select = narrowed(select, filter);
        let select = select.push(" ORDER BY c.closed_at DESC, c.id DESC").limit(filter.limit);
        let rows = self.database.all(select).await?;
        rows.iter()
            .map(|row| {
                Ok(SearchHit {
                    conversation: row.json("conversation")?,
                    message: row.json("message")?,
                })
            })
            .collect()
    }
}

/// Only the conversations `c` that the filter lets through.
fn narrowed(select: Statement, filter: &HistoryFilter) -> Statement {
    let mut select = of_contacts(select, " AND c.contact IN (", filter);
    if let Some(queue) = &filter.queue {
        select = select.push_bind(" AND c.queue = ", queue);
    }
    if let Some(agent) = &filter.agent {
        select = select.push_bind(" AND c.agent = ", agent);
    }
    if let Some(before) = &filter.before {
        select = select
            .push_bind(" AND (c.closed_at, c.id) < (", before.closed_at)
            .push_bind(", ", &before.id)
            .push(")");
    }
    select
}

/// Makes a stored message findable by its text and by the names of its files.
pub(super) async fn index(
    tx: &mut Transaction,
    tenant: &TenantId,
    place: i64,
    message: &Message,
) -> Result<()> {
    let mut text = message.content.text.clone();
    for file in &message.content.files {
        text.push('\n');
        text.push_str(&file.name);
    }
    let tokens = tokens(&text);
    if tokens.is_empty() {
        return Ok(());
    }
    let insert = match tx.engine() {
        Engine::Sqlite => {
            sql("INSERT INTO message_search (rowid, tokens, tenant) VALUES ($1, $2, $3)")
                .bind(place)
                .bind(tokens.join(" "))
                .bind(tenant)
        }
        Engine::Postgres => {
            sql("INSERT INTO message_search (rowid, tokens) VALUES ($1, CAST($2 AS tsvector))")
                .bind(place)
                .bind(tsvector(&tokens))
        }
    };
    tx.write(insert).await.map(drop)
}
