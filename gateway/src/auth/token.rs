//! The two sorts of tokens: what stands in them, and how they are checked.
//!
//! One algorithm, fixed. The header may carry `alg`, `typ` and `kid` only; a token that points to
//! keys elsewhere is refused unread. Every claim is required, numbers must be numbers, and time is
//! the gateway's clock.

use super::AuthError;
use domain::{AgentId, ChannelId, ContactId, Role, TenantId, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `typ` of an access token.
pub const ACCESS_TYPE: &str = "hutong-access+jwt";
/// `typ` of a visitor token.
pub const VISITOR_TYPE: &str = "hutong-visitor+jwt";
/// Who makes them.
pub const ISSUER: &str = "hutong";
/// For whom access tokens are.
pub const ACCESS_AUDIENCE: &str = "hutong-desk";
/// For whom visitor tokens are.
pub const VISITOR_AUDIENCE: &str = "hutong-chat";
/// Longer ones are not looked at.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;
/// How far clocks of two gateways may differ, in seconds.
const LEEWAY_SECS: i64 = 5;

/// A tenant's keys.
pub struct TenantKeys {
    access: (EncodingKey, DecodingKey),
    visitor: (EncodingKey, DecodingKey),
    letters: Vec<u8>,
}

impl std::fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TenantKeys([redacted])")
    }
}

impl TenantKeys {
    /// Keys from three secrets.
    pub fn new(access: &[u8], visitor: &[u8], letters: &[u8]) -> Self {
        let pair =
            |secret: &[u8]| (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret));
        Self { access: pair(access), visitor: pair(visitor), letters: letters.to_vec() }
    }

    /// The key of the tokens in our letters.
    pub(crate) fn letters(&self) -> &[u8] {
        &self.letters
    }
}

/// What stands in an access token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who made it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The agent.
    pub sub: AgentId,
    /// The tenant.
    pub tnt: TenantId,
    /// The role when it was made; what counts is the settings' role at the time of use.
    pub role: Role,
    /// Names this token.
    pub jti: String,
    /// The family of refresh tokens that it came with: what ends that one ends this token too.
    pub fam: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it was made, in milliseconds, so that a revocation in the same second is exact.
    pub iat_ms: i64,
    /// Not before, in seconds.
    pub nbf: i64,
    /// Not after, in seconds.
    pub exp: i64,
    /// Must the password be changed first?
    #[serde(default)]
    pub must_change_password: bool,
}

/// What stands in a visitor token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitorClaims {
    /// Who made it.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The contact.
    pub sub: ContactId,
    /// The tenant.
    pub tnt: TenantId,
    /// The channel.
    pub channel: ChannelId,
    /// Was the identity proved?
    pub verified: bool,
    /// Names this token.
    pub jti: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// Not before, in seconds.
    pub nbf: i64,
    /// Not after, in seconds.
    pub exp: i64,
}

/// The header, if the token has ours and nothing more.
///
/// # Errors
/// [`AuthError::Invalid`].
pub fn header_of(token: &str) -> Result<Header, AuthError> {
    let header = foreign_header_of(token)?;
    if header.alg == Algorithm::HS256 { Ok(header) } else { Err(AuthError::Invalid) }
}

/// The header of a token that somebody else made, which may be signed otherwise than ours.
///
/// # Errors
/// [`AuthError::Invalid`].
pub fn foreign_header_of(token: &str) -> Result<Header, AuthError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(AuthError::Invalid);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_bad| AuthError::Invalid)?;
    let plain = header.jku.is_none()
        && header.jwk.is_none()
        && header.x5u.is_none()
        && header.x5c.is_none();
    if plain { Ok(header) } else { Err(AuthError::Invalid) }
}

/// Makes an access token.
///
/// # Errors
/// [`AuthError::Invalid`] when it cannot be encoded, which no valid claims cause.
pub fn make_access(claims: &AccessClaims, keys: &TenantKeys) -> Result<String, AuthError> {
    make(claims, ACCESS_TYPE, &claims.tnt, &keys.access.0)
}

/// Makes a visitor token.
///
/// # Errors
/// [`AuthError::Invalid`] when it cannot be encoded, which no valid claims cause.
pub fn make_visitor(claims: &VisitorClaims, keys: &TenantKeys) -> Result<String, AuthError> {
    make(claims, VISITOR_TYPE, &claims.tnt, &keys.visitor.0)
}

fn make<T: Serialize>(
    claims: &T,
    sort: &str,
    tenant: &TenantId,
    key: &EncodingKey,
) -> Result<String, AuthError> {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(sort.to_owned());
    header.kid = Some(tenant.to_string());
    jsonwebtoken::encode(&header, claims, key).map_err(|_bad| AuthError::Invalid)
}

/// The claims of an access token, when everything about it is right.
///
/// # Errors
/// See [`AuthError`].
pub fn read_access(
    token: &str,
    keys: &TenantKeys,
    tenant: &TenantId,
    now: Timestamp,
) -> Result<AccessClaims, AuthError> {
    let claims: AccessClaims = read(token, &keys.access.1, ACCESS_AUDIENCE)?;
    if claims.tnt != *tenant {
        return Err(AuthError::Invalid);
    }
    in_time(claims.iat, claims.nbf, claims.exp, now)?;
    Ok(claims)
}

/// The claims of a visitor token, when everything about it is right.
///
/// # Errors
/// See [`AuthError`].
pub fn read_visitor(
    token: &str,
    keys: &TenantKeys,
    tenant: &TenantId,
    now: Timestamp,
) -> Result<VisitorClaims, AuthError> {
    let claims: VisitorClaims = read(token, &keys.visitor.1, VISITOR_AUDIENCE)?;
    if claims.tnt != *tenant {
        return Err(AuthError::Invalid);
    }
    in_time(claims.iat, claims.nbf, claims.exp, now)?;
    Ok(claims)
}

fn read<T: DeserializeOwned>(
    token: &str,
    key: &DecodingKey,
    audience: &str,
) -> Result<T, AuthError> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[audience]);
    // Time is checked below, by the gateway's own clock; the claims' types make them required.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let data = jsonwebtoken::decode(token, key, &validation).map_err(|_bad| AuthError::Invalid)?;
    Ok(data.claims)
}

/// Is now within the token's time?
pub(super) fn in_time(iat: i64, nbf: i64, exp: i64, now: Timestamp) -> Result<(), AuthError> {
    let now = now.0.div_euclid(1000);
    if exp <= now {
        return Err(AuthError::Expired);
    }
    let soon = now.saturating_add(LEEWAY_SECS);
    if nbf > soon || iat > soon { Err(AuthError::Invalid) } else { Ok(()) }
}
