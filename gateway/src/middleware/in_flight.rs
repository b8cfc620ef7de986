//! Admission: only so many transitions at the same time. More wait a moment, then are asked to come
//! back, so that an overloaded gateway still answers those whom it takes.

use crate::api::error::ApiError;
use crate::app::App;
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// How long a request waits for its turn.
const WAIT: Duration = Duration::from_millis(250);

impl App {
    /// A turn to change something. Refuses while Redis is away or the gateway is overloaded.
    ///
    /// # Errors
    /// A 503 with a time to come back.
    pub async fn admit(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        if !self.accepts_work() {
            return Err(ApiError::unavailable("the queue cannot be reached just now"));
        }
        match tokio::time::timeout(WAIT, self.in_flight.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(ApiError::unavailable("too much is under way")),
        }
    }
}
