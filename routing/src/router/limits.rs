//! Rate limits and idempotency keys: shared by all gateways, so they live here too.

use super::Router;
use crate::error::RoutingError;
use crate::reply::{Idempotency, Rate};
use domain::TenantId;

/// How long an answer is kept for whoever repeats a request, in milliseconds (24 h).
const ANSWER_KEPT_MS: i64 = 24 * 3_600_000;
/// How long a request with an idempotency key may take, in milliseconds.
const REQUEST_TAKES_MS: i64 = 60_000;

impl Router {
    /// Takes one token of `what`: at most `burst` at once, one more every `per_token_ms`.
    ///
    /// # Errors
    /// See [`RoutingError`]; the caller decides whether to fail open or closed.
    pub async fn take_tokens(
        &self,
        tenant: &TenantId,
        what: &str,
        burst: u32,
        per_token_ms: i64,
    ) -> Result<Rate, RoutingError> {
        let (burst, per_token) = (burst.to_string(), per_token_ms.to_string());
        let reply = self.call("take_tokens", tenant, &[what, &burst, &per_token]).await?;
        match reply.tag() {
            "allowed" => Ok(Rate::Allowed),
            "wait" => Ok(Rate::RetryAfterMs(reply.parse(1)?)),
            _ => Err(reply.unexpected()),
        }
    }

    /// A request with an idempotency key begins, or is known.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn begin_idempotent(
        &self,
        tenant: &TenantId,
        key: &str,
        fingerprint: &str,
    ) -> Result<Idempotency, RoutingError> {
        let takes = REQUEST_TAKES_MS.to_string();
        let reply = self.call("begin_idempotent", tenant, &[key, fingerprint, &takes]).await?;
        match reply.tag() {
            "fresh" => Ok(Idempotency::Fresh),
            "in_progress" => Ok(Idempotency::InProgress),
            "mismatch" => Ok(Idempotency::Mismatch),
            "done" => Ok(Idempotency::Done(reply.text(1)?.to_owned())),
            _ => Err(reply.unexpected()),
        }
    }

    /// The answer is kept for 24 h; an empty one forgets the request, so that it may be tried again.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn finish_idempotent(
        &self,
        tenant: &TenantId,
        key: &str,
        answer: &str,
    ) -> Result<(), RoutingError> {
        let kept = ANSWER_KEPT_MS.to_string();
        self.call("finish_idempotent", tenant, &[key, answer, &kept]).await.map(|_kept| ())
    }
}
