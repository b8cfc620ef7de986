//! What Redis should hold, computed from the twin's state; and what it holds, read in the same form.

use super::Twin;
use crate::router::{Router, capacity_text, plan_text, policy_text};
use domain::State;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;

/// A key's content: members with scores, fields with values, or a text.
pub(in super::super) type Dump = BTreeMap<String, BTreeMap<String, String>>;

/// The short name under which a profile's text is found.
pub(super) fn profile_id(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn put(dump: &mut Dump, key: String, member: impl Into<String>, value: impl ToString) {
    dump.entry(key).or_default().insert(member.into(), value.to_string());
}

impl Twin {
    /// Everything that Redis should hold but the log, the stream and what expires.
    pub(in super::super) fn dump(&self) -> Dump {
        let mut dump = Dump::new();
        self.dump_conversations(&mut dump);
        self.dump_agents(&mut dump);
        for (at, kind, id) in self.timers() {
            put(&mut dump, "timers".into(), format!("{kind}:{id}"), at);
        }
        for (id, at) in &self.to_archive {
            put(&mut dump, "closed".into(), id, at);
        }
        for text in &self.profiles {
            put(&mut dump, "profiles".into(), profile_id(text), text);
        }
        for (queue, mean) in &self.handling {
            put(&mut dump, "handling".into(), queue, mean);
        }
        for queue in &self.queues {
            put(&mut dump, "queues".into(), queue, "");
        }
        for (id, at) in &self.unread {
            put(&mut dump, "unread".into(), id, at);
        }
        for (id, names) in &self.addresses {
            for name in names {
                put(&mut dump, format!("addresses:{id}"), name, "");
            }
        }
        for (contact, sockets) in &self.here {
            for (socket, until) in sockets {
                put(&mut dump, format!("here:{contact}"), socket, until);
            }
        }
        for conv in self.convs.values() {
            if let Some(ring) = conv.ring.as_ref().filter(|ring| ring.wanted) {
                put(&mut dump, "callback_numbers".into(), &ring.number, &conv.id);
            }
            if let Some(call) = conv.ring.as_ref().and_then(|ring| ring.call.as_ref()) {
                put(&mut dump, "calls:line".into(), &conv.id, call.since);
            }
        }
        for (contact, id) in &self.open {
            put(&mut dump, format!("open:site:{contact}"), id, "");
        }
        dump
    }

    fn dump_conversations(&self, dump: &mut Dump) {
        for conv in self.convs.values() {
            let (id, due) = (conv.id.clone(), conv.entry.due_at.0);
            for message in &conv.log {
                put(dump, format!("log:{id}"), message["seq"].to_string(), message);
            }
            if conv.state == State::Queued {
                let lane = conv.lane_text();
                let only = conv.lane.as_ref().and_then(|lane| lane.need.only.clone());
                let heads =
                    only.map_or_else(|| "heads".to_owned(), |agent| format!("heads:{agent}"));
                put(dump, format!("lane:{lane}"), &id, due);
                let head =
                    dump.entry(heads).or_default().entry(lane).or_insert_with(|| due.to_string());
                if due < head.parse().expect("a score") {
                    *head = due.to_string();
                }
                put(dump, format!("waiting:{}", conv.entry.queue), &id, due);
            }
            if let (State::Snoozed, Some(last)) = (conv.state, &conv.last) {
                put(dump, format!("resting:{last}"), &id, "");
            }
            if let (State::Offered | State::Active | State::WrapUp, Some(agent)) =
                (conv.state, &conv.agent)
            {
                put(dump, format!("held:{agent}"), &id, "");
            }
            let number = |n: i64| if n == 0 { String::new() } else { n.to_string() };
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let time = |value: Option<i64>| value.map(|at| at.to_string()).unwrap_or_default();
            let fields = [
                ("state", conv.state.name().to_owned()),
                ("contact", conv.contact.clone()),
                ("channel", if conv.threads { "mail" } else { "site" }.to_owned()),
                ("threads", if conv.threads { "1" } else { "" }.to_owned()),
                ("kind", conv.entry.kind.letter().to_string()),
                ("door", conv.door.letter().to_string()),
                (
                    "callback",
                    conv.ring.as_ref().map(|ring| ring.view().to_string()).unwrap_or_default(),
                ),
                ("queue", conv.entry.queue.to_string()),
                ("agent", text(&conv.agent)),
                ("token", text(&conv.token)),
                ("lane", conv.lane_text()),
                ("due", due.to_string()),
                ("arrived", conv.entry.arrived_at.0.to_string()),
                ("entered", number(conv.entered)),
                // Lua counts steps from 1.
                ("step", if conv.step == 0 { String::new() } else { (conv.step + 1).to_string() }),
                ("plan", plan_text(&conv.entry)),
                ("policy", policy_text(&conv.entry)),
                ("units", number(i64::from(conv.units))),
                ("last", text(&conv.last)),
                ("base", number(conv.base as i64)),
                ("offers", number(i64::from(conv.offers))),
                ("opened", conv.opened.to_string()),
                ("accepted", time(conv.accepted)),
                ("closed", time(conv.closed)),
                ("until", time(conv.until)),
                ("read_by_contact", number(conv.read_by_contact as i64)),
                ("read_by_agent", number(conv.read_by_agent as i64)),
                ("received_by_contact", number(conv.received_by_contact as i64)),
                ("address", text(&conv.address)),
                ("mailed", number(conv.mailed as i64)),
            ];
            for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                put(dump, format!("conv:{id}"), field, value);
            }
        }
    }

    fn dump_agents(&self, dump: &mut Dump) {
        for person in self.people.values() {
            let id = person.agent.id.to_string();
            let (used, kinds) = self.load(&id);
            let group = self.group(person);
            if let Some(group) = &group {
                put(dump, format!("idle:{group}"), &id, person.idle_since);
                put(dump, format!("turn:{group}"), &id, person.turn_at);
                let head = dump.entry("ready".into()).or_default();
                let score =
                    head.entry(group.clone()).or_insert_with(|| person.idle_since.to_string());
                if person.idle_since < score.parse().expect("a score") {
                    *score = person.idle_since.to_string();
                }
            }
            put(dump, "agents".into(), &id, "");
            let profile = domain::need::profile(&person.agent.skills);
            let capacity = capacity_text(&person.agent.capacity);
            if person.presence == "ready" {
                let field = format!("{};{capacity}", person.profile);
                let count = dump.entry("online".into()).or_default().entry(field).or_default();
                *count = (count.parse::<u32>().unwrap_or(0) + 1).to_string();
            }
            let counts: String =
                kinds.iter().map(|(kind, n)| format!("{}{n}", kind.letter())).collect();
            let fields = [
                ("presence", person.presence.to_owned()),
                ("profile", profile),
                ("capacity", capacity),
                ("turns", "1".to_owned()),
                ("used", if used == 0 { String::new() } else { used.to_string() }),
                ("counts", counts),
                ("group", group.unwrap_or_default()),
                (
                    "idle_since",
                    if person.idle_since == 0 {
                        String::new()
                    } else {
                        person.idle_since.to_string()
                    },
                ),
                (
                    "turn_at",
                    if person.turn_at == 0 { String::new() } else { person.turn_at.to_string() },
                ),
                ("offer", person.offer.clone().unwrap_or_default()),
                (
                    "misses",
                    if person.misses == 0 { String::new() } else { person.misses.to_string() },
                ),
                ("since", person.since.to_string()),
            ];
            for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                put(dump, format!("agent:{id}"), field, value);
            }
        }
    }
}

/// Reads every key at one moment: its name, its type, and its content as a flat list.
const READ_ALL: &str = r"
local all = {}
for _, key in ipairs(redis.call('KEYS', '{t1}:*')) do
  local kind = redis.call('TYPE', key).ok
  local read = {
    hash = { 'HGETALL', key }, zset = { 'ZRANGE', key, 0, -1, 'WITHSCORES' }, set = { 'SMEMBERS', key },
    list = { 'LRANGE', key, 0, -1 }, string = { 'GET', key },
  }
  if read[kind] then
    local content = redis.call(unpack(read[kind]))
    all[#all + 1] = { key, kind, type(content) == 'table' and content or { tostring(content) } }
  end
end
return all";

/// What Redis holds of the tenant, in the same form.
pub(in super::super) async fn read(router: &Router) -> Dump {
    let mut eval = redis::cmd("EVAL");
    eval.arg(READ_ALL).arg(0);
    let all = router.store().run("dump", &eval).await.unwrap();
    let all: Vec<(String, String, Vec<String>)> = redis::from_redis_value(all).unwrap();
    let skipped = [
        "seen:",
        "thread:",
        "bookmarks",
        "meta",
        "delivery:",
        "box",
        "dead",
        "duty:",
        "cursors",
        "rate:",
        "once:",
        // Shown to people in `callback` of the conversation; what lines need of it stands in replies.
        "callback:",
    ];
    all.into_iter()
        .map(|(key, kind, content)| (key.strip_prefix("{t1}:").unwrap().to_owned(), kind, content))
        .filter(|(name, ..)| !skipped.iter().any(|skip| name.starts_with(skip)))
        .map(|(name, kind, content)| {
            let content = read_content(&name, &kind, content);
            (name, content)
        })
        .filter(|(_, content)| !content.is_empty())
        .collect()
}

fn read_content(name: &str, kind: &str, content: Vec<String>) -> BTreeMap<String, String> {
    let pairs = || content.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    match kind {
        "hash" if name.starts_with("conv:") || name.starts_with("agent:") => {
            let mut fields = crate::packed::unpack(pairs());
            if let Some(callback) = fields.get_mut("callback") {
                *callback =
                    serde_json::from_str::<serde_json::Value>(callback).unwrap().to_string();
            }
            fields.retain(|field, value| {
                !(value.is_empty() || value == "0" || field == "why" || field == "info")
            });
            fields
        }
        "hash" => pairs().collect(),
        "list" => content
            .iter()
            .map(|entry| serde_json::from_str::<serde_json::Value>(entry).unwrap())
            .map(|message| (message["seq"].to_string(), message.to_string()))
            .collect(),
        "zset" => pairs().map(|(member, score)| (member, whole(&score))).collect(),
        _ => content.into_iter().map(|member| (member, String::new())).collect(),
    }
}

/// A score as Redis writes it, which may be in exponent form, as a whole number.
fn whole(score: &str) -> String {
    format!("{}", score.parse::<f64>().unwrap() as i64)
}
