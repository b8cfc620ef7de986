//! Orders, posted to the bridge.

use super::PhoneBridge;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::phone::Call;
use crate::standard_webhooks::signed;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How long the bridge may take for one answer: it answers once it has the order, not once it rings.
const WITHIN: Duration = Duration::from_secs(10);
/// The pause before an order is posted again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    /// The bridge has it, now or since before.
    Taken,
    /// The bridge knows no such call.
    Unknown,
    /// It refuses the order, with this status; 0 when it may not be called at all.
    Refused(u16),
    /// Nobody knows: no answer came in time.
    Away,
}

impl PhoneBridge {
    /// Posts something under an id, once.
    pub(super) async fn post(&self, id: &str, body: &Value) -> Result<Answer, CallError> {
        let body = body.to_string();
        let request = self.means.http.request(Method::POST, &self.config.url)?;
        let now_ms = self.means.clock.now().0;
        let request = signed(request, &self.config.keys, (id, body.as_bytes()), now_ms);
        let request = request.header(CONTENT_TYPE, "application/json").timeout(WITHIN).body(body);
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }

    /// Posts an order under the same id until the bridge says yes or no, for so long; with the answer
    /// that it was.
    pub(super) async fn order(
        &self,
        id: &str,
        body: &Value,
        within: Duration,
    ) -> (Posted, Option<Answer>) {
        let (until, mut pause) = (Instant::now() + within, PAUSE.0);
        loop {
            let answer = match self.post(id, body).await {
                Ok(answer) => answer,
                Err(CallError::NotAllowed) => return (Posted::Refused(0), None),
                Err(error) => {
                    tracing::debug!(error = %error, "the bridge does not answer");
                    if !wait(&mut pause, None, until).await {
                        return (Posted::Away, None);
                    }
                    continue;
                }
            };
            let posted = match answer.status {
                200..=299 | 409 => Posted::Taken,
                404 | 410 => Posted::Unknown,
                status @ 300..=499 if status != 408 && status != 429 => Posted::Refused(status),
                _ if wait(&mut pause, answer.retry_after(), until).await => continue,
                _ => Posted::Away,
            };
            return (posted, Some(answer));
        }
    }

    /// The order to place a call.
    pub(super) fn place_body(&self, call: &Call) -> Value {
        json!({
            "type": "call.place",
            "id": call.id,
            "agent": call.agent,
            "contact": call.contact.e164(),
            "caller_id": self.config.caller_id.as_ref().map(domain::PhoneNumber::e164),
            "locale": call.locale,
            "ring_agent_secs": call.ring_agent.as_secs(),
            "ring_contact_secs": call.ring_contact.as_secs(),
        })
    }
}

/// Pauses, unless there is no time left.
async fn wait(pause: &mut Duration, asked: Option<Duration>, until: Instant) -> bool {
    let next = Instant::now() + asked.unwrap_or(*pause);
    if next >= until {
        return false;
    }
    tokio::time::sleep_until(next).await;
    *pause = pause.saturating_mul(2).min(PAUSE.1);
    true
}
