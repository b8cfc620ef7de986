//! Rate limits: token buckets in Redis, shared by all gateways; when Redis is away, either a local
//! bucket (visitors must go on being judged) or no (sign-ins). What is asked with each frame or request
//! is counted by each gateway for itself.

use crate::api::error::ApiError;
use crate::app::App;
use domain::{TenantId, Timestamp};
use routing::reply::Rate;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most local buckets; full ones are dropped first, and when none is full, all.
const BUCKETS_MAX: usize = 50_000;

/// What happens when Redis cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutRedis {
    /// Nobody passes.
    Refuse,
    /// This gateway counts by itself.
    CountHere,
}

/// A limit: so many at once, one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// At once.
    pub burst: u32,
    /// Milliseconds for one more.
    pub per_token_ms: i64,
}

/// Milliseconds for one of so many in a span: one at least, or a bucket would never have room.
fn pace_ms(span_ms: i64, count: u32) -> i64 {
    (span_ms / i64::from(count.max(1))).max(1)
}

impl Limit {
    /// So many a minute.
    pub fn per_minute(count: u32) -> Self {
        Self { burst: count.max(1), per_token_ms: pace_ms(60_000, count) }
    }

    /// So many an hour.
    pub fn per_hour(count: u32) -> Self {
        Self { burst: count.max(1), per_token_ms: pace_ms(3_600_000, count) }
    }

    /// So many a day.
    pub fn per_day(count: u32) -> Self {
        Self { burst: count.max(1), per_token_ms: pace_ms(86_400_000, count) }
    }

    /// So many a second, and so many at once.
    pub fn per_second(count: u32, burst: u32) -> Self {
        Self { burst: burst.max(1), per_token_ms: pace_ms(1_000, count) }
    }
}

/// Buckets of this gateway.
#[derive(Debug, Default)]
pub struct LocalLimits {
    buckets: Mutex<HashMap<String, Timestamp>>,
}

impl LocalLimits {
    /// Takes a token; otherwise tells how many milliseconds to wait. Each bucket is one time: when it
    /// will be full again.
    ///
    /// # Errors
    /// Milliseconds until the next token.
    pub fn take(&self, what: &str, limit: Limit, now: Timestamp) -> Result<(), i64> {
        self.take_many(what, limit, 1, now)
    }

    /// Takes so many tokens at once, or none.
    ///
    /// # Errors
    /// Milliseconds until there are so many.
    pub fn take_many(
        &self,
        what: &str,
        limit: Limit,
        count: u64,
        now: Timestamp,
    ) -> Result<(), i64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(what) {
            buckets.retain(|_, full_at| *full_at > now);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let full_at = buckets.get(what).copied().unwrap_or(now).max(now);
        let taken_ms = limit.per_token_ms.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX));
        let next = full_at.plus_ms(taken_ms);
        let room_ms = limit.per_token_ms.saturating_mul(i64::from(limit.burst));
        let over_ms = next.ms_since(now) - room_ms;
        if over_ms > 0 {
            return Err(over_ms);
        }
        buckets.insert(what.to_owned(), next);
        Ok(())
    }
}

impl App {
    /// Takes a token of `what` in the tenant's space, or refuses with a 429 (a 503 when Redis is
    /// away and the limit must hold over all gateways).
    ///
    /// # Errors
    /// The refusal.
    pub async fn take(
        &self,
        tenant: &TenantId,
        what: &str,
        limit: Limit,
        without: WithoutRedis,
    ) -> Result<(), ApiError> {
        let taken = if self.link.borrow().is_up() {
            self.router.take_tokens(tenant, what, limit.burst, limit.per_token_ms).await
        } else {
            Err(routing::RoutingError::Unavailable { function: "take_tokens", source: None })
        };
        match (taken, without) {
            (Ok(Rate::Allowed), _) => Ok(()),
            (Ok(Rate::RetryAfterMs(ms)), _) => Err(ApiError::limited(ms)),
            (Err(error), WithoutRedis::Refuse) => Err(error.into()),
            (Err(_away), WithoutRedis::CountHere) => {
                self.take_here(&format!("{tenant}:{what}"), limit)
            }
        }
    }

    /// Takes a token of this gateway alone.
    ///
    /// # Errors
    /// The refusal.
    pub fn take_here(&self, what: &str, limit: Limit) -> Result<(), ApiError> {
        self.take_many_here(what, limit, 1)
    }

    /// Takes so many tokens of this gateway alone, or none.
    ///
    /// # Errors
    /// The refusal.
    pub fn take_many_here(&self, what: &str, limit: Limit, count: u64) -> Result<(), ApiError> {
        self.limits.take_many(what, limit, count, self.clock.now()).map_err(ApiError::limited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_almost_no_limit_lets_everybody_through() {
        let limits = LocalLimits::default();
        let limit = Limit::per_minute(100_000);
        for _ in 0..1_000 {
            assert!(limits.take("visitor", limit, Timestamp(0)).is_ok());
        }
    }

    #[test]
    fn a_burst_passes_and_then_one_for_each_interval() {
        let limits = LocalLimits::default();
        let limit = Limit::per_second(2, 3);
        let take = |at| limits.take("visitor", limit, Timestamp(at));
        assert_eq!([take(0), take(0), take(0)], [Ok(()), Ok(()), Ok(())]);
        assert_eq!(take(0), Err(500));
        assert_eq!(take(499), Err(1));
        assert_eq!(take(500), Ok(()));
        assert_eq!(take(500), Err(500));
        assert_eq!([take(10_000), take(10_000), take(10_000)], [Ok(()), Ok(()), Ok(())]);
        assert!(limits.take("another", limit, Timestamp(10_000)).is_ok());
        assert_eq!(limits.take_many("many", limit, 4, Timestamp(10_000)), Err(500));
        assert_eq!(limits.take_many("many", limit, 3, Timestamp(10_000)), Ok(()));
    }
}
