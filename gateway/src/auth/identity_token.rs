//! Identity tokens: a website's backend vouches for its signed-in visitor, by a JWT signed with the
//! channel's secret (HS256: `sub`, `exp`, optional `name`). The secret never leaves the two backends.

use super::{AuthError, token};
use domain::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
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

/// The shortest secret, in bytes.
const SECRET_BYTES_MIN: usize = 32;

/// Checks a website's word for its user. Without a secret for the channel nobody can vouch.
///
/// # Errors
/// See [`AuthError`].
pub fn check(secret: Option<&str>, token: &str, now: Timestamp) -> Result<Vouched, AuthError> {
    let secret = secret.filter(|secret| secret.len() >= SECRET_BYTES_MIN);
    read(token, secret.ok_or(AuthError::Invalid)?.as_bytes(), now)
}

fn read(token: &str, secret: &[u8], now: Timestamp) -> Result<Vouched, AuthError> {
    token::header_of(token)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "sub"]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret);
    let data = jsonwebtoken::decode::<Vouched>(token, &key, &validation);
    let vouched = data.map_err(|_bad| AuthError::Invalid)?.claims;
    let now_secs = now.0.div_euclid(1000);
    token::in_time(now_secs, now_secs, vouched.exp, now)?;
    let too_long = vouched.exp > now_secs.saturating_add(LIFE_SECS_MAX);
    let odd = vouched.sub.is_empty() || vouched.sub.len() > 200;
    if too_long || odd { Err(AuthError::Invalid) } else { Ok(vouched) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn token(claims: &serde_json::Value, secret: &[u8]) -> String {
        jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    #[test]
    fn a_website_vouches_for_its_user() {
        let claims = json!({"sub": "u-1", "exp": 1_800_000_600, "name": "王"});
        let vouched = read(&token(&claims, SECRET), SECRET, NOW).unwrap();
        assert_eq!((vouched.sub.as_str(), vouched.name.as_deref()), ("u-1", Some("王")));
    }

    #[test]
    fn anything_else_is_refused() {
        let check = |claims: serde_json::Value, secret: &[u8], wanted: AuthError| {
            assert_eq!(read(&token(&claims, secret), SECRET, NOW), Err(wanted), "{claims}");
        };
        check(json!({"sub": "u"}), SECRET, AuthError::Invalid);
        check(json!({"exp": 1_800_000_600}), SECRET, AuthError::Invalid);
        check(json!({"sub": "", "exp": 1_800_000_600}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": "1800000600"}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": 1_799_999_999}), SECRET, AuthError::Expired);
        check(json!({"sub": "u", "exp": 1_900_000_000}), SECRET, AuthError::Invalid);
        check(json!({"sub": "u", "exp": 1_800_000_600}), b"another secret", AuthError::Invalid);
    }
}
