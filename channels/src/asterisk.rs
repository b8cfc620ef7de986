//! Asterisk, by its REST interface (ARI): requests for what a call shall do, events over a WebSocket.
//!
//! Sources: <https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/>, and the
//! descriptions of the interface in Asterisk's own tree (`rest-api/api-docs`). What decided something here:
//!
//! * A channel's id is given by us. Asterisk refuses a second one of it, so a call that is placed again after a
//!   cut rings once.
//! * Both telephones are in our Stasis application from their answer on: what is asked of a channel before, it
//!   refuses. So an answer is `StasisStart`, and not the channel's state.
//! * On hold the person leaves the bridge and hears music: a channel within a bridge hears what the bridge says.
//! * Events that happen while the socket is away are not kept. Each call is looked up when it is back.

mod api;
mod config;
mod event;
mod listen;
#[cfg(test)]
mod tests;

pub use config::AsteriskConfig;

use crate::adapter::{ChannelAdapter, Descriptor, Finding, Inlet};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::phone::{self, pbx, telling};
use crate::registry::SecretSetting;
use domain::Channel;
use std::fmt;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "asterisk";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] = &[("/password", &["/url"])];

/// So many requests at once: when the socket is back, every call is looked up, and Asterisk serves 100 sessions
/// unless `http.conf` says otherwise (`sessionlimit`).
const REQUESTS_MAX: usize = 20;

/// One Asterisk.
pub struct Asterisk {
    descriptor: Descriptor,
    config: AsteriskConfig,
    means: Means,
    /// Does the socket stand? Without it our application is not there, and nobody can be rung for it.
    is_open: AtomicBool,
    /// As many requests at once as Asterisk has room for.
    lanes: Semaphore,
}

impl fmt::Debug for Asterisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asterisk").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl Asterisk {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = AsteriskConfig::parse(&channel.settings)?;
        let descriptor = phone::descriptor(channel, ADAPTER, phone::Called::Never);
        let (means, is_open) = (means.clone(), AtomicBool::new(false));
        let lanes = Semaphore::new(REQUESTS_MAX);
        Ok(Self { descriptor, config, means, is_open, lanes })
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Asterisk {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        if let Some(missing) = self.config.missing() {
            return Err(AdapterError::Unavailable(format!("{missing} is missing")));
        }
        let (writes, news) = mpsc::channel(pbx::NEWS_MAX);
        let running = async {
            tokio::select! {
                ended = self.keep_line(&writes) => ended,
                () = pbx::keep(self, inlet.calls.as_ref(), news) => Ok(()),
            }
        };
        let ended = stop.run_until_cancelled(running).await.unwrap_or(Ok(()));
        self.closes();
        ended
    }

    async fn deliver(&self, _command: &Command) -> Outcome {
        telling::carries_no_text()
    }

    async fn check(&self) -> Vec<Finding> {
        self.try_settings().await
    }
}
