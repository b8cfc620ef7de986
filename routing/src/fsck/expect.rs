//! What the indexes should hold, computed from conversations, agents and logs alone.

use super::snapshot::FOREIGN;
use super::{Content, Discrepancy, Dump};

/// Stands for "some score": the reminder's time depends on when the last one was.
pub(super) const ANY: &str = "any";

/// What sort of key an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sorted,
    Set,
    Hash,
    Text,
}

/// The sort of an index key; `None` for keys that are no index.
pub(super) fn kind_of(key: &str) -> Option<Kind> {
    match key.split(':').next().unwrap_or("") {
        "lane" | "heads" | "waiting" | "idle" | "turn" | "ready" | "timers" | "timers_failed"
        | "closed" | "box" | "boxes" | "dead" | "calls" => Some(Kind::Sorted),
        "held" | "resting" | "agents" | "queues" => Some(Kind::Set),
        "online" | "callback_numbers" => Some(Kind::Hash),
        "open" => Some(Kind::Text),
        _ => None,
    }
}

pub(super) fn is_index(key: &str) -> bool {
    kind_of(key).is_some()
}

pub(super) fn put(dump: &mut Dump, key: String, member: &str, value: &str) {
    dump.entry(key).or_default().insert(member.to_owned(), value.to_owned());
}

pub(super) fn get<'a>(content: &'a Content, field: &str) -> &'a str {
    content.get(field).map_or("", String::as_str)
}

pub(super) fn number(content: &Content, field: &str) -> i64 {
    get(content, field).parse().unwrap_or(0)
}

/// Keeps the lower of two scores: the head of a lane or a group.
pub(super) fn lowest(dump: &mut Dump, key: String, member: &str, score: i64) {
    let held =
        dump.entry(key).or_default().entry(member.to_owned()).or_insert_with(|| score.to_string());
    if score < held.parse().unwrap_or(i64::MAX) {
        *held = score.to_string();
    }
}

pub(super) fn indexes(found: &Dump) -> Dump {
    let mut dump = Dump::new();
    for (key, conv) in found {
        if let Some(id) = key.strip_prefix("conv:") {
            of_conversation(&mut dump, found, id, conv);
        }
        if let Some(id) = key.strip_prefix("callback:") {
            of_callback(&mut dump, id, conv);
        }
    }
    super::agents::indexes(&mut dump, found);
    super::outbox::indexes(&mut dump, found);
    dump
}

fn of_conversation(dump: &mut Dump, found: &Dump, id: &str, conv: &Content) {
    let (agent, until, due) = (get(conv, "agent"), get(conv, "until"), number(conv, "due"));
    let (state, pointer) =
        (get(conv, "state"), format!("open:{}:{}", get(conv, "channel"), get(conv, "contact")));
    // One that is over may have made way for another; one of a thread is found by its letters.
    let current = found.get(&pointer).is_some_and(|held| held.contains_key(id));
    let threads = !get(conv, "threads").is_empty();
    if !state.is_empty() && !threads && (state != "closed" || current) {
        put(dump, pointer, id, "");
    }
    if matches!(state, "queued" | "scheduled" | "offered") {
        put(dump, "queues".to_owned(), get(conv, "queue"), "");
    }
    match state {
        "queued" => {
            let lane = get(conv, "lane");
            put(dump, format!("lane:{lane}"), id, get(conv, "due"));
            let only = lane.split('|').nth(2).unwrap_or("");
            let heads = if only.is_empty() { "heads".to_owned() } else { format!("heads:{only}") };
            lowest(dump, heads, lane, due);
            put(dump, format!("waiting:{}", get(conv, "queue")), id, get(conv, "due"));
            put(dump, "timers".to_owned(), &placed("w", due, id), &plan_time(conv));
        }
        "offered" => {
            put(dump, format!("held:{agent}"), id, "");
            put(dump, "timers".to_owned(), &format!("o:{id}"), until);
        }
        "active" => put(dump, format!("held:{agent}"), id, ""),
        "wrap_up" => {
            put(dump, format!("held:{agent}"), id, "");
            put(dump, "timers".to_owned(), &format!("u:{id}"), until);
        }
        "snoozed" => {
            put(dump, format!("resting:{}", get(conv, "last")), id, "");
            let budget = due - number(conv, "arrived");
            put(dump, "timers".to_owned(), &placed("z", budget, id), until);
        }
        "scheduled" => put(dump, "timers".to_owned(), &placed("s", due, id), until),
        // A closed conversation with a log is still to be archived.
        "closed" if found.contains_key(&format!("log:{id}")) => {
            put(dump, "closed".to_owned(), id, get(conv, "closed"));
        }
        _ => {}
    }
}

fn of_callback(dump: &mut Dump, id: &str, callback: &Content) {
    if get(callback, "state") != "over" {
        put(dump, "callback_numbers".to_owned(), get(callback, "number"), id);
    }
    if !matches!(get(callback, "stage"), "" | "ended") {
        put(dump, format!("calls:{}", get(callback, "line")), id, get(callback, "since"));
    }
    if !get(callback, "remind").is_empty() {
        put(dump, "timers".to_owned(), &format!("c:{id}"), get(callback, "remind"));
    }
}

/// The name of a timer that stands in order of due time among those of the same moment.
fn placed(kind: &str, due: i64, id: &str) -> String {
    format!("{kind}:{:016}:{id}", due + 1_000_000_000_000_000)
}

/// When the next step of a waiting conversation's plan comes.
fn plan_time(conv: &Content) -> String {
    let (entered, due) = (number(conv, "entered"), number(conv, "due"));
    let times = crate::router::steps_to_come(get(conv, "plan"), entered, due);
    let next = usize::try_from(number(conv, "step") - 2).ok().and_then(|place| times.get(place));
    next.map_or_else(|| ANY.to_owned(), |(at, _)| at.to_string())
}

/// Keys of another type than they should be; indexes are found by comparing.
pub(super) fn foreign_keys(found: &Dump) -> Vec<Discrepancy> {
    found
        .iter()
        .filter(|(key, content)| !is_index(key) && content.contains_key(FOREIGN))
        .map(|(key, _)| Discrepancy {
            key: key.clone(),
            member: FOREIGN.to_owned(),
            found: Some(String::new()),
            expected: None,
        })
        .collect()
}

/// Logs whose seqs are not 1, 2, 3, … from the archived base on, or whose conversation is gone.
pub(super) fn broken_logs(found: &Dump) -> Vec<Discrepancy> {
    let mut broken = Vec::new();
    for (key, log) in found {
        let Some(id) = key.strip_prefix("log:") else { continue };
        let conv = found.get(&format!("conv:{id}"));
        if conv.is_none() {
            broken.push(Discrepancy {
                key: key.clone(),
                member: "(no conversation)".to_owned(),
                found: Some(log.len().to_string()),
                expected: None,
            });
        }
        let base = conv.map_or(0, |conv| number(conv, "base"));
        for (place, entry) in log.values().enumerate() {
            let wanted = base + i64::try_from(place).unwrap_or(0) + 1;
            let seq = serde_json::from_str::<domain::Message>(entry)
                .ok()
                .and_then(|message| i64::try_from(message.seq).ok());
            if seq != Some(wanted) {
                broken.push(Discrepancy {
                    key: key.clone(),
                    member: wanted.to_string(),
                    found: seq.map(|seq| seq.to_string()),
                    expected: Some(wanted.to_string()),
                });
            }
        }
    }
    broken
}
