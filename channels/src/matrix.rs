//! Matrix, as an application service of a homeserver (specification v1.x, "Application Service API").
//!
//! The homeserver pushes what happens in the rooms of one desk user to the channel's callback address,
//! and everything that we do there is done with the application service's own token. What decided
//! something here:
//!
//! * A homeserver repeats a transaction until it is answered with 200, so 200 says that every event of
//!   it is taken in. Events are known by their own ids and not by the transaction's: a homeserver that
//!   was restored from a backup counts its transactions anew, and would be believed to repeat itself.
//! * Our own words come back to us, and so do those of other programs (`m.notice`): both are passed over.
//! * Homeservers know our transaction ids only for a while (Synapse: 30 minutes, and not beyond its own
//!   end), so every event of ours carries the command's id, and a second try looks for it first.
//! * Rooms may be encrypted, and an application service reads no such room: what is said there becomes
//!   [`crate::Payload::Unsupported`], so that somebody can tell the person.
//! * In a room with more than one other person only what names the desk is meant for it.

mod api;
mod callback;
mod check;
mod config;
mod identity;
mod inbound;
mod media;
mod mention;
mod outbound;
mod registration;
mod rooms;
mod sent;
#[cfg(test)]
mod tests;
mod words;

pub use config::MatrixConfig;
pub use registration::registration;

use crate::adapter::{
    Capabilities, ChannelAdapter, Descriptor, Finding, Inlet, Limits, Profile, RawReply,
    RawRequest, ReplyWindow,
};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::registry::SecretSetting;
use bytes::Bytes;
use domain::limits::FILE_BYTES_MAX;
use domain::{Channel, ChannelId, ChannelKind};
use std::fmt;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "matrix";
/// The secrets of its settings. The homeserver's token is never sent anywhere.
pub const SECRETS: &[SecretSetting] = &[("/as_token", &["/homeserver"]), ("/hs_token", &[])];

/// The longest text in one event, in bytes. An event has at most 65,536 bytes, a change says its text
/// twice, and quotes and line breaks take two bytes each in JSON.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// One desk user on one homeserver.
pub struct Matrix {
    descriptor: Descriptor,
    config: MatrixConfig,
    own: Vec<String>,
    means: Means,
}

// The desk's address is no secret; the tokens redact themselves.
impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix")
            .field("descriptor", &self.descriptor)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Matrix {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = MatrixConfig::parse(&channel.settings, &channel.id)?;
        let own = config.user_id().into_iter().collect();
        Ok(Self { descriptor: describe(channel.id.clone()), config, own, means: means.clone() })
    }
}

fn describe(channel: ChannelId) -> Descriptor {
    let capabilities = Capabilities {
        callbacks: true,
        media_in: true,
        media_out: true,
        edit: true,
        delete: true,
        reactions: true,
        typing: true,
        receipts: true,
        proactive: true,
        profiles: true,
        resends_in_doubt: true,
        ..Capabilities::default()
    };
    let limits =
        Limits { text_bytes_max: TEXT_BYTES_MAX, file_bytes_max: FILE_BYTES_MAX, files_max: 1 };
    let reply_window = ReplyWindow::Always;
    Descriptor {
        channel,
        kind: ChannelKind::Im,
        adapter: ADAPTER,
        capabilities,
        limits,
        reply_window,
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Matrix {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn own_addresses(&self) -> &[String] {
        &self.own
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

    async fn look_up(&self, command: &Command) -> Outcome {
        self.find_sent(command).await
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
