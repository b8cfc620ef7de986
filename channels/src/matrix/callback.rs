//! What the homeserver asks of an application service (specification, "Application Service API",
//! "Homeserver -> Application Service API").

use super::Matrix;
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::error::AdapterError;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Before specification v1.0 the paths began behind this.
const PREFIX: &str = "/_matrix/app/v1";

impl Matrix {
    /// Answers a request of the homeserver.
    pub(super) async fn answer(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        if !self.is_of_homeserver(request) {
            return Err(AdapterError::NotAuthentic);
        }
        let path = request.below.strip_prefix(PREFIX).unwrap_or(&request.below);
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("PUT", ["transactions", _id]) => self.transaction(&request.body, inlet).await,
            ("POST", ["ping"]) => Ok(RawReply::json(200, &json!({}))),
            ("GET", ["users", user]) => self.is_there(user).await,
            // Rooms to people are opened by us and by nobody's asking.
            ("GET", ["rooms", _alias]) => Ok(not_found()),
            _ => Err(AdapterError::Unsupported("answer this request of a homeserver")),
        }
    }

    /// Does it show the homeserver's token? Digests are compared, so that the time tells nothing, not
    /// even the length.
    fn is_of_homeserver(&self, request: &RawRequest) -> bool {
        let token = &self.config.hs_token;
        let in_header = request.header("authorization").map(|value| {
            let (scheme, shown) = value.split_once(' ').unwrap_or_default();
            if scheme.eq_ignore_ascii_case("bearer") {
                shown.trim().to_owned()
            } else {
                String::new()
            }
        });
        // As homeservers did before specification v1.4.
        let Some(shown) = in_header.or_else(|| request.query("access_token")) else { return false };
        let same = Sha256::digest(&shown).ct_eq(&Sha256::digest(token.reveal()));
        !token.is_empty() && bool::from(same)
    }

    /// Everything of a transaction in its order; answered well only when all of it is taken in.
    async fn transaction(&self, body: &[u8], inlet: &Inlet) -> Result<RawReply, AdapterError> {
        let malformed = |what: &str| AdapterError::Malformed(format!("a transaction {what}"));
        let read: Result<Map<String, Value>, _> = serde_json::from_slice(body);
        let transaction = read.map_err(|error| {
            malformed(&format!("that is no JSON object ({:?})", error.classify()))
        })?;
        let Some(events) = transaction.get("events").and_then(Value::as_array) else {
            return Err(malformed("without its list of events"));
        };
        for event in events {
            self.take_event(event, inlet).await?;
        }
        // A homeserver that knows both names sends the same under both.
        let names = ["ephemeral", "de.sorunome.msc2409.ephemeral", "org.matrix.msc2409.ephemeral"];
        let passing = names.iter().find_map(|name| transaction.get(*name)?.as_array());
        for event in passing.into_iter().flatten() {
            self.take_passing(event, inlet).await?;
        }
        Ok(RawReply::json(200, &json!({})))
    }

    /// Is this user one of ours? There is one.
    async fn is_there(&self, user: &str) -> Result<RawReply, AdapterError> {
        let pair = format!("user={}", user.replace('+', "%2B"));
        let mut decoded = url::form_urlencoded::parse(pair.as_bytes());
        let is_own = decoded
            .next()
            .is_some_and(|(_, user)| Some(user.into_owned()) == self.config.user_id());
        if !is_own {
            return Ok(not_found());
        }
        self.ensure_user().await?;
        Ok(RawReply::json(200, &json!({})))
    }
}

fn not_found() -> RawReply {
    RawReply::json(404, &json!({ "errcode": "M_NOT_FOUND", "error": "Not here." }))
}
