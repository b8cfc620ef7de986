//! What every request passes: its id, its client's address, limits, idempotency, the access log.

pub mod access_log;
pub mod at_once;
pub mod body;
pub mod client;
pub mod headers;
pub mod idempotency;
pub mod in_flight;
pub mod limits;
