//! What the agents' indexes and their own counts should be, from what they hold.

use super::expect::{ANY, get, lowest, number, put};
use super::snapshot::FOREIGN;
use super::{Content, Discrepancy, Dump};
use std::collections::BTreeMap;

/// What an agent holds, recomputed from the conversations.
#[derive(Default)]
struct Load<'a> {
    used: i64,
    counts: BTreeMap<&'a str, u32>,
    offer: &'a str,
}

/// The kinds in the order in which Redis writes them.
const KINDS: [&str; 5] = ["w", "e", "i", "a", "p"];

fn agents(found: &Dump) -> impl Iterator<Item = (&String, &str, &Content)> {
    found
        .iter()
        .filter(|(_, agent)| !agent.contains_key(FOREIGN))
        .filter_map(|(key, agent)| key.strip_prefix("agent:").map(|id| (key, id, agent)))
}

fn loads(found: &Dump) -> BTreeMap<&str, Load<'_>> {
    let mut loads: BTreeMap<&str, Load<'_>> = BTreeMap::new();
    for (key, conv) in found {
        let Some(id) = key.strip_prefix("conv:") else { continue };
        let state = get(conv, "state");
        if matches!(state, "offered" | "active" | "wrap_up") {
            let load = loads.entry(get(conv, "agent")).or_default();
            load.used += number(conv, "units");
            *load.counts.entry(get(conv, "kind")).or_default() += 1;
            if state == "offered" {
                load.offer = id;
            }
        }
    }
    loads
}

impl Load<'_> {
    fn counts_text(&self) -> String {
        let count = |kind: &&str| self.counts.get(kind).map(|n| format!("{kind}{n}"));
        KINDS.iter().filter_map(count).collect()
    }

    /// The group in which the agent is found, or nothing.
    fn group(&self, found: &Dump, agent: &Content) -> String {
        if get(agent, "presence") != "ready" || !self.offer.is_empty() {
            return String::new();
        }
        let mut parts = get(agent, "capacity").split(';');
        let units: i64 = parts.next().and_then(|units| units.parse().ok()).unwrap_or(0);
        let of: BTreeMap<&str, &str> = parts.filter_map(|part| part.split_at_checked(1)).collect();
        let has_room = |kind: &&&str| {
            let Some((cost, limit)) = of.get(**kind).and_then(|of| of.split_once('/')) else {
                return false;
            };
            let held = i64::from(self.counts.get(**kind).copied().unwrap_or(0));
            cost.parse::<i64>().is_ok_and(|cost| self.used + cost <= units)
                && limit.parse::<i64>().is_ok_and(|limit| held < limit)
        };
        let mask: String = KINDS.iter().filter(has_room).copied().collect();
        if mask.is_empty() {
            return mask;
        }
        format!("{}|{mask}|{}", profile_id(found, agent), self.used)
    }
}

fn profile_id<'a>(found: &'a Dump, agent: &Content) -> &'a str {
    found
        .get("profiles")
        .and_then(|texts| texts.iter().find(|(_, text)| *text == get(agent, "profile")))
        .map_or("", |(id, _)| id.as_str())
}

pub(super) fn indexes(dump: &mut Dump, found: &Dump) {
    let loads = loads(found);
    for (_, id, agent) in agents(found) {
        put(dump, "agents".to_owned(), id, "");
        if get(agent, "presence") != "offline" {
            put(dump, "timers".to_owned(), &format!("h:{id}"), ANY);
        }
        let group = loads.get(id).unwrap_or(&Load::default()).group(found, agent);
        if !group.is_empty() {
            put(dump, format!("idle:{group}"), id, get(agent, "idle_since"));
            if get(agent, "turns") == "1" {
                put(dump, format!("turn:{group}"), id, get(agent, "turn_at"));
            }
            lowest(dump, "ready".to_owned(), &group, number(agent, "idle_since"));
        }
        if get(agent, "presence") == "ready" {
            let field = format!("{};{}", profile_id(found, agent), get(agent, "capacity"));
            let count = dump.entry("online".to_owned()).or_default().entry(field).or_default();
            *count = (count.parse::<u32>().unwrap_or(0) + 1).to_string();
        }
    }
}

/// Agents whose own fields are not what they hold and are.
pub(super) fn broken(found: &Dump) -> Vec<Discrepancy> {
    let (loads, none) = (loads(found), Load::default());
    let mut broken = Vec::new();
    for (key, id, agent) in agents(found) {
        let load = loads.get(id).unwrap_or(&none);
        let wanted = [
            ("counts", load.counts_text()),
            ("group", load.group(found, agent)),
            ("offer", load.offer.to_owned()),
            ("used", load.used.to_string()),
        ];
        for (field, wanted) in wanted {
            let held = get(agent, field);
            if held != wanted && !(held.is_empty() && wanted == "0") {
                broken.push(Discrepancy {
                    key: key.clone(),
                    member: field.to_owned(),
                    found: Some(held.to_owned()),
                    expected: Some(wanted),
                });
            }
        }
    }
    broken
}
