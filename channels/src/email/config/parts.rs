//! The parts of a mail channel's settings, each read from its own object.

use super::{
    After, DkimConfig, ImapConfig, LmtpConfig, Login, MailServer, OauthConfig, Place, Proof, Rule,
    Security, SmtpConfig, Start,
};
use crate::mail_reach::MailReach;
use crate::settings::Fields;
use domain::{Audience, Channel, Localized};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3).
const ADDRESS_BYTES_MAX: usize = 254;
/// The longest name of a desk, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Are there settings for access tokens?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    There,
    Missing,
}

pub(super) fn address(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    let text = fields.text(key, "");
    if text.is_empty() {
        return None;
    }
    let text = with_lower_domain(&text);
    if !is_address(&text) {
        fields.say(key, "must be a mail address such as `help@example.cn`");
    }
    Some(text)
}

pub(super) fn addresses(fields: &mut Fields<'_>, key: &str, most: usize) -> Vec<String> {
    let texts = fields.texts(key);
    if texts.len() > most {
        fields.say(key, format!("has {} entries; {most} are the most", texts.len()));
    }
    for (n, text) in texts.iter().enumerate() {
        if !is_address(text) {
            fields.say(&format!("{key}[{n}]"), "must be a mail address such as `help@example.cn`");
        }
    }
    texts.iter().map(|text| with_lower_domain(text)).collect()
}

fn with_lower_domain(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => text.to_owned(),
    }
}

fn is_address(text: &str) -> bool {
    let clean = |c: char| !c.is_control() && !c.is_whitespace() && !"<>,;\"()".contains(c);
    let parts = text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !local.contains('@') && !domain.is_empty()
    });
    parts && text.len() <= ADDRESS_BYTES_MAX && text.chars().all(clean)
}

/// A text of one line in each language.
pub(super) fn line(fields: &mut Fields<'_>, key: &str) -> Localized {
    let text = fields.localized(key, Localized::default());
    for language in [&text.zh_cn, &text.en] {
        if language.chars().any(char::is_control) || language.chars().count() > NAME_CHARS_MAX {
            fields.say(key, format!("must be one line of at most {NAME_CHARS_MAX} characters"));
        }
    }
    text
}

pub(super) fn imap(mut fields: Fields<'_>, tokens: Tokens) -> ImapConfig {
    let server = server(&mut fields, tokens, &IMAP_PORTS);
    if server.login.is_none() {
        fields.say("user", "is needed");
    }
    let mailbox = fields.text("mailbox", "INBOX");
    let poll = fields.number("poll_secs", 60, 5..=3_600);
    let after = after(&mut fields);
    let starts = [("all", Start::All), ("unseen", Start::Unseen), ("new", Start::New)];
    let start = fields.choice("start", &starts, Start::Unseen);
    for (key, folder) in [("mailbox", Some(mailbox.as_str())), ("after", folder_of(&after))] {
        if folder.is_some_and(|name| name.is_empty() || name.chars().any(char::is_control)) {
            fields.say(key, "must name a folder");
        }
    }
    fields.finish();
    ImapConfig { server, mailbox, poll: Duration::from_secs(poll), after, start }
}

fn folder_of(after: &After) -> Option<&str> {
    match after {
        After::Move(folder) => Some(folder),
        After::Keep | After::Seen => None,
    }
}

fn after(fields: &mut Fields<'_>) -> After {
    let text = fields.text("after", "seen");
    match (text.as_str(), text.strip_prefix("move:")) {
        ("keep", _) => After::Keep,
        ("seen", _) => After::Seen,
        (_, Some(folder)) => After::Move(folder.to_owned()),
        _ => {
            fields.say("after", format!("must be one of keep, seen, move:<folder>, not `{text}`"));
            After::Seen
        }
    }
}

pub(super) fn smtp(mut fields: Fields<'_>, tokens: Tokens) -> SmtpConfig {
    let server = server(&mut fields, tokens, &SMTP_PORTS);
    let per_minute = fields.number("per_minute", 0, 0..=100_000);
    let connections_max = fields.number("connections_max", 4, 1..=100);
    fields.finish();
    SmtpConfig {
        server,
        per_minute: usize::try_from(per_minute).unwrap_or(0),
        connections_max: usize::try_from(connections_max).unwrap_or(1),
    }
}

/// The usual ports: TLS, STARTTLS, plain.
struct Ports {
    tls: u64,
    starttls: u64,
    plain: u64,
}

const IMAP_PORTS: Ports = Ports { tls: 993, starttls: 143, plain: 143 };
const SMTP_PORTS: Ports = Ports { tls: 465, starttls: 587, plain: 25 };

fn server(fields: &mut Fields<'_>, tokens: Tokens, ports: &Ports) -> MailServer {
    let host = fields.text("host", "");
    if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        fields.say("host", "is needed: the mail server's name");
    }
    let kinds =
        [("tls", Security::Tls), ("starttls", Security::StartTls), ("plain", Security::Plain)];
    let security = fields.choice("security", &kinds, Security::Tls);
    let usual = match security {
        Security::Tls => ports.tls,
        Security::StartTls => ports.starttls,
        Security::Plain => ports.plain,
    };
    let port = u16::try_from(fields.number("port", usual, 1..=65_535)).unwrap_or(0);
    let allow_plain = fields.flag("allow_plain", false);
    if security == Security::Plain && !allow_plain && !is_loopback(&host) {
        fields.say(
            "security",
            "`plain` shows letters and passwords to everyone on the way: use `tls` or `starttls`, \
             or say `allow_plain: true`",
        );
    }
    let ca_file = Some(fields.text("ca_file", "")).filter(|path| !path.is_empty());
    let login = login(fields, tokens);
    MailServer {
        host,
        port,
        security,
        ca_file: ca_file.map(PathBuf::from),
        login,
        reach: MailReach::default(),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn login(fields: &mut Fields<'_>, tokens: Tokens) -> Option<Login> {
    let user = fields.text("user", "");
    let has_password = fields.has("password");
    let password = fields.secret("password");
    let is_token = fields.choice("auth", &[("password", false), ("xoauth2", true)], false);
    if is_token && tokens == Tokens::Missing {
        fields.say("auth", "`xoauth2` needs the settings `oauth`");
    }
    if is_token && has_password {
        fields.say("password", "is not used with `xoauth2`");
    }
    if user.chars().any(char::is_control) {
        fields.say("user", "must not have control characters");
    }
    match (user.is_empty(), is_token) {
        (true, false) if password.is_empty() => None,
        (true, _) => {
            fields.say("user", "is needed");
            None
        }
        (false, true) => Some(Login { user, proof: Proof::Token }),
        (false, false) => {
            if !has_password {
                fields.say("password", "is needed");
            }
            Some(Login { user, proof: Proof::Password(password) })
        }
    }
}

pub(super) fn oauth(mut fields: Fields<'_>) -> OauthConfig {
    let token_url = fields.text("token_url", "");
    let host = token_url.strip_prefix("http://").unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if !token_url.starts_with("https://") && !is_loopback(host) {
        fields.say("token_url", "must be an address that starts with `https://`");
    }
    let client_id = fields.text("client_id", "");
    if client_id.is_empty() {
        fields.say("client_id", "is needed");
    }
    let client_secret = fields.secret("client_secret");
    let scope = fields.text("scope", "");
    let refresh_token = Some(fields.secret("refresh_token"));
    let refresh_token = refresh_token.filter(|token| !token.is_empty());
    if client_secret.is_empty() && refresh_token.is_none() {
        fields.say("client_secret", "is needed, or `refresh_token`");
    }
    fields.finish();
    OauthConfig {
        token_url,
        client_id,
        client_secret,
        scope,
        refresh_token,
        reach: MailReach::default(),
    }
}

pub(super) fn lmtp(mut fields: Fields<'_>) -> Option<LmtpConfig> {
    let text = fields.text("listen", "");
    let allow_remote = fields.flag("allow_remote", false);
    let place = match text.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => Some(Place::Unix(PathBuf::from(path))),
        Some(_) => None,
        None => text.parse::<SocketAddr>().ok().map(Place::Tcp),
    };
    match &place {
        None => {
            fields.say("listen", "must be an address such as `127.0.0.1:2424` or `unix:/path`");
        }
        // LMTP has no log-in (RFC 2033, section 5): whoever reaches it may deliver.
        Some(Place::Tcp(address)) if !address.ip().is_loopback() && !allow_remote => fields.say(
            "listen",
            "lets every machine that reaches it deliver letters: listen at 127.0.0.1 or \
             `unix:/path`, or say `allow_remote: true`",
        ),
        Some(_) => {}
    }
    fields.finish();
    place.map(|listen| LmtpConfig { listen })
}

pub(super) fn dkim(mut fields: Fields<'_>) -> DkimConfig {
    let (domain, selector) = (fields.text("domain", ""), fields.text("selector", ""));
    for (key, name) in [("domain", &domain), ("selector", &selector)] {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || !name.chars().all(is_name) {
            fields.say(key, "must be a name in DNS");
        }
    }
    let private_key = fields.secret("private_key");
    if let Err(problem) = super::super::sign::check(&private_key) {
        fields.say("private_key", problem);
    }
    fields.finish();
    DkimConfig { domain, selector, private_key }
}

pub(super) fn dns(fields: &mut Fields<'_>) -> Vec<SocketAddr> {
    let texts = fields.texts("dns");
    let mut servers = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        let with_port = text.parse::<SocketAddr>();
        match with_port.or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))) {
            Ok(server) => servers.push(server),
            Err(_) => fields.say(&format!("dns[{n}]"), "must be an address such as `10.0.0.53`"),
        }
    }
    servers
}

pub(super) fn rules(fields: &mut Fields<'_>, channel: &Channel, most: usize) -> Vec<Rule> {
    let items = fields.items("rules");
    if items.len() > most {
        fields.say("rules", format!("has {} entries; {most} are the most", items.len()));
    }
    items.iter().map(|(key, item)| rule(fields.open_item(key, item), channel)).collect()
}

fn rule(mut fields: Fields<'_>, channel: &Channel) -> Rule {
    let text = |fields: &mut Fields<'_>, key: &str| {
        Some(fields.text(key, "")).filter(|text| !text.is_empty())
    };
    let from_domain = text(&mut fields, "from_domain");
    let from_domain = from_domain.map(|domain| domain.trim_start_matches('@').to_lowercase());
    let from = text(&mut fields, "from").map(|address| address.to_lowercase());
    let subject_contains = text(&mut fields, "subject_contains").map(|text| text.to_lowercase());
    let important = fields.has("important").then(|| fields.flag("important", false));
    let topic = text(&mut fields, "topic");
    if let Some(topic) = &topic
        && !channel.topics.iter().any(|known| known.id == *topic)
    {
        fields.say("topic", format!("`{topic}` is no topic of this channel"));
    }
    let request_type = text(&mut fields, "request_type");
    let audiences = [
        ("agency", Some(Audience::Agency)),
        ("staff", Some(Audience::Staff)),
        ("public", Some(Audience::Public)),
    ];
    let audience = fields.choice("audience", &audiences, None);
    fields.finish();
    Rule { from_domain, from, subject_contains, important, topic, request_type, audience }
}
