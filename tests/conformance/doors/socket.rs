//! A door over a socket that we open, as room servers and some messengers have: what arrives and what
//! leaves share one connection, which `run` keeps and opens again.

use super::{FarEnd, Rig, SECRET, describe, inbound};
use channels::{
    Action, AdapterError, Assurance, Capabilities, ChannelAdapter, Command, Descriptor, Inlet,
    Outcome,
};
use domain::ChannelKind;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

pub(super) struct SocketRig(Arc<Socket>);

struct Socket {
    descriptor: Descriptor,
    far_end: FarEnd,
    is_open: AtomicBool,
    _token: String,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl SocketRig {
    pub(super) fn open() -> Self {
        let capabilities = Capabilities {
            runs: true,
            delivers_where_it_runs: true,
            typing: true,
            receipts: true,
            delete: true,
            ..Capabilities::default()
        };
        let descriptor = describe("socket", ChannelKind::Im, capabilities);
        let (far_end, token) = (FarEnd::that_knows_ids(), SECRET.to_owned());
        Self(Arc::new(Socket {
            descriptor,
            far_end,
            is_open: AtomicBool::new(false),
            _token: token,
        }))
    }
}

impl Rig for SocketRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.0.far_end)
    }
}

impl Socket {
    /// One connection, until it breaks: the far end goes on after what we confirmed.
    async fn listen(&self, inlet: &Inlet) -> Result<(), AdapterError> {
        loop {
            let confirmed = self.far_end.confirmed();
            let Ok(news) = self.far_end.fetch(confirmed) else { return Ok(()) };
            for (n, (id, text)) in news.iter().enumerate() {
                let inbound = inbound(&self.descriptor, id, text, Assurance::Proved);
                inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
                self.far_end.confirm(confirmed + n + 1);
            }
            self.far_end.stirs(confirmed + news.len(), false).await;
        }
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Socket {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        while !stop.is_cancelled() {
            if self.far_end.connects() {
                self.is_open.store(true, Ordering::SeqCst);
                let ended = stop.run_until_cancelled(self.listen(&inlet)).await;
                self.is_open.store(false, Ordering::SeqCst);
                ended.unwrap_or(Ok(()))?;
            } else {
                stop.run_until_cancelled(self.far_end.stirs(usize::MAX, true)).await;
            }
        }
        Ok(())
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        match &command.action {
            Action::Send { .. } | Action::Delete { .. } if self.is_open.load(Ordering::SeqCst) => {
                self.far_end.carry(&command.id)
            }
            Action::Send { .. } | Action::Delete { .. } => {
                Outcome::Unavailable("the socket is not open here".to_owned())
            }
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("this network cannot do this".to_owned()),
        }
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        self.far_end.look_up(&command.id)
    }
}
