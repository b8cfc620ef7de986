//! 微信客服: people with the ordinary WeChat write to an account of the corporation.
//!
//! A callback says only that there is something (`kf_msg_or_event`, document 94670): what it is must be
//! fetched from a cursor on (`sync`), which moves after the commit and never back. A callback that was
//! missed is made good by a slow poll, which costs one call a minute for each account. Whoever wrote
//! may be answered for 48 hours, five times until they write again.

mod check;
mod config;
mod inbound;
mod listen;
mod outbound;
mod people;
#[cfg(test)]
mod tests;

use super::api::Api;
use super::callback::{self, Called};
use super::{media, xml};
use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::ledger;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use bytes::Bytes;
use config::{KfConfig, Start};
use domain::{Channel, ChannelKind};
use listen::Readings;
use std::fmt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub use super::SECRETS;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "wecom_kf";
/// How long a customer may be answered.
const WINDOW: Duration = Duration::from_secs(48 * 3_600);
/// How often until they write again.
const ANSWERS_MAX: u32 = 5;

/// The accounts of one corporation, or some of them.
pub struct Kf {
    descriptor: Descriptor,
    api: Api,
    /// The accounts that are ours; empty for all that the app may use.
    accounts: Vec<String>,
    start: Start,
    poll: Duration,
    readings: Readings,
}

impl fmt::Debug for Kf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kf").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl Kf {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = KfConfig::parse(&channel.settings)?;
        let capabilities = Capabilities {
            runs: true,
            callbacks: true,
            media_in: true,
            media_out: true,
            cards: true,
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
            reply_window: ReplyWindow::After { within: WINDOW, messages_max: ANSWERS_MAX },
        };
        Ok(Self {
            descriptor,
            api: Api::new(config.account, means.clone()),
            accounts: config.accounts,
            start: config.start,
            poll: config.poll,
            readings: Readings::default(),
        })
    }

    fn is_ours(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|ours| ours == account)
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Kf {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        while !stop.is_cancelled() {
            self.read_all(&inlet, &stop).await?;
            stop.run_until_cancelled(tokio::time::sleep(self.poll)).await;
        }
        Ok(())
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
        if fields.text("MsgType").is_empty() {
            return Err(malformed("it has no MsgType"));
        }
        if fields.text("Event") == "kf_msg_or_event" {
            let account = fields.text("OpenKfId").trim();
            if !config::is_account(account) {
                return Err(malformed("it has no OpenKfId"));
            }
            if self.is_ours(account) {
                let token = Some(fields.text("Token")).filter(|token| !token.is_empty());
                self.read_after_call(inlet, account, token).await?;
            }
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
        people::profile(&self.api, user).await
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        media::fetch(&self.api, reference, bytes_max).await
    }
}
