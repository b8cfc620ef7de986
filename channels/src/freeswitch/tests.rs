//! Settings and events of a FreeSWITCH, without one.

use super::event::happened;
use super::*;
use crate::phone::pbx::{News, Signal};
use domain::{CallId, Leg, Timestamp};
use serde_json::{Value, json};

const CALL: &str = "call_01jd8x0v5q2m3n4p5r6s7t8v9w";

fn config() -> FreeSwitchConfig {
    let contact = json!({ "contact": "sofia/gateway/trunk/{number}" });
    FreeSwitchConfig::parse(&contact).expect("settings")
}

#[test]
fn every_problem_of_the_settings_is_told_and_no_secret() {
    let problems = FreeSwitchConfig::parse(&json!({
        "host": "a b", "port": 0, "password": "CANARY\napi shutdown", "agent": "user/{agent},x",
        "contact": "sofia/{number}'", "caller_id": "x", "record": "/tmp/../etc", "missed": "a=b",
        "region": "x", "fly": 1,
    }))
    .expect_err("all of it is wrong");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let keys = [
        "port",
        "host",
        "password",
        "agent",
        "contact",
        "caller_id",
        "record",
        "missed",
        "region",
        "fly",
    ];
    assert_eq!(paths, keys.map(|key| format!("settings.{key}")));
    assert!(!format!("{problems:?}").contains("CANARY"));
    let password = json!({ "password": "CANARY" });
    assert!(!format!("{:?}", FreeSwitchConfig::parse(&password)).contains("CANARY"));
}

#[test]
fn events_of_our_legs_are_news_and_others_are_not() {
    let (agent, contact) = (format!("{CALL}-a"), format!("{CALL}-c"));
    let event = |name: &str, id: &str| json!({ "Event-Name": name, "Unique-ID": id });
    let hangup = |id: &str, cause: &str| json!({ "Event-Name": "CHANNEL_HANGUP", "Unique-ID": id, "Hangup-Cause": cause });
    let job = |id: &str, body: &str| json!({ "Event-Name": "BACKGROUND_JOB", "Job-UUID": id, "_body": body });
    let cases = [
        (event("CHANNEL_PROGRESS", &agent), Signal::Rings(Leg::Agent)),
        (event("CHANNEL_PROGRESS_MEDIA", &contact), Signal::Rings(Leg::Contact)),
        (event("CHANNEL_ANSWER", &contact), Signal::Answers(Leg::Contact)),
        (event("CHANNEL_HOLD", &agent), Signal::Held),
        (event("CHANNEL_UNHOLD", &agent), Signal::Resumed),
        (hangup(&contact, "USER_BUSY"), Signal::Ends(Leg::Contact, 17)),
        (hangup(&contact, "SOMETHING_NEW"), Signal::Ends(Leg::Contact, 127)),
        (job(&agent, "-ERR USER_NOT_REGISTERED\n"), Signal::Ends(Leg::Agent, 606)),
        (job(&contact, "-ERR INVALID_GATEWAY\n"), Signal::Ends(Leg::Contact, 608)),
    ];
    let call: CallId = CALL.parse().expect("an id");
    for (event, expected) in cases {
        let heard = match happened(&event, &config()) {
            Some(News::Heard(of, signal)) => Some((of, signal)),
            _ => None,
        };
        assert_eq!(heard, Some((call.clone(), expected)), "{event}");
    }
    for event in [
        json!({}),
        json!([]),
        job(&agent, "+OK x"),
        job("x", "-ERR USER_BUSY"),
        event("CHANNEL_ANSWER", "0b1f"),
        event("CHANNEL_CREATE", &agent),
        event("CHANNEL_HANGUP_COMPLETE", "0b1f"),
    ] {
        assert!(happened(&event, &config()).is_none(), "{event}");
    }
}

#[test]
fn a_caller_whom_the_dial_plan_marked_is_a_missed_call() {
    let event = |number: &str, mark: &str| -> Value {
        json!({
            "Event-Name": "CHANNEL_HANGUP_COMPLETE", "Unique-ID": "0b1f", "variable_hutong_missed": mark,
            "Caller-Caller-ID-Number": number, "Caller-Destination-Number": "65529988",
            "Event-Date-Timestamp": "1795743000123456",
        })
    };
    let Some(News::Missed(missed)) = happened(&event("13800138000", "true"), &config()) else {
        panic!("a missed call")
    };
    assert_eq!((missed.external_id.as_str(), missed.to.as_str()), ("0b1f", "65529988"));
    assert_eq!(missed.from.e164(), "+8613800138000");
    assert_eq!(missed.at, Some(Timestamp(1_795_743_000_123)));
    for (number, mark) in [("13800138000", ""), ("anonymous", "true"), ("110", "true")] {
        assert!(happened(&event(number, mark), &config()).is_none(), "{number}");
    }
}
