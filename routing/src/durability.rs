//! Is the server what the durability profile promises? Read from the server, never believed.

use crate::error::RoutingError;
use crate::router::text;
use crate::store::{Durability, Store};
use redis::Value;
use std::collections::HashMap;

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The profile that holds.
    pub profile: Durability,
    /// `redis` or `valkey`, and its version.
    pub server: String,
    /// `appendfsync`, or `off` without an append-only file.
    pub appendfsync: String,
    /// `maxmemory-policy`.
    pub eviction: String,
    /// Replicas connected.
    pub replicas: u64,
}

/// Checks the server against the configured profile.
///
/// # Errors
/// [`RoutingError::Unsuitable`] when the server is weaker than promised, too old, or a replica.
pub async fn check(store: &Store) -> Result<Report, RoutingError> {
    let config = settings(store).await?;
    let info = info(store).await?;
    let get = |name: &str| config.get(name).map_or("", String::as_str);
    let appendfsync =
        if get("appendonly") == "yes" { get("appendfsync").to_owned() } else { "off".to_owned() };
    let version = info.get("redis_version").cloned().unwrap_or_default();
    let name = info.get("server_name").map_or("redis", String::as_str);
    let report = Report {
        profile: store.config().durability,
        server: format!("{name} {version}"),
        appendfsync,
        eviction: get("maxmemory-policy").to_owned(),
        replicas: info.get("connected_slaves").and_then(|n| n.parse().ok()).unwrap_or(0),
    };
    match problem(&report, &version, get("min-replicas-to-write")) {
        None => Ok(report),
        Some(problem) => Err(RoutingError::Unsuitable(problem)),
    }
}

fn problem(report: &Report, version: &str, min_replicas: &str) -> Option<String> {
    let major: u32 = version.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < 7 {
        return Some(format!("it is {}, and Functions need version 7 or later", report.server));
    }
    if report.eviction != "noeviction" {
        return Some(format!(
            "maxmemory-policy is `{}`, so conversations could vanish silently; set it to `noeviction`",
            report.eviction
        ));
    }
    match report.profile {
        Durability::Strict | Durability::Ha if report.appendfsync != "always" => Some(format!(
            "durability `{}` needs `appendonly yes` and `appendfsync always`, but appendfsync is `{}`: \
             an acknowledged message could be lost in a power cut (or choose durability `relaxed`)",
            if report.profile == Durability::Ha { "ha" } else { "strict" },
            report.appendfsync
        )),
        Durability::Ha if report.replicas == 0 => {
            Some("durability `ha` needs a connected replica, and there is none".to_owned())
        }
        Durability::Ha if min_replicas.parse().unwrap_or(0) < 1 => Some(
            "durability `ha` needs `min-replicas-to-write 1`, so that a lost primary stops writing"
                .to_owned(),
        ),
        Durability::Relaxed if report.appendfsync == "off" => Some(
            "durability `relaxed` still needs an append-only file (`appendonly yes`)".to_owned(),
        ),
        Durability::Strict | Durability::Ha | Durability::Relaxed => None,
    }
}

async fn settings(store: &Store) -> Result<HashMap<String, String>, RoutingError> {
    let mut settings = HashMap::new();
    for name in ["appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write"] {
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg(name);
        let value = match store.run("config_get", &get).await {
            Err(RoutingError::Script { place, .. }) if place.contains("NOPERM") => {
                return Err(RoutingError::Unsuitable(
                    "its user may not run CONFIG GET, so the durability cannot be checked; allow `+config|get`"
                        .to_owned(),
                ));
            }
            other => other?,
        };
        if let Some((name, value)) = first_pair(&value) {
            settings.insert(name, value);
        }
    }
    Ok(settings)
}

fn first_pair(value: &Value) -> Option<(String, String)> {
    match value {
        Value::Map(pairs) => match pairs.first() {
            // A cluster answers per node; the first node's answer stands for all.
            Some((_, inner @ (Value::Map(_) | Value::Array(_)))) => first_pair(inner),
            Some((name, value)) => Some((text(name)?, text(value)?)),
            None => None,
        },
        Value::Array(items) => Some((text(items.first()?)?, text(items.get(1)?)?)),
        _ => None,
    }
}

async fn info(store: &Store) -> Result<HashMap<String, String>, RoutingError> {
    let mut info = redis::cmd("INFO");
    info.arg("all");
    let value = store.run("info", &info).await?;
    let text = match &value {
        Value::VerbatimString { text, .. } => text.clone(),
        Value::Map(nodes) => nodes
            .first()
            .and_then(|(_, value)| match value {
                Value::VerbatimString { text, .. } => Some(text.clone()),
                other => text_of(other),
            })
            .unwrap_or_default(),
        other => text_of(other).unwrap_or_default(),
    };
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect())
}

fn text_of(value: &Value) -> Option<String> {
    text(value)
}
