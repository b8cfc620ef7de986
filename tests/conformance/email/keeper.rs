//! A sink that reads letters with the channel's own adapter, as the gateway does, and can refuse.

use channels::email::EmailAdapter;
use channels::{
    Accepted, Bookmarks, ChannelAdapter as _, Inbound, InboundSink, Inlet, Payload, RawInbound,
    SinkError,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::watched::Watched;

/// What stands behind the inlet.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Everything that was accepted, each external id once, with where it lay.
    pub(super) letters: Vec<(String, Inbound)>,
    /// External ids that came once more.
    pub(super) again: Vec<String>,
    /// So many of the next are not taken.
    pub(super) refusals: usize,
    /// How many were not taken so far.
    pub(super) refused: usize,
    /// How often each bookmark was laid.
    pub(super) laid: usize,
}

/// The inlet's other side.
#[derive(Debug)]
pub(super) struct Keeper {
    adapter: Arc<EmailAdapter>,
    pub(super) kept: Watched<Kept>,
    bookmarks: Mutex<BTreeMap<String, String>>,
}

impl Keeper {
    pub(super) fn open(adapter: &Arc<EmailAdapter>) -> (Inlet, Arc<Self>) {
        let keeper = Arc::new(Self {
            adapter: adapter.clone(),
            kept: Watched::default(),
            bookmarks: Mutex::default(),
        });
        (Inlet::new(keeper.clone(), keeper.clone()), keeper)
    }

    /// The next ones are not taken.
    pub(super) fn refuses(&self, count: usize) {
        self.kept.change(|kept| kept.refusals = count);
    }

    /// Waits for so many letters and gives their subjects, in order.
    pub(super) async fn subjects(&self, count: usize) -> Vec<String> {
        let look = |kept: &Kept| (kept.letters.len() >= count).then_some(());
        self.kept.within(Duration::from_secs(30), look).await;
        self.kept.look(subjects)
    }

    /// Waits until so many letters came once more.
    pub(super) async fn doubles(&self, count: usize) {
        let look = |kept: &Kept| (kept.again.len() >= count).then_some(());
        self.kept.until("known letters come again", look).await;
    }

    /// All bookmarks, as they lie.
    pub(super) fn bookmarks(&self) -> Vec<String> {
        self.bookmarks.lock().unwrap().values().cloned().collect()
    }
}

fn subjects(kept: &Kept) -> Vec<String> {
    let said = kept.letters.iter().map(|(_, inbound)| match &inbound.payload {
        Payload::MessageNew(message) => message.mail.as_ref().unwrap().subject.clone(),
        other => format!("{other:?}"),
    });
    said.collect()
}

#[async_trait::async_trait]
impl InboundSink for Keeper {
    async fn accept(&self, inbound: Inbound) -> Result<Accepted, SinkError> {
        let reason = format!("{inbound:?} is not a letter");
        Err(SinkError { reason, retry_after_ms: 1 })
    }

    async fn accept_raw(&self, raw: RawInbound) -> Result<Accepted, SinkError> {
        let refuses = self.kept.change(|kept| {
            let refuses = kept.refusals > 0;
            if refuses {
                kept.refusals -= 1;
                kept.refused += 1;
            }
            refuses
        });
        if refuses {
            let reason = "the store is away".to_owned();
            return Err(SinkError { reason, retry_after_ms: 1 });
        }
        let inbound = self.adapter.read(&raw).await.unwrap();
        self.kept.change(|kept| {
            let id = &inbound.external_id;
            if kept.letters.iter().any(|(_, known)| known.external_id == *id) {
                kept.again.push(id.clone());
            } else {
                kept.letters.push((raw.place, inbound));
            }
        });
        Ok(Accepted::Noted)
    }
}

#[async_trait::async_trait]
impl Bookmarks for Keeper {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        Ok(self.bookmarks.lock().unwrap().get(name).cloned())
    }

    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError> {
        self.bookmarks.lock().unwrap().insert(name.to_owned(), place.to_owned());
        self.kept.change(|kept| kept.laid += 1);
        Ok(())
    }
}
