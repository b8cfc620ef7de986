//! What the bridge told of its people, kept for when somebody asks.

use super::Bridge;
use super::inbound::locale;
use super::wire::Person;
use crate::adapter::Profile;
use crate::digest::digest;
use crate::error::AdapterError;
use serde::{Deserialize, Serialize};

/// How long it is kept, in milliseconds (30 days after it was last told).
const KNOWN_FOR_MS: u64 = 30 * 24 * 3_600_000;

#[derive(Serialize, Deserialize)]
struct Known {
    name: String,
    departments: Vec<String>,
    email: Option<String>,
    phone: Option<String>,
    directory_id: Option<String>,
    locale: Option<String>,
}

fn note_of(user: &str) -> String {
    format!("person.{}", digest(user))
}

impl Bridge {
    /// Keeps what is told of a person, if it is more than the name.
    pub(super) async fn remember(&self, person: &Person) -> Result<(), AdapterError> {
        let known = Known {
            name: person.name.clone(),
            departments: person.departments.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            directory_id: person.directory_id.clone(),
            locale: person.locale.clone(),
        };
        let is_bare = known.departments.is_empty()
            && known.email.is_none()
            && known.phone.is_none()
            && known.directory_id.is_none();
        if is_bare {
            return Ok(());
        }
        let written = serde_json::to_string(&known).unwrap_or_default();
        let put = self.means.shelf.put(&note_of(&person.id), &written, KNOWN_FOR_MS).await;
        put.map_err(AdapterError::NotTaken)
    }

    /// What is known of a person.
    pub(super) async fn profile_of(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        let found = self.means.shelf.find(&note_of(user)).await;
        let found = found.map_err(|error| AdapterError::Unavailable(error.reason))?;
        let known = found.and_then(|text| serde_json::from_str::<Known>(&text).ok());
        Ok(known.map(|known| Profile {
            name: known.name,
            departments: known.departments,
            avatar_url: None,
            email: known.email,
            phone: known.phone,
            directory_id: known.directory_id,
            locale: known.locale.as_deref().and_then(locale),
        }))
    }
}
