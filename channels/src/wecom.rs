//! WeCom (企业微信): a self-built app that members write to, and 微信客服 beside it (`kf`), through
//! which people with the ordinary WeChat write.
//!
//! What decides how it is built: the network waits five seconds for an answer and calls three times;
//! a callback is answered with nothing, and we speak through the interface; more than 30 messages a
//! minute to one member vanish without a word (`pace`); a text that is too long is cut off without a
//! word; and the network has no id by which it would know a message of ours again ([`crate::ledger`]). Access
//! tokens are limited in number and shared by all gateways ([`crate::token`]).

mod api;
mod callback;
mod check;
mod config;
pub mod crypto;
mod inbound;
pub mod kf;
mod media;
mod outbound;
mod pace;
mod people;
mod said;
#[cfg(test)]
mod tests;
mod words;
mod xml;

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::ledger;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::registry::SecretSetting;
use api::Api;
use bytes::Bytes;
use callback::Called;
use config::{AppConfig, DirectoryId};
use domain::{Channel, ChannelKind};
use std::fmt;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "wecom";
/// The secrets of its settings, and of those of [`kf`].
pub const SECRETS: &[SecretSetting] =
    &[("/secret", &["/api_url"]), ("/token", &[]), ("/encoding_aes_key", &[])];

/// One self-built app.
pub struct WeCom {
    descriptor: Descriptor,
    api: Api,
    agent_id: u64,
    directory_id: DirectoryId,
}

impl fmt::Debug for WeCom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeCom").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl WeCom {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = AppConfig::parse(&channel.settings)?;
        let capabilities = Capabilities {
            callbacks: true,
            media_in: true,
            media_out: true,
            delete: true,
            cards: true,
            proactive: true,
            profiles: true,
            ..Capabilities::default()
        };
        let descriptor = Descriptor {
            channel: channel.id.clone(),
            kind: ChannelKind::Im,
            adapter: ADAPTER,
            capabilities,
            limits: Limits {
                text_bytes_max: outbound::TEXT_BYTES_MAX,
                file_bytes_max: media::BYTES_MAX,
                files_max: 1,
            },
            reply_window: ReplyWindow::Always,
        };
        Ok(Self {
            descriptor,
            api: Api::new(config.account, means.clone()),
            agent_id: config.agent_id,
            directory_id: config.directory_id,
        })
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for WeCom {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let now = self.api.means().clock.now();
        let said = match callback::open(self.api.account().seal.as_ref(), request, now)? {
            Called::Challenge(echo) => return Ok(RawReply::text(echo)),
            Called::Said(said) => said,
        };
        let malformed = |why: &str| AdapterError::Malformed(why.to_owned());
        let fields = xml::read(&said).map_err(malformed)?;
        if let Some(heard) = inbound::read(&fields).map_err(malformed)? {
            let inbound = heard.into_inbound(&self.descriptor.channel, now);
            inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        }
        Ok(RawReply::empty())
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.carry(command).await
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        ledger::look_up(self.api.means(), command).await
    }

    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        people::profile(&self.api, &self.directory_id, user).await
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        media::fetch(&self.api, reference, bytes_max).await
    }
}
