//! The settings of a FreeSWITCH, checked as a whole.

use crate::error::SettingsProblem;
use crate::phone::dialling::{self, DialString};
use crate::secret::Secret;
use crate::settings::Fields;
use domain::PhoneNumber;
use serde_json::Value;

/// The port of its event socket, as it comes.
const PORT: u64 = 8021;
/// The channel variable by which the dial plan marks a call that nobody took.
const MISSED: &str = "hutong_missed";

/// What `Channel.settings` of a FreeSWITCH says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSwitchConfig {
    /// Its host: a name or an address; empty while nothing is configured.
    pub host: String,
    /// The port of its event socket.
    pub port: u16,
    /// The password of `event_socket.conf.xml`.
    pub password: Secret,
    /// How the agent's telephone is dialled: `user/{agent}`.
    pub(super) agent: DialString,
    /// How the person is: `sofia/gateway/trunk/{number}`.
    pub(super) contact: DialString,
    /// The number that the person sees; the gateway's own when there is none.
    pub caller_id: Option<PhoneNumber>,
    /// The folder of recordings, on the PBX; empty when calls are not recorded.
    pub record: String,
    /// The channel variable that marks a call which nobody took.
    pub missed: String,
    /// The region of national numbers that callers show (ISO 3166-1, two letters).
    pub region: String,
}

impl FreeSwitchConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn parse(settings: &Value) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(settings, "settings", &mut problems);
        let port = fields.number("port", PORT, 1..=u64::from(u16::MAX));
        let config = Self {
            host: host(&mut fields),
            port: u16::try_from(port).unwrap_or_default(),
            password: password(&mut fields),
            agent: dialling::dial_string(&mut fields, "agent", ("user/{agent}", "{agent}")),
            contact: dialling::dial_string(&mut fields, "contact", ("", "{number}")),
            caller_id: dialling::caller_id(&mut fields),
            record: dialling::folder(&mut fields, "record"),
            missed: dialling::word(&mut fields, "missed", MISSED),
            region: dialling::region(&mut fields, "region"),
        };
        fields.finish();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The first setting without which nothing can be done.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let needed = [
            ("settings.host", self.host.is_empty()),
            ("settings.password", self.password.is_empty()),
            ("settings.contact", self.contact.is_empty()),
        ];
        needed.into_iter().find_map(|(path, is_missing)| is_missing.then_some(path))
    }
}

fn host(fields: &mut Fields<'_>) -> String {
    let host = fields.text("host", "");
    if !host.is_empty() && url::Host::parse(&host).is_err() {
        fields.say("host", "must be a name or an address");
    }
    host
}

/// It stands in a line of the protocol.
fn password(fields: &mut Fields<'_>) -> Secret {
    let password = fields.secret("password");
    if password.reveal().chars().any(char::is_control) {
        fields.say("password", "must not have line breaks or other control characters");
    }
    password
}
