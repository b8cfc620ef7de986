//! The settings of a desk's mail, checked as a whole.

mod parts;
mod within;

use crate::error::SettingsProblem;
use crate::mail_reach::MailReach;
use crate::settings::Fields;
use domain::{Audience, Channel, Localized};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::secret::Secret;

/// The largest letter that is taken in unless the settings say otherwise, in bytes.
const BYTES_MAX_DEFAULT: u64 = 64 * 1024 * 1024;
/// The most rules of one channel.
const RULES_MAX: usize = 500;
/// The most addresses of one desk.
const ALIASES_MAX: usize = 100;

/// What `Channel.settings` of a mail channel says.
#[derive(Clone, PartialEq)]
pub struct EmailConfig {
    /// The desk's own address; empty while nothing is configured.
    pub address: String,
    /// Its other addresses: letters to them are for the desk, letters from them claim to be.
    pub aliases: Vec<String>,
    /// The name under which it writes.
    pub name: Localized,
    /// The mailbox that is read.
    pub imap: Option<ImapConfig>,
    /// The server that takes what leaves.
    pub smtp: Option<SmtpConfig>,
    /// Where access tokens come from.
    pub oauth: Option<OauthConfig>,
    /// Where a mail server delivers to us.
    pub lmtp: Option<LmtpConfig>,
    /// How what leaves is signed.
    pub dkim: Option<DkimConfig>,
    /// The servers whose `Authentication-Results` are believed (RFC 8601).
    pub authserv_ids: Vec<String>,
    /// The name servers that are asked for keys and policies; empty for the system's own.
    pub dns: Vec<SocketAddr>,
    /// Does the mail server deliver `local+anything@domain` to `local@domain`?
    pub plus_addresses: bool,
    /// Is whoever writes told at once that the desk has it? The desk itself writes that letter.
    pub acknowledge: bool,
    /// What stands below each letter.
    pub signature: Localized,
    /// What is known of a letter by its head; the first rule that fits is taken.
    pub rules: Vec<Rule>,
    /// The largest letter that is taken in, in bytes.
    pub bytes_max: usize,
}

// Addresses are personal data and the parts redact their own secrets.
impl fmt::Debug for EmailConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailConfig")
            .field("imap", &self.imap)
            .field("smtp", &self.smtp)
            .field("oauth", &self.oauth)
            .field("lmtp", &self.lmtp)
            .field("dkim", &self.dkim)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// A mail server and how it is spoken with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the line is protected.
    pub security: Security,
    /// Authorities that are trusted beside the system's, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// How we say who we are; none for a server that knows us by our place.
    pub login: Option<Login>,
    /// What may be connected to.
    pub reach: MailReach,
}

/// How a line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after `STARTTLS`; without it nothing is said.
    StartTls,
    /// Not at all.
    Plain,
}

/// How we say who we are.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name: an address as a rule.
    pub user: String,
    /// What proves it.
    pub proof: Proof,
}

// The user is an address.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("proof", &self.proof).finish_non_exhaustive()
    }
}

/// What proves who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A password, or what a provider calls an authorisation code 授权码.
    Password(Secret),
    /// An access token of `oauth`, by XOAUTH2.
    Token,
}

/// The mailbox that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImapConfig {
    /// Where it is.
    pub server: MailServer,
    /// Its name.
    pub mailbox: String,
    /// How often it is asked for news where it cannot tell by itself (no IDLE).
    pub poll: Duration,
    /// What is done with a letter that was taken in.
    pub after: After,
    /// What of the mailbox is taken in when it is opened for the first time.
    pub start: Start,
}

/// What is done with a letter that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Keep,
    /// It is marked as seen.
    Seen,
    /// It is moved to this folder.
    Move(String),
}

/// What of a mailbox is taken in when it is opened for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Everything that is there.
    All,
    /// What nobody has seen, and all that comes: nothing unread is lost, and nobody gets an answer to
    /// a letter of last year.
    Unseen,
    /// Only what comes from now on.
    New,
}

/// The server that takes what leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpConfig {
    /// Where it is.
    pub server: MailServer,
    /// The most letters in a minute; 0 for no limit.
    pub per_minute: usize,
    /// The most connections at once.
    pub connections_max: usize,
}

/// Where access tokens come from (RFC 6749).
#[derive(Clone, PartialEq, Eq)]
pub struct OauthConfig {
    /// The token endpoint.
    pub token_url: String,
    /// Our id there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Secret,
    /// What we ask for.
    pub scope: String,
    /// The grant that a person gave (Gmail); none for the client's own (Microsoft 365).
    pub refresh_token: Option<Secret>,
    /// What may be connected to.
    pub reach: MailReach,
}

impl fmt::Debug for OauthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthConfig").field("token_url", &self.token_url).finish_non_exhaustive()
    }
}

/// Where a mail server delivers to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LmtpConfig {
    /// The place.
    pub listen: Place,
}

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An address and port.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// How what leaves is signed (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimConfig {
    /// The signing domain.
    pub domain: String,
    /// Under `<selector>._domainkey.<domain>` lies the public key.
    pub selector: String,
    /// An RSA key in PEM.
    pub private_key: Secret,
}

/// What is known of a letter by its head. Every condition that is given must hold.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// The sender's domain, or one below it.
    pub from_domain: Option<String>,
    /// The sender's address.
    pub from: Option<String>,
    /// A piece of the subject, without regard to case.
    pub subject_contains: Option<String>,
    /// Does the sender call it important?
    pub important: Option<bool>,
    /// The topic of the channel that it is about.
    pub topic: Option<String>,
    /// The request type that it is.
    pub request_type: Option<String>,
    /// For whom the sender speaks.
    pub audience: Option<Audience>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl EmailConfig {
    /// Reads the settings of a channel.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(&channel.settings, "settings", &mut problems);
        let address = parts::address(&mut fields, "address").unwrap_or_default();
        let aliases = parts::addresses(&mut fields, "aliases", ALIASES_MAX);
        let is_on = ["imap", "smtp", "lmtp"].into_iter().any(|part| fields.has(part));
        if address.is_empty() && is_on {
            fields.say("address", "is needed: the desk's own address");
        }
        let has_oauth = fields.has("oauth");
        let oauth = has_oauth.then(|| parts::oauth(fields.inner("oauth")));
        let tokens = if has_oauth { parts::Tokens::There } else { parts::Tokens::Missing };
        let imap = fields.has("imap").then(|| parts::imap(fields.inner("imap"), tokens));
        let smtp = fields.has("smtp").then(|| parts::smtp(fields.inner("smtp"), tokens));
        let lmtp = fields.has("lmtp").then(|| parts::lmtp(fields.inner("lmtp"))).flatten();
        let dkim = fields.has("dkim").then(|| parts::dkim(fields.inner("dkim")));
        let config = Self {
            address,
            aliases,
            name: parts::line(&mut fields, "name"),
            imap,
            smtp,
            oauth,
            lmtp,
            dkim,
            authserv_ids: fields.texts("authserv_ids"),
            dns: parts::dns(&mut fields),
            plus_addresses: fields.flag("plus_addresses", false),
            acknowledge: fields.flag("acknowledge", true),
            signature: fields.localized("signature", Localized::default()),
            rules: parts::rules(&mut fields, channel, RULES_MAX),
            bytes_max: usize::try_from(fields.number(
                "bytes_max",
                BYTES_MAX_DEFAULT,
                64 * 1024..=512 * 1024 * 1024,
            ))
            .unwrap_or(usize::MAX),
        };
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// Is this an address of the desk: its own, an alias, or one of them with something behind a
    /// plus sign?
    pub fn is_own(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        let own = std::iter::once(&self.address).chain(&self.aliases);
        own.filter(|own| !own.is_empty()).any(|own| {
            let own = own.to_lowercase();
            own == address || is_plus_of(&own, &address)
        })
    }
}

/// Is `address` the address `own` with something behind a plus sign?
fn is_plus_of(own: &str, address: &str) -> bool {
    let (Some((own_local, own_domain)), Some((local, domain))) =
        (own.rsplit_once('@'), address.rsplit_once('@'))
    else {
        return false;
    };
    own_domain == domain && local.strip_prefix(own_local).is_some_and(|rest| rest.starts_with('+'))
}

#[cfg(test)]
mod tests;
