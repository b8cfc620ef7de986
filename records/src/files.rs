//! What is known of uploaded files; their bytes lie elsewhere, under their ids.

use crate::error::{RecordsError, Result};
use crate::store::handle;
use crate::store::statement::{Row, sql};
use domain::{AgentId, ChannelId, ContactId, ConversationId, FileId, TenantId, Timestamp};

handle!(Files, "What is known of uploaded files.");

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// The id under which it is served.
    pub id: FileId,
    /// The name that the sender gave, cleaned for display.
    pub name: String,
    /// The media type found in the content.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Who uploaded it.
    pub uploaded_by: Uploader,
    /// The conversation of the message that carries it; none while no message does.
    pub conversation: Option<ConversationId>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// Who uploaded a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploader {
    /// A person who asks.
    Contact(ContactId),
    /// An agent.
    Agent(AgentId),
    /// A letter that came through a channel, or a part of it.
    Channel(ChannelId),
}

/// What came of [`Files::attach`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// A message of the conversation carries it; perhaps it did before.
    Attached,
    /// Another conversation has it.
    Elsewhere {
        /// Which.
        conversation: ConversationId,
    },
    /// No such file.
    Unknown,
}

const COLUMNS: &str = "SELECT id, name, media_type, bytes, sha256, uploader_type, uploader, \
                       conversation, created_at FROM files ";

impl Files<'_> {
    /// Keeps what is known of a new file; tells whether it is new. The same id again changes nothing.
    pub async fn create(self, tenant: &TenantId, file: &FileRecord) -> Result<bool> {
        let (uploader_type, uploader) = match &file.uploaded_by {
            Uploader::Contact(id) => ("contact", id.as_str()),
            Uploader::Agent(id) => ("agent", id.as_str()),
            Uploader::Channel(id) => ("channel", id.as_str()),
        };
        let insert =
            sql("INSERT INTO files (tenant, id, name, media_type, bytes, sha256, uploader_type, \
             uploader, conversation, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (tenant, id) DO NOTHING");
        let insert = insert
            .bind(tenant)
            .bind(&file.id)
            .bind(&file.name)
            .bind(&file.media_type)
            .bind(file.bytes)
            .bind(&file.sha256)
            .bind(uploader_type)
            .bind(uploader)
            .bind(file.conversation.as_ref())
            .bind(file.created_at);
        Ok(self.database.write(insert).await? == 1)
    }

    /// One file.
    pub async fn get(self, tenant: &TenantId, id: &FileId) -> Result<Option<FileRecord>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND id = $2");
        let row = self.database.one(select.bind(tenant).bind(id)).await?;
        row.as_ref().map(read_file).transpose()
    }

    /// Says that a message of this conversation carries the file. A file belongs to one conversation
    /// for good.
    pub async fn attach(
        self,
        tenant: &TenantId,
        id: &FileId,
        conversation: &ConversationId,
    ) -> Result<Attached> {
        let attach = sql("UPDATE files SET conversation = COALESCE(conversation, $3) \
             WHERE tenant = $1 AND id = $2 RETURNING conversation");
        let attach = attach.bind(tenant).bind(id).bind(conversation);
        let Some(row) = self.database.write_returning(attach).await? else {
            return Ok(Attached::Unknown);
        };
        let holder: ConversationId = row.word("conversation")?;
        let own = holder == *conversation;
        Ok(if own { Attached::Attached } else { Attached::Elsewhere { conversation: holder } })
    }

    /// Files that no message carries and that are not in the quarantine, uploaded before a time, the oldest first: for cleaning up.
    pub async fn unattached(
        self,
        tenant: &TenantId,
        created_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<FileRecord>> {
        let select = sql(COLUMNS)
            .push_bind("WHERE conversation IS NULL AND tenant = ", tenant)
            .push_bind(" AND created_at < ", created_before)
            .push_bind(" AND id NOT IN (SELECT original FROM quarantine WHERE tenant = ", tenant)
            .push(")")
            .push(" ORDER BY created_at, id")
            .limit(limit);
        self.database.all(select).await?.iter().map(read_file).collect()
    }

    /// A file came again: it counts as uploaded now, so that nobody cleans it up meanwhile.
    pub async fn renew(self, tenant: &TenantId, id: &FileId, at: Timestamp) -> Result<()> {
        let renew = sql("UPDATE files SET created_at = $3 \
             WHERE tenant = $1 AND id = $2 AND conversation IS NULL AND created_at < $3");
        self.database.write(renew.bind(tenant).bind(id).bind(at)).await.map(drop)
    }

    /// Forgets a file that no message carries and that was uploaded before a time, and has its bytes
    /// removed. False when that does not hold (any more): then the bytes stay. Whoever creates the same
    /// file anew does so before all of it or after, never in between; who comes after finds no bytes.
    pub async fn forget_unattached(
        self,
        tenant: &TenantId,
        id: &FileId,
        created_before: Timestamp,
        remove: impl AsyncFnOnce(),
    ) -> Result<bool> {
        let mut tx = self.database.begin().await?;
        let delete = sql(
            "DELETE FROM files WHERE tenant = $1 AND id = $2 AND conversation IS NULL \
             AND created_at < $3 AND id NOT IN (SELECT original FROM quarantine WHERE tenant = $1)",
        );
        if tx.write(delete.bind(tenant).bind(id).bind(created_before)).await? != 1 {
            return Ok(false);
        }
        remove().await;
        tx.commit().await?;
        Ok(true)
    }
}

fn read_file(row: &Row) -> Result<FileRecord> {
    let uploaded_by = match row.get::<String>("uploader_type")?.as_str() {
        "contact" => Uploader::Contact(row.word("uploader")?),
        "agent" => Uploader::Agent(row.word("uploader")?),
        "channel" => Uploader::Channel(row.word("uploader")?),
        other => {
            let problem = format!("`{other}` is neither contact nor agent nor channel");
            return Err(RecordsError::Corrupt { column: "uploader_type", problem });
        }
    };
    Ok(FileRecord {
        id: row.word("id")?,
        name: row.get("name")?,
        media_type: row.get("media_type")?,
        bytes: row.number("bytes")?,
        sha256: row.hash("sha256")?,
        uploaded_by,
        conversation: row.word_if_any("conversation")?,
        created_at: row.time("created_at")?,
    })
}
