//! Uploaded files and letters: kept below `<data_dir>/files/<tenant>/` under names that are random or,
//! for letters, made of what they hold; never under a name that a client gave, never unpacked, of a
//! type that was found in the content itself.

pub mod link;
mod sniff;
mod store;
pub mod through;

pub use sniff::{MEDIA_TYPES, clean_name, media_type};
pub use store::{FileStore, Incoming, StoreError, Written};

use domain::FileRef;
use records::files::FileRecord;

/// A file as messages name it.
pub fn reference(file: FileRecord) -> FileRef {
    FileRef {
        id: file.id,
        name: file.name,
        media_type: file.media_type,
        bytes: file.bytes,
        pending: false,
    }
}
