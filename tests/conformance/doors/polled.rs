//! A door that is polled, as mailboxes are: our bookmark says how far we read, and moves only after
//! the sink has what was read.

use super::{FarEnd, Rig, SECRET, describe, inbound};
use bytes::Bytes;
use channels::{
    Action, AdapterError, Assurance, Capabilities, ChannelAdapter, Command, Descriptor, Inlet,
    Outcome,
};
use domain::ChannelKind;
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const BOOKMARK: &str = "inbox";

pub(super) struct PolledRig(Arc<Polled>);

struct Polled {
    descriptor: Descriptor,
    far_end: FarEnd,
    _password: String,
}

impl fmt::Debug for Polled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl PolledRig {
    pub(super) fn open() -> Self {
        let capabilities =
            Capabilities { runs: true, media_in: true, threads: true, ..Capabilities::default() };
        let descriptor = describe("polled", ChannelKind::Email, capabilities);
        let (far_end, password) = (FarEnd::default(), SECRET.to_owned());
        Self(Arc::new(Polled { descriptor, far_end, _password: password }))
    }
}

impl Rig for PolledRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.0.far_end)
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Polled {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        let found = inlet.bookmarks.find(BOOKMARK).await.map_err(AdapterError::NotTaken)?;
        let mut read: usize = found.and_then(|place| place.parse().ok()).unwrap_or(0);
        while !stop.is_cancelled() {
            let mail = self.far_end.fetch(read).map_err(AdapterError::Unavailable)?;
            for (id, text) in mail {
                let inbound = inbound(&self.descriptor, &id, &text, Assurance::Claimed);
                inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
                read += 1;
                let laid = inlet.bookmarks.lay(BOOKMARK, &read.to_string()).await;
                laid.map_err(AdapterError::NotTaken)?;
                self.far_end.confirm(read);
            }
            stop.run_until_cancelled(self.far_end.stirs(read, false)).await;
        }
        Ok(())
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        match &command.action {
            // Mail has no id that a server would know again; the same `Message-ID` can be looked for.
            Action::Send { .. } => match self.far_end.look_up(&command.id) {
                sent @ Outcome::Sent(_) => sent,
                _ => self.far_end.carry(&command.id),
            },
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("mail cannot do this".to_owned()),
        }
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        self.far_end.look_up(&command.id)
    }

    async fn fetch_media(&self, _reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        const FILE: &[u8] = &[7; 1_000];
        if FILE.len() > bytes_max {
            return Err(AdapterError::Malformed(format!("the file has over {bytes_max} bytes")));
        }
        Ok(Bytes::from_static(FILE))
    }
}
