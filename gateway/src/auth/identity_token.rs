//! Identity tokens: a website's or an app's backend vouches for its signed-in user, by a JWT (`sub`, `exp`,
//! optional `name`; an app's also `aud`) signed with one of the channel's keys: a secret (HS256), or a private
//! key of which we know the public one (ES256, RS256, EdDSA). Neither ever leaves the backend.

use super::{AuthError, token};
use channels::web_chat::IdentityKeys;
use domain::{ChannelId, Timestamp};
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;

/// A vouching lives this long at most, in seconds, whatever it says of itself (24 h).
const LIFE_SECS_MAX: i64 = 86_400;

/// Whom the website vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Vouched {
    /// The website's own id of its user.
    pub sub: String,
    /// Not after, in seconds.
    pub exp: i64,
    /// The user's name.
    #[serde(default)]
    pub name: Option<String>,
}

/// Checks a website's or an app's word for its user. Without keys for the channel nobody can vouch. An
/// app's word names whom it is for, `aud`: a website has one channel, an agency's backend may have many apps.
///
/// # Errors
/// See [`AuthError`].
pub fn check(
    keys: &IdentityKeys,
    audience: Option<&ChannelId>,
    token: &str,
    now: Timestamp,
) -> Result<Vouched, AuthError> {
    let header = token::foreign_header_of(token)?;
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = audience.is_some();
    let mut required = vec!["exp", "sub"];
    if let Some(channel) = audience {
        validation.set_audience(&[channel.as_str()]);
        required.push("aud");
    }
    validation.set_required_spec_claims(&required);
    let keys = keys.for_token(header.alg, header.kid.as_deref());
    let read = |key: &DecodingKey| jsonwebtoken::decode::<Vouched>(token, key, &validation).ok();
    let vouched = keys.iter().find_map(read).ok_or(AuthError::Invalid)?.claims;
    let now_secs = now.0.div_euclid(1000);
    token::in_time(now_secs, now_secs, vouched.exp, now)?;
    let too_long = vouched.exp > now_secs.saturating_add(LIFE_SECS_MAX);
    let odd = vouched.sub.is_empty() || vouched.sub.len() > 200;
    if too_long || odd { Err(AuthError::Invalid) } else { Ok(vouched) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use channels::web_chat::WebChatConfig;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
    use serde_json::{Value, json};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const OLD: &str = "a secret of before, still in use somewhere";
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn keys(settings: &Value) -> IdentityKeys {
        WebChatConfig::parse(settings).unwrap().identity
    }

    fn secrets() -> IdentityKeys {
        keys(&json!({ "identity_secret": SECRET, "earlier_identity_secret": OLD }))
    }

    fn token(claims: &Value, secret: &str) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
    }

    fn app() -> ChannelId {
        "citizens".parse().unwrap()
    }

    #[test]
    fn a_website_vouches_for_its_user_with_the_secret_or_the_one_before() {
        let claims = json!({"sub": "u-1", "exp": 1_800_000_600, "name": "王"});
        for secret in [SECRET, OLD] {
            let vouched = check(&secrets(), None, &token(&claims, secret), NOW).unwrap();
            assert_eq!((vouched.sub.as_str(), vouched.name.as_deref()), ("u-1", Some("王")));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let check = |claims: Value, secret: &str, wanted: AuthError| {
            let read = check(&secrets(), None, &token(&claims, secret), NOW);
            assert_eq!(read, Err(wanted), "{claims}");
        };
        check(json!({"sub": "u"}), SECRET, AuthError::Invalid);
        check(json!({"exp": 1_800_000_600}), SECRET, AuthError::Invalid);
        check(json!({"sub": "", "exp": 1_800_000_600}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": "1800000600"}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": 1_799_999_999}), SECRET, AuthError::Expired);
        check(json!({"sub": "u", "exp": 1_900_000_000}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": 1_800_000_600}), "another secret", AuthError::Invalid);
    }

    #[test]
    fn an_apps_word_names_the_app() {
        let of = |aud: Value| token(&json!({"sub": "u", "exp": 1_800_000_600, "aud": aud}), SECRET);
        let read = |token: &str| check(&secrets(), Some(&app()), token, NOW).map(|it| it.sub);
        assert_eq!(read(&of(json!("citizens"))), Ok("u".to_owned()));
        assert_eq!(read(&of(json!(["another", "citizens"]))), Ok("u".to_owned()));
        assert_eq!(read(&of(json!("another"))), Err(AuthError::Invalid));
        assert_eq!(read(&of(json!([]))), Err(AuthError::Invalid));
        let without = token(&json!({"sub": "u", "exp": 1_800_000_600}), SECRET);
        assert_eq!(read(&without), Err(AuthError::Invalid));
    }

    #[test]
    fn a_key_that_only_the_backend_has_vouches_and_is_found_by_its_id() {
        let pairs = [
            (KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), Algorithm::ES256, "ES256"),
            (KeyPair::generate_for(&PKCS_ED25519).unwrap(), Algorithm::EdDSA, "EdDSA"),
        ];
        let listed = pairs.iter().map(|(pair, _, name)| {
            json!({ "id": format!("k-{name}"), "algorithm": name, "public_key": pair.public_key_pem() })
        });
        let keys = keys(&json!({ "identity_keys": listed.collect::<Vec<_>>() }));
        let claims = json!({"sub": "u", "exp": 1_800_000_600});
        for (pair, algorithm, name) in &pairs {
            let pem = pair.serialize_pem();
            let key = match algorithm {
                Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
                _ => EncodingKey::from_ed_pem(pem.as_bytes()),
            };
            let key = key.unwrap();
            for (kid, is_known) in [
                (None, true),
                (Some(format!("k-{name}")), true),
                (Some("another".to_owned()), false),
            ] {
                let mut header = Header::new(algorithm.to_owned());
                header.kid = kid.clone();
                let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
                assert_eq!(check(&keys, None, &token, NOW).is_ok(), is_known, "{name} {kid:?}");
            }
            // Who knows a public key must not be able to use it as a secret.
            let forged = token(&claims, &pair.public_key_pem());
            assert_eq!(check(&keys, None, &forged, NOW), Err(AuthError::Invalid));
        }
    }
}
