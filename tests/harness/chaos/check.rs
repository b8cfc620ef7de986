//! After a round: is everything that was acknowledged there, once, in order, and told onwards?

use super::agents::Word;
use super::visitors::Visit;
use crate::api::Api;
use crate::eventually::{eventually, eventually_within, holds};
use crate::webhook::WebhookSink;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Compares what was acknowledged with the logs (I1, I4, I5).
pub async fn words(
    supervisor: &Api,
    visits: &[Visit],
    replies: &[Word],
    violations: &mut Vec<String>,
) {
    for visit in visits {
        violations.extend(visit.violations.iter().cloned());
        let conversations: BTreeSet<&str> =
            visit.acked.iter().map(|(_, acked)| acked.conversation.as_str()).collect();
        if conversations.len() > 1 {
            violations
                .push(format!("I4 {} had several conversations: {conversations:?}", visit.name));
        }
        let Some(conversation) = conversations.first() else { continue };
        let log = log(supervisor, conversation).await;
        gapless(conversation, &log, violations);
        for (text, acked) in &visit.acked {
            stands_once(conversation, &log, text, acked.seq, violations);
        }
        for reply in replies.iter().filter(|reply| reply.conversation == *conversation) {
            stands_once(conversation, &log, &reply.text, reply.seq, violations);
        }
        reads_the_log(visit, &log, violations);
    }
}

async fn log(supervisor: &Api, conversation: &str) -> Vec<Value> {
    let path = format!("/v1/conversations/{conversation}/messages?after_seq=0&limit=200");
    let state = format!("/v1/conversations/{conversation}");
    eventually(&format!("{conversation} is closed"), async || {
        let answer = supervisor.get(&state).await;
        holds(answer.body["state"] == "closed", format!("{answer:?}"))
    })
    .await;
    supervisor.get(&path).await.ok()["messages"].as_array().cloned().unwrap_or_default()
}

fn gapless(conversation: &str, log: &[Value], violations: &mut Vec<String>) {
    let seqs: Vec<u64> = log.iter().map(|message| message["seq"].as_u64().unwrap_or(0)).collect();
    let wanted: Vec<u64> = (1..).take(log.len()).collect();
    if seqs != wanted {
        violations.push(format!("I5 {conversation} has the seqs {seqs:?}"));
    }
}

fn stands_once(
    conversation: &str,
    log: &[Value],
    text: &str,
    seq: u64,
    violations: &mut Vec<String>,
) {
    let places: Vec<u64> =
        log.iter().filter(|m| m["text"] == text).map(|m| m["seq"].as_u64().unwrap_or(0)).collect();
    if places != [seq] {
        violations.push(format!(
            "I1 {conversation}: `{text}` was acknowledged at {seq} and stands at {places:?}"
        ));
    }
}

/// A visitor sees the log, without notes, and nothing else (I5).
fn reads_the_log(visit: &Visit, log: &[Value], violations: &mut Vec<String>) {
    let texts = |messages: &[Value]| -> Vec<(u64, String)> {
        let spoken = messages.iter().filter(|m| m["kind"] == "text");
        spoken
            .map(|m| (m["seq"].as_u64().unwrap_or(0), m["text"].as_str().unwrap_or("").to_owned()))
            .collect()
    };
    let (seen, logged) = (texts(&visit.transcript), texts(log));
    if seen != logged {
        violations.push(format!("I5 {} saw {seen:?} of {logged:?}", visit.name));
    }
}

/// Every event that a webhook wants arrives, by one id, with few repetitions (I12).
pub async fn webhooks(
    sink: &WebhookSink,
    events: &[Value],
    kills: usize,
    violations: &mut Vec<String>,
) {
    let wanted: BTreeSet<(String, String)> = events
        .iter()
        .filter(|event| ["conversation_opened", "conversation_closed"].contains(&kind(event)))
        .map(|event| {
            (kind(event).to_owned(), event["conversation"].as_str().unwrap_or("").to_owned())
        })
        .collect();
    let arrived = || {
        sink.sink().look(|sink| {
            let mut ids: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
            for call in &sink.received {
                let about = find_conversation(&call.body);
                ids.entry((kind(&call.body).to_owned(), about))
                    .or_default()
                    .push(call.id().to_owned());
            }
            ids
        })
    };
    // Deliveries that a killed gateway held are taken over when its lease ends.
    eventually_within(Duration::from_secs(40), "every webhook arrives", async || {
        let there = arrived();
        let missing: Vec<_> = wanted.iter().filter(|event| !there.contains_key(event)).collect();
        holds(missing.is_empty(), format!("{missing:?}"))
    })
    .await;
    let there = arrived();
    let repeated: usize = wanted.iter().map(|event| there[event].len() - 1).sum();
    if repeated > kills {
        violations.push(format!("I12 {repeated} webhooks were repeated, for {kills} kills"));
    }
    for event in &wanted {
        let ids: BTreeSet<_> = there[event].iter().collect();
        if ids.len() > 1 {
            violations.push(format!("I12 {event:?} was sent under several ids: {ids:?}"));
        }
    }
}

fn kind(event: &Value) -> &str {
    event["type"].as_str().unwrap_or("")
}

fn find_conversation(body: &Value) -> String {
    let place = body["data"]["conversation"].as_str().or_else(|| body["conversation"].as_str());
    place.unwrap_or("").to_owned()
}
