//! Mail: agencies write to the desk's address, and the desk answers.
//!
//! Letters come out of a mailbox (`imap`) or from a mail server that delivers to us (`lmtp`). They are
//! given to the sink as they came, which keeps them and lets them be read (`letter`, `reading`,
//! `trust`). What leaves is built (`compose`), signed (`sign`) and handed to a mail server (`smtp`).
//!
//! The reading path is pure: [`letter::read`] turns the bytes of a letter into a [`letter::Letter`]
//! and does no IO. It reads what the world sends, not only what the standards allow, and every bound
//! is a constant beside the code that keeps it. MIME is split by our own code, since libraries build
//! as many parts and headers as an attacker likes, and decode charsets before the pieces of a
//! character are put together.
//!
//! Letters with expected results lie in `channels/fixtures/email/`. The mutation test reads damaged
//! copies of them; `HUTONG_FUZZ_SECS=300 cargo test -p channels damaged_letters` lets it run
//! for so many seconds, each time on other damage.

mod address;
mod body;
mod bounce;
mod charset;
mod clock;
mod compose;
mod config;
mod file_name;
mod header;
pub mod html;
pub mod ids;
mod imap;
pub mod letter;
mod lmtp;
mod locale;
mod markup;
mod nature;
mod oauth;
mod params;
mod part;
mod plain;
mod reading;
mod reply;
mod report;
mod sign;
mod smtp;
#[cfg(test)]
mod tests;
mod tls;
mod transfer;
mod trust;
mod words;

pub use config::{
    After, DkimConfig, EmailConfig, ImapConfig, LmtpConfig, Login, MailServer, OauthConfig, Place,
    Proof, Rule, Secret, Security, SmtpConfig, Start,
};

use crate::adapter::{Capabilities, ChannelAdapter, Descriptor, Inlet, Limits, ReplyWindow};
use crate::error::{AdapterError, SettingsProblem};
use crate::inbound::{Inbound, LetterView, RawInbound, RemoteImages};
use crate::mail_reach::MailReach;
use crate::outbound::{Action, AutoSubmitted, Command, Outcome, OutgoingMail};
use crate::registry::SecretSetting;
use bytes::Bytes;
use clock::SystemClock;
use domain::limits::{FILE_BYTES_MAX, FILES_PER_MESSAGE_MAX, TEXT_BYTES_MAX};
use domain::{Channel, ChannelKind, Clock, Locale, MailAddress};
use lmtp::Hall;
use oauth::Tokens;
use smtp::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use trust::Trust;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "email";
/// The secrets of its settings.
pub const SECRETS: &[SecretSetting] = &[
    ("/imap/password", &IMAP),
    ("/smtp/password", &SMTP),
    ("/oauth/client_secret", &TOKENS),
    ("/oauth/refresh_token", &TOKENS),
    ("/dkim/private_key", &[]),
];
const IMAP: [&str; 5] =
    ["/imap/host", "/imap/port", "/imap/security", "/imap/allow_plain", "/imap/ca_file"];
const SMTP: [&str; 5] =
    ["/smtp/host", "/smtp/port", "/smtp/security", "/smtp/allow_plain", "/smtp/ca_file"];
/// Tokens that a secret gets are shown to both mail servers.
const TOKENS: [&str; 11] = [
    "/oauth/token_url",
    "/imap/host",
    "/imap/port",
    "/imap/security",
    "/imap/allow_plain",
    "/imap/ca_file",
    "/smtp/host",
    "/smtp/port",
    "/smtp/security",
    "/smtp/allow_plain",
    "/smtp/ca_file",
];

/// How long the mailbox is left alone after it failed, while letters also come another way.
const MAILBOX_PAUSE: Duration = Duration::from_secs(60);

/// One desk's mail.
#[derive(Debug)]
pub struct EmailAdapter {
    descriptor: Descriptor,
    own: Vec<String>,
    config: Arc<EmailConfig>,
    clock: Arc<dyn Clock>,
    tokens: Option<Arc<Tokens>>,
    sender: Option<Sender>,
    trust: Trust,
}

impl EmailAdapter {
    /// Opens the door of a configured channel. Nothing is connected before it runs or delivers.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, reach: &MailReach) -> Result<Self, Vec<SettingsProblem>> {
        Self::open_with(channel, reach, Arc::new(SystemClock))
    }

    /// As [`EmailAdapter::open`], with another clock.
    ///
    /// # Errors
    /// As [`EmailAdapter::open`].
    pub fn open_with(
        channel: &Channel,
        reach: &MailReach,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Vec<SettingsProblem>> {
        let config = Arc::new(EmailConfig::parse(channel)?.within(reach)?);
        let tokens = config.oauth.clone().map(|oauth| Arc::new(Tokens::new(oauth)));
        let domain = config.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let sender = config.smtp.clone().map(|smtp| Sender::new(smtp, domain, tokens.clone()));
        let descriptor = describe(channel, &config);
        let trust = Trust::new(&config);
        let own = std::iter::once(&config.address).chain(&config.aliases);
        let own = own.filter(|address| !address.is_empty()).cloned().collect();
        Ok(Self { descriptor, own, config, clock, tokens, sender, trust })
    }

    /// The channel's settings.
    pub fn config(&self) -> &EmailConfig {
        &self.config
    }

    async fn mailbox(&self, inlet: &Inlet, stop: &CancellationToken) -> Result<(), AdapterError> {
        let Some(imap) = &self.config.imap else { return Ok(()) };
        let mailbox = imap::Mailbox {
            channel: &self.descriptor.channel,
            config: &self.config,
            imap,
            tokens: self.tokens.clone(),
            clock: self.clock.as_ref(),
            inlet,
            stop,
            stubborn: Mutex::new((0, 0)),
        };
        mailbox.run().await
    }

    /// The mailbox beside a listener: what fails there must not close the listener.
    async fn mailbox_beside(
        &self,
        inlet: &Inlet,
        stop: &CancellationToken,
    ) -> Result<(), AdapterError> {
        while let Err(error) = self.mailbox(inlet, stop).await {
            tracing::warn!(channel = %self.descriptor.channel, %error, "the mailbox is not read");
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(MAILBOX_PAUSE) => {}
            }
        }
        Ok(())
    }

    async fn send(&self, command: &Command) -> Outcome {
        let Action::Send { text, files, mail, .. } = &command.action else {
            return Outcome::Rejected("letters can only be sent".to_owned());
        };
        let Some(sender) = &self.sender else {
            let why = "this channel has no mail server to send by (settings `smtp`)";
            return Outcome::Rejected(why.to_owned());
        };
        let plain = || self.plain_head(command);
        let mail = mail.as_ref().map_or_else(plain, |mail| (**mail).clone());
        let now = self.clock.now();
        match compose::compose(&self.config, &mail, text, files, now) {
            Err(unfit) => Outcome::Rejected(unfit.to_string()),
            Ok(ready) => match sender.send(&ready, &command.recipient).await {
                // The network's id for a letter is its Message-ID; the answer of the server is not.
                Outcome::Sent(_) => Outcome::Sent(vec![mail.message_id]),
                Outcome::SentInPart { missed, .. } => {
                    Outcome::SentInPart { ids: vec![mail.message_id], missed }
                }
                other => other,
            },
        }
    }

    /// The head of a text that came without one: a letter of its own to its recipient.
    fn plain_head(&self, command: &Command) -> OutgoingMail {
        let domain = self.config.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        OutgoingMail {
            message_id: format!("{}@{domain}", command.id),
            in_reply_to: None,
            references: Vec::new(),
            to: vec![MailAddress { address: command.recipient.clone(), name: String::new() }],
            cc: Vec::new(),
            subject: self.config.name.get(Locale::default()).to_owned(),
            reply_token: String::new(),
            from_name: String::new(),
            auto_submitted: AutoSubmitted::No,
            locale: Locale::default(),
        }
    }
}

fn describe(channel: &Channel, config: &EmailConfig) -> Descriptor {
    Descriptor {
        channel: channel.id.clone(),
        kind: ChannelKind::Email,
        adapter: ADAPTER,
        capabilities: Capabilities {
            runs: config.imap.is_some() || config.lmtp.is_some(),
            reads: true,
            resends_in_doubt: true,
            media_in: true,
            media_out: true,
            threads: true,
            ..Capabilities::default()
        },
        limits: Limits {
            text_bytes_max: TEXT_BYTES_MAX,
            file_bytes_max: FILE_BYTES_MAX,
            files_max: FILES_PER_MESSAGE_MAX,
        },
        reply_window: ReplyWindow::Always,
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for EmailAdapter {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn own_addresses(&self) -> &[String] {
        &self.own
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        let Some(place) = &self.config.lmtp else { return self.mailbox(&inlet, &stop).await };
        let hall = Arc::new(Hall {
            channel: self.descriptor.channel.clone(),
            config: self.config.clone(),
            clock: self.clock.clone(),
            inlet: inlet.clone(),
            large: Arc::new(Semaphore::new(lmtp::LARGE_AT_ONCE)),
            stop: stop.clone(),
        });
        let listening = lmtp::serve(hall, place);
        let both = tokio::try_join!(listening, self.mailbox_beside(&inlet, &stop));
        both.map(|((), ())| ())
    }

    async fn read(&self, raw: &RawInbound) -> Result<Inbound, AdapterError> {
        reading::read(&self.config, &self.trust, raw).await
    }

    fn view(&self, bytes: &Bytes, images: RemoteImages) -> Result<LetterView, AdapterError> {
        reading::view(bytes, images)
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.send(command).await
    }
}
