//! The checks have teeth: made-up histories, each with one thing that may never be.

use super::*;
use crate::visitor::Acked;
use crate::webhook::Received;
use serde_json::json;
use std::collections::BTreeMap;

fn visit(words: &[(&str, u64)], transcript: &[Value]) -> Visit {
    let acked = |(text, seq): &(&str, u64)| {
        let acked = Acked { conversation: "c".into(), seq: *seq, message: format!("m{seq}") };
        ((*text).to_owned(), acked)
    };
    Visit {
        name: "v".to_owned(),
        acked: words.iter().map(acked).collect(),
        transcript: transcript.to_vec(),
        violations: Vec::new(),
    }
}

fn message(seq: u64, kind: &str, text: &str) -> Value {
    json!({ "seq": seq, "kind": kind, "text": text })
}

fn reply(text: &str, seq: u64) -> Word {
    Word { conversation: "c".to_owned(), text: text.to_owned(), seq }
}

/// The violations, without their details.
fn rules(found: &[String]) -> Vec<&str> {
    found.iter().map(|text| text.split(' ').next().unwrap()).collect()
}

#[test]
fn a_log_as_everyone_knows_it_is_fine_and_each_deviation_is_told() {
    let log = [message(1, "text", "one"), message(2, "note", "hm"), message(3, "text", "two")];
    let heard = [log[0].clone(), log[2].clone()];
    let (visit, replies) = (visit(&[("one", 1)], &heard), [reply("two", 3), reply("hm", 2)]);
    let compare = |log: &[Value]| log::compare("c", &visit, &replies, log);
    assert!(compare(&log).is_empty());

    let lost = [message(1, "note", "hm"), message(2, "text", "two")];
    assert!(rules(&compare(&lost)).contains(&"I1"), "a lost word");
    let doubled = [log.as_slice(), &[message(4, "text", "two")]].concat();
    assert!(rules(&compare(&doubled)).contains(&"I1"), "a doubled word");
    let turned = [message(1, "text", "two"), message(2, "note", "hm"), message(3, "text", "one")];
    assert_eq!(rules(&compare(&turned)), ["I1", "I1", "I5"], "another order");
    let holed = [log[0].clone(), log[2].clone()];
    assert_eq!(rules(&compare(&holed)), ["I5", "I1"], "a lost note, and a hole");
}

#[test]
fn a_visitor_who_read_something_else_than_the_log_is_told() {
    let log = [message(1, "text", "one"), message(2, "note", "hm")];
    let compare = |heard: &[Value]| log::compare("c", &visit(&[], heard), &[], &log);
    assert!(compare(&log[..1]).is_empty());
    assert_eq!(rules(&compare(&[])), ["I5"]);
    assert_eq!(compare(&log).len(), 1, "a note is for agents");
}

#[test]
fn a_silent_house_does_not_pass() {
    let spoken = [visit(&[("one", 1), ("two", 2)], &[])];
    assert!(floor(&spoken, &[reply("hello", 3)], 2).is_empty());
    assert_eq!(floor(&spoken, &[], 2).len(), 1, "agents who said nothing");
    assert_eq!(floor(&[visit(&[], &[])], &[reply("hello", 3)], 2).len(), 1, "visitors");
}

fn call(event: &str, delivery: &str) -> Received {
    Received {
        headers: BTreeMap::from([("webhook-id".to_owned(), delivery.to_owned())]),
        bytes: Vec::new(),
        body: json!({ "id": event }),
        status: 204,
    }
}

#[test]
fn webhooks_that_are_lost_repeated_or_out_of_order_are_told() {
    // As texts, these would sort the other way round.
    let (first, second) = ("999-0.1", "1000-0.0");
    let wanted = [first, second].map(str::to_owned).into_iter().collect();
    let compare = |calls: &[Received], faults| webhook::compare(calls, &wanted, faults);
    let (one, two) = (call(first, "d1"), call(second, "d2"));
    assert!(compare(&[one.clone(), two.clone()], 0).is_empty());
    assert_eq!(rules(&compare(&[two.clone(), one.clone()], 0)), ["I13"]);
    assert_eq!(rules(&compare(std::slice::from_ref(&one), 0)), ["I12"], "one is missing");
    let repeated = [one.clone(), two.clone(), one.clone()];
    assert!(compare(&repeated, 1).is_empty(), "a fault may repeat one");
    assert_eq!(rules(&compare(&repeated, 0)), ["I12"]);
    assert_eq!(rules(&compare(&[one, two, call(first, "d9")], 1)), ["I12"], "another id");
}

#[test]
fn a_state_change_without_its_row_or_with_two_is_told() {
    let line = |at: i64, what: &str| (at, what.to_owned(), "conversation:c".to_owned());
    let wanted = [line(1, "conversation_opened"), line(2, "offer_made"), line(2, "offer_expired")];
    let compare = |lines: &[_]| audit::compare(lines, &wanted);
    assert!(compare(&wanted).is_empty());
    assert_eq!(rules(&compare(&wanted[..2])), ["I17"], "the last is missing");
    assert_eq!(rules(&compare(&[wanted[0].clone(), wanted[2].clone()])), ["I17"], "one is missing");
    let doubled = [wanted.as_slice(), &wanted[2..]].concat();
    assert_eq!(rules(&compare(&doubled)), ["I17"], "one is there twice");
    let turned = [wanted[1].clone(), wanted[0].clone(), wanted[2].clone()];
    assert_eq!(rules(&compare(&turned)), ["I17"], "another order");
}
