//! The sample of a phone bridge that the documentation has, and the demo rings by.

use super::{DIALLED, NUMBER, PHONE, asks_for_call, has_fact, sees_call};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tests::port::Port;
use tests::process::Process;
use tests::{DeskFile, House};

const SECRET: &str = "whsec_Q0FOQVJZLXNlY3JldC1vZi10aGUtc2FtcGxlLWJyaWRnZQ==";

#[tokio::test]
async fn the_sample_bridge_connects_holds_and_lets_go() {
    let port = Port::take();
    let settings =
        json!({ "url": format!("http://127.0.0.1:{}/", port.number()), "secret": SECRET });
    let desk = DeskFile::small()
        .with_telephone(("hotline", "phone_bridge"), &["tax"], settings)
        .with_channel_changed(
            "website",
            json!({ "settings": { "phone": { "channel": "hotline" } } }),
        )
        .with_agent_changed("ming", json!({ "phone": PHONE }));
    let mut house = House::of(desk).start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/channels/phone/sample-bridge/bridge.mjs");
    let desk = format!("http://127.0.0.1:{}/v1/callbacks/hotline", house.gateways[0].api().port());
    let mut node = Command::new("node");
    node.arg(&script).args(["--desk", &desk, "--port", &port.number().to_string()]);
    node.args(["--secret", SECRET]);
    let bridge = Process::start("bridge", &mut node, house.folder());
    let root = house.signs_in("root").await;
    tests::eventually("every point of the check passes", async || {
        let found = root.api().post("/v1/channels/hotline/check", json!({})).await;
        let findings = found.body["findings"].as_array().cloned().unwrap_or_default();
        let is_well = findings.len() == 3 && findings.iter().all(|one| one["passed"] == "yes");
        tests::eventually::holds(is_well, format!("{found:?} {}", bridge.output()))
    })
    .await;

    let mut visitor = house.visitor().await;
    visitor.asks("tax", "发票系统打不开").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let call = format!("/v1/conversations/{conversation}/call");
    sees_call(&visitor, "both speak", |callback| callback["stage"] == "connected").await;
    for (act, stage) in [("hold", "held"), ("resume", "connected")] {
        assert_eq!(ming.api().post(&call, json!({ "act": act })).await.status, 204);
        sees_call(&visitor, stage, |callback| callback["stage"] == stage).await;
    }
    assert_eq!(ming.api().post(&call, json!({ "act": "hang_up" })).await.status, 204);
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!(
        (&ended["outcome"], &ended["by"]),
        (&json!("completed"), &json!("agent")),
        "{ended}"
    );
    // A number that ends with 1 is busy.
    let mut second = house.visitor().await;
    second.asks("tax", "再问一件").await;
    asks_for_call(&second, json!({ "number": DIALLED.replace("8000", "8001") })).await;
    ming.closes(&conversation).await;
    let again = ming.accepts_next_offer().await;
    let ended: Value = has_fact(&ming, &again, "call_ended").await;
    assert_eq!(ended["outcome"], "busy", "{ended}");
    drop(bridge);
    house.ends_well();
}
