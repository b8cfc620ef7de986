//! Signing what leaves (DKIM, RFC 6376).

use super::config::{DkimConfig, Secret};
use mail_auth::common::crypto::{RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::{Canonicalization, DkimSigner};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

/// The header fields that a signature covers, where a letter has them. RFC 6376, 5.4.1.
const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
];

/// Is this an RSA key in PEM?
///
/// # Errors
/// What is wrong, without the key.
pub(super) fn check(key: &Secret) -> Result<(), String> {
    parse(key).map(|_key| ())
}

fn parse(key: &Secret) -> Result<RsaKey<Sha256>, String> {
    let unfit = || "must be an RSA key of 2048 bits or more, in PEM".to_owned();
    let der = PrivateKeyDer::from_pem_slice(key.reveal().as_bytes());
    RsaKey::<Sha256>::from_key_der(der.map_err(|_error| unfit())?).map_err(|_error| unfit())
}

/// The letter with a signature in front.
///
/// # Errors
/// Why it could not be signed, in plain words.
pub(super) fn sign(letter: &[u8], config: &DkimConfig) -> Result<Vec<u8>, String> {
    let signer = DkimSigner::from_key(parse(&config.private_key)?)
        .domain(config.domain.as_str())
        .selector(config.selector.as_str())
        .headers(SIGNED)
        // A relay may fold headers anew; with `simple` that would break the signature.
        .header_canonicalization(Canonicalization::Relaxed)
        .body_canonicalization(Canonicalization::Relaxed);
    let signature = signer.sign(letter).map_err(|error| error.to_string())?;
    let mut signed = signature.to_header().into_bytes();
    signed.extend_from_slice(letter);
    Ok(signed)
}
