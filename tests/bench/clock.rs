//! The present, for those who wait from now on.

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the load comes at the real time")]
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
