//! DingTalk (钉钉): a robot of the organisation's own app (企业内部应用机器人).
//!
//! Traps that decided something:
//! * In Stream mode `data` of a frame, and of its acknowledgement, is a JSON *text* in JSON; a ping must
//!   get its `opaque` back; what is not acknowledged comes again.
//! * The signature of HTTP mode covers only the time: see [`callback`].
//! * A session webhook answers without a token, for about an hour and a half, and may die sooner (300001).
//!   It lies on the shelf, so that any gateway answers by it; the robot's API takes over after.
//! * There is no idempotency key: see [`crate::ledger`].
//! * A robot learns of neither edits nor recalls nor what was read. Groups: only what mentions it arrives,
//!   and DingTalk takes the mention out of the text.
//! * Who is no member of the organisation has a disguised id, which only a session webhook reaches.

mod api;
mod callback;
mod check;
mod choice;
mod config;
mod inbound;
mod listen;
mod outbound;
mod people;
#[cfg(test)]
mod tests;

pub use config::{DingTalkConfig, Mode};

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::http::CallError;
use crate::inbound::Assurance;
use crate::ledger;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::refusal::text;
use crate::registry::SecretSetting;
use api::Api;
use bytes::Bytes;
use domain::limits::FILE_BYTES_MAX;
use domain::{Channel, ChannelKind};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "dingtalk";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] =
    &[("/client_secret", &["/api_base_url", "/oapi_base_url", "/client_id"])];

/// The longest text, in bytes: `msgParam` has at most 15 000, and JSON in JSON doubles line ends and
/// quotes twice.
const TEXT_BYTES_MAX: usize = 4_000;
/// How long fetching a file may take.
const FETCH_WITHIN: Duration = Duration::from_secs(55);

/// One robot.
#[derive(Debug)]
pub struct DingTalk {
    descriptor: Descriptor,
    api: Api,
}

impl DingTalk {
    /// Opens the door of a configured channel. Nothing is connected before it runs or delivers.
    ///
    /// # Errors
    /// Every problem of the settings, with its dotted path.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = DingTalkConfig::parse(&channel.settings)?;
        let descriptor = Descriptor {
            channel: channel.id.clone(),
            kind: ChannelKind::Im,
            adapter: ADAPTER,
            capabilities: Capabilities {
                runs: config.mode == Mode::Stream,
                callbacks: config.mode == Mode::Http,
                media_in: true,
                media_out: true,
                delete: true,
                cards: true,
                proactive: true,
                profiles: true,
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

    /// Takes a message in. One that cannot be kept is passed over: it would come again for ever.
    async fn take_in(
        &self,
        data: &Value,
        assurance: Assurance,
        inlet: &Inlet,
    ) -> Result<(), AdapterError> {
        let now = self.api.means.clock.now();
        let read = match inbound::read(&self.descriptor.channel, data, assurance, now) {
            Ok(read) => read,
            Err(why) => {
                tracing::debug!(channel = %self.descriptor.channel, why = ?why, "passed over");
                return Ok(());
            }
        };
        if let Some(webhook) = &read.webhook {
            let sender = &read.inbound.sender.value;
            let place = read.inbound.external_conversation.as_ref().unwrap_or(sender);
            self.api.keep_webhook(place, webhook).await;
        }
        inlet.sink.accept(read.inbound).await.map_err(AdapterError::NotTaken)?;
        Ok(())
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for DingTalk {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        match self.api.config.mode {
            Mode::Stream => self.keep_line(&inlet, &stop).await,
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
            Mode::Stream => Err(AdapterError::Unsupported("be called back in Stream mode")),
        }
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.api.deliver(command).await
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        ledger::look_up(&self.api.means, command).await
    }

    async fn profile(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        self.person(user).await.map_err(crate::refusal::Refusal::error)
    }

    async fn check(&self) -> Vec<Finding> {
        self.look_over().await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        let body = json!({ "downloadCode": reference, "robotCode": self.api.config.robot_code });
        let told = self.api.post("/v1.0/robot/messageFiles/download", &body).await;
        let told = told.map_err(crate::refusal::Refusal::error)?;
        let http = &self.api.means.http;
        let request = http.request(Method::GET, text(&told, "downloadUrl"))?.timeout(FETCH_WITHIN);
        match http.call(request, bytes_max).await {
            Ok(answer) if answer.is_success() => Ok(answer.body),
            Ok(answer) => Err(AdapterError::Unavailable(format!("HTTP {}", answer.status))),
            Err(CallError::TooLarge) => {
                Err(AdapterError::Malformed(format!("the file has more than {bytes_max} bytes")))
            }
            Err(error) => Err(error.into()),
        }
    }
}
