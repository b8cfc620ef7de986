//! A bridge: any other messenger, joined by a page of code of somebody else.
//!
//! Both directions are signed HTTP requests after Standard Webhooks (<https://www.standardwebhooks.com>):
//! the bridge posts what people say to the channel's callback address, we post what the desk says to the
//! bridge's. `docs/channels/im/bridge.schema.json` says what stands in them, and
//! `docs/channels/im/bridge.md` what is answered. What decided something here:
//!
//! * The signature covers the id, the time and the raw bytes, so it is checked before anything is read.
//! * What we send has other types than what we take, so that a request of ours that somebody sends back
//!   to us is not taken for one of the bridge's.
//! * A command keeps its id at each try, and a bridge answers 409 for one that it knows: so whatever
//!   broke off is sent again, and nobody has to ask.
//! * Files come within the request, or lie below the bridge's own address: no request makes us call
//!   anybody else.

mod answer;
mod callback;
mod check;
mod config;
mod inbound;
mod media;
mod outbound;
mod people;
#[cfg(test)]
mod tests;
mod wire;

pub use config::BridgeConfig;

use crate::adapter::{ChannelAdapter, Descriptor, Finding, Inlet, Profile, RawReply, RawRequest};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::registry::SecretSetting;
use bytes::Bytes;
use domain::{Channel, ChannelKind};
use std::fmt;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "bridge";
/// The secrets of its settings. They are not sent, but whoever gets what they sign may send it on.
pub const SECRETS: &[SecretSetting] =
    &[("/secret", &["/url", "/files_url"]), ("/previous_secret", &["/url", "/files_url"])];

/// One bridge.
pub struct Bridge {
    descriptor: Descriptor,
    config: BridgeConfig,
    means: Means,
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge")
            .field("descriptor", &self.descriptor)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Bridge {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = BridgeConfig::parse(&channel.settings)?;
        let descriptor = Descriptor {
            channel: channel.id.clone(),
            kind: ChannelKind::Im,
            adapter: ADAPTER,
            capabilities: config.capabilities,
            limits: config.limits,
            reply_window: config.reply_window,
        };
        Ok(Self { descriptor, config, means: means.clone() })
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Bridge {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn called_below(&self) -> &'static str {
        "/events"
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        self.answer(request, inlet).await
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.carry_out(command).await
    }

    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        self.profile_of(user).await
    }

    async fn check(&self) -> Vec<Finding> {
        self.try_settings().await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        self.download(reference, bytes_max).await
    }
}
