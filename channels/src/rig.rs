//! What the doors' own tests give them: a clock that stands, means that reach nothing, and an inlet that
//! remembers.

use crate::inbound::{Accepted, Inbound, InboundSink, RawInbound, SinkError};
use crate::means::{Means, OwnShelf};
use crate::{Bookmarks, Inlet};
use domain::{Clock, Timestamp};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
struct Standing(i64);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp(self.0)
    }
}

/// Means with which nothing is reached, at this time.
pub(crate) fn means_at(now: i64) -> Means {
    let clock = Arc::new(Standing(now));
    Means { shelf: Arc::new(OwnShelf::new(clock.clone())), clock, ..Means::none() }
}

/// What stands behind an inlet: everything that was given to it.
#[derive(Debug, Default)]
pub(crate) struct Behind(pub(crate) Mutex<Vec<Inbound>>);

/// An inlet, and what stands behind it.
pub(crate) fn inlet() -> (Inlet, Arc<Behind>) {
    let behind = Arc::new(Behind::default());
    (Inlet::new(behind.clone(), behind.clone()), behind)
}

#[async_trait::async_trait]
impl InboundSink for Behind {
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError> {
        self.0.lock().expect("a lock").push(inbound);
        Ok(Accepted::Noted)
    }
    async fn accept_raw(&self, _raw: RawInbound) -> Result<Accepted, SinkError> {
        Err(SinkError { reason: "no letters".to_owned(), retry_after_ms: 1 })
    }
}

#[async_trait::async_trait]
impl Bookmarks for Behind {
    async fn find(&self, _name: &str) -> Result<Option<String>, SinkError> {
        Ok(None)
    }
    async fn lay(&self, _name: &str, _place: &str) -> Result<(), SinkError> {
        Ok(())
    }
}
