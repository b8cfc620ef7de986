//! The keys by which a website's or an app's backend vouches for its users.
//!
//! Several count at a time, so that a key can be changed without signing anybody out: a secret and the one
//! before it, and any public keys, of which we hold nothing that could sign.

use crate::secret::Secret;
use crate::settings::Fields;
use jsonwebtoken::{Algorithm, DecodingKey};
use std::fmt;

/// The shortest secret, in bytes: as long as the digest that it keys.
const SECRET_BYTES_MIN: usize = 32;
/// The most public keys.
const PUBLIC_KEYS_MAX: usize = 8;
/// The longest of them as PEM, in bytes: an RSA key of 8,192 bits fits.
const PEM_BYTES_MAX: usize = 2 * 1024;
/// The longest id of a key, in bytes.
const KEY_ID_BYTES_MAX: usize = 64;

/// Who may vouch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IdentityKeys {
    secrets: Vec<Secret>,
    public: Vec<PublicKey>,
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
struct PublicKey {
    id: String,
    algorithm: Algorithm,
    pem: String,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl IdentityKeys {
    /// Reads `identity_secret`, `earlier_identity_secret` and `identity_keys`.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let names = ["identity_secret", "earlier_identity_secret"];
        let secrets = names.map(|name| secret(fields, name)).into_iter().flatten().collect();
        let items = fields.items("identity_keys");
        if items.len() > PUBLIC_KEYS_MAX {
            let problem = format!("has {} entries; {PUBLIC_KEYS_MAX} are the most", items.len());
            fields.say("identity_keys", problem);
        }
        let public = items.into_iter().filter_map(|(key, item)| {
            let mut fields = fields.open_item(&key, &item);
            let read = public_key(&mut fields);
            fields.finish();
            read
        });
        Self { secrets, public: public.collect() }
    }

    /// Can nobody vouch?
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.public.is_empty()
    }

    /// The keys by which a token may be signed that says this of itself: a token never chooses how a key is
    /// used, so a public key is not taken for a secret (CVE-2016-10555).
    pub fn for_token(&self, algorithm: Algorithm, key_id: Option<&str>) -> Vec<DecodingKey> {
        if algorithm == Algorithm::HS256 {
            let secrets = self.secrets.iter();
            return secrets.map(|it| DecodingKey::from_secret(it.reveal().as_bytes())).collect();
        }
        let fits = |key: &&PublicKey| {
            key.algorithm == algorithm && key_id.is_none_or(|wanted| wanted == key.id)
        };
        self.public.iter().filter(fits).filter_map(PublicKey::decoding).collect()
    }
}

impl PublicKey {
    fn decoding(&self) -> Option<DecodingKey> {
        let pem = self.pem.as_bytes();
        match self.algorithm {
            Algorithm::ES256 => DecodingKey::from_ec_pem(pem),
            Algorithm::EdDSA => DecodingKey::from_ed_pem(pem),
            _ => DecodingKey::from_rsa_pem(pem),
        }
        .ok()
    }
}

fn secret(fields: &mut Fields<'_>, name: &str) -> Option<Secret> {
    let secret = fields.secret(name);
    if secret.is_empty() {
        return None;
    }
    if secret.reveal().len() < SECRET_BYTES_MIN {
        // The value itself is never shown.
        fields.say(name, format!("needs at least {SECRET_BYTES_MIN} bytes"));
    }
    Some(secret)
}

fn public_key(fields: &mut Fields<'_>) -> Option<PublicKey> {
    let id = fields.text("id", "");
    if id.is_empty() || id.len() > KEY_ID_BYTES_MAX {
        fields.say("id", format!("must be the key's `kid`, of 1 to {KEY_ID_BYTES_MAX} bytes"));
    }
    let algorithms =
        [("ES256", Algorithm::ES256), ("RS256", Algorithm::RS256), ("EdDSA", Algorithm::EdDSA)];
    let algorithm = fields.choice("algorithm", &algorithms, Algorithm::ES256);
    let pem = fields.text("public_key", "");
    let key = PublicKey { id, algorithm, pem };
    let is_right = key.pem.len() <= PEM_BYTES_MAX && key.decoding().is_some();
    if !is_right {
        fields.say(
            "public_key",
            "must be a public key of this algorithm as PEM (`-----BEGIN PUBLIC KEY-----`)",
        );
    }
    is_right.then_some(key)
}
