//! Reads everything that a tenant holds, key by key with SCAN, so that no call blocks the server.

use super::{Content, Dump};
use crate::error::RoutingError;
use crate::keys;
use crate::packed;
use crate::router::{Router, text};
use domain::TenantId;
use redis::Value;

/// Keys that no index is computed from and that are none.
const SKIPPED: [&str; 10] =
    ["events", "seen", "meta", "delivery", "box", "duty", "cursors", "rate", "once", "dead"];

/// The only member of a key that is of another type than it should be.
pub(super) const FOREIGN: &str = "(another type)";

pub(super) async fn take(router: &Router, tenant: &TenantId) -> Result<Dump, RoutingError> {
    let mut dump = Dump::new();
    let mut cursor = "0".to_owned();
    let prefix = keys::key(tenant, "");
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(&cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(1000);
        let Value::Array(parts) = router.store().run_beside("fsck", &prefix, &scan).await? else {
            break;
        };
        let [next, Value::Array(found)] = parts.as_slice() else { break };
        for key in found.iter().filter_map(text) {
            let name = key.strip_prefix(&prefix).unwrap_or(&key).to_owned();
            let kind = name.split(':').next().unwrap_or("");
            if SKIPPED.contains(&kind) || kind == "boxes" {
                continue;
            }
            let content = read(router, &key, kind).await?;
            dump.insert(name, content);
        }
        cursor = text(next).unwrap_or_else(|| "0".to_owned());
        if cursor == "0" {
            break;
        }
    }
    dump.retain(|_, content| !content.is_empty());
    Ok(dump)
}

async fn read(router: &Router, key: &str, kind: &str) -> Result<Content, RoutingError> {
    let mut command = redis::cmd(match kind {
        "conv" | "agent" | "profiles" | "online" | "handling" => "HGETALL",
        "log" => "LRANGE",
        "open" => "GET",
        "held" | "resting" | "queues" | "agents" => "SMEMBERS",
        _ => "ZRANGE",
    });
    command.arg(key);
    match kind {
        "log" => {
            command.arg(0).arg(-1);
        }
        "lane" | "heads" | "waiting" | "idle" | "turn" | "ready" | "timers" | "timers_failed"
        | "closed" => {
            command.arg(0).arg(-1).arg("WITHSCORES");
        }
        _ => {}
    }
    let value = match router.store().run("fsck", &command).await {
        Err(RoutingError::Script { place, .. }) if place.contains("WRONGTYPE") => {
            return Ok(Content::from([(FOREIGN.to_owned(), String::new())]));
        }
        answer => answer?,
    };
    Ok(match kind {
        "open" => text(&value).map(|id| Content::from([(id, String::new())])).unwrap_or_default(),
        "held" | "resting" | "queues" | "agents" => {
            members(&value).into_iter().map(|member| (member, String::new())).collect()
        }
        "log" => members(&value)
            .into_iter()
            .enumerate()
            .map(|(place, entry)| (format!("{:010}", place + 1), entry))
            .collect(),
        "conv" | "agent" => packed::unpack(pairs(&value)),
        _ => pairs(&value),
    })
}

fn members(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) | Value::Set(items) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// Field and value, or member and score, of either protocol; scores are whole numbers.
fn pairs(value: &Value) -> Content {
    let flat: Vec<&Value> = match value {
        Value::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        Value::Array(items) if matches!(items.first(), Some(Value::Array(_))) => items
            .iter()
            .flat_map(|item| match item {
                Value::Array(pair) => pair.iter().collect(),
                _ => Vec::new(),
            })
            .collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    flat.chunks_exact(2)
        .filter_map(|pair| match pair {
            [key, value] => Some((text(key)?, text(value)?)),
            _ => None,
        })
        .collect()
}
