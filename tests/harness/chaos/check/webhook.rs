//! Webhooks against the stream: each event once or a little more, in order, under one id.

use super::{Place, events, kind, place, settles};
use crate::chaos::replay::Commit;
use crate::webhook::{Received, WebhookSink};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a killed gateway had claimed is taken over when its lease ends.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// What the arena's endpoint wants.
pub(in crate::chaos) const WANTED: [&str; 3] =
    ["conversation_opened", "conversation_assigned", "conversation_closed"];

/// Waits for the webhooks of a round, and compares all that ever came with its commits (I12, I13).
/// Each fault of the house so far may have cost one repetition.
pub async fn webhooks(
    sink: &WebhookSink,
    commits: &[Commit],
    faults: usize,
    violations: &mut Vec<String>,
) {
    let wanted = wanted(commits);
    let arrived = async || {
        let there: BTreeSet<String> =
            sink.sink().look(|sink| sink.received.iter().map(event_id).collect());
        let missing: Vec<&String> = wanted.iter().filter(|id| !there.contains(*id)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?}")) }
    };
    if let Err(missing) = settles(ARRIVES_WITHIN, arrived).await {
        violations.push(format!("I12 webhooks never came: {missing}"));
    }
    violations.extend(sink.sink().look(|sink| compare(&sink.received, &wanted, faults)));
}

fn wanted(commits: &[Commit]) -> BTreeSet<String> {
    let wanted = events(commits).filter(|(_, event)| WANTED.contains(&kind(event)));
    wanted.map(|(id, _)| id).collect()
}

fn event_id(call: &Received) -> String {
    call.body["id"].as_str().unwrap_or_default().to_owned()
}

/// Everything in the calls, in order of their coming, that may never be.
pub(super) fn compare(
    received: &[Received],
    wanted: &BTreeSet<String>,
    faults: usize,
) -> Vec<String> {
    let mut ids: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let (mut last, mut found): (Option<(Place, String)>, _) = (None, Vec::new());
    for call in received {
        let (event, delivery) = (event_id(call), call.id());
        let known = ids.entry(event.clone()).or_default();
        known.push(delivery);
        if known.len() > 1 {
            continue;
        }
        let Some(now) = place(&event) else {
            found.push(format!("I12 a call without an event id: {}", call.body));
            continue;
        };
        if let Some((before, id)) = &last
            && *before > now
        {
            found.push(format!("I13 {event} came first after {id}"));
        }
        last = Some((now, event));
    }
    let repeated: usize = ids.values().map(|calls| calls.len() - 1).sum();
    if repeated > faults {
        found.push(format!("I12 {repeated} webhooks were repeated, for {faults} faults"));
    }
    for (event, calls) in &ids {
        let several: BTreeSet<_> = calls.iter().collect();
        if several.len() > 1 {
            found.push(format!("I12 {event} was sent under several ids: {several:?}"));
        }
    }
    found.extend(
        wanted
            .iter()
            .filter(|id| !ids.contains_key(*id))
            .map(|id| format!("I12 {id} was not sent")),
    );
    found
}
