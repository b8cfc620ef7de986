//! Who asks for a call, through which door, and what is refused.

use super::{DIALLED, NUMBER, SHOWN, Town, asks_for_call, has_fact, sees_call};
use serde_json::{Value, json};
use tests::eventually;
use tests::eventually::holds;

pub(super) fn wanted(client_id: &str, more: &Value) -> Value {
    let mut wanted = json!({ "client_id": client_id, "number": NUMBER, "topic": "tax", "text": "发票问题", "name": "王女士" });
    for (key, value) in more.as_object().unwrap() {
        wanted[key] = value.clone();
    }
    wanted
}

#[tokio::test]
async fn who_comes_by_telephone_alone_has_a_link_to_look_move_and_cancel() {
    let mut town = Town::open(1).await;
    let api = town.house.api();
    let asked = api.post("/v1/phone/hotline/requests", wanted("w1", &json!({}))).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    assert_eq!(
        (&asked.body["state"], &asked.body["callback"]["number"]),
        (&json!("queued"), &json!(SHOWN))
    );
    let link = format!("/v1/phone/requests/{}", asked.body["token"].as_str().unwrap());
    // The same request again is the same.
    let again = api.post("/v1/phone/hotline/requests", wanted("w1", &json!({}))).await;
    assert_eq!(again.status, 201, "{again:?}");

    let later = tests::token::now_secs() * 1_000 + 2 * 3_600_000;
    let moved = api.put(&link, json!({ "from": later, "until": later + 3_600_000 })).await.ok();
    assert_eq!(
        (&moved["state"], &moved["callback"]["from"]),
        (&json!("scheduled"), &json!(later)),
        "{moved}"
    );
    let sooner = api.put(&link, json!({})).await.ok();
    assert_eq!(sooner["state"], "queued", "{sooner}");
    assert_eq!(api.get(&link).await.ok()["position"]["before_max"], 0);

    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let order = town.exchange.gets("call.place", None).await;
    assert_eq!(order["contact"], DIALLED);
    let read = ming.reads(&conversation).await;
    let card = format!("/v1/contacts/{}", read["contact"].as_str().unwrap());
    let card = ming.api().get(&card).await.ok().to_string();
    assert!(card.contains(SHOWN) && !card.contains(DIALLED), "{card}");
    assert_eq!(
        (&read["kind"], &read["info"]["contact_name"]),
        (&json!("phone"), &json!("王女士")),
        "{read}"
    );
    // Cancelled while it rings: the telephones are let go.
    assert_eq!(api.delete(&link).await.status, 204);
    let call = order["id"].as_str().unwrap();
    town.exchange.gets("call.hang_up", Some(call)).await;
    town.ends(call, "cancelled").await;
    has_fact(&ming, &conversation, "callback_cancelled").await;
    ming.closes(&conversation).await;
    assert_eq!(api.delete(&link).await.status, 404, "nothing is left to cancel");
    town.house.ends_well();
}

#[tokio::test]
async fn a_call_for_later_is_offered_to_nobody_before_though_agents_wait_for_work() {
    let mut town = Town::open(1).await;
    let mut ming = town.house.ready_agent("ming").await;
    let api = town.house.api();
    let later = tests::token::now_secs() * 1_000 + 2 * 3_600_000;
    let asked = wanted("w1", &json!({ "from": later }));
    let asked = api.post("/v1/phone/hotline/requests", asked).await;
    assert_eq!(asked.body["state"], "scheduled", "{asked:?}");
    let first = asked.body["token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let at_once = wanted("w2", &json!({ "number": "139 0013 9000" }));
    assert_eq!(api.post("/v1/phone/hotline/requests", at_once).await.status, 201);
    let conversation = ming.accepts_next_offer().await;
    assert_ne!(conversation, first);
    let told = ming.seen().look(|seen| serde_json::to_string(&seen.events).unwrap());
    assert!(!told.contains(&first), "nobody was asked to call before its time: {told}");
    town.exchange.gets("call.place", None).await;
    town.house.ends_well();
}

#[tokio::test]
async fn who_rang_and_was_not_answered_is_called_back_once() {
    let mut town = Town::open(1).await;
    let missed = json!({ "type": "call.missed", "id": "in-1", "from": DIALLED, "to": "12345", "at": "2026-11-25T08:00:00Z" });
    town.tells(0, missed.clone()).await;
    town.tells(0, missed).await;
    // Whom nobody rings is refused for good, so that it is not told for ever.
    town.tells(0, json!({ "type": "call.missed", "id": "in-2", "from": "+12015550123" })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    town.exchange.gets("call.place", None).await;
    // Who rings again while an agent writes up the last call is not forgotten.
    let call = town.exchange.gets("call.place", None).await["id"].as_str().unwrap().to_owned();
    town.ends(&call, "completed").await;
    has_fact(&ming, &conversation, "call_ended").await;
    town.tells(0, json!({ "type": "call.missed", "id": "in-3", "from": DIALLED })).await;
    eventually("it is wanted again", async || {
        let read = ming.reads(&conversation).await;
        holds(read["callback"]["state"] != "over", read["callback"].to_string())
    })
    .await;
    let log = ming.log(&conversation).await;
    let words: Vec<&Value> = log.iter().filter(|message| message["kind"] == "text").collect();
    assert_eq!(words.len(), 2, "the same call again is the same: {log:?}");
    town.house.ends_well();
}

#[tokio::test]
async fn numbers_that_are_not_rung_and_windows_that_cannot_be_are_refused() {
    let town = Town::open(1).await;
    let visitor = town.waits("发票").await;
    let try_to_ask = async |wish: Value| visitor.api().put("/v1/chat/callback", wish).await;
    let long = "1".repeat(100);
    for number in [
        "",
        "hello",
        "110",
        "+12015550123",
        "+8640012345",
        "13800138000;ext=1",
        "1380013\r\nX: 1",
        long.as_str(),
    ] {
        let refused = try_to_ask(json!({ "number": number })).await;
        assert_eq!(refused.problem(422), "invalid", "{number}: {refused:?}");
    }
    let now = tests::token::now_secs() * 1_000;
    for (from, until) in [
        (now - 3_600_000, None),
        (now + 90 * 86_400_000, None),
        (now + 3_600_000, Some(now + 3_700_000)),
    ] {
        let refused = try_to_ask(json!({ "number": NUMBER, "from": from, "until": until })).await;
        assert_eq!(refused.problem(422), "invalid", "{from} {until:?}: {refused:?}");
    }
    assert_eq!(visitor.api().delete("/v1/chat/callback").await.status, 404);
    // One number is rung for one conversation.
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let other = town.waits("社保").await;
    let taken = other.api().put("/v1/chat/callback", json!({ "number": DIALLED })).await;
    assert_eq!(taken.problem(409), "number_taken", "{taken:?}");
    // Taken back, the other may have it; the chat waits on at its place.
    assert_eq!(visitor.api().delete("/v1/chat/callback").await.status, 204);
    sees_call(&visitor, "it is over", |callback| callback["state"] == "over").await;
    visitor.sees_state("queued").await;
    asks_for_call(&other, json!({ "number": NUMBER })).await;
    assert_eq!(town.exchange.count("call.place"), 0, "nobody was rung");
    town.house.ends_well();
}

#[tokio::test]
async fn a_number_is_asked_for_so_often_and_links_are_not_guessed() {
    let town = Town::open(1).await;
    let api = town.house.api();
    let visitor = town.waits("发票").await;
    for _ in 0..5 {
        asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    }
    let flooded = visitor.api().put("/v1/chat/callback", json!({ "number": NUMBER })).await;
    assert_eq!(flooded.problem(429), "rate_limited", "{flooded:?}");
    for link in ["x", "main.conv_1.1.x", &"y".repeat(300)] {
        assert_eq!(api.get(&format!("/v1/phone/requests/{link}")).await.status, 404);
    }
    // Another door's conversation is nobody's there, and a chat is no telephone.
    assert_eq!(api.post("/v1/phone/website/requests", wanted("w1", &json!({}))).await.status, 404);
    let odd = wanted("w1", &json!({ "extra": 1 }));
    assert_eq!(api.post("/v1/phone/hotline/requests", odd).await.status, 422);
}

#[tokio::test]
async fn a_number_is_masked_and_who_looks_at_it_is_written_down() {
    let mut town = Town::open(1).await;
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    town.exchange.gets("call.place", None).await;
    let shown = format!("{} {:?}", ming.reads(&conversation).await, ming.log(&conversation).await);
    assert!(shown.contains(SHOWN) && !shown.contains("13800138000"), "{shown}");
    let path = format!("/v1/conversations/{conversation}/callback/number");
    assert_eq!(ming.api().get(&path).await.ok()["number"], DIALLED);
    let wang = town.house.signs_in("wang").await;
    assert_eq!(
        wang.api().get(&path).await.status,
        404,
        "whose conversation it is not does not see it"
    );
    let root = town.house.signs_in("root").await;
    eventually("the look stands in the audit trail", async || {
        let audit = root.api().get(&format!("/v1/audit?conversation={conversation}")).await.ok();
        holds(audit.to_string().contains("number_viewed"), audit.to_string())
    })
    .await;
    for gateway in &town.house.gateways {
        assert!(!gateway.output().contains("13800138000"), "no number in a log");
    }
    town.house.ends_well();
}

#[tokio::test]
async fn who_knows_a_number_gets_no_link_to_its_call() {
    let town = Town::open(1).await;
    let api = town.house.api();
    let asks = async |client_id: &str, more: Value| {
        api.post("/v1/phone/hotline/requests", wanted(client_id, &more)).await
    };
    let first = asks("a1", json!({})).await;
    assert_eq!(first.status, 201, "{first:?}");
    // The same number by somebody else: neither their link, nor their words, nor another number for them.
    let other = asks("b1", json!({ "text": "把电话转给我" })).await;
    assert_eq!(other.problem(409), "number_taken", "{other:?}");
    // An id that somebody else used for another number leads nowhere.
    let same_id = asks("a1", json!({ "number": "139 0013 9000" })).await;
    assert_eq!(same_id.status, 201, "{same_id:?}");
    assert_ne!(same_id.body["callback"]["number"], first.body["callback"]["number"]);
    let link = format!("/v1/phone/requests/{}", first.body["token"].as_str().unwrap());
    let shown = api.get(&link).await.ok();
    assert_eq!((&shown["callback"]["number"], &shown["state"]), (&json!(SHOWN), &json!("queued")));
    town.house.ends_well();
}

#[tokio::test]
async fn a_request_that_is_refused_leaves_nothing_behind() {
    let mut town = Town::open(1).await;
    let api = town.house.api();
    let far = tests::token::now_secs() * 1_000 + 90 * 86_400_000;
    let refused =
        api.post("/v1/phone/hotline/requests", wanted("w1", &json!({ "from": far }))).await;
    assert_eq!(refused.problem(422), "invalid", "{refused:?}");
    // A number that is to be rung for a chat already.
    let visitor = town.waits("发票").await;
    asks_for_call(&visitor, json!({ "number": NUMBER })).await;
    let taken = api.post("/v1/phone/hotline/requests", wanted("w2", &json!({}))).await;
    assert_eq!(taken.problem(409), "number_taken", "{taken:?}");
    let sun = town.house.signs_in("sun").await;
    let waiting = sun.api().get("/v1/queues/tax/waiting").await.ok();
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "only the chat: {waiting}");
    town.house.ends_well();
}
