//! What arrives from Slack, at the stand-in.

use super::Running;
use crate::doors::Rig as _;
use crate::doors::slack::{SlackRig, event};
use crate::inlet::Behind;
use channels::{AdapterError, Payload, RawRequest};
use serde_json::{Value, json};
use std::path::Path;
use tests::eventually;
use tests::eventually::holds;

/// A payload out of the adapter's fixtures.
fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../channels/fixtures/slack");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn buttons_and_commands_come_over_the_same_socket() {
    let rig = SlackRig::that_listens();
    let (far_end, running) = (rig.far_end().unwrap(), Running::start(&rig.adapter()));
    for (n, name) in ["mention", "button", "slash_command", "own_echo"].iter().enumerate() {
        far_end.hears(&format!("m{n}"), &fixture(name).to_string());
    }
    eventually("all is confirmed", async || {
        holds(far_end.confirmed() == 4, format!("{}", far_end.confirmed()))
    })
    .await;
    assert_eq!(running.behind.now(), ["is the office open?", "is it open & staffed?"]);
    running.behind.taken.look(|taken| {
        assert_eq!(taken.accepted.len(), 3, "our own echo is none");
        let chosen = Payload::Chosen { value: "rate:5".to_owned() };
        assert_eq!(taken.accepted[1].payload, chosen);
        let Payload::MessageNew(mention) = &taken.accepted[0].payload else { panic!("no word") };
        assert_eq!(mention.group.as_deref(), Some("general"), "the channel's name was asked for");
    });
}

#[tokio::test]
async fn a_line_that_is_to_be_refreshed_is_opened_again() {
    let rig = SlackRig::that_listens();
    rig.network.refreshes.change(|left| *left = 2);
    let (far_end, running) = (rig.far_end().unwrap(), Running::start(&rig.adapter()));
    far_end.hears("m0", "after two refreshes");
    assert_eq!(running.behind.texts(1).await, ["after two refreshes"]);
    assert_eq!(far_end.connections(), 3);
}

#[tokio::test]
async fn something_of_another_shape_is_confirmed_and_holds_nothing_up() {
    let rig = SlackRig::that_listens();
    let (far_end, running) = (rig.far_end().unwrap(), Running::start(&rig.adapter()));
    let odd = [
        json!({ "event": { "type": "message", "text": 7 } }),
        json!({ "actions": "none" }),
        json!({ "command": 7 }),
    ];
    for (n, odd) in odd.iter().enumerate() {
        far_end.hears(&format!("m{n}"), &odd.to_string());
    }
    far_end.hears("m9", "after them");
    assert_eq!(running.behind.texts(1).await, ["after them"]);
}

#[tokio::test]
async fn buttons_and_commands_come_as_signed_forms() {
    let rig = SlackRig::that_is_called();
    let (door, (inlet, behind)) = (rig.adapter(), Behind::open());
    let form = |pairs: Vec<(&str, String)>| {
        let url = reqwest::Url::parse_with_params("http://x/", pairs).unwrap();
        rig.signed("application/x-www-form-urlencoded", url.query().unwrap().to_owned())
    };
    let button = form(vec![("payload", fixture("button").to_string())]);
    assert_eq!(door.callback(&button, &inlet).await.unwrap().status, 200);
    let fields = fixture("slash_command");
    let fields = fields.as_object().unwrap().iter();
    let command = form(
        fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap().to_owned())).collect(),
    );
    assert_eq!(door.callback(&command, &inlet).await.unwrap().status, 200);
    behind.taken.look(|taken| {
        let chosen = Payload::Chosen { value: "rate:5".to_owned() };
        assert_eq!(taken.accepted[0].payload, chosen);
        assert_eq!(taken.accepted[1].external_conversation, None, "answered with the bot alone");
    });
    for odd in [form(vec![("payload", "{".to_owned())]), form(vec![("x", "y".to_owned())])] {
        let answer = door.callback(&odd, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::Malformed(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_call_out_of_its_time_is_refused_like_a_forged_one() {
    let rig = SlackRig::that_is_called();
    let (door, (inlet, behind)) = (rig.adapter(), Behind::open());
    let good = rig.signed("application/json", event(0, "x").to_string());
    let mut late = good.clone();
    late.headers[1].1 = "1531420618".into();
    let unsigned = RawRequest { headers: Vec::new(), ..good };
    for refused in [late, unsigned] {
        let answer = door.callback(&refused, &inlet).await;
        assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{answer:?}");
    }
    behind.taken.look(|taken| assert!(taken.accepted.is_empty()));
}
