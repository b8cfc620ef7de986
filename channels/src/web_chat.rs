//! Web chat: the widget on a website. An app's chat is the same ([`crate::app`]).
//!
//! The gateway's own socket speaks with the widget, so this adapter neither runs nor is called back:
//! it turns a visitor's frames into [`crate::Inbound`] (`inbound`), and the contact reads the answers
//! from the conversation's log (`outbound`), which is why nothing is ever put in the outbox.

mod config;
mod identity;
mod inbound;
mod outbound;
#[cfg(test)]
pub(crate) mod tests;

pub use config::{AskName, ByMail, Corner, Privacy, WebChatConfig, WidgetSettings};
pub use identity::IdentityKeys;
pub use inbound::{Visitor, VisitorWord};

use crate::adapter::{Capabilities, ChannelAdapter, Descriptor, Limits, ReplyWindow};
use crate::app;
use crate::error::SettingsProblem;
use crate::outbound::{Command, Outcome};
use crate::registry::SecretSetting;
use domain::limits::{FILE_BYTES_MAX, FILES_PER_MESSAGE_MAX, TEXT_BYTES_MAX};
use domain::{Channel, ChannelKind};

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "web_chat";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] =
    &[("/identity_secret", &[]), ("/earlier_identity_secret", &[])];

/// One website's or app's chat.
#[derive(Debug)]
pub struct WebChat {
    descriptor: Descriptor,
    config: WebChatConfig,
}

impl WebChat {
    /// Opens the door of a configured channel, a website's or an app's.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        let config = WebChatConfig::of(channel)?;
        let capabilities = Capabilities {
            read_from_log: true,
            media_in: true,
            media_out: true,
            typing: true,
            receipts: true,
            ..Capabilities::default()
        };
        let limits = Limits {
            text_bytes_max: TEXT_BYTES_MAX,
            file_bytes_max: FILE_BYTES_MAX,
            files_max: FILES_PER_MESSAGE_MAX,
        };
        let descriptor = Descriptor {
            channel: channel.id.clone(),
            kind: channel.kind,
            adapter: if channel.kind == ChannelKind::App { app::ADAPTER } else { ADAPTER },
            capabilities,
            limits,
            reply_window: ReplyWindow::Always,
        };
        Ok(Self { descriptor, config })
    }

    /// The channel's settings.
    pub fn config(&self) -> &WebChatConfig {
        &self.config
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for WebChat {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        outbound::deliver(command)
    }
}
