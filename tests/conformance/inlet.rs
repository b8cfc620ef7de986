//! A sink and bookmarks in memory, which can refuse.

use channels::{Accepted, Bookmarks, Inbound, InboundSink, Inlet, Payload, RawInbound, SinkError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::watched::Watched;

/// What stands behind an inlet.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Everything that was accepted, each external id once.
    pub(crate) accepted: Vec<Inbound>,
    /// External ids that came once more.
    pub(crate) again: Vec<String>,
    /// So many of the next are not taken.
    pub(crate) refusals: usize,
    /// How many were not taken so far.
    pub(crate) refused: usize,
}

/// The inlet's other side.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    pub(crate) taken: Watched<Taken>,
    bookmarks: Mutex<BTreeMap<String, String>>,
}

impl Behind {
    /// An inlet and what stands behind it.
    pub(crate) fn open() -> (Inlet, Arc<Self>) {
        let behind = Arc::new(Self::default());
        (Inlet::new(behind.clone(), behind.clone()), behind)
    }

    /// The next ones are not taken.
    pub(crate) fn refuses(&self, count: usize) {
        self.taken.change(|taken| taken.refusals = count);
    }

    /// Waits for so many texts, in order.
    pub(crate) async fn texts(&self, count: usize) -> Vec<String> {
        let look = |taken: &Taken| (taken.accepted.len() >= count).then(|| texts(taken));
        self.taken.within(Duration::from_secs(5), look).await.unwrap_or_else(|| self.now())
    }

    /// The texts so far.
    pub(crate) fn now(&self) -> Vec<String> {
        self.taken.look(texts)
    }
}

fn texts(taken: &Taken) -> Vec<String> {
    let said = taken.accepted.iter().filter_map(|inbound| match &inbound.payload {
        Payload::MessageNew(message) => Some(message.text.clone()),
        _ => None,
    });
    said.collect()
}

fn away() -> SinkError {
    SinkError { reason: "the store is away".to_owned(), retry_after_ms: 1 }
}

#[async_trait::async_trait]
impl InboundSink for Behind {
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError> {
        self.taken.change(|taken| {
            if taken.refusals > 0 {
                taken.refusals -= 1;
                taken.refused += 1;
                return Err(away());
            }
            if taken.accepted.iter().any(|known| known.external_id == inbound.external_id) {
                taken.again.push(inbound.external_id);
            } else {
                taken.accepted.push(inbound);
            }
            Ok(Accepted::Noted)
        })
    }

    async fn accept_raw(&self, raw: RawInbound) -> Result<Accepted, SinkError> {
        let reason = format!("{raw:?} came through a door that has no reader");
        Err(SinkError { reason, retry_after_ms: 1 })
    }
}

#[async_trait::async_trait]
impl Bookmarks for Behind {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        Ok(self.bookmarks.lock().unwrap().get(name).cloned())
    }

    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError> {
        self.bookmarks.lock().unwrap().insert(name.to_owned(), place.to_owned());
        Ok(())
    }
}
