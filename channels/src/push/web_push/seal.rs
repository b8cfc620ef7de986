//! Encrypts a notification for the app alone (RFC 8291), as one record of `aes128gcm` (RFC 8188).

use super::subscription::Subscription;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::SystemRandom;

/// What every service takes, in bytes (RFC 8030, section 7.2).
const BODY_BYTES_MAX: usize = 4_096;
/// Salt, record size, length of the key, key.
const HEAD_BYTES: usize = 16 + 4 + 1 + 65;
/// The words that fit, with the octet that ends them.
const PLAIN_BYTES_MAX: usize = BODY_BYTES_MAX - HEAD_BYTES - 16;
/// Words are filled up to a multiple of this, so that their length tells nothing.
const PAD_TO: usize = 1_024;

/// The body of a request that carries these words.
///
/// # Errors
/// When they are too long, or the keys do not agree.
pub(super) fn seal(words: &[u8], to: &Subscription) -> Result<Vec<u8>, &'static str> {
    let padded = (words.len() + 1).next_multiple_of(PAD_TO).min(PLAIN_BYTES_MAX);
    if words.len() >= padded {
        return Err("the notification is too long for Web Push");
    }
    // The octet 2 ends the last record's words; zeros follow (RFC 8188, section 2).
    let mut plain = words.to_vec();
    plain.push(2);
    plain.resize(padded, 0);

    let salt: [u8; 16] = rand::random();
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(unspecified)?;
    let public = own.compute_public_key().map_err(unspecified)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &to.key);
    let sealed = agree_ephemeral(own, &theirs, |shared| {
        let sender = Sender { public: public.as_ref(), shared, salt };
        sender.record(plain, to)
    });
    sealed.and_then(|record| record).map_err(unspecified)
}

fn unspecified(_error: Unspecified) -> &'static str {
    "the notification could not be encrypted"
}

/// Who sends one record.
struct Sender<'a> {
    /// The key that only this record has: an uncompressed point.
    public: &'a [u8],
    /// What it agrees on with the app's key.
    shared: &'a [u8],
    salt: [u8; 16],
}

impl Sender<'_> {
    /// The whole body: the head, and the one record.
    fn record(&self, mut plain: Vec<u8>, to: &Subscription) -> Result<Vec<u8>, Unspecified> {
        let (key, nonce) = self.keys(to)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut plain)?;
        let key_bytes = u8::try_from(self.public.len()).map_err(|_long| Unspecified)?;
        let record_bytes = u32::try_from(BODY_BYTES_MAX).map_err(|_long| Unspecified)?;
        Ok([self.salt.as_slice(), &record_bytes.to_be_bytes(), &[key_bytes], self.public, &plain]
            .concat())
    }

    /// The key of the record and its nonce (RFC 8291, section 3.4).
    fn keys(&self, to: &Subscription) -> Result<([u8; 16], [u8; NONCE_LEN]), Unspecified> {
        let info = [b"WebPush: info\0".as_slice(), &to.key, self.public].concat();
        let mut input = [0; 32];
        expand(&Salt::new(HKDF_SHA256, &to.auth).extract(self.shared), &info, &mut input)?;
        let secret = Salt::new(HKDF_SHA256, &self.salt).extract(&input);
        let (mut key, mut nonce) = ([0; 16], [0; NONCE_LEN]);
        expand(&secret, b"Content-Encoding: aes128gcm\0", &mut key)?;
        expand(&secret, b"Content-Encoding: nonce\0", &mut nonce)?;
        Ok((key, nonce))
    }
}

/// So many bytes.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(secret: &Prk, info: &[u8], to: &mut [u8]) -> Result<(), Unspecified> {
    secret.expand(&[info], Bytes(to.len()))?.fill(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn reader() -> Subscription {
        Subscription {
            endpoint: "https://push.example/1".parse().unwrap(),
            key: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        }
    }

    /// RFC 8291, appendix A, from the agreed secret on.
    #[test]
    fn the_vector_of_the_standard_comes_out() {
        let public = bytes(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let sender = Sender { public: &public, shared: &shared, salt };
        let (key, nonce) = sender.keys(&reader()).unwrap();
        assert_eq!(key.as_slice(), bytes("oIhVW04MRdy2XN9CiKLxTg"));
        assert_eq!(nonce.as_slice(), bytes("4h_95klXJ5E_qnoN"));
        let plain = b"When I grow up, I want to be a watermelon\x02".to_vec();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc\
                        InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWG\
                        NWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(sender.record(plain, &reader()).unwrap(), bytes(expected));
    }

    #[test]
    fn lengths_tell_nothing_and_never_exceed_what_services_take() {
        let length = |words: usize| seal(&vec![b'a'; words], &reader()).map(|body| body.len());
        let head_and_tag = HEAD_BYTES + 16;
        assert_eq!(length(0), Ok(1_024 + head_and_tag));
        assert_eq!(length(1_023), Ok(1_024 + head_and_tag));
        assert_eq!(length(1_024), Ok(2_048 + head_and_tag));
        assert_eq!(length(PLAIN_BYTES_MAX - 1), Ok(BODY_BYTES_MAX));
        assert_eq!(length(PLAIN_BYTES_MAX), Err("the notification is too long for Web Push"));
    }

    #[test]
    fn no_two_bodies_are_the_same() {
        assert_ne!(seal(b"same", &reader()), seal(b"same", &reader()));
    }
}
