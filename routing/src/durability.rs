//! Is the server what the durability profile promises? Read from the server, never believed.

use crate::error::RoutingError;
use crate::keys;
use crate::router::text;
use crate::store::{Durability, Store, Topology};
use domain::TenantId;
use redis::Value;
use std::collections::{BTreeSet, HashMap};

type Texts = HashMap<String, String>;

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

/// Checks the server against the configured profile; of a cluster, every primary: the weakest counts.
///
/// # Errors
/// [`RoutingError::Unsuitable`] when a server is weaker than promised, too old, or a replica.
pub async fn check(store: &Store) -> Result<Report, RoutingError> {
    let config = settings(store).await?;
    let mut weakest: Option<Report> = None;
    for (node, info) in info(store).await? {
        let get = |name: &str| {
            let of_node = config.get(&node);
            of_node.and_then(|config| config.get(name)).map_or("", String::as_str)
        };
        let appendfsync = if get("appendonly") == "yes" {
            get("appendfsync").to_owned()
        } else {
            "off".to_owned()
        };
        let version = info.get("redis_version").cloned().unwrap_or_default();
        let name = info.get("server_name").map_or("redis", String::as_str);
        let report = Report {
            profile: store.config().durability,
            server: format!("{name} {version}"),
            appendfsync,
            eviction: get("maxmemory-policy").to_owned(),
            replicas: info.get("connected_slaves").and_then(|n| n.parse().ok()).unwrap_or(0),
        };
        if let Some(problem) = problem(&report, &version, get("min-replicas-to-write")) {
            let of = if node.is_empty() { String::new() } else { format!("{node}: ") };
            return Err(RoutingError::Unsuitable(format!("{of}{problem}")));
        }
        if weakest.as_ref().is_none_or(|weakest| report.replicas < weakest.replicas) {
            weakest = Some(report);
        }
    }
    weakest.ok_or(RoutingError::Unavailable { function: "info", source: None })
}

/// Does a cluster move the slot of one of these tenants just now? While it does, a Function may find
/// a part of its keys here and the rest there.
///
/// # Errors
/// See [`RoutingError`].
pub async fn moving<'a>(
    store: &Store,
    tenants: &'a [TenantId],
) -> Result<Option<&'a TenantId>, RoutingError> {
    if store.config().topology != Topology::Cluster {
        return Ok(None);
    }
    let mut nodes = redis::cmd("CLUSTER");
    nodes.arg("NODES");
    let answers = store.run_everywhere("cluster_nodes", &nodes).await?;
    let mut open: BTreeSet<u64> = BTreeSet::new();
    for (_, answer) in &answers {
        open.extend(open_slots(&plain(answer)));
    }
    if open.is_empty() {
        return Ok(None);
    }
    for tenant in tenants {
        let mut slot = redis::cmd("CLUSTER");
        slot.arg("KEYSLOT").arg(keys::tag(tenant));
        if let Value::Int(slot) = store.run("keyslot", &slot).await?
            && u64::try_from(slot).is_ok_and(|slot| open.contains(&slot))
        {
            return Ok(Some(tenant));
        }
    }
    Ok(None)
}

/// The slots that a node gives away (`[93->-node]`) or takes over (`[93-<-node]`).
fn open_slots(nodes: &str) -> Vec<u64> {
    let own = nodes.lines().filter(|line| line.contains("myself"));
    let words = own.flat_map(str::split_whitespace).filter_map(|word| word.strip_prefix('['));
    words.filter_map(|word| word.split('-').next()?.parse().ok()).collect()
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

/// Each primary's settings, by its address.
async fn settings(store: &Store) -> Result<HashMap<String, Texts>, RoutingError> {
    let mut settings: HashMap<String, Texts> = HashMap::new();
    for name in ["appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write"] {
        let mut get = redis::cmd("CONFIG");
        get.arg("GET").arg(name);
        let answers = match store.run_everywhere("config_get", &get).await {
            Err(RoutingError::Script { place, .. }) if place.contains("NOPERM") => {
                return Err(RoutingError::Unsuitable(
                    "its user may not run CONFIG GET, so the durability cannot be checked; allow `+config|get`"
                        .to_owned(),
                ));
            }
            other => other?,
        };
        for (node, answer) in answers {
            if let Some((name, value)) = first_pair(&answer) {
                settings.entry(node).or_default().insert(name, value);
            }
        }
    }
    Ok(settings)
}

fn first_pair(value: &Value) -> Option<(String, String)> {
    match value {
        Value::Map(pairs) => {
            pairs.first().and_then(|(name, value)| Some((text(name)?, text(value)?)))
        }
        Value::Array(items) => Some((text(items.first()?)?, text(items.get(1)?)?)),
        _ => None,
    }
}

/// What each primary says of itself, by its address.
async fn info(store: &Store) -> Result<Vec<(String, Texts)>, RoutingError> {
    let mut info = redis::cmd("INFO");
    info.arg("all");
    let answers = store.run_everywhere("info", &info).await?;
    let fields = |answer: &Value| {
        plain(answer)
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    };
    Ok(answers.into_iter().map(|(node, answer)| (node, fields(&answer))).collect())
}

fn plain(value: &Value) -> String {
    match value {
        Value::VerbatimString { text, .. } => text.clone(),
        other => text(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_slots_are_those_that_the_node_itself_gives_or_takes() {
        let nodes = "67ed 127.0.0.1:30002@31002 master - 0 1 2 connected 5461-10922 [7->-aa]\n\
            e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 [93->-67ed] [77-<-67ed]\n";
        assert_eq!(open_slots(nodes), [93, 77]);
        assert!(open_slots("e7d1 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-5460").is_empty());
    }
}
