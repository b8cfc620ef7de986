//! Links to files for people who cannot sign in: a messenger's contact to whom a file does not fit
//! through the network.
//!
//! `TENANT.UNTIL.PROOF`: the last second of the link, and 128 bits of an HMAC-SHA-256 over tenant, file
//! and second, in lower-case base 32. Nothing is kept of a link, so nothing can list them; it ends by its
//! time, or with the file or its conversation.

use crate::auth::same_secret;
use domain::id::base32;
use domain::{FileId, TenantId, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the proof is for: no other link opens a file.
const PURPOSE: &str = "hutong file link";
/// Longer ones are not looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 160;

/// What a token claims; nothing of it is proved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Whose file it is.
    pub tenant: TenantId,
    secs: &'a str,
    proof: &'a str,
}

/// The token of a link to a file that ends at a time; `None` for a key that is none.
pub fn token(key: &[u8], tenant: &TenantId, file: &FileId, until: Timestamp) -> Option<String> {
    let secs = until.0.div_euclid(1000).to_string();
    let proof = proof(key, PURPOSE, (tenant, file.as_str()), &secs)?;
    Some(format!("{tenant}.{secs}.{proof}"))
}

/// Takes a token apart; `None` for what is none.
pub fn claim(token: &str) -> Option<Claim<'_>> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let mut parts = token.split('.');
    let (tenant, secs, proof) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = parts.next().is_none();
    let tenant = tenant.parse().ok()?;
    is_whole.then_some(Claim { tenant, secs, proof })
}

impl Claim<'_> {
    /// Is it a link to this file, by this key, whose time is not over?
    pub fn opens(&self, key: &[u8], file: &FileId, now: Timestamp) -> bool {
        let expected = proof(key, PURPOSE, (&self.tenant, file.as_str()), self.secs);
        let is_ours = expected
            .is_some_and(|expected| same_secret(expected.as_bytes(), self.proof.as_bytes()));
        let until: Option<i64> = self.secs.parse().ok();
        is_ours && until.is_some_and(|until| now.0.div_euclid(1000) < until)
    }
}

/// What proves that a link is ours: for this purpose, of this tenant, to this thing, until this second.
pub(crate) fn proof(
    key: &[u8],
    purpose: &'static str,
    (tenant, thing): (&TenantId, &str),
    secs: &str,
) -> Option<String> {
    mac(key, purpose, (tenant, thing), secs).map(base32)
}

/// The 128 bits behind a proof.
pub(crate) fn mac(
    key: &[u8],
    purpose: &'static str,
    (tenant, thing): (&TenantId, &str),
    secs: &str,
) -> Option<u128> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [purpose, tenant.as_str(), thing, secs] {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let digest = mac.finalize().into_bytes();
    let (first, _rest) = digest.split_first_chunk::<16>()?;
    Some(u128::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::mint;

    #[test]
    fn a_link_opens_its_file_until_its_time_and_nothing_else() {
        let (tenant, file): (TenantId, FileId) = ("main".parse().unwrap(), mint::file());
        let until = Timestamp(1_800_000_000_000);
        let text = token(b"key", &tenant, &file, until).unwrap();
        let before = Timestamp(until.0 - 1_000);
        let link = claim(&text).unwrap();
        assert_eq!(link.tenant, tenant);
        assert!(link.opens(b"key", &file, before));
        assert!(!link.opens(b"key", &file, until), "its time is over");
        assert!(!link.opens(b"another", &file, before));
        assert!(!link.opens(b"key", &mint::file(), before));
        for (place, sign) in text.char_indices() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if sign == '1' { b'2' } else { b'1' };
            let forged = String::from_utf8(forged).unwrap();
            let opens = claim(&forged).is_some_and(|link| link.opens(b"key", &file, before));
            assert!(!opens, "{forged}");
        }
        for odd in ["", ".", "..", "main.1.", "main.1.x.y", &format!("{text}."), &"x".repeat(200)] {
            let opens = claim(odd).is_some_and(|link| link.opens(b"key", &file, Timestamp(0)));
            assert!(!opens, "{odd}");
        }
    }
}
