//! Contacts: the people who ask, and the addresses by which channels know them.

use crate::id::{ChannelId, ContactId};
use crate::text::Locale;
use crate::time::Timestamp;
use core::fmt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The three groups that a platform serves (GB/T 34077.3-2021, chapters 5 to 7).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Agencies that use the platform 服务使用机构.
    Agency,
    /// Civil servants and staff 公务人员.
    Staff,
    /// The public 公众.
    #[default]
    Public,
}

/// A person who asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// As the person or the website gave it; may be empty.
    pub name: String,
    /// Which group the person belongs to.
    pub audience: Audience,
    /// The language that the person last used.
    pub locale: Locale,
    /// When we first met.
    pub created_at: Timestamp,
    /// The addresses on channels.
    pub identities: Vec<Identity>,
    /// Facts that the website or app sent along; shown to agents, at most 32.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

/// A contact's address on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The channel.
    pub channel: ChannelId,
    /// What sort of address: `visitor`, `email`, `user_id`, `phone`.
    pub kind: String,
    /// The address itself: personal data, never logged.
    pub value: String,
    /// Was it proved (a signed identity token, a verified mail), or only claimed?
    pub verified: bool,
}

/// What two contacts can share that proves them to be one person.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The organisation's own id of the person, in one directory.
    DirectoryId,
    /// A mail address that was verified.
    Email,
    /// A telephone number that was verified.
    Phone,
}

/// Something that is proved of a contact: personal data, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    kind: EvidenceKind,
    scope: String,
    value: String,
}

/// The longest value of evidence, in bytes (RFC 5321 allows 254 for an address).
const EVIDENCE_BYTES_MAX: usize = 254;

impl Evidence {
    /// The id of a person in the directory of this name; none for an empty id.
    pub fn directory_id(directory: &str, id: &str) -> Option<Self> {
        Self::of(EvidenceKind::DirectoryId, directory, id.trim().to_owned())
    }

    /// A verified mail address, in whatever case; none for what is no address.
    pub fn email(address: &str) -> Option<Self> {
        // No provider tells people apart by the case of their addresses.
        let address = address.trim().to_ascii_lowercase();
        Self::of(EvidenceKind::Email, "", address).filter(|email| email.value.contains('@'))
    }

    /// A verified telephone number in E.164 form; none for another form, which says not in which country.
    pub fn phone(number: &str) -> Option<Self> {
        let number = number.trim();
        let digits = number.strip_prefix('+')?;
        let is_number =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| Self::of(EvidenceKind::Phone, "", number.to_owned())).flatten()
    }

    fn of(kind: EvidenceKind, scope: &str, value: String) -> Option<Self> {
        let fits = !value.is_empty() && value.len() <= EVIDENCE_BYTES_MAX;
        fits.then(|| Self { kind, scope: scope.to_owned(), value })
    }

    /// What it is.
    pub fn kind(&self) -> EvidenceKind {
        self.kind
    }

    /// In which directory an id stands; empty for what is the same everywhere.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The id, address or number.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").field("kind", &self.kind).finish_non_exhaustive()
    }
}
