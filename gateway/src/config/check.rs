//! Check: every rule that a config must keep, also those between keys.

use super::{Config, MailConfig, SipConfig, port_range};
use domain::Network;
use std::net::SocketAddr;

/// Puts the contents of `…_file` keys in place.
pub(super) fn read_secret_files(config: &mut Config, problems: &mut Vec<String>) {
    if let Some(text) = secret_file("redis.urls_file", &config.redis.urls_file, problems) {
        if config.redis.urls.is_empty() {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            config.redis.urls = lines.map(str::to_owned).collect();
        } else {
            problems
                .push("redis.urls_file: redis.urls is given too; give one of the two".to_owned());
        }
    }
    if let Some(text) = secret_file("records.url_file", &config.records.url_file, problems) {
        if config.records.url.is_empty() {
            config.records.url = text.trim().to_owned();
        } else {
            problems
                .push("records.url_file: records.url is given too; give one of the two".to_owned());
        }
    }
}

fn secret_file(path: &str, file: &str, problems: &mut Vec<String>) -> Option<String> {
    if file.is_empty() {
        return None;
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) => {
            problems.push(format!("{path}: `{file}` cannot be read: {error}"));
            None
        }
    }
}

/// Adds every problem of the config, one line each.
pub(super) fn check(config: &Config, problems: &mut Vec<String>) {
    server(config, problems);
    stores(config, problems);
    numbers(config, problems);
    let presence = &config.presence;
    if presence.heartbeat_ms.saturating_mul(2) >= presence.lease_ms {
        problems.push(format!(
            "presence.heartbeat_ms: {} must be less than half of presence.lease_ms ({}), so that one \
             lost heartbeat loses nobody",
            presence.heartbeat_ms, presence.lease_ms
        ));
    }
    if presence.ping_ms.saturating_mul(2) >= 120_000 {
        problems.push(format!("presence.ping_ms: {} must be less than 60000", presence.ping_ms));
    }
    if config.server.drain_spread_ms >= config.server.drain_ms {
        problems.push(format!(
            "server.drain_spread_ms: {} must be less than server.drain_ms ({})",
            config.server.drain_spread_ms, config.server.drain_ms
        ));
    }
    if config.auth.access_secs >= config.auth.refresh_secs {
        problems.push(format!(
            "auth.access_secs: {} must be less than auth.refresh_secs ({})",
            config.auth.access_secs, config.auth.refresh_secs
        ));
    }
    let lists = [("webhooks", &config.webhooks.allow_inner), ("doors", &config.doors.allow_inner)];
    for (section, networks) in lists {
        for network in networks.iter().filter(|network| network.parse::<Network>().is_err()) {
            problems.push(format!("{section}.allow_inner: `{network}` is no address or network"));
        }
    }
    mail(&config.mail, problems);
    sip(&config.sip, problems);
    if tracing_subscriber::EnvFilter::try_new(&config.log.level).is_err() {
        problems.push(format!("log.level: `{}` cannot be read", config.log.level));
    }
}

fn sip(sip: &SipConfig, problems: &mut Vec<String>) {
    for (key, networks) in [("allow_inner", &sip.allow_inner), ("listen", &sip.listen)] {
        for network in networks.iter().filter(|text| text.parse::<Network>().is_err()) {
            problems.push(format!("sip.{key}: `{network}` is no address or network"));
        }
    }
    for (key, ports) in [("inner_ports", &sip.inner_ports), ("listen_ports", &sip.listen_ports)] {
        for text in ports.iter().filter(|text| port_range(text).is_none()) {
            problems.push(format!(
                "sip.{key}: `{text}` is no port such as 5060 and no range such as 5060-5069"
            ));
        }
    }
    if sip.certificate_file.as_os_str().is_empty() != sip.key_file.as_os_str().is_empty() {
        problems.push(
            "sip.certificate_file and sip.key_file: one does not do without the other".to_owned(),
        );
    }
}

fn mail(mail: &MailConfig, problems: &mut Vec<String>) {
    for network in mail.allow_inner.iter().filter(|text| text.parse::<Network>().is_err()) {
        problems.push(format!("mail.allow_inner: `{network}` is no address or network"));
    }
    for (key, ports) in [("inner_ports", &mail.inner_ports), ("listen_ports", &mail.listen_ports)] {
        for text in ports.iter().filter(|text| port_range(text).is_none()) {
            problems.push(format!(
                "mail.{key}: `{text}` is no port such as 143 and no range such as 2400-2499"
            ));
        }
    }
    for folder in mail.listen_folders.iter().filter(|folder| !folder.is_absolute()) {
        problems.push(format!("mail.listen_folders: `{}` must begin with /", folder.display()));
    }
}

fn server(config: &Config, problems: &mut Vec<String>) {
    let server = &config.server;
    if server.listen.parse::<SocketAddr>().is_err() {
        problems.push(format!("server.listen: `{}` is not ADDRESS:PORT", server.listen));
    }
    match url::Url::parse(&server.public_url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.path() == "/" => {}
        _ => problems.push(format!(
            "server.public_url: `{}` is not http(s)://host[:port]",
            server.public_url
        )),
    }
    for origin in &server.allowed_origins {
        if !is_origin(origin) {
            problems.push(format!(
                "server.allowed_origins: `{origin}` is not scheme://host[:port] without a path"
            ));
        }
    }
    for network in &server.trusted_proxies {
        if network.parse::<Network>().is_err() {
            problems.push(format!("server.trusted_proxies: `{network}` is no address or network"));
        }
    }
    if server.workers > 64 {
        problems.push(format!("server.workers: {} is more than 64", server.workers));
    }
}

/// Is this an origin as browsers send it: `scheme://host[:port]`, nothing after it?
fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

fn stores(config: &Config, problems: &mut Vec<String>) {
    let redis = &config.redis;
    for (place, url) in redis.urls.iter().enumerate() {
        let known = ["redis://", "rediss://", "redis+unix://", "unix://"];
        if !known.iter().any(|scheme| url.starts_with(scheme)) {
            problems.push(format!(
                "redis.urls[{place}]: must start with redis://, rediss:// or redis+unix://"
            ));
        }
    }
    if redis.topology != routing::Topology::Single && redis.urls.is_empty() {
        problems.push("redis.topology: sentinel and cluster need redis.urls".to_owned());
    }
    if redis.topology == routing::Topology::Sentinel && redis.sentinel_primary.is_empty() {
        problems.push("redis.sentinel_primary: is needed for topology sentinel".to_owned());
    }
    if redis.urls.is_empty() && redis.durability == routing::Durability::Ha {
        problems.push("redis.durability: ha needs redis.urls with a replica".to_owned());
    }
    if config.data_dir.as_os_str().is_empty() {
        problems.push("data_dir: is empty".to_owned());
    }
    let url = &config.records.url;
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if url.contains("://") && !known.iter().any(|scheme| url.starts_with(scheme)) {
        problems.push("records.url: must be a path, sqlite:PATH or postgres://…".to_owned());
    }
}

fn numbers(config: &Config, problems: &mut Vec<String>) {
    let (auth, limits) = (&config.auth, &config.limits);
    let mut within = |path: &str, value: u64, least: u64, most: u64| {
        if !(least..=most).contains(&value) {
            problems.push(format!("{path}: {value} is not {least} to {most}"));
        }
    };
    within("server.body_timeout_ms", config.server.body_timeout_ms, 1_000, 600_000);
    within("server.drain_ms", config.server.drain_ms, 1_000, 600_000);
    within("redis.timeout_ms", config.redis.timeout_ms, 50, 60_000);
    within("redis.replica_timeout_ms", config.redis.replica_timeout_ms, 10, 60_000);
    within("auth.access_secs", auth.access_secs, 30, 86_400);
    within("auth.refresh_secs", auth.refresh_secs, 60, 31_536_000);
    within("auth.visitor_secs", auth.visitor_secs, 300, 31_536_000);
    within("auth.bootstrap_secs", auth.bootstrap_secs, 60, 604_800);
    within("auth.password_chars_min", auth.password_chars_min as u64, 8, 128);
    within("auth.lockout_after", u64::from(auth.lockout_after), 3, 1_000);
    within("auth.lockout_secs", auth.lockout_secs, 1, 86_400);
    within("auth.hashes_at_once", auth.hashes_at_once as u64, 1, 64);
    within("limits.logins_per_minute", u64::from(limits.logins_per_minute), 1, 100_000);
    let per_address = u64::from(limits.logins_per_minute_address);
    within("limits.logins_per_minute_address", per_address, 1, 100_000);
    within("limits.messages_per_second", u64::from(limits.messages_per_second), 1, 1_000);
    within("limits.messages_burst", u64::from(limits.messages_burst), 1, 10_000);
    within("limits.sessions_per_minute", u64::from(limits.sessions_per_minute), 1, 1_000_000);
    within("limits.connects_per_minute", u64::from(limits.connects_per_minute), 1, 1_000_000);
    within("limits.sockets_per_visitor", limits.sockets_per_visitor as u64, 1, 1_000);
    within("limits.sockets_per_agent", limits.sockets_per_agent as u64, 1, 1_000);
    within("limits.sockets_per_address", limits.sockets_per_address as u64, 1, 10_000_000);
    within("limits.sockets_max", limits.sockets_max as u64, 1, 10_000_000);
    let opened = u64::from(limits.conversations_per_minute);
    within("limits.conversations_per_minute", opened, 1, 1_000_000);
    within("limits.uploads_per_hour", u64::from(limits.uploads_per_hour), 1, 1_000_000);
    let per_address = u64::from(limits.uploads_per_hour_address);
    within("limits.uploads_per_hour_address", per_address, 1, 1_000_000);
    let mib = u64::from(limits.upload_mib_per_hour_address);
    within("limits.upload_mib_per_hour_address", mib, limits.file_mib_max + 1, 1_000_000);
    within("limits.disk_mib_free_min", limits.disk_mib_free_min, 0, 1_048_576);
    within("limits.requests_per_second", u64::from(limits.requests_per_second), 1, 1_000);
    within("limits.in_flight_max", limits.in_flight_max as u64, 1, 100_000);
    within("limits.file_mib_max", limits.file_mib_max, 1, 1_024);
    within("presence.heartbeat_ms", config.presence.heartbeat_ms, 100, 60_000);
    within("presence.lease_ms", config.presence.lease_ms, 500, 600_000);
    within("presence.ping_ms", config.presence.ping_ms, 100, 60_000);
    within("webhooks.timeout_ms", config.webhooks.timeout_ms, 100, 60_000);
    within("mail.quarantine_days", u64::from(config.mail.quarantine_days), 1, 3_650);
    within("mail.quarantine_mib_max", config.mail.quarantine_mib_max, 1, 1_048_576);
}
