//! The envelope of WeCom's callbacks: a SHA-1 over sorted parts, and AES-256-CBC beneath it
//! (developer.work.weixin.qq.com, 加解密方案说明, document 90968).
//!
//! Three things that decide whether it works at all: the 43 characters of `EncodingAESKey` carry bits
//! beyond the last byte which a strict base64 reader refuses; the padding is PKCS#7 over blocks of 32
//! bytes, not 16; and the id behind the message must be compared, or a message for another corporation
//! that uses the same key passes.

use crate::secret::Secret;
use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use sha1::{Digest, Sha1};
use std::fmt;
use subtle::ConstantTimeEq;

/// Base64 as WeCom writes it: with or without padding, and with bits beyond the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// How long `EncodingAESKey` is, in characters.
pub const AES_KEY_CHARS: usize = 43;
/// The block that the padding fills up, in bytes.
const BLOCK: usize = 32;
/// Random bytes before the length.
const NOISE: usize = 16;

/// Why an envelope is not opened. The far end is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is not signed with our token.
    #[error("the signature is wrong")]
    Signature,
    /// It is signed, and cannot be decrypted with our key: the token is right, the key is not.
    #[error("it cannot be decrypted")]
    Sealed,
    /// It is for somebody else.
    #[error("it is for another receiver")]
    Receiver,
}

/// What opens and closes envelopes.
#[derive(Clone)]
pub struct Seal {
    token: Secret,
    key: [u8; 32],
    receiver: String,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

impl Seal {
    /// One for the token and the key of an app's callback settings, and the id of the corporation;
    /// `None` when the key is not 43 characters of base64.
    pub fn new(token: Secret, encoding_aes_key: &str, receiver: &str) -> Option<Self> {
        if encoding_aes_key.len() != AES_KEY_CHARS {
            return None;
        }
        let key = BASE64.decode(encoding_aes_key).ok()?.try_into().ok()?;
        Some(Self { token, key, receiver: receiver.to_owned() })
    }

    /// The signature over a sealed text, in lower-case hexadecimal.
    pub fn signature(&self, timestamp: &str, nonce: &str, sealed: &str) -> String {
        let mut parts = [self.token.reveal(), timestamp, nonce, sealed];
        parts.sort_unstable();
        let digest = parts.iter().fold(Sha1::new(), |sha, part| sha.chain_update(part)).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What a sealed text says, if it is signed with our token and for us.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn open(&self, signed: &Signed<'_>) -> Result<Vec<u8>, SealError> {
        let expected = self.signature(signed.timestamp, signed.nonce, signed.sealed);
        if !bool::from(expected.as_bytes().ct_eq(signed.signature.as_bytes())) {
            return Err(SealError::Signature);
        }
        self.decrypt(signed.sealed)
    }

    fn decrypt(&self, sealed: &str) -> Result<Vec<u8>, SealError> {
        let bytes = BASE64.decode(sealed).map_err(|_bad| SealError::Sealed)?;
        let (iv, _) = self.key.split_at(NOISE);
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&self.key, iv);
        let cipher = cipher.map_err(|_length| SealError::Sealed)?;
        let plain =
            cipher.decrypt_padded_vec::<NoPadding>(&bytes).map_err(|_bad| SealError::Sealed)?;
        let plain = unpadded(&plain).ok_or(SealError::Sealed)?;
        let (message, receiver) = parts(plain).ok_or(SealError::Sealed)?;
        if receiver != self.receiver.as_bytes() {
            return Err(SealError::Receiver);
        }
        Ok(message.to_vec())
    }

    /// Seals a message, as WeCom does for us and as we would in a direct answer.
    pub fn close(&self, message: &[u8], noise: [u8; NOISE]) -> Option<String> {
        let length = u32::try_from(message.len()).ok()?;
        let mut plain = noise.to_vec();
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(self.receiver.as_bytes());
        let padding = BLOCK - plain.len() % BLOCK;
        plain.resize(plain.len() + padding, u8::try_from(padding).ok()?);
        let (iv, _) = self.key.split_at(NOISE);
        let cipher = cbc::Encryptor::<Aes256>::new_from_slices(&self.key, iv).ok()?;
        Some(BASE64.encode(cipher.encrypt_padded_vec::<NoPadding>(&plain)))
    }
}

/// A sealed text and what stands beside it in the query.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `msg_signature`.
    pub signature: &'a str,
    /// `timestamp`, in seconds, as received.
    pub timestamp: &'a str,
    /// `nonce`.
    pub nonce: &'a str,
    /// `Encrypt` of the body, or `echostr`.
    pub sealed: &'a str,
}

/// Without the padding, every byte of which must be its length.
fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let last = usize::from(*plain.last()?);
    if !(1..=BLOCK).contains(&last) {
        return None;
    }
    let (content, padding) = plain.split_at_checked(plain.len().checked_sub(last)?)?;
    padding.iter().all(|byte| usize::from(*byte) == last).then_some(content)
}

/// The message, and the receiver behind it.
fn parts(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_noise, rest) = plain.split_at_checked(NOISE)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn seal() -> Seal {
        Seal::new(Secret::new("QDG6eK"), KEY, "wx5823bf96d3bd56c7").expect("a key")
    }

    fn opened(sealed: &str) -> Result<Vec<u8>, SealError> {
        let signature = seal().signature("1409659813", "1372623149", sealed);
        let (timestamp, nonce) = ("1409659813", "1372623149");
        seal().open(&Signed { signature: &signature, timestamp, nonce, sealed })
    }

    /// The vendor's own example (document 90968 and its sample code).
    #[test]
    fn the_example_of_the_documentation_is_opened() {
        let sealed = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==";
        let (timestamp, nonce) = ("1409659589", "263014780");
        let signature = "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3";
        let signed = Signed { signature, timestamp, nonce, sealed };
        assert_eq!(seal().open(&signed).expect("opens"), b"1616140317555161061");
        let forged = Signed { timestamp: "1409659590", ..signed };
        assert_eq!(seal().open(&forged), Err(SealError::Signature));
    }

    #[test]
    fn what_is_not_for_us_or_padded_wrong_is_refused() {
        let other = Seal { receiver: "ww_other".to_owned(), ..seal() };
        let sealed = other.close(b"hello", [7; 16]).expect("seals");
        assert_eq!(opened(&sealed), Err(SealError::Receiver));
        for broken in ["", "AA==", "%%%", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
            assert_eq!(opened(broken), Err(SealError::Sealed), "{broken}");
        }
        for padding in [&[0_u8; 32][..], &[33; 32], &[2, 1, 3], &[]] {
            assert_eq!(unpadded(padding), None);
        }
        assert_eq!(unpadded(&[32; 32]), Some(&[][..]));
        assert_eq!(parts(&[0; 19]), None, "the length is cut off");
        assert_eq!(parts(&[255; 24]), None, "longer than what is there");
    }

    #[test]
    fn a_key_is_43_characters_whatever_its_last_bits_are() {
        for last in ('A'..='Z').chain('0'..='9') {
            let key = format!("{}{last}", KEY.split_at(42).0);
            assert!(Seal::new(Secret::new("t"), &key, "ww1").is_some(), "{key}");
        }
        for bad in ["", "short", &format!("{KEY}="), &KEY.replace('j', "*")] {
            assert!(Seal::new(Secret::new("t"), bad, "ww1").is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(message in proptest::collection::vec(any::<u8>(), 0..200), noise in any::<[u8; 16]>()) {
            let sealed = seal().close(&message, noise).expect("seals");
            prop_assert_eq!(opened(&sealed), Ok(message));
        }

        #[test]
        fn damage_is_an_error_and_no_crash(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(opened(&BASE64.encode(bytes)).is_err());
        }
    }
}
