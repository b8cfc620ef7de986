//! Ratings that contacts give after close: one per conversation, the last one counts.

use crate::error::{RecordsError, Result};
use crate::store::handle;
use crate::store::statement::{Row, sql};
use domain::{ConversationId, TenantId, Timestamp};

handle!(Ratings, "Ratings after close.");

/// What a contact thought of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rating {
    /// Which conversation; perhaps not in the archive yet.
    pub conversation: ConversationId,
    /// 1 (very dissatisfied) to 5 (very satisfied).
    pub grade: u8,
    /// In the contact's words; may be empty.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

const COLUMNS: &str = "SELECT conversation, grade, comment, at FROM ratings ";

impl Ratings<'_> {
    /// Stores a rating in place of an earlier one of the same conversation.
    pub async fn put(self, tenant: &TenantId, rating: &Rating) -> Result<()> {
        if !(1..=5).contains(&rating.grade) {
            let problem = "must be 1 to 5".to_owned();
            return Err(RecordsError::Unstorable { field: "grade", problem });
        }
        let upsert = sql("INSERT INTO ratings (tenant, conversation, grade, comment, at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, conversation) DO UPDATE SET \
             grade = excluded.grade, comment = excluded.comment, at = excluded.at \
             WHERE ratings.at <= excluded.at");
        let upsert = upsert
            .bind(tenant)
            .bind(&rating.conversation)
            .bind(rating.grade)
            .bind(&rating.comment)
            .bind(rating.at);
        self.database.write(upsert).await.map(drop)
    }

    /// The rating of a conversation.
    pub async fn get(self, tenant: &TenantId, id: &ConversationId) -> Result<Option<Rating>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND conversation = $2");
        let row = self.database.one(select.bind(tenant).bind(id)).await?;
        row.as_ref().map(read_rating).transpose()
    }

    /// Ratings, the newest first, from before a time and conversation.
    pub async fn list(
        self,
        tenant: &TenantId,
        before: Option<(Timestamp, &ConversationId)>,
        limit: u32,
    ) -> Result<Vec<Rating>> {
        let mut select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        if let Some((at, conversation)) = before {
            select = select
                .push_bind(" AND (at, conversation) < (", at)
                .push_bind(", ", conversation)
                .push(")");
        }
        let select = select.push(" ORDER BY at DESC, conversation DESC").limit(limit);
        self.database.all(select).await?.iter().map(read_rating).collect()
    }
}

fn read_rating(row: &Row) -> Result<Rating> {
    Ok(Rating {
        conversation: row.word("conversation")?,
        grade: row.number("grade")?,
        comment: row.get("comment")?,
        at: row.time("at")?,
    })
}
