//! An agent types and reads: the contact's messenger is told, where it has signs for it; and an admin
//! sees when a channel was last heard of.

use super::Messenger;
use serde_json::{Value, json};
use tests::eventually::holds;
use tests::{DeskFile, House, eventually};

/// Waits until somebody was sent a command of this type; all of them.
async fn gets(messenger: &Messenger, who: &str, kind: &str) -> Vec<Value> {
    eventually(&format!("{who} gets {kind}"), async || {
        let commands = messenger.commands_to(who);
        let found: Vec<Value> =
            commands.iter().filter(|command| command["type"] == kind).cloned().collect();
        if found.is_empty() { Err(format!("{commands:?}")) } else { Ok(found) }
    })
    .await
}

#[tokio::test]
async fn who_is_written_to_sees_that_an_agent_types_and_has_read() {
    let messenger = Messenger::open();
    let signs = json!({ "typing": true, "receipts": true });
    let of = |more: Value| messenger.settings(&more);
    let hidden =
        json!({ "capabilities": signs, "desk": { "show_typing": false, "show_read": false } });
    let desk = DeskFile::small()
        .with_messenger("bridge", &["tax"], of(hidden))
        .with_channel_changed("bridge", json!({ "id": "silent" }))
        .with_messenger("bridge", &["tax"], of(json!({ "capabilities": signs })));
    let mut house = House::of(desk).with_gateways(2).start().await;
    // At the other gateway than the one that the messenger calls.
    let mut ming = house.ready_agent_at("ming", 1).await;
    messenger.says(&house, ("silent", "bao"), "退税到了吗？").await;
    let silent = ming.accepts_next_offer().await;
    messenger.says(&house, ("bridge", "an"), "退税到了吗？").await;
    let conversation = ming.accepts_next_offer().await;
    for id in [&silent, &conversation] {
        let seq = ming.reads(id).await["last_seq"].clone();
        ming.sends(&json!({ "type": "read", "conversation": id, "seq": seq })).await;
    }
    let read = gets(&messenger, "an", "mark_read").await;
    assert_eq!(read[0]["message"], "an.18", "the messenger's own name of the word");
    assert_eq!(read.len(), 1);
    // Often typed, and told seldom.
    let mut typed = 0;
    eventually("typing is told", async || {
        typed += 1;
        ming.sends(&json!({ "type": "typing", "conversation": conversation })).await;
        let commands = messenger.commands_to("an");
        holds(commands.iter().any(|one| one["type"] == "show_typing"), format!("{commands:?}"))
    })
    .await;
    assert_eq!(gets(&messenger, "an", "show_typing").await.len(), 1, "typed {typed} times");
    ming.sends(&json!({ "type": "typing", "conversation": silent })).await;
    // What was said afterwards is there: nothing was shown before it.
    ming.says(&silent, "这就来看").await;
    messenger.hears("bao", "这就来看").await;
    let shown = messenger.commands_to("bao");
    assert!(shown.iter().all(|command| command["type"] == "send"), "{shown:?}");
    house.ends_well();
}

#[tokio::test]
async fn an_admin_sees_what_a_channel_last_heard_and_why_something_failed() {
    let messenger = Messenger::open();
    let settings = messenger.settings(&json!({}));
    let desk = DeskFile::small().with_messenger("bridge", &["tax"], settings);
    let mut house = House::of(desk).with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 1).await;
    let root = house.signs_in("root").await;
    let other = root.api().moved_to(house.gateways[1].api().port());
    let state = async || {
        let states = other.get("/v1/channels/state").await.ok();
        let all = states.as_array().unwrap().clone();
        all.into_iter().find(|state| state["channel"] == "bridge").unwrap()
    };
    let fresh = state().await;
    assert_eq!(fresh["adapter"], "bridge");
    for nothing in ["line", "last_event_at", "last_delivered_at", "last_error"] {
        assert_eq!(fresh[nothing], Value::Null, "{fresh}");
    }
    // The first gateway hears it, and the second one tells.
    messenger.says(&house, ("bridge", "an"), "退税到了吗？").await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "这就来看").await;
    eventually("an event, and a word that was delivered", async || {
        let state = state().await;
        let both = state["last_event_at"].is_i64() && state["last_delivered_at"].is_i64();
        holds(both && state["last_error"].is_null(), state.to_string())
    })
    .await;
    // A forger is told apart from silence.
    let port = house.gateways[0].api().port();
    let url = format!("http://127.0.0.1:{port}/v1/callbacks/bridge/events");
    let answer = messenger.client.post(url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 403);
    eventually("the refusal is told", async || {
        let error = state().await["last_error"].clone();
        let wanted = error["what"] == "callback" && error["why"] == "not_authentic";
        holds(wanted && error["at"].is_i64(), error.to_string())
    })
    .await;
    // A messenger that went away: why, and when it is tried again.
    let Messenger { server, .. } = messenger;
    drop(server);
    ming.says(&conversation, "还在吗？").await;
    eventually("the failure is told", async || {
        let error = state().await["last_error"].clone();
        let again = error["again_at"].as_i64() > error["at"].as_i64();
        holds(error["what"] == "delivery" && again, error.to_string())
    })
    .await;
    // It is for admins alone.
    ming.api().get("/v1/channels/state").await.problem(403);
    house.ends_well();
}

#[tokio::test]
async fn a_homeservers_registration_is_given_without_its_tokens() {
    let settings = json!({ "homeserver": "http://127.0.0.1:1", "server_name": "city.example",
        "as_token": "CANARY-as-token-of-the-desk", "hs_token": "CANARY-hs-token-of-the-server" });
    let desk = DeskFile::small().with_messenger("matrix", &["tax"], settings);
    let mut house = House::of(desk).start().await;
    let root = house.signs_in("root").await;
    let given = root.api().get("/v1/channels/matrix/registration").await;
    let text = String::from_utf8(given.bytes.clone()).unwrap();
    assert_eq!(given.status, 200, "{text}");
    assert!(
        text.contains("/v1/callbacks/matrix")
            && text.contains("as_token: \"PUT-THE-AS-TOKEN-HERE\""),
        "{text}"
    );
    assert!(
        text.contains("hs_token: \"PUT-THE-HS-TOKEN-HERE\"") && !text.contains("CANARY"),
        "{text}"
    );
    root.api().get("/v1/channels/website/registration").await.problem(404);
    let ming = house.signs_in("ming").await;
    ming.api().get("/v1/channels/matrix/registration").await.problem(403);
    house.ends_well();
}
