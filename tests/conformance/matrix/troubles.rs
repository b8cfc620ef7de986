//! A homeserver that repeats itself, dies, and comes back; a gateway that is away.

use super::desk::{AS_TOKEN, Desk, HS_TOKEN, command, sent};
use crate::everyone::says;
use channels::{ChannelAdapter as _, Outcome, Passed, Payload};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;
use tests::eventually;
use tests::eventually::{eventually_within, holds};

#[tokio::test]
async fn what_a_gateway_did_not_take_comes_again_in_its_order() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;
    li.says(&room, "one").await;
    desk.gets_text("one").await;
    // The store is away for the next, the gateway for those after it.
    desk.behind.refuses(1);
    li.says(&room, "two").await;
    eventually("the second was refused", async || holds(desk.hosted.refused() > 0, "not yet"))
        .await;
    desk.hosted.is_away(true);
    li.says(&room, "three").await;
    li.says(&room, "four").await;
    desk.hosted.is_away(false);
    // The homeserver tries again by itself; being asked to call us, it does at once.
    let findings = desk.adapter.check().await;
    let callback = findings.iter().find(|found| found.point == "callback").unwrap();
    assert_eq!(callback.passed, Passed::Yes, "{findings:?}");
    desk.gets_text("four").await;
    assert_eq!(desk.behind.now(), ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn a_homeserver_that_died_and_forgot_what_we_sent_is_asked_first() {
    let mut desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;
    let say = command("dlv_1", &room, says("only once"));
    let event = sent(desk.adapter.deliver(&say).await);
    desk.synapse.kill();
    let outcome = desk.adapter.deliver(&command("dlv_2", &room, says("later"))).await;
    assert!(matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
    desk.synapse.restart().await;
    // Its memory of transaction ids ended with it; the room did not.
    assert_eq!(sent(desk.adapter.deliver(&say).await), event);
    assert_eq!(desk.adapter.look_up(&say).await, Outcome::Sent(vec![event]));
    let other = desk.adapter.look_up(&command("dlv_9", &room, says("never"))).await;
    assert!(matches!(other, Outcome::Unavailable(_)), "{other:?}");
    sent(desk.adapter.deliver(&command("dlv_2", &room, says("later"))).await);
    li.hears(&room, "later", 1).await;
    assert_eq!(li.hears(&room, "only once", 1).await.len(), 1);
}

/// Calls the door as somebody does who is not the homeserver.
async fn call(desk: &Desk, (method, path): (Method, &str), token: &str, body: &[u8]) -> u16 {
    let url = format!("{}/_matrix/app/v1{path}", desk.hosted.url("matrix"));
    let mut request = Client::new().request(method, url).body(body.to_vec());
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn forged_damaged_and_repeated_transactions_leave_nothing_twice() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;
    li.says(&room, "hello").await;
    let hello = desk.gets_text("hello").await;
    let count = || desk.behind.taken.look(|taken| taken.accepted.len());
    let before = count();
    let event = |id: &str, text: &str| {
        json!({
            "type": "m.room.message", "event_id": id, "room_id": room, "sender": "@li:hutong.test",
            "origin_server_ts": 1, "content": { "msgtype": "m.text", "body": text },
        })
    };
    let body = |events: Value| json!({ "events": events }).to_string().into_bytes();
    let put = |id: &'static str| (Method::PUT, id);
    let forged = body(json!([event("$forged", "I am the tax office")]));
    for token in ["", "wrong", AS_TOKEN, HS_TOKEN.trim_start_matches('C')] {
        assert_eq!(call(&desk, put("/transactions/1"), token, &forged).await, 403, "{token}");
    }
    for damaged in [&b"\xff{"[..], b"", b"[]", b"{\"events\": {}}", b"{\"events\": [", b"{}"] {
        assert_eq!(call(&desk, put("/transactions/2"), HS_TOKEN, damaged).await, 400);
    }
    assert_eq!(call(&desk, (Method::GET, "/elsewhere"), HS_TOKEN, b"").await, 404);
    assert_eq!(
        call(&desk, (Method::GET, "/users/%40desk%3Ahutong.test"), HS_TOKEN, b"").await,
        200
    );
    assert_eq!(call(&desk, (Method::GET, "/users/%40li%3Ahutong.test"), HS_TOKEN, b"").await, 404);
    assert_eq!(call(&desk, (Method::GET, "/rooms/%23a%3Ahutong.test"), HS_TOKEN, b"").await, 404);
    assert_eq!(count(), before);
    // The same event in another transaction, and damaged events around a good one.
    let again = event(&hello.external_id, "hello");
    let mixed = body(json!([7, {}, { "type": "m.room.message" }, again, event("$good", "good")]));
    for id in ["/transactions/3", "/transactions/3", "/transactions/4"] {
        assert_eq!(call(&desk, put(id), HS_TOKEN, &mixed).await, 200);
    }
    assert_eq!(count(), before + 1);
    desk.gets_text("good").await;
}

#[tokio::test]
async fn an_encrypted_room_is_told_from_a_silent_one() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEnAC" });
    li.asks(json!({ "do": "send", "room": room, "type": "m.room.encrypted", "content": content }))
        .await;
    desk.gets("the encrypted word", |inbound| {
        matches!(&inbound.payload, Payload::Unsupported { what } if what.contains("encrypted"))
    })
    .await;
    // A program's notice is not answered by another program; a joke is a word.
    li.sends(&room, json!({ "msgtype": "m.notice", "body": "I am a bot" })).await;
    li.sends(&room, json!({ "msgtype": "m.emote", "body": "waves" })).await;
    let place =
        json!({ "msgtype": "m.location", "body": "Town hall", "geo_uri": "geo:39.9,116.4" });
    li.sends(&room, place).await;
    desk.gets_text("[Location] Town hall (geo:39.9,116.4)").await;
    assert_eq!(desk.behind.now(), ["* waves", "[Location] Town hall (geo:39.9,116.4)"]);
    let is_quiet = async || holds(desk.hosted.refused() == 0, "something was refused");
    eventually_within(Duration::from_secs(1), "nothing was refused", is_quiet).await;
}
