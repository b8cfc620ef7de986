//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), in blocking threads
//! and only a few at a time, so that a flood of sign-ins cannot take the memory or the cores.

use super::Auth;
use crate::clock::random_bytes;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::time::Duration;

/// Memory of one check, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// The longest password, in bytes: hashing must not be a way to keep a core busy.
pub const PASSWORD_BYTES_MAX: usize = 512;
/// What is checked when there is no such agent, so that the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How long a sign-in waits for room.
const ROOM_WITHIN: Duration = Duration::from_secs(2);

/// The hasher could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many passwords are being hashed.
    #[error("there is no room to hash a password just now")]
    Busy,
    /// It failed.
    #[error("a password cannot be hashed: {0}")]
    Failed(String),
}

fn hasher() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password, in PHC form; takes tens of milliseconds of a core.
///
/// # Errors
/// See [`HashError`].
pub fn hash_blocking(password: &str) -> Result<String, HashError> {
    let salt = random_bytes::<16>();
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| HashError::Failed(error.to_string()))
}

/// Does the password fit the hash? Without a hash the same work is done, and the answer is no.
pub fn verify_blocking(password: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    fits && hash.is_some()
}

/// A one-time password that can be read out over the phone: 4 groups of 5 letters and digits.
pub fn generate() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let bytes = random_bytes::<20>();
    let letters = bytes
        .iter()
        .map(|byte| char::from(ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'a')));
    let letters: Vec<char> = letters.collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

impl Auth {
    /// Hashes a password in a blocking thread, when there is room.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn hash_password(&self, password: String) -> Result<String, HashError> {
        self.with_room(move || hash_blocking(&password)).await?
    }

    /// Checks a password in a blocking thread, when there is room.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn verify_password(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, HashError> {
        self.with_room(move || verify_blocking(&password, hash.as_deref())).await
    }

    /// Works in a blocking thread, when there is room. The room is the thread's, not the request's: a
    /// client who hangs up does not make room for another while the thread still works.
    async fn with_room<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let room = Arc::clone(&self.inner.hashing).acquire_owned();
        let room =
            tokio::time::timeout(ROOM_WITHIN, room).await.map_err(|_full| HashError::Busy)?;
        let room = room.map_err(|error| HashError::Failed(error.to_string()))?;
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(room);
            done
        });
        work.await.map_err(|error| HashError::Failed(error.to_string()))
    }

    /// Why a new password is not taken; nothing when it is.
    pub fn password_problem(&self, password: &str, agent: &str) -> Option<String> {
        problem(self.inner.config.password_chars_min, password, agent)
    }
}

/// Why a new password is not taken; nothing when it is. Long is what counts: no rules of
/// composition.
pub fn problem(chars_min: usize, password: &str, agent: &str) -> Option<String> {
    if password.chars().count() < chars_min {
        return Some(format!("must have at least {chars_min} characters"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Some(format!("must have at most {PASSWORD_BYTES_MAX} bytes"));
    }
    let first = password.chars().next();
    if password.to_lowercase().contains(&agent.to_lowercase())
        || password.chars().all(|c| Some(c) == first)
    {
        return Some("must not contain the log-in, nor be one character only".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = hash_blocking("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_blocking("correct horse battery", Some(&hash)));
        assert!(!verify_blocking("correct horse batterz", Some(&hash)));
        assert!(!verify_blocking("", None), "nobody's hash never fits");
        assert!(PasswordHash::new(NOBODY).is_ok(), "nobody's hash must cost as much as a real one");
    }

    #[test]
    fn generated_passwords_are_long_and_readable() {
        let password = generate();
        assert_eq!(password.len(), 23);
        assert_ne!(password, generate());
    }
}
