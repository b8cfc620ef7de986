//! A letter asks for a call.

use super::{DESK, MailHouse, WANG, field, letter};
use serde_json::json;
use tests::agent::TestAgent;
use tests::eventually::holds;
use tests::exchange::Exchange;
use tests::{Answer, eventually};

async fn start(exchange: &Exchange, policy: serde_json::Value) -> MailHouse {
    let phone = json!({ "phone": { "channel": "hotline" } });
    MailHouse::start_with(1, phone, |desk| {
        desk.with_telephone(("hotline", "phone_bridge"), &["tax"], exchange.settings(policy))
            .with_agent_changed("ming", json!({ "phone": "1001" }))
    })
    .await
}

async fn read(agent: &TestAgent, conversation: &str) -> serde_json::Value {
    agent.api().get(&format!("/v1/conversations/{conversation}")).await.ok()
}

#[tokio::test]
async fn a_letter_asks_for_a_call_and_what_becomes_of_it_goes_by_mail() {
    let exchange = Exchange::start();
    let mut mail = start(&exchange, json!({ "retry_pauses_secs": [] })).await;
    let asks = letter(
        "1@agency.example",
        "王强 <wang@agency.example>",
        "回电：138 0013 8000",
        "",
        "退税到哪一步了？",
    );
    mail.writes(WANG, DESK, &asks).await;
    let letters = mail.reached(WANG, 2).await;
    let noted = letters
        .iter()
        .find(|letter| letter.contains("callback#"))
        .expect("it is noted, with a link");
    assert_eq!(field(noted, "Auto-Submitted"), "auto-replied");
    let mut ming = mail.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let order = exchange.gets("call.place", None).await;
    assert_eq!(order["contact"], "+8613800138000", "{order}");
    let call = order["id"].as_str().unwrap();
    let port = mail.house.gateways[0].api().port();
    for event in [
        json!({ "type": "call.answered", "id": call, "leg": "agent" }),
        json!({ "type": "call.ended", "id": call, "outcome": "no_answer", "cause": "480" }),
    ] {
        assert_eq!(exchange.tells(port, &event).await, 200, "{event}");
    }
    // Given up, which goes by mail, too.
    mail.reached(WANG, 3).await;
    assert_eq!(read(&ming, &conversation).await["callback"]["state"], "over");
    // The same conversation goes on by letters.
    ming.says(&conversation, "未能接通，先以邮件答复。").await;
    mail.reached(WANG, 4).await;
    mail.house.ends_well();
}

#[tokio::test]
async fn where_numbers_are_proved_a_letter_is_a_letter_and_so_is_a_programs() {
    let exchange = Exchange::start();
    let verify = exchange.sends_codes();
    let mut mail = start(&exchange, json!({ "verify": verify })).await;
    let asks = letter("1@agency.example", WANG, "callback +86 138 0013 8000", "", "Please.");
    mail.writes(WANG, DESK, &asks).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let seen = read(&ming, &conversation).await;
    assert!(seen["callback"].is_null() && seen["kind"] == "email", "{seen}");
    assert_eq!(exchange.count("code.send"), 0, "nobody could answer with a code");
    // The agent who reads it may call.
    let path = format!("/v1/conversations/{conversation}/callback");
    let asked: Answer = ming.api().put(&path, json!({ "number": "13800138000" })).await;
    assert_eq!(asked.status, 204, "{asked:?}");
    let call = format!("/v1/conversations/{conversation}/call");
    assert_eq!(ming.api().post(&call, json!({ "act": "place" })).await.status, 200);
    exchange.gets("call.place", None).await;
    eventually("the call is under way", async || {
        let seen = read(&ming, &conversation).await;
        holds(seen["callback"]["state"] == "calling", seen.to_string())
    })
    .await;
    mail.house.ends_well();
}
