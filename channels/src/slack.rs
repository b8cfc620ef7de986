//! Slack: an app whom people write to, alone or by naming it in a channel
//! (<https://docs.slack.dev>).
//!
//! What decided the shape:
//! * Events come over a WebSocket that we open (Socket Mode; an intranet needs no address then) or as
//!   signed calls; what is in them is the same.
//! * An event wants its answer within 3 s: names are looked for with a bound, files after the commit.
//! * A message's id is its time within its channel: ours is `CHANNEL:TS`, in both directions. Where
//!   others read along, each mention of the app begins a thread.
//! * `chat.postMessage` takes no id of ours that would keep a message from being posted twice. It takes
//!   metadata, by which a message in doubt is found again in its channel.
//! * Slack's markup is taken off what comes, and what goes is escaped: an agent's words stand as written.

mod api;
mod callback;
mod check;
mod config;
mod emoji;
mod inbound;
mod listen;
mod outbound;
mod people;
mod signature;
#[cfg(test)]
mod tests;
mod wire;
mod words;

pub use config::{Mode, SECRETS, SlackConfig};

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::http::CallError;
use crate::inbound::Inbound;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use api::{Api, ApiError};
use bytes::Bytes;
use domain::limits::FILE_BYTES_MAX;
use domain::{Channel, ChannelKind};
use inbound::Reader;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wire::{Envelope, FileAnswer, Interaction, SlashCommand};
use words::Names;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "slack";

/// One Slack app in one workspace.
#[derive(Debug)]
pub struct Slack {
    descriptor: Descriptor,
    config: SlackConfig,
    means: Means,
}

impl Slack {
    /// Opens the door of a configured channel. Nothing is called before it runs or delivers.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = SlackConfig::parse(&channel.settings)?;
        let descriptor = describe(channel, &config);
        Ok(Self { descriptor, config, means: means.clone() })
    }

    fn api(&self) -> Api<'_> {
        Api { means: &self.means, config: &self.config }
    }

    fn reader<'a>(&'a self, own: &'a str, names: &'a Names) -> Reader<'a> {
        Reader { channel: &self.descriptor.channel, now: self.means.clock.now(), own, names }
    }

    /// Gives an event to the sink, by whichever way it came.
    async fn take_event(&self, envelope: Value, inlet: &Inlet) -> Result<(), AdapterError> {
        let envelope: Envelope = match serde_json::from_value(envelope) {
            Ok(envelope) => envelope,
            Err(error) => {
                let (channel, why) = (&self.descriptor.channel, error.classify());
                tracing::warn!(channel.id = %channel, ?why, "an event of another shape is left out");
                return Ok(());
            }
        };
        let bot = envelope.authorizations.iter().find(|seen| seen.is_bot);
        let own = match bot.and_then(|seen| seen.user_id.clone()) {
            Some(own) => own,
            None => self.own_user().await?,
        };
        let names = Box::pin(self.names(&envelope.event, &own)).await;
        self.take(self.reader(&own, &names).event(&envelope), inlet).await
    }

    /// Gives a pressed button to the sink; other interactions are none of ours.
    async fn take_interaction(
        &self,
        interaction: &Interaction,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let names = Names::new();
        let is_button = interaction.sort == "block_actions";
        let pressed = self.reader("", &names).pressed(interaction).filter(|_| is_button);
        self.take(pressed, inlet).await
    }

    async fn take_command(
        &self,
        command: &SlashCommand,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let names = Names::new();
        self.take(Some(self.reader("", &names).command(command)), inlet).await
    }

    async fn take(&self, inbound: Option<Inbound>, inlet: &Inlet) -> Result<(), AdapterError> {
        if let Some(inbound) = inbound {
            inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        }
        Ok(())
    }

    async fn fetch(&self, file: &str, bytes_max: usize) -> Result<Bytes, ApiError> {
        let found: FileAnswer = self.api().call("files.info", &[("file", file)]).await?;
        let file = found.file;
        if file.size.is_some_and(|bytes| bytes > bytes_max as u64) {
            return Err(CallError::TooLarge.into());
        }
        let url = file.url_private_download.or(file.url_private).unwrap_or_default();
        self.api().file(&url, bytes_max).await
    }
}

fn describe(channel: &Channel, config: &SlackConfig) -> Descriptor {
    Descriptor {
        channel: channel.id.clone(),
        kind: ChannelKind::Im,
        adapter: ADAPTER,
        capabilities: Capabilities {
            runs: config.mode == Mode::Socket,
            callbacks: config.mode == Mode::Http,
            media_in: true,
            media_out: true,
            edit: true,
            delete: true,
            reactions: true,
            threads: true,
            cards: true,
            proactive: true,
            profiles: true,
            ..Capabilities::default()
        },
        limits: Limits {
            text_bytes_max: outbound::TEXT_BYTES_MAX,
            file_bytes_max: FILE_BYTES_MAX,
            files_max: 1,
        },
        reply_window: ReplyWindow::Always,
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Slack {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        if self.config.mode != Mode::Socket {
            return Ok(());
        }
        listen::run(self, &inlet, &stop).await
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        callback::answer(self, request, inlet).await
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        outbound::deliver(self.api(), command).await
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        outbound::look_up(self.api(), command).await
    }

    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        self.person(user).await
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        self.fetch(reference, bytes_max).await.map_err(|error| match error {
            // Asking again would not make it smaller, nor bring back what is gone.
            ApiError::Call(CallError::TooLarge) => AdapterError::Malformed(error.to_string()),
            _ if error.is("file_not_found") || error.is("file_deleted") => {
                AdapterError::Malformed(error.to_string())
            }
            other => other.into(),
        })
    }
}
