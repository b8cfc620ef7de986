//! The desk user: it is there before it does anything, and bears the name of the settings.

use super::Matrix;
use super::api::{As, Refusal};
use crate::adapter::Profile;
use crate::error::AdapterError;
use reqwest::Method;
use serde_json::{Value, json};

/// How long it is believed that the desk user is there with its name, in milliseconds (a day).
const KNOWN_FOR_MS: u64 = 24 * 3_600_000;
/// Where it is written down.
const NOTE: &str = "identity";

impl Matrix {
    /// Makes sure that the desk user is registered and named as the settings say. Once a day, and after
    /// the settings changed.
    pub(super) async fn ensure_user(&self) -> Result<(), Refusal> {
        let note = format!("{} {}", self.config.user, self.config.display_name);
        // Without a shelf it is done again, which harms nobody.
        if matches!(self.means.shelf.find(NOTE).await, Ok(Some(known)) if known == note) {
            return Ok(());
        }
        self.register().await?;
        if let (Some(user), false) = (self.config.user_id(), self.config.display_name.is_empty()) {
            let path = ["_matrix", "client", "v3", "profile", &user, "displayname"];
            let name = json!({ "displayname": self.config.display_name });
            self.call(Method::PUT, &path, Some(&name)).await?;
        }
        if let Err(error) = self.means.shelf.put(NOTE, &note, KNOWN_FOR_MS).await {
            tracing::debug!(error = %error, "that the desk user is there is not written down");
        }
        Ok(())
    }

    async fn register(&self) -> Result<(), Refusal> {
        let path = ["_matrix", "client", "v3", "register"];
        let body = json!({
            "type": "m.login.application_service",
            "username": self.config.user,
            "inhibit_login": true,
        });
        match self.ask(self.request(As::Service, Method::POST, &path)?, Some(&body)).await {
            Err(refusal) if !refusal.is("M_USER_IN_USE") => Err(refusal),
            _ => Ok(()),
        }
    }

    /// What the homeserver tells of a person: the name that they gave themselves.
    pub(super) async fn profile_of(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        let path = ["_matrix", "client", "v3", "profile", user];
        let told = match self.call(Method::GET, &path, None).await {
            Ok(told) => told,
            // Synapse says 403 of people who share no room with us, when it is told to.
            Err(Refusal::Said { status: 400 | 403 | 404, .. }) => return Ok(None),
            Err(refusal) => return Err(refusal.into()),
        };
        let name = told.get("displayname").and_then(Value::as_str).unwrap_or_default();
        // A picture lies behind the homeserver's token, so no page could show it from there.
        Ok(Some(Profile { name: name.to_owned(), ..Profile::default() }))
    }
}
