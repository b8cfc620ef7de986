//! The settings of a SIP line, checked as a whole.
//!
//! ```json
//! {
//!   "listen": ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"],
//!   "public_address": "203.0.113.7",
//!   "trunk": {
//!     "uri": "sip:trunk.carrier.cn:5060;transport=udp",
//!     "user": "02012345678", "password": "…", "register": true,
//!     "caller_id": "02012345678", "from_domain": "carrier.cn",
//!     "number_format": "national", "country_code": "86", "national_prefix": ""
//!   },
//!   "agents_via": "sip:pbx.city.cn",
//!   "missed_calls_from": ["198.51.100.0/24"]
//! }
//! ```
//!
//! * Signalling needs the ports of `listen`, both ways; the gateway carries no media, so there are no
//!   ports for RTP. The telephones must reach each other's media, or those of the exchanges before them.
//! * Behind NAT, `public_address` is what the others are told (`Via`, `Contact`, `o=`): the router must hand its
//!   port on to `listen`.
//! * What a line may reach and where it may listen is said by whoever runs the gateway ([`SipReach`]),
//!   and looked at when it runs.
//! * Another gateway takes calls over where it listens at the same address: give it a shared one.
//!
//! [`SipReach`]: crate::SipReach

use super::address::{NumberFormat, SipUri, is_host, is_user};
use super::digest::Credentials;
use crate::error::SettingsProblem;
use crate::registry::SecretSetting;
use crate::settings::Fields;
use domain::Network;
use rsipstack::sip::Transport;
use serde_json::Value;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The secrets of the settings.
pub const SECRETS: &[SecretSetting] = &[("/trunk/password", &["/trunk/uri"])];

/// The most places to listen at.
const LISTEN_MAX: usize = 8;
/// The most networks whose calls are missed calls.
const NETWORKS_MAX: usize = 64;
/// How long a trunk or a telephone may say nothing at all unless the settings say otherwise, in seconds.
const TRYING_SECS_DEFAULT: u64 = 8;
/// Above, the stack itself gives up (RFC 3261, timer B).
const TRYING_SECS: RangeInclusive<u64> = 1..=31;

/// What `Channel.settings` of a SIP line says.
#[derive(Clone, PartialEq, Eq)]
pub struct SipConfig {
    /// Where the line listens; empty while nothing is configured.
    pub listen: Vec<Listen>,
    /// What others are told instead, behind NAT.
    pub public_address: Option<IpAddr>,
    /// The way to the telephones of the world.
    pub trunk: Option<Trunk>,
    /// Through what agents are reached who have only a name.
    pub agents_via: Option<SipUri>,
    /// Whose calls to us are calls that nobody took.
    pub missed_calls_from: Vec<Network>,
    /// How long a trunk or a telephone may say nothing at all before the call has failed.
    pub trying: Duration,
}

// Numbers and addresses are personal data.
impl fmt::Debug for SipConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipConfig")
            .field("listen", &self.listen)
            .field("trunk", &self.trunk)
            .field("trying", &self.trying)
            .finish_non_exhaustive()
    }
}

/// A place to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// The address of this machine.
    pub at: SocketAddr,
}

/// The way to the telephones of the world.
#[derive(Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Where requests go.
    pub uri: SipUri,
    /// Who we are there; none for a trunk that knows us by our address.
    pub credentials: Option<SipLogin>,
    /// Do we register there, so that it knows where we are (RFC 3261, 10)?
    pub register: Register,
    /// The number that the person sees.
    pub caller_id: String,
    /// What stands behind the `@` of it: often the carrier's domain.
    pub from_domain: String,
    /// How numbers are written.
    pub number_format: NumberFormat,
}

impl fmt::Debug for Trunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trunk").field("register", &self.register).finish_non_exhaustive()
    }
}

/// Who we are at a trunk.
#[derive(Clone, PartialEq, Eq)]
pub struct SipLogin(pub(super) Credentials);

impl fmt::Debug for SipLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipLogin").finish_non_exhaustive()
    }
}

/// Do we register at a trunk?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// We do.
    Yes,
    /// It knows us by our address.
    No,
}

impl SipConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let config = Self {
            listen: listen(&mut fields),
            public_address: public_address(&mut fields),
            trunk: trunk(&mut fields),
            agents_via: uri(&mut fields, "agents_via"),
            missed_calls_from: networks(&mut fields),
            trying: Duration::from_secs(fields.number(
                "trying_secs",
                TRYING_SECS_DEFAULT,
                TRYING_SECS,
            )),
        };
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

fn listen(fields: &mut Fields<'_>) -> Vec<Listen> {
    let texts = fields.texts("listen");
    if texts.len() > LISTEN_MAX {
        fields.say("listen", format!("has {} entries; {LISTEN_MAX} are the most", texts.len()));
    }
    let mut places = Vec::with_capacity(texts.len());
    for (n, text) in texts.iter().enumerate() {
        match place(text) {
            Some(place) => places.push(place),
            None => fields.say(
                &format!("listen[{n}]"),
                "must be `udp:ADDRESS:PORT`, `tcp:…` or `tls:…` with an address of this machine",
            ),
        }
    }
    places
}

fn place(text: &str) -> Option<Listen> {
    let (transport, at) = text.split_once(':')?;
    let transport = match transport {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        _ => return None,
    };
    let at = at.parse::<SocketAddr>().ok().filter(|at| at.port() > 0)?;
    Some(Listen { transport, at })
}

fn public_address(fields: &mut Fields<'_>) -> Option<IpAddr> {
    let text = fields.text("public_address", "");
    let address = text.parse::<IpAddr>().ok().filter(|address| !address.is_unspecified());
    if address.is_none() && !text.is_empty() {
        fields.say("public_address", "must be the address at which others reach this line");
    }
    address
}

fn uri(fields: &mut Fields<'_>, key: &str) -> Option<SipUri> {
    let text = fields.text(key, "");
    if text.is_empty() {
        return None;
    }
    let read = SipUri::parse(&text);
    if let Err(problem) = read {
        fields.say(key, problem.to_string());
    }
    read.ok()
}

fn networks(fields: &mut Fields<'_>) -> Vec<Network> {
    let texts = fields.texts("missed_calls_from");
    if texts.len() > NETWORKS_MAX {
        fields.say("missed_calls_from", format!("has more than {NETWORKS_MAX} entries"));
    }
    let mut networks = Vec::with_capacity(texts.len());
    for (n, text) in texts.iter().enumerate() {
        match text.parse() {
            Ok(network) => networks.push(network),
            Err(_) => fields.say(
                &format!("missed_calls_from[{n}]"),
                "must be an address or a network such as `198.51.100.0/24`",
            ),
        }
    }
    networks
}

fn trunk(fields: &mut Fields<'_>) -> Option<Trunk> {
    let is_there = fields.has("trunk");
    let mut fields = fields.inner("trunk");
    if !is_there {
        return None;
    }
    let to = SipUri::parse(&fields.text("uri", ""));
    if let Err(problem) = to {
        fields.say("uri", problem.to_string());
    }
    let to = to.ok();
    let user = fields.text("user", "");
    let password = fields.secret("password");
    let register = if fields.flag("register", false) { Register::Yes } else { Register::No };
    let caller_id = fields.text("caller_id", &user);
    let host = to.as_ref().map(|to| to.host.clone()).unwrap_or_default();
    let from_domain = fields.text("from_domain", &host);
    if !user.is_empty() && !is_login(&user) {
        fields.say("user", "has characters that cannot stand in a user name");
    }
    if user.is_empty() && (register == Register::Yes || !password.is_empty()) {
        fields.say("user", "is needed to register, and beside a password");
    }
    if !caller_id.is_empty() && !is_user(&caller_id) {
        fields.say("caller_id", "must be a number or a name");
    }
    if !from_domain.is_empty() && !is_host(&from_domain) && !from_domain.starts_with('[') {
        fields.say("from_domain", "must be a host name");
    }
    let number_format = number_format(&mut fields);
    fields.finish();
    let credentials = (!user.is_empty()).then_some(SipLogin(Credentials { user, password }));
    let caller_id = if caller_id.is_empty() { "hutong".to_owned() } else { caller_id };
    Some(Trunk { uri: to?, credentials, register, caller_id, from_domain, number_format })
}

/// It stands in quotes in a header field.
fn is_login(text: &str) -> bool {
    let is_plain = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
    text.len() <= 256 && text.chars().all(is_plain)
}

fn number_format(fields: &mut Fields<'_>) -> NumberFormat {
    let names = [("plus", 0), ("plain", 1), ("00", 2), ("national", 3)];
    let which = fields.choice("number_format", &names, 0);
    let country = fields.text("country_code", "");
    let prefix = fields.text("national_prefix", "");
    let is_number = |text: &str, most: usize| {
        text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(&country, 3) || (which == 3 && country.is_empty()) {
        fields.say("country_code", "must be one to three digits, such as `86`");
    }
    if !is_number(&prefix, 4) {
        fields.say("national_prefix", "must be at most four digits");
    }
    match which {
        0 => NumberFormat::Plus,
        1 => NumberFormat::Plain,
        2 => NumberFormat::ZeroZero,
        _ => NumberFormat::National { country, prefix },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_set_is_a_line_without_a_place() {
        let config = SipConfig::parse(&json!({})).expect("defaults");
        assert!(config.listen.is_empty() && config.trunk.is_none());
        assert_eq!(config.trying, Duration::from_secs(8));
    }

    #[test]
    fn a_whole_line_is_read_and_shows_no_secret() {
        let config = SipConfig::parse(&json!({
            "listen": ["udp:0.0.0.0:5060", "tls:[::1]:5061"], "public_address": "203.0.113.7",
            "trunk": {
                "uri": "sip:trunk.cn;transport=tcp", "user": "u1", "password": "CANARY",
                "register": true, "number_format": "national", "country_code": "86",
            },
            "agents_via": "sip:pbx.cn", "missed_calls_from": ["198.51.100.0/24", "192.0.2.1"],
            "trying_secs": 2,
        }))
        .expect("settings");
        let trunk = config.trunk.as_ref().expect("a trunk");
        assert_eq!((trunk.caller_id.as_str(), trunk.from_domain.as_str()), ("u1", "trunk.cn"));
        assert_eq!(trunk.register, Register::Yes);
        assert_eq!(config.listen.last().map(|place| place.transport), Some(Transport::Tls));
        let shown = format!("{config:?}");
        assert!(!shown.contains("CANARY") && !shown.contains("u1"), "{shown}");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = json!({
            "listen": ["udp:5060", "sctp:0.0.0.0:5060"], "public_address": "here",
            "trunk": {
                "uri": "trunk", "password": "CANARY", "caller_id": "a\r\nb", "from_domain": "a b",
                "number_format": "national", "national_prefix": "x", "pasword": "CANARY",
            },
            "agents_via": "sip:a@b?c", "missed_calls_from": ["everybody"], "trying_secs": 0,
        });
        let problems = SipConfig::parse(&wrong).expect_err("problems");
        let mut paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        paths.sort_unstable();
        let mut expected = [
            "listen[0]",
            "listen[1]",
            "public_address",
            "trunk.uri",
            "trunk.user",
            "trunk.caller_id",
            "trunk.from_domain",
            "trunk.country_code",
            "trunk.national_prefix",
            "trunk.pasword",
            "agents_via",
            "missed_calls_from[0]",
            "trying_secs",
        ]
        .map(|key| format!("settings.{key}"));
        expected.sort_unstable();
        assert_eq!(paths, expected);
        assert!(!format!("{problems:?}").contains("CANARY"));
    }
}
