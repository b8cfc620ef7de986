//! Feishu (飞书) and Lark: a robot of the organisation's own app (企业自建应用).
//!
//! Traps that decided something:
//! * Frames of the long connection are proto2 with *required* numbers, and a message may come in parts, in
//!   any order: see [`frame`].
//! * An event must be acknowledged within three seconds, and of several connections one gets it: nothing
//!   slow is done before it is taken in, and files are fetched after.
//! * `uuid` keeps a message from being sent twice, for an hour: see [`outbound`].
//! * `<at …>` in a text calls people: what agents type is made harmless.
//! * Who is in a group is not told by mentions alone: only those of our own id are for us, which is asked
//!   for once (`bot/v3/info`).
//! * Feishu tells of messages that were taken back, but not by whom, and of no edits.

mod api;
mod callback;
mod check;
mod config;
mod frame;
mod inbound;
mod listen;
mod media;
mod outbound;
mod people;
mod reactions;
#[cfg(test)]
mod tests;
mod words;

pub use config::{FeishuConfig, Mode};

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::inbound::Assurance;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::registry::SecretSetting;
use api::Api;
use bytes::Bytes;
use domain::limits::FILE_BYTES_MAX;
use domain::{Channel, ChannelKind, Locale};
use inbound::Reader;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "feishu";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] = &[
    ("/app_secret", &["/base_url", "/app_id"]),
    ("/encrypt_key", &[]),
    ("/verification_token", &[]),
];

/// The longest text, in bytes: a card has at most 30 kB, with its JSON twice escaped.
const TEXT_BYTES_MAX: usize = 8_000;

/// One robot.
#[derive(Debug)]
pub struct Feishu {
    descriptor: Descriptor,
    api: Api,
}

impl Feishu {
    /// Opens the door of a configured channel. Nothing is connected before it runs or delivers.
    ///
    /// # Errors
    /// Every problem of the settings, with its dotted path.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = FeishuConfig::parse(&channel.settings)?;
        let descriptor = Descriptor {
            channel: channel.id.clone(),
            kind: ChannelKind::Im,
            adapter: ADAPTER,
            capabilities: Capabilities {
                runs: config.mode == Mode::LongConnection,
                callbacks: config.mode == Mode::Http,
                media_in: true,
                media_out: true,
                edit: true,
                delete: true,
                reactions: true,
                receipts: true,
                cards: true,
                proactive: true,
                profiles: true,
                resends_in_doubt: true,
                ..Capabilities::default()
            },
            limits: Limits {
                text_bytes_max: TEXT_BYTES_MAX,
                file_bytes_max: FILE_BYTES_MAX,
                files_max: 1,
            },
            reply_window: ReplyWindow::Always,
        };
        Ok(Self { descriptor, api: Api { config, means: means.clone() } })
    }

    /// Takes an event in. What the network is answered beside its acknowledgement, if anything.
    async fn take_in(
        &self,
        event: &Value,
        assurance: Assurance,
        inlet: &Inlet,
    ) -> Result<Option<Value>, AdapterError> {
        let ours = match inbound::needs_our_id(event) {
            true => self.api.ours().await.map_err(crate::refusal::Refusal::error)?,
            false => String::new(),
        };
        let locale = self.api.config.locale();
        let reader = Reader {
            channel: &self.descriptor.channel,
            assurance,
            locale,
            received_at: self.api.means.clock.now(),
            ours: &ours,
        };
        let told = reader.read(event);
        if told.is_empty() {
            let kind: String = inbound::kind(event).chars().take(64).collect();
            tracing::debug!(channel = %self.descriptor.channel, kind, "passed over");
        }
        for inbound in told {
            inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        }
        // Whoever pressed a button sees that it was heard.
        let is_pressed = inbound::kind(event) == "card.action.trigger";
        let heard = if locale == Locale::ZhCn { "已收到" } else { "Received" };
        Ok(is_pressed.then(|| json!({ "toast": { "type": "success", "content": heard } })))
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Feishu {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        match self.api.config.mode {
            Mode::LongConnection => self.keep_line(&inlet, &stop).await,
            Mode::Http => Ok(()),
        }
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        match self.api.config.mode {
            Mode::Http if request.method == "POST" => self.called_back(request, inlet).await,
            Mode::Http => Err(AdapterError::NotAuthentic),
            Mode::LongConnection => {
                Err(AdapterError::Unsupported("be called back over a long connection"))
            }
        }
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.api.deliver(command).await
    }

    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        self.person(user).await.map_err(crate::refusal::Refusal::error)
    }

    async fn check(&self) -> Vec<Finding> {
        self.look_over().await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        self.api.fetch(reference, bytes_max).await
    }
}
