//! Somebody calls the desk.

use super::kit::{CONTACT, Line};
use serde_json::json;
use tests::port::Port;
use tests::sipp::Sipp;

#[tokio::test]
async fn a_call_from_the_trunk_is_kept_before_it_is_told_that_nobody_is_there() {
    let line = Line::open(Port::take().number(), &json!({ "missed_calls_from": ["127.0.0.1"] }));
    let (to, words) = (Some(line.port.number()), [("from", CONTACT)]);
    let caller = Sipp::start_with(line.folder(), "calls", &words, to).await;
    caller.ends_well().await;
    let missed = line.board.heard.look(|heard| heard.missed.clone());
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!((missed[0].from.e164(), missed[0].to.as_str()), (CONTACT, "02012345678"));
    assert!(!missed[0].external_id.is_empty());
}

#[tokio::test]
async fn from_anywhere_else_nothing_is_kept() {
    let line = Line::open(Port::take().number(), &json!({ "missed_calls_from": ["192.0.2.1"] }));
    let (to, words) = (Some(line.port.number()), [("from", CONTACT)]);
    let caller = Sipp::start_with(line.folder(), "calls_unknown", &words, to).await;
    caller.ends_well().await;
    assert!(line.board.heard.look(|heard| heard.missed.is_empty()));
}
