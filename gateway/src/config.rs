//! Config: what a process is told at its start. Three layers, the last wins: the embedded
//! `config/default.toml`, the file given by `--config`, `HUTONG__SECTION__KEY` variables.
//!
//! Tenants, queues, agents and channels are data, not config: see [`crate::settings`].

mod check;
mod load;
mod print;

pub use load::{Layers, load, load_from};
pub use print::print;

use channels::MailReach;
use channels::sip::reach::{SipCertificate, SipReach};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

/// The reference: every key with its comment and default. Layer one.
pub const DEFAULT_TOML: &str = include_str!("../../config/default.toml");

/// Exit code for a config with problems (`EX_CONFIG`).
pub const EXIT_CONFIG: u8 = 78;

/// Everything that the process is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the gateway keeps what is its own: embedded stores, uploaded files.
    pub data_dir: PathBuf,
    /// HTTP.
    pub server: ServerConfig,
    /// Redis.
    pub redis: RedisSection,
    /// The Redis that the gateway starts itself.
    pub embedded: EmbeddedConfig,
    /// The archive.
    pub records: RecordsSection,
    /// The pages.
    pub web: WebConfig,
    /// Sign-in.
    pub auth: AuthConfig,
    /// Rate limits and bounds.
    pub limits: LimitsConfig,
    /// Agents' presence.
    pub presence: PresenceConfig,
    /// Outbound webhooks.
    pub webhooks: WebhooksConfig,
    /// Mail.
    pub mail: MailConfig,
    /// The lines of telephones.
    pub sip: SipConfig,
    /// The networks behind messengers, apps and telephones.
    pub doors: DoorsConfig,
    /// Logging.
    pub log: LogConfig,
}

/// HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: String,
    /// How browsers reach this gateway.
    pub public_url: String,
    /// Further origins whose pages may call the API.
    pub allowed_origins: Vec<String>,
    /// Addresses or networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Worker threads for HTTP; 0 is one for each core, at most 4.
    pub workers: usize,
    /// Milliseconds within which a request's body must arrive.
    pub body_timeout_ms: u64,
    /// Milliseconds for closing the doors.
    pub drain_ms: u64,
    /// Milliseconds over which sockets are told to go.
    pub drain_spread_ms: u64,
}

/// Redis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSection {
    /// Addresses; none means the embedded Redis.
    pub urls: Vec<String>,
    /// A file with one address on each line, for addresses with a password.
    pub urls_file: String,
    /// How the addresses are to be understood.
    pub topology: routing::Topology,
    /// The primary's name, for Sentinel.
    pub sentinel_primary: String,
    /// What an acknowledged write must survive.
    pub durability: routing::Durability,
    /// Milliseconds for one call.
    pub timeout_ms: u64,
    /// Milliseconds to wait for a replica.
    pub replica_timeout_ms: u64,
}

/// The Redis that the gateway starts itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedConfig {
    /// Which program; empty looks for `redis-server` and `valkey-server` in `PATH`.
    pub program: String,
    /// The most memory, in MiB; 0 is no limit.
    pub memory_mib_max: u64,
}

/// The archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsSection {
    /// Empty: SQLite in the data directory.
    pub url: String,
    /// A file that holds the URL, for one with a password.
    pub url_file: String,
}

/// The pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    /// The directory with the built pages; empty serves none.
    pub root: PathBuf,
    /// Is the sample website served at `/demo/`?
    pub demo: bool,
}

/// Sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Seconds an access token lives.
    pub access_secs: u64,
    /// Seconds a refresh token lives unless used.
    pub refresh_secs: u64,
    /// Seconds a visitor token lives unless renewed.
    pub visitor_secs: u64,
    /// Seconds a bootstrap code lives.
    pub bootstrap_secs: u64,
    /// The shortest password, in characters.
    pub password_chars_min: usize,
    /// Failed sign-ins in a row after which an account rests.
    pub lockout_after: u32,
    /// Seconds of that rest.
    pub lockout_secs: u64,
    /// Password checks at the same time; each takes 19 MiB.
    pub hashes_at_once: usize,
}

/// Rate limits and bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Sign-ins a minute, per account.
    pub logins_per_minute: u32,
    /// Sign-ins a minute, per client address.
    pub logins_per_minute_address: u32,
    /// A visitor's messages a second.
    pub messages_per_second: u32,
    /// A visitor's messages at once.
    pub messages_burst: u32,
    /// New visitor sessions a minute, per client address.
    pub sessions_per_minute: u32,
    /// Socket connections a minute, per client address.
    pub connects_per_minute: u32,
    /// Sockets of one visitor on a gateway; a further one replaces the oldest.
    pub sockets_per_visitor: usize,
    /// Sockets of one agent on a gateway; a further one replaces the oldest.
    pub sockets_per_agent: usize,
    /// Sockets from one client address on a gateway.
    pub sockets_per_address: usize,
    /// Sockets on a gateway.
    pub sockets_max: usize,
    /// New conversations of visitors a minute, per client address.
    pub conversations_per_minute: u32,
    /// Uploads an hour, per visitor or agent.
    pub uploads_per_hour: u32,
    /// Visitors' uploads an hour, per client address.
    pub uploads_per_hour_address: u32,
    /// MiB of visitors' uploads an hour, per client address, on each gateway.
    pub upload_mib_per_hour_address: u32,
    /// MiB that uploads leave free on the disk of the data directory.
    pub disk_mib_free_min: u64,
    /// API requests a second, per agent or key.
    pub requests_per_second: u32,
    /// Transitions under way at the same time.
    pub in_flight_max: usize,
    /// The largest file, in MiB.
    pub file_mib_max: u64,
}

/// Agents' presence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceConfig {
    /// Milliseconds between the gateway's heartbeats for its sockets.
    pub heartbeat_ms: u64,
    /// Milliseconds without a heartbeat after which an agent counts as lost.
    pub lease_ms: u64,
    /// Milliseconds between pings on a socket.
    pub ping_ms: u64,
}

/// Outbound webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhooksConfig {
    /// May a webhook be plain `http`?
    pub allow_http: bool,
    /// Inner addresses or networks that webhooks may reach nevertheless.
    pub allow_inner: Vec<String>,
    /// Milliseconds for one try.
    pub timeout_ms: u64,
}

/// Mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Inner addresses or networks that mail channels may connect to.
    pub allow_inner: Vec<String>,
    /// At which ports, each a number or a range.
    pub inner_ports: Vec<String>,
    /// Ports at which mail channels may listen, each a number or a range.
    pub listen_ports: Vec<String>,
    /// Folders in which mail channels may have a socket.
    pub listen_folders: Vec<PathBuf>,
    /// Days that a letter lies in the quarantine at most.
    pub quarantine_days: u32,
    /// MiB of letters in one tenant's quarantine.
    pub quarantine_mib_max: u64,
}

impl MailConfig {
    /// What mail channels may reach; what [`check`] names as a problem is left out.
    pub fn reach(&self) -> MailReach {
        let ports = |texts: &[String]| texts.iter().filter_map(|text| port_range(text)).collect();
        MailReach {
            inner: self.allow_inner.iter().filter_map(|network| network.parse().ok()).collect(),
            inner_ports: ports(&self.inner_ports),
            listen_ports: ports(&self.listen_ports),
            listen_folders: self.listen_folders.iter().cloned().collect(),
        }
    }
}

/// What the lines of telephones may do, as whoever runs the gateway allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SipConfig {
    /// Inner addresses or networks that lines may call: agents' telephones, a trunk on the premises.
    pub allow_inner: Vec<String>,
    /// At which ports, each a number or a range.
    pub inner_ports: Vec<String>,
    /// Addresses or networks of this machine at which lines may listen.
    pub listen: Vec<String>,
    /// At which ports, each a number or a range.
    pub listen_ports: Vec<String>,
    /// The certificate of lines that listen with TLS, with what leads to its authority, PEM; empty for none.
    pub certificate_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// Authorities that are trusted beside this machine's own, PEM; empty for none.
    pub authorities_file: PathBuf,
}

impl SipConfig {
    /// What lines may reach; what [`check`] names as a problem is left out.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn reach(&self) -> std::io::Result<SipReach> {
        let ports = |texts: &[String]| texts.iter().filter_map(|text| port_range(text)).collect();
        let networks =
            |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect();
        let read = |file: &PathBuf| std::fs::read(file).map(Arc::<[u8]>::from);
        let named = |file: &PathBuf| !file.as_os_str().is_empty();
        let certificate = match named(&self.certificate_file) {
            true => Some(SipCertificate {
                chain: read(&self.certificate_file)?,
                key: read(&self.key_file)?,
            }),
            false => None,
        };
        let authorities = named(&self.authorities_file).then(|| read(&self.authorities_file));
        Ok(SipReach {
            inner: networks(&self.allow_inner),
            inner_ports: ports(&self.inner_ports),
            listen: networks(&self.listen),
            listen_ports: ports(&self.listen_ports),
            certificate,
            authorities: authorities.transpose()?,
            name_servers: Arc::default(),
        })
    }
}

/// A port such as `143`, or a range such as `2400-2499`.
fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = first.trim().parse().ok()?..=last.trim().parse().ok()?;
    (*range.start() > 0 && !range.is_empty()).then_some(range)
}

/// What doors that speak HTTP may reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorsConfig {
    /// May a messenger's address be plain `http`?
    pub allow_http: bool,
    /// Inner addresses or networks that doors may reach nevertheless.
    pub allow_inner: Vec<String>,
}

/// Logging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// What is told, as `level` or `module=level,…`.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for Config {
    /// What `config/default.toml` says.
    #[expect(clippy::expect_used, reason = "the embedded file is checked by a test of this module")]
    fn default() -> Self {
        toml::from_str(DEFAULT_TOML).expect("config/default.toml must be a whole config")
    }
}

impl Config {
    /// Does the gateway start a Redis of its own?
    pub fn embeds_redis(&self) -> bool {
        self.redis.urls.is_empty()
    }

    /// The socket of the embedded Redis.
    pub fn redis_socket(&self) -> PathBuf {
        self.data_dir.join("redis.sock")
    }

    /// What the switchboard is told.
    pub fn routing(&self) -> routing::RedisConfig {
        let urls = if self.embeds_redis() {
            vec![format!("redis+unix://{}?protocol=resp3", self.redis_socket().display())]
        } else {
            self.redis.urls.clone()
        };
        routing::RedisConfig {
            urls,
            topology: self.redis.topology,
            sentinel_primary: self.redis.sentinel_primary.clone(),
            durability: self.redis.durability,
            timeout_ms: self.redis.timeout_ms,
            replica_timeout_ms: self.redis.replica_timeout_ms,
        }
    }

    /// What the archive is told.
    pub fn records(&self) -> records::RecordsConfig {
        let url = if self.records.url.is_empty() {
            format!("sqlite:{}", self.data_dir.join("records.sqlite").display())
        } else {
            self.records.url.clone()
        };
        records::RecordsConfig { url }
    }

    /// The origin (`scheme://host[:port]`) of the public URL.
    pub fn public_origin(&self) -> String {
        url::Url::parse(&self.server.public_url)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// May a page of this origin call the API or open an agent's socket?
    pub fn allows_origin(&self, origin: &str) -> bool {
        origin == self.public_origin() || self.server.allowed_origins.iter().any(|o| o == origin)
    }

    /// The largest file, in bytes.
    pub fn file_bytes_max(&self) -> u64 {
        self.limits.file_mib_max * 1024 * 1024
    }
}

#[cfg(test)]
mod tests;
