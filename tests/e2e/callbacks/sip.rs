//! The same over a SIP line of the gateway itself, with telephones that somebody else wrote (baresip).

use super::{DIALLED, NUMBER, has_fact, house_with_line};
use serde_json::{Value, json};
use std::time::Duration;
use tests::baresip::{Answers, Phone};
use tests::eventually::{eventually_within, holds};
use tests::port::Port;
use tests::{House, TestVisitor, eventually};

/// A house with a line, the agent's telephone and the person's, which stands for the trunk.
struct Town {
    house: House,
    agent: Phone,
    contact: Phone,
    _line: Port,
    _folder: tempfile::TempDir,
}

impl Town {
    async fn open(gateways: usize, answers: Answers) -> Self {
        let line = Port::take();
        let folder = tempfile::tempdir().unwrap();
        let agent = Phone::start(&folder.path().join("agent"), "1001", Answers::AtOnce).await;
        let contact = Phone::start(&folder.path().join("contact"), DIALLED, answers).await;
        let settings = json!({
            "listen": [format!("udp:127.0.0.1:{}", line.number())],
            "trunk": { "uri": format!("sip:127.0.0.1:{}", contact.port()), "caller_id": "02012345678" },
        });
        let plan = house_with_line(settings, &agent.uri()).with_gateways(gateways);
        let house = plan.start().await;
        Self { house, agent, contact, _line: line, _folder: folder }
    }

    async fn asks(&self, gateway: usize) -> TestVisitor {
        let mut visitor = self.house.visitor_at(gateway).await;
        visitor.asks("tax", "发票系统打不开").await;
        let asked = visitor.api().put("/v1/chat/callback", json!({ "number": NUMBER })).await;
        assert_eq!(asked.status, 204, "{asked:?}");
        visitor
    }

    /// The gateway that keeps the line.
    async fn keeper(&mut self) -> usize {
        let root = self.house.signs_in("root").await;
        eventually_within(Duration::from_secs(20), "a gateway keeps the line", async || {
            for (place, gateway) in self.house.gateways.iter().enumerate() {
                let states =
                    root.api().moved_to(gateway.port()).get("/v1/channels/state").await.ok();
                let found =
                    states.as_array().unwrap().iter().find(|state| state["channel"] == "hotline");
                if found.is_some_and(|state| state["line"]["state"] == "open") {
                    return Ok(place);
                }
            }
            Err("nobody yet".to_owned())
        })
        .await
    }
}

#[tokio::test]
async fn two_telephones_are_connected_and_hear_each_other() {
    let mut town = Town::open(1, Answers::AtOnce).await;
    let visitor = town.asks(0).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    has_fact(&ming, &conversation, "call_connected").await;
    for (phone, other) in [(&town.agent, &town.contact), (&town.contact, &town.agent)] {
        let told = format!("m=audio {} ", other.media_port());
        eventually("sound arrives from the other", async || {
            holds(phone.output().contains(&told), format!("{told} is not told"))?;
            holds(phone.hears(), format!("nothing is heard at {}", phone.uri()))
        })
        .await;
    }
    town.contact.does("hangup").await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!(
        (&ended["outcome"], &ended["by"]),
        (&json!("completed"), &json!("contact")),
        "{ended}"
    );
    town.agent.tells("CALL_CLOSED", 1).await;
    let over = visitor.seen().until("it is over", |seen| {
        let callback = seen.state["callback"].clone();
        (callback["state"] == "over").then_some(callback)
    });
    assert_eq!(over.await["outcome"], Value::from("completed"));
    town.house.ends_well();
}

#[tokio::test]
async fn telephones_that_ring_are_let_go_when_their_gateway_dies_and_rung_again_by_another() {
    let mut town = Town::open(2, Answers::WhenTold).await;
    let keeps = town.keeper().await;
    let other = 1 - keeps;
    let _visitor = town.asks(other).await;
    let mut ming = town.house.ready_agent_at("ming", other).await;
    let conversation = ming.accepts_next_offer().await;
    has_fact(&ming, &conversation, "call_ringing").await;
    town.house.gateways[keeps].kill();
    let within = Duration::from_secs(40);
    eventually_within(within, "both telephones are let go", async || {
        let closed = (town.agent.told("CALL_CLOSED"), town.contact.told("CALL_CLOSED"));
        holds(closed == (1, 1), format!("{closed:?}"))
    })
    .await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!(ended["outcome"], "lost", "{ended}");
    let path = format!("/v1/conversations/{conversation}/call");
    ming.api().post(&path, json!({ "act": "place" })).await.ok();
    town.contact.tells("CALL_INCOMING", 2).await;
    town.contact.does("accept").await;
    has_fact(&ming, &conversation, "call_connected").await;
    assert_eq!(ming.api().post(&path, json!({ "act": "hang_up" })).await.status, 204);
    town.contact.tells("CALL_CLOSED", 2).await;
    town.agent.tells("CALL_CLOSED", 2).await;
    town.house.gateways[keeps].spawn();
    town.house.gateways[keeps].becomes_ready().await;
    town.house.ends_well();
}
