//! A conversation's log against what its people know of it.

use crate::chaos::agents::Word;
use crate::chaos::visitors::Visit;
use serde_json::Value;

/// Everything in a log that contradicts an acknowledgement or a transcript (I1, I5).
pub(super) fn compare(
    conversation: &str,
    visit: &Visit,
    replies: &[Word],
    log: &[Value],
) -> Vec<String> {
    let mut found = gapless(conversation, log);
    for (text, acked) in &visit.acked {
        found.extend(stands_once(conversation, log, text, acked.seq));
    }
    for reply in replies.iter().filter(|reply| reply.conversation == conversation) {
        found.extend(stands_once(conversation, log, &reply.text, reply.seq));
    }
    found.extend(reads_the_log(visit, log));
    found
}

fn seq(message: &Value) -> u64 {
    message["seq"].as_u64().unwrap_or(0)
}

fn gapless(conversation: &str, log: &[Value]) -> Vec<String> {
    let seqs: Vec<u64> = log.iter().map(seq).collect();
    let wanted: Vec<u64> = (1..).take(log.len()).collect();
    let broken = seqs != wanted;
    broken.then(|| format!("I5 {conversation} has the seqs {seqs:?}")).into_iter().collect()
}

fn stands_once(conversation: &str, log: &[Value], text: &str, at: u64) -> Option<String> {
    let places: Vec<u64> = log.iter().filter(|m| m["text"] == text).map(seq).collect();
    (places != [at]).then(|| {
        format!("I1 {conversation}: `{text}` was acknowledged at {at} and stands at {places:?}")
    })
}

/// A visitor sees the log, without notes, and nothing else.
fn reads_the_log(visit: &Visit, log: &[Value]) -> Vec<String> {
    let texts = |messages: &[Value]| -> Vec<(u64, String)> {
        let spoken = messages.iter().filter(|m| m["kind"] == "text");
        spoken.map(|m| (seq(m), m["text"].as_str().unwrap_or("").to_owned())).collect()
    };
    let (seen, logged) = (texts(&visit.transcript), texts(log));
    let mut found = Vec::new();
    if seen != logged {
        found.push(format!("I5 {} saw {seen:?} of {logged:?}", visit.name));
    }
    if let Some(note) = visit.transcript.iter().find(|message| message["kind"] == "note") {
        found.push(format!("{} saw a note among agents: {note}", visit.name));
    }
    found
}
