//! Whose number it is, where the desk wants it proved; and whoever wants no calls.

use super::asking::wanted;
use super::{DIALLED, NUMBER, PHONE, SHOWN, Town, asks_for_call, has_fact, sees_call};
use domain::Timestamp;
use records::refused_numbers::{RefusedBy, RefusedNumber};
use serde_json::{Value, json};
use tests::eventually::holds;
use tests::exchange::Exchange;
use tests::{TestVisitor, eventually};

impl Town {
    /// A town that sends codes by its exchange.
    async fn that_sends_codes() -> Self {
        let exchange = Exchange::start();
        let verify = exchange.sends_codes();
        Self::open_with(1, exchange, &json!({ "verify": verify })).await
    }

    /// The code of the message number `nth` that went to a number.
    async fn code(&self, nth: usize) -> String {
        let sent = self
            .exchange
            .known()
            .until("a code", |known| {
                known.orders.iter().filter(|sent| sent["type"] == "code.send").nth(nth).cloned()
            })
            .await;
        assert_eq!(sent["number"], DIALLED, "{sent}");
        let code = sent["code"].as_str().unwrap().to_owned();
        assert!(sent["text"].as_str().unwrap().contains(&code), "{sent}");
        code
    }
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

async fn asks(visitor: &TestVisitor, more: Value) -> tests::Answer {
    let mut wish = json!({ "number": NUMBER });
    for (key, value) in more.as_object().unwrap() {
        wish[key] = value.clone();
    }
    visitor.api().put("/v1/chat/callback", wish).await
}

#[tokio::test]
async fn a_number_is_proved_by_the_code_that_was_sent_to_it() {
    let town = Town::that_sends_codes().await;
    let visitor = town.waits("发票").await;
    let channel = town.house.api().get("/v1/chat/website").await.ok();
    assert_eq!(channel["callbacks"]["verify"], true, "{channel}");
    assert_eq!(asks(&visitor, json!({})).await.problem(403), "code_needed");
    let code = town.code(0).await;
    assert_eq!(asks(&visitor, json!({ "code": wrong(&code) })).await.problem(403), "code_wrong");
    // Somebody else's code opens nothing, not even for the same number.
    let other = town.waits("社保").await;
    assert_eq!(asks(&other, json!({ "code": code })).await.problem(403), "code_wrong");
    assert_eq!(town.exchange.count("call.place"), 0);
    let (first, last) = code.split_at(3);
    let spaced = format!("{first} {last}");
    assert_eq!(asks(&visitor, json!({ "code": spaced })).await.status, 204);
    sees_call(&visitor, "the call is wanted", |callback| callback["number"] == SHOWN).await;
    // The number is theirs now: another time needs no other proof.
    let later = tests::token::now_secs() * 1_000 + 2 * 3_600_000;
    assert_eq!(asks(&visitor, json!({ "from": later })).await.status, 204);
    for gateway in &town.house.gateways {
        let log = gateway.output();
        assert!(!log.contains(&code) && !log.contains("13800138000"), "nothing of it in a log");
    }
    town.house.ends_well();
}

#[tokio::test]
async fn without_a_chat_it_is_the_same_and_nobody_guesses_or_floods() {
    let town = Town::that_sends_codes().await;
    let api = town.house.api();
    let post = async |client: &str, more: Value| {
        api.post("/v1/phone/hotline/requests", wanted(client, &more)).await
    };
    assert_eq!(post("w1", json!({})).await.problem(403), "code_needed");
    let code = town.code(0).await;
    for _ in 0..5 {
        let guessed = post("w2", json!({ "code": wrong(&code) })).await;
        assert_eq!(guessed.problem(403), "code_wrong", "{guessed:?}");
    }
    assert_eq!(post("w2", json!({ "code": wrong(&code) })).await.problem(429), "rate_limited");
    // Whoever guesses stops nobody else.
    let asked = post("w1", json!({ "code": code })).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let token = asked.body["token"].as_str().unwrap();
    let link = asked.body["link"].as_str().unwrap();
    assert!(link.ends_with(&format!("/callback#{token}")), "{link}");
    let seen = api.get(&format!("/v1/phone/requests/{token}")).await.ok();
    assert_eq!((&seen["can_change"], &seen["locale"]), (&json!(true), &json!("zh-CN")), "{seen}");
    assert!(seen["days_ahead"].as_u64() > Some(0) && seen["link"].is_null(), "{seen}");
    // Three messages at once, whoever asks for them.
    for client in ["w3", "w4"] {
        assert_eq!(post(client, json!({})).await.problem(403), "code_needed");
    }
    assert_eq!(post("w5", json!({})).await.problem(429), "rate_limited");
    assert_eq!(town.exchange.count("code.send"), 3);
    town.house.ends_well();
}

#[tokio::test]
async fn whoever_wants_no_calls_is_not_called() {
    let mut town = Town::open(1).await;
    let api = town.house.api();
    let asked = api.post("/v1/phone/hotline/requests", wanted("w1", &json!({}))).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let link = format!("/v1/phone/requests/{}", asked.body["token"].as_str().unwrap());
    assert_eq!(api.put(&format!("{link}/refusal"), json!({})).await.status, 204);
    assert_eq!(api.get(&link).await.ok()["callback"]["state"], "over");
    assert_eq!(api.put(&format!("{link}x/refusal"), json!({})).await.status, 404);

    // Neither by the website, nor by the chat, nor by the desk, nor since they rang.
    let again = api.post("/v1/phone/hotline/requests", wanted("w2", &json!({}))).await;
    assert_eq!(again.problem(422), "invalid", "{again:?}");
    let visitor = town.waits("发票").await;
    assert_eq!(asks(&visitor, json!({})).await.problem(422), "invalid");
    let missed = json!({ "type": "call.missed", "id": "in-1", "from": DIALLED, "to": "12345", "at": "2026-11-25T08:00:00Z" });
    town.tells(0, missed).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let path = format!("/v1/conversations/{conversation}/callback");
    let wish = ming.api().put(&path, json!({ "number": NUMBER })).await;
    assert_eq!(wish.problem(422), "invalid", "{wish:?}");

    let list = "/v1/phone/refused-numbers";
    assert_eq!(ming.api().get(list).await.problem(403), "forbidden");
    let root = town.house.signs_in("root").await;
    let found = root.api().get(list).await.ok();
    assert_eq!((&found[0]["number"], &found[0]["by"]), (&json!(SHOWN), &json!("contact")));
    assert!(!found.to_string().contains("13800138000"), "{found}");
    let one = format!("{list}/{}", found[0]["id"].as_str().unwrap());
    assert_eq!(root.api().delete(&one).await.status, 204);
    assert_eq!(root.api().delete(&one).await.status, 404);
    assert_eq!(ming.api().put(&path, json!({ "number": NUMBER })).await.status, 204);
    let call = format!("/v1/conversations/{conversation}/call");
    assert_eq!(ming.api().post(&call, json!({ "act": "place" })).await.status, 200);
    town.exchange.gets("call.place", None).await;
    town.house.ends_well();
}

#[tokio::test]
async fn an_agent_hears_that_somebody_wants_no_more_calls() {
    let mut town = Town::open(1).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let order = town.exchange.gets("call.place", None).await;
    assert_eq!(order["agent"], PHONE);
    let call = order["id"].as_str().unwrap();
    let refusal = format!("/v1/conversations/{conversation}/callback/refusal");
    let long = json!({ "note": "长".repeat(201) });
    assert_eq!(ming.api().put(&refusal, long).await.problem(422), "invalid");
    assert_eq!(ming.api().put(&refusal, json!({ "note": "本人要求" })).await.status, 204);
    town.exchange.gets("call.hang_up", Some(call)).await;
    town.ends(call, "cancelled").await;
    has_fact(&ming, &conversation, "callback_cancelled").await;
    let root = town.house.signs_in("root").await;
    let list = "/v1/phone/refused-numbers";
    let found = root.api().get(list).await.ok();
    assert_eq!((&found[0]["by"], &found[0]["note"]), (&json!("agent"), &json!("本人要求")));
    // A supervisor's own.
    let added = root.api().post(list, json!({ "number": "13900139000" })).await;
    assert_eq!((added.status, &added.body["number"]), (201, &json!("+86*******9000")), "{added:?}");
    let nonsense = root.api().post(list, json!({ "number": "none" })).await;
    assert_eq!(nonsense.problem(422), "invalid");
    eventually("it stands in the audit trail", async || {
        let audit = root.api().get("/v1/audit").await.ok().to_string();
        holds(audit.contains("number_refused") && !audit.contains("13900139000"), audit)
    })
    .await;
    town.house.ends_well();
}

#[tokio::test]
async fn whoever_asked_for_no_calls_after_a_call_was_promised_is_not_rung() {
    let mut town = Town::open(1).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    // Put there by another gateway, or by hand, at the very moment: the promise stands still.
    let refused = RefusedNumber {
        id: "nocall_1".parse().unwrap(),
        number: DIALLED.parse().unwrap(),
        since: Timestamp(1),
        by: RefusedBy::Contact,
        note: String::new(),
    };
    let archive = town.house.archive().await;
    archive.refused_numbers().put(&"main".parse().unwrap(), &refused).await.unwrap();
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let ended = has_fact(&ming, &conversation, "call_ended").await;
    assert_eq!((&ended["outcome"], &ended["next_at"]), (&json!("bad_number"), &Value::Null));
    assert_eq!(town.exchange.count("call.place"), 0);
    town.house.ends_well();
}
