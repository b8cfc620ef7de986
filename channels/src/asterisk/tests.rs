//! Settings and events of an Asterisk, without one.

use super::event::{Said, said};
use super::*;
use crate::phone::pbx::{News, Signal};
use domain::{CallId, Leg, Timestamp};
use serde_json::{Value, json};

const CALL: &str = "call_01jd8x0v5q2m3n4p5r6s7t8v9w";

fn config() -> AsteriskConfig {
    AsteriskConfig::parse(&json!({ "contact": "PJSIP/{number}@trunk" })).expect("settings")
}

#[test]
fn every_problem_of_the_settings_is_told_and_no_secret() {
    let problems = AsteriskConfig::parse(&json!({
        "url": "ftp://x", "username": "a b", "password": 7, "app": "a,b", "agent": "PJSIP/wang",
        "contact": "PJSIP/{number}&x", "caller_id": "10086", "record": "../wav", "music": "a\nb",
        "missed": "a b", "region": "China", "fly": true,
    }))
    .expect_err("all of it is wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let keys = [
        "url",
        "username",
        "password",
        "app",
        "agent",
        "contact",
        "caller_id",
        "record",
        "music",
        "missed",
        "region",
        "fly",
    ];
    assert_eq!(paths, keys.map(|key| format!("settings.{key}")));
    let password = json!({ "password": "CANARY" });
    assert!(!format!("{:?}", AsteriskConfig::parse(&password)).contains("CANARY"));
}

fn channel(id: &str) -> Value {
    json!({ "id": id, "state": "Ringing" })
}

#[test]
fn events_of_our_legs_are_news_and_others_are_not() {
    let (agent, contact) = (format!("{CALL}-a"), format!("{CALL}-c"));
    let cases = [
        (
            json!({ "type": "StasisStart", "args": [], "channel": channel(&agent) }),
            Signal::Answers(Leg::Agent),
        ),
        (
            json!({ "type": "ChannelStateChange", "channel": channel(&contact) }),
            Signal::Rings(Leg::Contact),
        ),
        (
            json!({ "type": "ChannelHangupRequest", "channel": channel(&agent) }),
            Signal::Leaves(Leg::Agent),
        ),
        (
            json!({ "type": "ChannelDestroyed", "cause": 17, "channel": channel(&contact) }),
            Signal::Ends(Leg::Contact, 17),
        ),
        (
            json!({ "type": "ChannelDestroyed", "cause": -1, "channel": channel(&contact) }),
            Signal::Ends(Leg::Contact, 0),
        ),
        (json!({ "type": "ChannelHold", "channel": channel(&agent) }), Signal::Held),
        (json!({ "type": "ChannelUnhold", "channel": channel(&agent) }), Signal::Resumed),
        (
            json!({ "type": "Dial", "peer": channel(&agent), "dialstatus": "RINGING" }),
            Signal::Rings(Leg::Agent),
        ),
        (
            json!({ "type": "Dial", "peer": channel(&contact), "dialstatus": "BUSY" }),
            Signal::Ends(Leg::Contact, 17),
        ),
        (
            json!({ "type": "Dial", "peer": channel(&contact), "dialstatus": "NOANSWER" }),
            Signal::Ends(Leg::Contact, 19),
        ),
    ];
    let call: CallId = CALL.parse().expect("an id");
    for (event, expected) in cases {
        let heard = match said(&event, &config()) {
            Said::News(News::Heard(of, signal)) => Some((of, signal)),
            _ => None,
        };
        assert_eq!(heard, Some((call.clone(), expected)), "{event}");
    }
    let replaced = json!({ "type": "ApplicationReplaced", "application": "hutong" });
    assert!(matches!(said(&replaced, &config()), Said::Replaced));
    for event in [
        json!({}),
        json!([]),
        json!({ "type": "StasisStart" }),
        json!({ "type": "StasisStart", "args": ["other"], "channel": channel("17.1") }),
        json!({ "type": "ChannelStateChange", "channel": { "id": agent, "state": "Up" } }),
        json!({ "type": "ChannelDestroyed", "cause": 17, "channel": channel("17.1") }),
        json!({ "type": "Dial", "peer": channel(&agent), "dialstatus": "" }),
        json!({ "type": "Dial", "dialstatus": "RINGING" }),
    ] {
        assert!(matches!(said(&event, &config()), Said::Nothing), "{event}");
    }
}

#[test]
fn a_caller_whom_the_dial_plan_marked_is_a_missed_call() {
    let event = |number: &str| {
        json!({
            "type": "StasisStart", "args": ["missed"], "timestamp": "2026-11-27T09:30:00.123+0800",
            "channel": { "id": "17.1", "caller": { "number": number }, "dialplan": { "exten": "65529988" } },
        })
    };
    let Said::News(News::Missed(missed)) = said(&event("13800138000"), &config()) else {
        panic!("a missed call")
    };
    assert_eq!((missed.external_id.as_str(), missed.to.as_str()), ("17.1", "65529988"));
    assert_eq!(missed.from.e164(), "+8613800138000");
    assert_eq!(missed.at, Some(Timestamp(1_795_743_000_123)));
    for number in ["", "anonymous", "110"] {
        let stranger = said(&event(number), &config());
        assert!(matches!(&stranger, Said::Stranger(id) if id == "17.1"), "{number}: {stranger:?}");
    }
}
