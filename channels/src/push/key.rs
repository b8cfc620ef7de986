//! Keys that sign, and the tokens (JWT, RFC 7519) that they sign: ES256 for Web Push and Apple, RS256 for
//! Google.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A private key on P-256.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct EcKey(SigningKey);

impl fmt::Debug for EcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl EcKey {
    /// Reads a key as tools write it: 32 bytes in base64url (`web-push generate-vapid-keys`), or PEM, as
    /// PKCS#8 (`openssl genpkey`, Apple's .p8) or SEC1 (`openssl ecparam`).
    ///
    /// # Errors
    /// What is wrong with it, without the key.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let key = if text.starts_with("-----BEGIN") {
            match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
                Ok(PrivateKeyDer::Pkcs8(der)) => {
                    use p256::pkcs8::DecodePrivateKey as _;
                    SecretKey::from_pkcs8_der(der.secret_pkcs8_der()).ok()
                }
                Ok(PrivateKeyDer::Sec1(der)) => {
                    SecretKey::from_sec1_der(der.secret_sec1_der()).ok()
                }
                _ => None,
            }
        } else {
            let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
            bytes.and_then(|bytes| SecretKey::from_slice(&bytes).ok())
        };
        let key = key.ok_or("is no private key on the curve P-256")?;
        Ok(Self(SigningKey::from(&key)))
    }

    /// The public key: an uncompressed point, 65 bytes.
    pub(super) fn point(&self) -> Vec<u8> {
        self.0.verifying_key().to_encoded_point(false).as_bytes().to_vec()
    }

    /// A name of the key that says nothing of it: the same for the same key.
    pub(super) fn name(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.point())
    }

    /// A token with these claims. `key_id` names the key to whoever knows several.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub(super) fn token(&self, key_id: Option<&str>, claims: &Value) -> Result<String, NotSigned> {
        let words = unsigned("ES256", key_id, claims);
        let signature: Signature = self.0.try_sign(words.as_bytes()).map_err(|_why| NotSigned)?;
        Ok(signed(&words, &signature.to_bytes()))
    }
}

/// A private RSA key.
#[derive(Clone)]
pub(super) struct RsaKey(Arc<RsaKeyPair>);

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PartialEq for RsaKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.public().as_ref() == other.0.public().as_ref()
    }
}

impl Eq for RsaKey {}

impl RsaKey {
    /// Reads a key in PEM, as PKCS#8 (Google's) or PKCS#1; from 2048 to 4096 bits.
    ///
    /// # Errors
    /// What is wrong with it, without the key.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let key = match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
            _ => None,
        };
        Ok(Self(Arc::new(key.ok_or("is no private RSA key")?)))
    }

    /// A name of the key that says nothing of it: the same for the same key.
    pub(super) fn name(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public().as_ref())
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub(super) fn token(&self, key_id: Option<&str>, claims: &Value) -> Result<String, NotSigned> {
        let words = unsigned("RS256", key_id, claims);
        let mut signature = vec![0; self.0.public().modulus_len()];
        let (padding, random) = (&RSA_PKCS1_SHA256, SystemRandom::new());
        self.0
            .sign(padding, &random, words.as_bytes(), &mut signature)
            .map_err(|_unspecified| NotSigned)?;
        Ok(signed(&words, &signature))
    }
}

/// A key could not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token could not be signed")]
pub(super) struct NotSigned;

fn unsigned(algorithm: &str, key_id: Option<&str>, claims: &Value) -> String {
    let mut head = serde_json::json!({ "typ": "JWT", "alg": algorithm });
    if let (Some(key_id), Some(fields)) = (key_id, head.as_object_mut()) {
        fields.insert("kid".to_owned(), key_id.into());
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(&head), part(claims))
}

fn signed(words: &str, signature: &[u8]) -> String {
    format!("{words}.{}", URL_SAFE_NO_PAD.encode(signature))
}
