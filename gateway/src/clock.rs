//! The system's clock and the birth of identifiers: the only places where the process asks the
//! machine for time or chance on behalf of the desk.

use domain::{Clock, Timestamp};
use rand::RngExt;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else takes")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since_epoch.map_or(0, |time| time.as_millis());
        Timestamp(i64::try_from(ms).unwrap_or(i64::MAX))
    }
}

/// `N` bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill(&mut bytes[..]);
    bytes
}

/// New identifiers: version 7 UUIDs sort by birth, version 4 ones cannot be guessed.
pub mod mint {
    use domain::{ContactId, ConversationId, DeliveryId, FileId, MessageId, RefusedNumberId};
    use uuid::Uuid;

    /// A conversation's.
    pub fn conversation() -> ConversationId {
        ConversationId::from_uuid(Uuid::now_v7())
    }

    /// A message's.
    pub fn message() -> MessageId {
        MessageId::from_uuid(Uuid::now_v7())
    }

    /// A contact's; not guessable either way, but never a proof of anything.
    pub fn contact() -> ContactId {
        ContactId::from_uuid(Uuid::now_v7())
    }

    /// A delivery's.
    pub fn delivery() -> DeliveryId {
        DeliveryId::from_uuid(Uuid::now_v7())
    }

    /// A file's: 122 random bits, because whoever knows it is half way to the file.
    pub fn file() -> FileId {
        FileId::from_uuid(Uuid::new_v4())
    }

    /// That of a number that is not called.
    pub fn refused_number() -> RefusedNumberId {
        RefusedNumberId::from_uuid(Uuid::now_v7())
    }

    /// Any other name that must only differ from all others.
    pub fn name() -> String {
        Uuid::new_v4().simple().to_string()
    }
}
