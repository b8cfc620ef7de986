//! What the bridge posts to us.

use super::Bridge;
use super::wire::Event;
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::error::AdapterError;
use crate::inbound::Accepted;
use crate::standard_webhooks::{is_signed, refused, taken};
use serde_json::Value;

/// Where it posts, below the channel's callback address.
const PATH: &str = "/events";
/// How long it is known that the bridge answered a check, in milliseconds (5 minutes).
const CHECK_KNOWN_MS: u64 = 300_000;

impl Bridge {
    /// Answers a request of the bridge.
    pub(super) async fn answer(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        if request.method != "POST" || request.below != PATH {
            return Err(AdapterError::Unsupported("take this request of a bridge"));
        }
        if !is_signed(request, &self.config.keys, self.means.clock.now().0) {
            return Err(AdapterError::NotAuthentic);
        }
        let value: Value = serde_json::from_slice(&request.body).map_err(|error| {
            AdapterError::Malformed(format!("an event that is no JSON ({:?})", error.classify()))
        })?;
        // Whoever signed it may be told what is wrong with it.
        let event = match Event::read(&value) {
            Ok(event) => event,
            Err(problem) => return Ok(refused(422, "invalid", &problem)),
        };
        if event.is_check() {
            let put = self.means.shelf.put(&check_note(event.id()), "1", CHECK_KNOWN_MS).await;
            put.map_err(AdapterError::NotTaken)?;
            return Ok(taken("taken"));
        }
        let inbound = match self.inbound(event).await? {
            Ok(inbound) => inbound,
            Err(problem) => return Ok(refused(422, "invalid", &problem)),
        };
        match inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)? {
            Accepted::Message { duplicate: true, .. } => Ok(taken("known")),
            Accepted::Message { .. } | Accepted::Noted => Ok(taken("taken")),
            // It will never be taken, so it must not be posted again.
            Accepted::Refused(refusal) => Ok(refused(200, refusal.code(), refusal.detail())),
        }
    }

    /// Did the bridge answer this check?
    pub(super) async fn was_called(&self, check: &str) -> bool {
        matches!(self.means.shelf.find(&check_note(check)).await, Ok(Some(_)))
    }
}

fn check_note(id: &str) -> String {
    format!("check.{}", crate::digest::digest(id))
}
