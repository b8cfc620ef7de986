//! Short names that say nothing of what they name: for shelves, where an address or a text has no business.

use sha2::{Digest, Sha256};

/// 128 bits of a SHA-256 in hexadecimal: the same for the same text.
pub(crate) fn digest(text: &str) -> String {
    let whole = Sha256::digest(text.as_bytes());
    let (short, _rest) = whole.split_at(whole.len() / 2);
    short.iter().map(|byte| format!("{byte:02x}")).collect()
}
