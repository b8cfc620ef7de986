//! Telegram: a bot whom people write to, alone or in groups (<https://core.telegram.org/bots/api>).
//!
//! What decided the shape:
//! * `getUpdates` and a webhook exclude each other; a channel says which it wants, and a channel that
//!   asks removes the webhook first.
//! * A message's id is counted within its chat: ours is `CHAT:MESSAGE`, in both directions.
//! * Nothing that is sent carries an id of ours, so that a call that broke off is a doubt
//!   ([`crate::ledger`]).
//! * Texts go without a parse mode: what an agent writes is shown as it stands.
//! * A webhook signs nothing; it only knows a secret, which TLS must hide.

mod api;
mod check;
mod config;
mod inbound;
mod listen;
mod outbound;
#[cfg(test)]
mod tests;
mod wire;
mod words;

pub use config::{Mode, SECRETS, TelegramConfig};

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, RawReply, RawRequest,
    ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::http::{ANSWER_BYTES_MAX, CallError};
use crate::ledger;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use api::{Api, ApiError};
use bytes::Bytes;
use domain::limits::FILE_BYTES_MAX;
use domain::{Channel, ChannelKind};
use serde_json::{Value, json};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;
use words::Bot;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "telegram";

/// The header that proves a webhook's call (<https://core.telegram.org/bots/api#setwebhook>).
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// How long the bot's name is kept, in milliseconds: it changes about never.
const NAME_MS: u64 = 24 * 3_600_000;
/// How long a pressed button may take to be answered: nobody depends on it.
const PRESSED_WITHIN: Duration = Duration::from_secs(3);

/// One Telegram bot.
#[derive(Debug)]
pub struct Telegram {
    descriptor: Descriptor,
    config: TelegramConfig,
    means: Means,
}

impl Telegram {
    /// Opens the door of a configured channel. Nothing is called before it runs or delivers.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = TelegramConfig::parse(&channel.settings)?;
        let descriptor = describe(channel, &config);
        Ok(Self { descriptor, config, means: means.clone() })
    }

    fn api(&self) -> Api<'_> {
        Api { means: &self.means, config: &self.config }
    }

    /// Gives one update to the sink. What cannot be read is left out: Telegram would bring it for ever.
    async fn take(&self, update: Value, inlet: &Inlet) -> Result<(), AdapterError> {
        let update: wire::Update = match serde_json::from_value(update) {
            Ok(update) => update,
            Err(error) => {
                let (channel, why) = (&self.descriptor.channel, error.classify());
                tracing::warn!(channel.id = %channel, ?why, "an update of another shape is left out");
                return Ok(());
            }
        };
        let bot = if inbound::is_of_group(&update) { Some(self.bot().await?) } else { None };
        let (channel, now) = (&self.descriptor.channel, self.means.clock.now());
        let read = inbound::Reader { channel, now, bot: bot.as_ref() }.read(update);
        for inbound in read.inbounds {
            inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        }
        if let Some(id) = read.pressed {
            self.end_press(&id).await;
        }
        Ok(())
    }

    /// Lets a pressed button come to rest.
    async fn end_press(&self, id: &str) {
        let answer = async {
            let api = self.api();
            let request = api.request("answerCallbackQuery")?.timeout(PRESSED_WITHIN);
            let request = request.json(&json!({ "callback_query_id": id }));
            api.answer::<Value>(request, ANSWER_BYTES_MAX).await
        };
        if let Err(error) = answer.await {
            let channel = &self.descriptor.channel;
            tracing::debug!(channel.id = %channel, %error, "a button spins until it gives up");
        }
    }

    /// How the bot is called, by all gateways asked once a day.
    async fn bot(&self) -> Result<Bot, AdapterError> {
        let key = format!("me.{}", self.config.bot_id());
        let id = self.config.bot_id().parse().unwrap_or_default();
        let known = self.means.shelf.find(&key).await.map_err(AdapterError::NotTaken)?;
        if let Some(username) = known {
            return Ok(Bot { id, username });
        }
        let me: wire::User = self.api().call("getMe", &json!({})).await?;
        if let Err(error) = self.means.shelf.put(&key, &me.username, NAME_MS).await {
            tracing::debug!(error = %error, "the bot's name is used and not kept");
        }
        Ok(Bot { id: me.id, username: me.username })
    }

    async fn fetch(&self, file: &str, bytes_max: usize) -> Result<Bytes, ApiError> {
        let found: wire::FilePath = self.api().call("getFile", &json!({ "file_id": file })).await?;
        if found.file_size.is_some_and(|bytes| bytes > bytes_max as u64) {
            return Err(CallError::TooLarge.into());
        }
        self.api().file(&found.file_path.unwrap_or_default(), bytes_max).await
    }
}

fn describe(channel: &Channel, config: &TelegramConfig) -> Descriptor {
    Descriptor {
        channel: channel.id.clone(),
        kind: ChannelKind::Im,
        adapter: ADAPTER,
        capabilities: Capabilities {
            runs: config.mode == Mode::Poll,
            callbacks: config.mode == Mode::Webhook,
            media_in: true,
            media_out: true,
            edit: true,
            delete: true,
            reactions: true,
            typing: true,
            cards: true,
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
impl ChannelAdapter for Telegram {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        if self.config.mode != Mode::Poll {
            return Ok(());
        }
        listen::run(self, &inlet, &stop).await
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        if self.config.mode != Mode::Webhook {
            return Err(AdapterError::Unsupported("be called back"));
        }
        let secret = self.config.webhook_secret.reveal().as_bytes();
        let given = request.header(SECRET_HEADER).unwrap_or_default().as_bytes();
        if secret.is_empty() || !bool::from(secret.ct_eq(given)) {
            return Err(AdapterError::NotAuthentic);
        }
        let malformed = |why: &str| AdapterError::Malformed(why.to_owned());
        let update: Value =
            serde_json::from_slice(&request.body).map_err(|_error| malformed("it is no JSON"))?;
        if !update.get("update_id").is_some_and(Value::is_i64) {
            return Err(malformed("it has no `update_id`"));
        }
        self.take(update, inlet).await?;
        Ok(RawReply::empty())
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        outbound::deliver(self.api(), command).await
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        ledger::look_up(&self.means, command).await
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }

    async fn fetch_media(&self, reference: &str, bytes_max: usize) -> Result<Bytes, AdapterError> {
        self.fetch(reference, bytes_max).await.map_err(|error| match error {
            // Asking again would not make it smaller, nor bring back what is gone.
            ApiError::Call(CallError::TooLarge) | ApiError::Refused { code: 400, .. } => {
                AdapterError::Malformed(error.to_string())
            }
            ApiError::Refused { code: 404, .. } => AdapterError::Unavailable(error.to_string()),
            other => other.into(),
        })
    }
}
