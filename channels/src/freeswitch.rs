//! FreeSWITCH, by its event socket (ESL): commands and events over one line of TCP.
//!
//! Source: <https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_event_socket_1048924/>
//! and the pages of `mod_commands`. What decided something here:
//!
//! * A channel's id is given by us (`origination_uuid`), and so is a job's. Before anybody is rung we ask
//!   whether there is such a channel: a call that is placed again after a cut rings once.
//! * `uuid_hold` of the agent's leg plays music to the other: that is what holds the person.
//! * The socket is not protected. It belongs within a network of its own, or behind a tunnel.
//! * Events that happen while the line is away are not kept. Each call is looked up when it is back.

mod api;
mod config;
mod event;
mod line;
#[cfg(test)]
mod tests;
mod wire;

pub use config::FreeSwitchConfig;

use crate::adapter::{ChannelAdapter, Descriptor, Finding, Inlet};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::phone::{self, pbx, telling};
use crate::registry::SecretSetting;
use domain::Channel;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "freeswitch";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] = &[("/password", &["/host", "/port"])];

/// One FreeSWITCH.
pub struct FreeSwitch {
    descriptor: Descriptor,
    config: FreeSwitchConfig,
    means: Means,
    /// Where commands go while a line stands.
    orders: Mutex<Option<mpsc::Sender<line::Order>>>,
}

impl fmt::Debug for FreeSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreeSwitch").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl FreeSwitch {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = FreeSwitchConfig::parse(&channel.settings)?;
        let descriptor = phone::descriptor(channel, ADAPTER, phone::Called::Never);
        Ok(Self { descriptor, config, means: means.clone(), orders: Mutex::default() })
    }

    fn set_orders(&self, orders: Option<mpsc::Sender<line::Order>>) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = orders;
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for FreeSwitch {
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
        self.set_orders(None);
        ended
    }

    async fn deliver(&self, _command: &Command) -> Outcome {
        telling::carries_no_text()
    }

    async fn check(&self) -> Vec<Finding> {
        self.try_settings().await
    }
}
