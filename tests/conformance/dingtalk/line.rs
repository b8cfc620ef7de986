//! The line of Stream mode.

use super::DingTalkRig;
use crate::inlet::Behind;
use crate::running::Kept;
use serde_json::{Value, json};
use tests::eventually::{eventually, holds};

fn system(topic: &str, data: &str) -> Value {
    let headers = json!({ "topic": topic, "messageId": "sys1", "contentType": "application/json" });
    json!({ "specVersion": "1.0", "type": "SYSTEM", "headers": headers, "data": data })
}

#[tokio::test]
async fn a_ping_gets_its_opaque_back() {
    let (rig, (inlet, _behind)) = (DingTalkRig::open(), Behind::open());
    let kept = Kept::running(&rig, &inlet);
    let opaque = r#"{"opaque":"0-1792398600123-ab"}"#;
    rig.network.says(system("ping", opaque));
    let find = |seen: &crate::doors::dingtalk::Seen| seen.frames.first().cloned();
    let pong = rig.seen().until("a pong", find).await;
    assert_eq!(pong["data"], opaque);
    assert_eq!((&pong["code"], &pong["headers"]["messageId"]), (&json!(200), &json!("sys1")));
    kept.ends("dingtalk").await;
}

#[tokio::test]
async fn a_disconnect_brings_a_new_line_and_never_a_storm_of_them() {
    let (rig, (inlet, behind)) = (DingTalkRig::open(), Behind::open());
    let kept = Kept::running(&rig, &inlet);
    let far_end = &rig.network.far_end;
    for n in 1..=3 {
        eventually("a line stands", async || {
            holds(far_end.connections() == n, format!("{} lines", far_end.connections()))
        })
        .await;
        rig.network.says(system("disconnect", r#"{"reason":"connection is expired"}"#));
    }
    far_end.hears("m0", "after all of it");
    assert_eq!(behind.texts(1).await, ["after all of it"]);
    // Each of the three was asked for once; between them, the pause grew from 0.2 s on.
    let asked = super::bodies(&rig, "/v1.0/gateway/connections/open").len();
    assert_eq!((far_end.connections(), asked), (4, 4));
    kept.ends("dingtalk").await;
}

#[tokio::test]
async fn what_cannot_be_read_holds_nothing_up() {
    let (rig, (inlet, behind)) = (DingTalkRig::open(), Behind::open());
    let callback = |topic: &str, data: &str| json!({ "type": "CALLBACK", "headers": { "topic": topic, "messageId": "x" }, "data": data });
    let robot = "/v1.0/im/bot/messages/get";
    for frame in [
        json!("no frame"),
        json!({}),
        callback(robot, "{"),
        callback(robot, "{}"),
        callback("/v1.0/card/instances/callback", "{}"),
        json!({ "type": "EVENT", "headers": { "topic": "*", "messageId": "e" }, "data": "{}" }),
    ] {
        rig.network.says(frame);
    }
    let kept = Kept::running(&rig, &inlet);
    rig.network.far_end.hears("m0", "still here");
    assert_eq!(behind.texts(1).await, ["still here"]);
    let codes = |seen: &crate::doors::dingtalk::Seen| {
        let codes: Vec<Value> = seen.frames.iter().map(|frame| frame["code"].clone()).collect();
        (codes.len() == 5).then_some(codes)
    };
    let codes = rig.seen().until("all but what is no frame is acknowledged", codes).await;
    assert_eq!(codes, [200, 200, 404, 200, 200].map(|code| json!(code)));
    kept.ends("dingtalk").await;
}
