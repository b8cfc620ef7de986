//! No faster than one member may be written to. WeCom takes 30 messages a minute and 1000 an hour for
//! one member and *drops the others without a word* (访问频率限制, document 90312), so that we must
//! count. Sixteen a minute keep both limits: 960 an hour.

use super::words::id_of;
use crate::inbound::SinkError;
use crate::means::Means;
use rand::RngExt as _;
use std::time::Duration;

/// So many messages to one member within [`SLOT_MS`].
const SLOTS: u32 = 16;
/// How long a message counts, in milliseconds; a little longer than a minute, since our clock and the
/// way to the network are not theirs.
const SLOT_MS: u64 = 61_000;
/// When to look again for a free place.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// Takes one of a member's places; false when all are taken. A place is free again by itself.
pub(super) async fn may_send(means: &Means, user: &str) -> Result<bool, SinkError> {
    let (user, first) = (id_of(&[user]), rand::rng().random_range(0..SLOTS));
    for step in 0..SLOTS {
        let slot = (first + step) % SLOTS;
        if means.shelf.take_turn(&format!("pace.{user}.{slot}"), SLOT_MS).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
