//! Reads everything that a tenant holds, key by key with SCAN, so that no call blocks the server.

use super::{Content, Dump};
use crate::error::RoutingError;
use crate::keys;
use crate::packed;
use crate::router::{Router, text};
use domain::TenantId;
use redis::Value;

/// Keys that no index is computed from and that are none.
const SKIPPED: [&str; 15] = [
    "events",
    "seen",
    "thread",
    "meta",
    "duty",
    "cursors",
    "bookmarks",
    "shelf",
    "rate",
    "once",
    "unread",
    "unpushed",
    "places",
    "addresses",
    "here",
];
/// How many members of a key are read at a time.
const PAGE: usize = 500;

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
            if SKIPPED.contains(&kind) {
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
    let answer = match kind {
        "log" => read_log(router, key).await,
        "open" => {
            let value = run(router, redis::cmd("GET").arg(key)).await;
            value.map(|value| text(&value).map(|id| (id, String::new())).into_iter().collect())
        }
        "conv" | "agent" => {
            let value = run(router, redis::cmd("HGETALL").arg(key)).await;
            value.map(|value| packed::unpack(pairs(&value)))
        }
        // What is delivered is nobody's business here.
        "delivery" => {
            let fields = ["endpoint", "place", "state"];
            let value = run(router, redis::cmd("HMGET").arg(key).arg(&fields)).await;
            value.map(|value| fields.map(str::to_owned).into_iter().zip(members(&value)).collect())
        }
        "held" | "resting" | "queues" | "agents" => scan(router, "SSCAN", key).await,
        "profiles" | "online" | "handling" | "callback" | "callback_numbers" => {
            scan(router, "HSCAN", key).await
        }
        _ => scan(router, "ZSCAN", key).await,
    };
    match answer {
        Err(RoutingError::Script { place, .. }) if place.contains("WRONGTYPE") => {
            Ok(Content::from([(FOREIGN.to_owned(), String::new())]))
        }
        answer => answer,
    }
}

async fn run(router: &Router, command: &redis::Cmd) -> Result<Value, RoutingError> {
    router.store().run("fsck", command).await
}

/// A log by its places, in pages; it only grows.
async fn read_log(router: &Router, key: &str) -> Result<Content, RoutingError> {
    let mut log = Content::new();
    loop {
        let from = log.len();
        let mut range = redis::cmd("LRANGE");
        range.arg(key).arg(from).arg(from + PAGE - 1);
        let page = members(&run(router, &range).await?);
        let last = page.len() < PAGE;
        let places = page.into_iter().enumerate();
        log.extend(places.map(|(n, entry)| (format!("{:010}", from + n + 1), entry)));
        if last {
            return Ok(log);
        }
    }
}

/// The members of a large key, in pages.
async fn scan(router: &Router, verb: &str, key: &str) -> Result<Content, RoutingError> {
    let (mut found, mut cursor) = (Content::new(), "0".to_owned());
    loop {
        let mut scan = redis::cmd(verb);
        scan.arg(key).arg(&cursor).arg("COUNT").arg(PAGE);
        let value = run(router, &scan).await?;
        let Value::Array(parts) = &value else { return Ok(found) };
        let [next, page] = parts.as_slice() else { return Ok(found) };
        if verb == "SSCAN" {
            found.extend(members(page).into_iter().map(|member| (member, String::new())));
        } else {
            found.extend(pairs(page));
        }
        cursor = text(next).unwrap_or_else(|| "0".to_owned());
        if cursor == "0" {
            return Ok(found);
        }
    }
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
