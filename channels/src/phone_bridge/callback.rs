//! What the bridge posts to us.

use super::PhoneBridge;
use super::wire::Told as Read;
use crate::adapter::{Inlet, RawReply, RawRequest};
use crate::digest::digest;
use crate::error::AdapterError;
use crate::inbound::Accepted;
use crate::phone::{CallEvent, Told};
use crate::standard_webhooks::{is_signed, refused, taken};
use domain::CallId;
use serde_json::Value;

/// Where it posts, below the channel's callback address.
const PATH: &str = "/events";
/// How long it is known that the bridge answered a check, in milliseconds (5 minutes).
const CHECK_KNOWN_MS: u64 = 300_000;
/// How long it is known that an event was kept, in milliseconds (a day).
const EVENT_KNOWN_MS: u64 = 24 * 3_600_000;

impl PhoneBridge {
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
        match Read::read(&value) {
            Err(problem) => Ok(refused(422, "invalid", &problem)),
            Ok(Read::Check(id)) => {
                self.note(&check_note(&id), CHECK_KNOWN_MS).await?;
                Ok(taken("taken"))
            }
            Ok(Read::Missed(missed)) => {
                match inlet.calls.missed(missed).await.map_err(AdapterError::NotTaken)? {
                    Accepted::Message { duplicate: true, .. } => Ok(taken("known")),
                    Accepted::Message { .. } | Accepted::Noted => Ok(taken("taken")),
                    // It will never be taken, so it must not be posted again.
                    Accepted::Refused(refusal) => {
                        Ok(refused(200, refusal.code(), refusal.detail()))
                    }
                }
            }
            Ok(Read::Happened(call, event)) => {
                let id = request.header("webhook-id").unwrap_or_default();
                self.happened(id, (&call, event), inlet).await
            }
        }
    }

    async fn happened(
        &self,
        id: &str,
        (call, event): (&CallId, CallEvent),
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let note = format!("event.{}", digest(id));
        if self.is_noted(&note).await.map_err(AdapterError::NotTaken)? {
            return Ok(taken("known"));
        }
        let is_end = matches!(event, CallEvent::Ended(_));
        let told = inlet.calls.told(call, event).await.map_err(AdapterError::NotTaken)?;
        if is_end {
            self.forget(call);
        }
        match told {
            Told::Kept => {
                self.note(&note, EVENT_KNOWN_MS).await?;
                Ok(taken("taken"))
            }
            Told::NotOurs => Ok(refused(410, "not_ours", "Let both telephones of this call go.")),
        }
    }

    async fn note(&self, name: &str, for_ms: u64) -> Result<(), AdapterError> {
        self.means.shelf.put(name, "1", for_ms).await.map_err(AdapterError::NotTaken)
    }

    async fn is_noted(&self, name: &str) -> Result<bool, crate::inbound::SinkError> {
        Ok(self.means.shelf.find(name).await?.is_some())
    }

    /// Did the bridge answer this check?
    pub(super) async fn was_called(&self, check: &str) -> bool {
        matches!(self.is_noted(&check_note(check)).await, Ok(true))
    }
}

fn check_note(id: &str) -> String {
    format!("check.{}", digest(id))
}
