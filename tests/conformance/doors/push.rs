//! A door that only leads out, as push services do: the app speaks with the gateway itself, and reads
//! the log; a push tells a device that there is something to read.

use super::{FarEnd, Rig, SECRET, describe};
use channels::{Action, Capabilities, ChannelAdapter, Command, Descriptor, Outcome};
use domain::ChannelKind;
use std::fmt;
use std::sync::Arc;

pub(super) struct PushRig(Arc<Push>);

struct Push {
    descriptor: Descriptor,
    far_end: FarEnd,
    _key: String,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl PushRig {
    pub(super) fn open() -> Self {
        let descriptor = describe("push", ChannelKind::App, Capabilities::default());
        let (far_end, key) = (FarEnd::that_knows_ids(), SECRET.to_owned());
        Self(Arc::new(Push { descriptor, far_end, _key: key }))
    }
}

impl Rig for PushRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.0.far_end)
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Push {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        match &command.action {
            // The command's id collapses repetitions on the device.
            Action::Send { .. } => self.far_end.carry(&command.id),
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("a push cannot do this".to_owned()),
        }
    }
}
