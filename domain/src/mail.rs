//! Mail: what a letter says of itself beside its text.

use crate::id::FileId;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The most addresses of a letter that are kept, of each kind.
pub const MAIL_ADDRESSES_MAX: usize = 100;
/// So many bytes of addresses are kept of one letter; a list that is longer is cut.
pub const MAIL_ADDRESSES_BYTES_MAX: usize = 8 * 1024;
/// The longest subject that is kept, in characters.
pub const MAIL_SUBJECT_CHARS_MAX: usize = 500;

/// The most files that one letter brings along; the original has all of them.
pub const MAIL_FILES_MAX: usize = 50;

/// One address with the name that stands beside it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailAddress {
    /// `local@domain`, the domain in lower case: personal data, never logged.
    pub address: String,
    /// The name beside it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

// Personal data: it must not reach a log by `{:?}`.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

impl MailAddress {
    /// The domain, in lower case; empty when the address has none.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Is it this address, as mail servers compare them in practice: without regard to case?
    pub fn is(&self, address: &str) -> bool {
        self.address.eq_ignore_ascii_case(address)
    }
}

/// How one check of a letter's origin ended (RFC 8601, section 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailVerdict {
    /// There was nothing to check, or it could not be checked here.
    #[default]
    None,
    /// It is as it claims.
    Pass,
    /// It is not.
    Fail,
    /// The check could not be made just then (DNS was away).
    TempError,
}

/// What is known of where a letter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct MailTrust {
    /// May the sending host send for the envelope's domain (RFC 7208)? From a trusted server's header.
    pub spf: MailVerdict,
    /// Is a signature valid (RFC 6376)?
    pub dkim: MailVerdict,
    /// Does what passed belong to the domain that the reader sees (RFC 7489)?
    pub dmarc: MailVerdict,
}

/// Something that the agent should know before trusting a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailWarning {
    /// It answers a conversation to which its sender does not belong, so it opened one of its own.
    Stranger,
    /// It claims to come from an address of the desk itself.
    ClaimsDesk,
    /// The domain's own policy says that the letter is forged.
    Forged,
}

/// What a letter says of itself beside its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MailHead {
    /// The subject, at most [`MAIL_SUBJECT_CHARS_MAX`] characters; may be empty.
    #[serde(default)]
    pub subject: String,
    /// From whom.
    pub from: MailAddress,
    /// Where an answer should go, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MailAddress>,
    /// To whom.
    #[serde(default)]
    pub to: Vec<MailAddress>,
    /// Who reads along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<MailAddress>,
    /// The `Message-ID` without its brackets; empty when it had none.
    #[serde(default)]
    pub message_id: String,
    /// Where it comes from; nothing was checked of our own letters.
    #[serde(default)]
    pub trust: MailTrust,
    /// What the agent should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<MailWarning>,
    /// Written by a program: an automatic answer, a list (RFC 3834).
    #[serde(default)]
    pub automatic: bool,
    /// The sender calls it important.
    #[serde(default)]
    pub important: bool,
    /// Is there an HTML body?
    #[serde(default)]
    pub has_html: bool,
    /// Were quotes or a signature left out of the text?
    #[serde(default)]
    pub has_rest: bool,
    /// Is there more in the letter than here: a longer text, more files, or a body that was too large
    /// to be fetched?
    #[serde(default)]
    pub is_cut: bool,
    /// The letter as it came, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<FileId>,
}

impl MailHead {
    /// About so many bytes it takes in memory and on the wire.
    pub fn bytes(&self) -> usize {
        let everyone = std::iter::once(&self.from).chain(&self.reply_to).chain(&self.to);
        let addresses = everyone.chain(&self.cc).map(MailAddress::bytes).sum::<usize>();
        512 + self.subject.len() + self.message_id.len() + addresses
    }
}

impl MailAddress {
    /// About so many bytes it takes.
    pub fn bytes(&self) -> usize {
        32 + self.address.len() + self.name.len()
    }
}
