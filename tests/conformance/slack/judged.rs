//! slack-sdk as a judge: of the stand-in, and of signatures in both directions.

use crate::doors::Rig as _;
use crate::doors::SECRET;
use crate::doors::slack::{SlackRig, app_token, bot_token, event};
use crate::inlet::Behind;
use bytes::Bytes;
use channels::{AdapterError, RawRequest};
use serde_json::{Value, json};
use std::path::Path;
use tests::peer::Peer;
use tests::peers;
use tokio::process::Command;

fn judge() -> Peer {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/slack/kit.py");
    Peer::start("slack-sdk", Command::new(peers::python()).arg(script))
}

async fn open(judge: &mut Peer, rig: &SlackRig) -> Value {
    let question = json!({
        "do": "open", "url": rig.cloud.url(), "bot_token": bot_token(), "app_token": app_token(),
    });
    judge.ask(&question).await
}

#[tokio::test]
async fn slacks_kit_listens_to_the_stand_in_and_confirms() {
    let (mut judge, rig) = (judge(), SlackRig::that_listens());
    let far_end = rig.far_end().unwrap();
    open(&mut judge, &rig).await;
    assert_eq!(judge.ask(&json!({ "do": "listen" })).await, json!({ "open": true }));
    far_end.hears("m0", "您好");
    let heard = judge.ask(&json!({ "do": "hear" })).await;
    assert_eq!(heard, json!({ "type": "events_api", "payload": event(0, "您好") }));
    let acknowledged =
        rig.network.acknowledged.until("it is confirmed", |all| all.first().cloned()).await;
    assert_eq!(acknowledged["envelope_id"], "envelope-0");
    judge.ask(&json!({ "do": "leave" })).await;
}

#[tokio::test]
async fn slacks_kit_takes_the_stand_in_for_the_web_api() {
    let (mut judge, rig) = (judge(), SlackRig::that_is_called());
    let (network, far_end) = (&rig.network, rig.far_end().unwrap());
    let me = open(&mut judge, &rig).await;
    assert_eq!(me["user"], "UBOT");
    assert!(me["scopes"].as_str().unwrap().contains("chat:write"), "{me}");

    let posted = judge.ask(&json!({ "do": "post", "channel": "D024BE91L", "text": "k1" })).await;
    assert_eq!(posted["marks"], json!([{ "command": "k1" }]), "found again by its mark: {posted}");
    let rest = judge.ask(&json!({ "do": "rest", "file": "a.pdf" })).await;
    assert_eq!((&rest["channel"], &rest["person"]), (&json!("D024BE91L"), &json!("李雷")));
    assert!(rest["shares"]["private"].is_object(), "the file is shown: {rest}");

    network.answers("chat.postMessage", 429, json!({ "ok": false, "error": "ratelimited" }));
    let slow = judge.ask(&json!({ "do": "post", "channel": "D024BE91L", "text": "k2" })).await;
    assert_eq!(slow, json!({ "refused": "ratelimited", "pause": "17" }));
    far_end.loses_recipient();
    let gone = judge.ask(&json!({ "do": "post", "channel": "D024BE91L", "text": "k3" })).await;
    assert_eq!(gone["refused"], "channel_not_found");
}

#[tokio::test]
async fn signatures_are_the_same_in_both_directions() {
    let (mut judge, rig) = (judge(), SlackRig::that_is_called());
    let body = event(0, "您好 & <b>").to_string();
    let ours = rig.signed("application/json", body.clone());
    let (time, signature) = (
        ours.header("x-slack-request-timestamp").unwrap(),
        ours.header("x-slack-signature").unwrap(),
    );
    let mut question = json!({
        "do": "sign", "secret": SECRET, "time": time, "body": body, "signature": signature,
    });
    let judged = judge.ask(&question).await;
    assert_eq!(judged, json!({ "own": signature, "is_good": true }));

    // What the kit signs is taken, and a byte more is not.
    let other = event(1, "еще раз 😀").to_string();
    question["body"] = other.clone().into();
    let own = judge.ask(&question).await["own"].as_str().unwrap().to_owned();
    let headers = vec![
        ("content-type".to_owned(), "application/json".into()),
        ("x-slack-request-timestamp".to_owned(), time.to_owned().into()),
        ("x-slack-signature".to_owned(), own.into()),
    ];
    let (inlet, behind) = Behind::open();
    let signed = RawRequest { headers, body: other.into(), ..ours.clone() };
    assert_eq!(rig.adapter().callback(&signed, &inlet).await.unwrap().status, 200);
    assert_eq!(behind.now(), ["еще раз 😀"]);
    let longer: Bytes = [signed.body.as_ref(), b"\n"].concat().into();
    let refused = rig.adapter().callback(&RawRequest { body: longer, ..signed }, &inlet).await;
    assert!(matches!(refused, Err(AdapterError::NotAuthentic)), "{refused:?}");
}
