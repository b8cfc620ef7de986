//! Gateways that die with calls in their hands.

use super::{NUMBER, Town, asks_for_call, has_fact};
use serde_json::json;
use tests::eventually::{eventually_within, holds};

/// The gateway that keeps the line, and another one.
async fn owner(town: &mut Town) -> (usize, usize) {
    let root = town.house.signs_in("root").await;
    let keeps = eventually_within(
        std::time::Duration::from_secs(20),
        "a gateway keeps the line",
        async || {
            for (place, gateway) in town.house.gateways.iter().enumerate() {
                let states =
                    root.api().moved_to(gateway.port()).get("/v1/channels/state").await.ok();
                let line = states
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|state| state["channel"] == "hotline")
                    .unwrap();
                if line["line"]["state"] == "open" {
                    return Ok(place);
                }
            }
            Err("nobody yet".to_owned())
        },
    )
    .await;
    (keeps, 1 - keeps)
}

#[tokio::test]
async fn a_call_whose_gateway_died_while_it_rang_is_let_go_and_rung_again() {
    let mut town = Town::open(2).await;
    let (keeps, other) = owner(&mut town).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent_at("ming", other).await;
    let conversation = ming.accepts_next_offer().await;
    let call = town.exchange.gets("call.place", None).await["id"].as_str().unwrap().to_owned();
    town.tells(other, json!({ "type": "call.ringing", "id": call, "leg": "agent" })).await;
    town.house.gateways[keeps].kill();
    // Whoever keeps the line next finds it ringing, and lets both telephones go.
    town.exchange
        .known()
        .change(|known| known.stages.insert(call.clone(), json!({ "stage": "agent_ringing" })));
    let within = std::time::Duration::from_secs(30);
    eventually_within(within, "the call is let go", async || {
        let count = town.exchange.count("call.hang_up");
        holds(count >= 1, format!("{count}"))
    })
    .await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!((&ended["outcome"], &ended["attempt"]), (&json!("lost"), &json!(0)), "{ended}");
    let path = format!("/v1/conversations/{conversation}/call");
    let again = ming.api().post(&path, json!({ "act": "place" })).await.ok();
    town.exchange.gets("call.place", again["call"].as_str()).await;
    town.house.gateways[keeps].spawn();
    town.house.gateways[keeps].becomes_ready().await;
    town.house.ends_well();
}

#[tokio::test]
async fn two_who_speak_are_left_alone_when_their_gateway_dies() {
    let mut town = Town::open(2).await;
    let (keeps, other) = owner(&mut town).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent_at("ming", other).await;
    let conversation = ming.accepts_next_offer().await;
    let call = town.exchange.gets("call.place", None).await["id"].as_str().unwrap().to_owned();
    town.connects(&call).await;
    town.exchange
        .known()
        .change(|known| known.stages.insert(call.clone(), json!({ "stage": "connected" })));
    town.house.gateways[keeps].kill();
    // The next owner asks how far it is, and watches it.
    let within = std::time::Duration::from_secs(30);
    eventually_within(within, "the call is taken over", async || {
        let count = town.exchange.count("call.look_up");
        holds(count >= 1, format!("{count}"))
    })
    .await;
    assert_eq!((town.exchange.count("call.hang_up"), town.exchange.count("call.place")), (0, 1));
    town.tells(
        other,
        json!({ "type": "call.ended", "id": call, "outcome": "completed", "by": "contact" }),
    )
    .await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!(
        (&ended["outcome"], &ended["by"]),
        (&json!("completed"), &json!("contact")),
        "{ended}"
    );
    assert_eq!(town.exchange.count("call.place"), 1, "nobody was rung twice");
    town.house.gateways[keeps].spawn();
    town.house.gateways[keeps].becomes_ready().await;
    town.house.ends_well();
}
