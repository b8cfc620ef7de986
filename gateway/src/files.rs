//! Uploaded files: kept under random names below `<data_dir>/files/<tenant>/`, never under a name
//! that a client gave, never unpacked, of a type that was found in the content itself.

mod sniff;
mod store;

pub use sniff::{MEDIA_TYPES, clean_name, media_type};
pub use store::{FileStore, Incoming, StoreError};

use crate::api::error::ApiError;
use crate::app::App;
use domain::{ConversationId, FileId, FileRef, TenantId};
use records::files::{Attached, FileRecord, Uploader};

impl App {
    /// The files that a message names: each must have been uploaded by this sender and belong to no
    /// other conversation.
    ///
    /// # Errors
    /// 422 naming the file; one of somebody else is unknown like any other.
    pub async fn files_of(
        &self,
        tenant: &TenantId,
        uploader: &Uploader,
        ids: &[FileId],
        conversation: Option<&ConversationId>,
    ) -> Result<Vec<FileRef>, ApiError> {
        let mut files = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let found = self.records.files().get(tenant, id).await?;
            let found = found.filter(|file| {
                let free =
                    file.conversation.is_none() || file.conversation.as_ref() == conversation;
                file.uploaded_by == *uploader && free
            });
            match found {
                Some(file) => files.push(reference(file)),
                None => {
                    let path = format!("files[{place}]");
                    return Err(ApiError::field(&path, "there is no such file of this sender"));
                }
            }
        }
        Ok(files)
    }

    /// Ties files to the conversation whose message carries them.
    ///
    /// # Errors
    /// 422 when one was tied to another conversation meanwhile.
    pub async fn attach(
        &self,
        tenant: &TenantId,
        files: &[FileRef],
        conversation: &ConversationId,
    ) -> Result<(), ApiError> {
        for (place, file) in files.iter().enumerate() {
            match self.records.files().attach(tenant, &file.id, conversation).await? {
                Attached::Attached => {}
                Attached::Elsewhere { .. } | Attached::Unknown => {
                    let path = format!("files[{place}]");
                    return Err(ApiError::field(&path, "there is no such file of this sender"));
                }
            }
        }
        Ok(())
    }
}

/// A file as messages name it.
pub fn reference(file: FileRecord) -> FileRef {
    FileRef { id: file.id, name: file.name, media_type: file.media_type, bytes: file.bytes }
}
