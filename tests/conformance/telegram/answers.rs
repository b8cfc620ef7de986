//! What only Telegram says, at the stand-in.

use super::{Running, command, gives, says};
use crate::doors::Rig as _;
use crate::doors::telegram::{FILE, TelegramRig, token};
use channels::{Action, AdapterError, Outcome, Passed, Payload};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_limit_tells_how_long_and_nothing_was_sent() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    network.answers("sendMessage", 429, json!({ "parameters": { "retry_after": 17 } }));
    let limited = door.deliver(&command("c1", says("c1", &[]))).await;
    assert_eq!(limited, Outcome::RateLimited(Duration::from_secs(17)));
    let sent = door.deliver(&command("c1", says("c1", &[]))).await;
    assert_eq!(sent, Outcome::Sent(vec!["5001:101".to_owned()]));
    assert_eq!(network.far_end.reached(), ["c1"]);
}

#[tokio::test]
async fn a_group_that_moved_is_followed() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let more = json!({ "parameters": { "migrate_to_chat_id": -1_001_987 } });
    network.answers("sendMessage", 400, more);
    let mut to_group = command("c1", says("c1", &[]));
    to_group.external_conversation = Some("-1987".to_owned());
    to_group.answers = Some("-1987:7".to_owned());
    assert_eq!(door.deliver(&to_group).await, Outcome::Sent(vec!["-1001987:101".to_owned()]));
    let asked = network.called("sendMessage");
    let reply = json!({ "message_id": 7, "allow_sending_without_reply": true });
    assert_eq!((&asked[0]["chat_id"], &asked[0]["reply_parameters"]), (&json!("-1987"), &reply));
    assert_eq!(asked[1]["chat_id"], "-1001987");
}

#[tokio::test]
async fn a_topic_of_a_forum_is_answered_in_it_and_a_person_without_a_quotation() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let mut to_topic = command("c1", says("c1", &[]));
    to_topic.external_conversation = Some("-1001987/77".to_owned());
    door.deliver(&to_topic).await;
    let mut to_person = command("c2", says("c2", &[]));
    to_person.answers = Some("5001:7".to_owned());
    door.deliver(&to_person).await;
    let asked = network.called("sendMessage");
    assert_eq!(
        (&asked[0]["chat_id"], &asked[0]["message_thread_id"]),
        (&json!("-1001987"), &json!("77"))
    );
    assert_eq!(asked[1].get("reply_parameters"), None);
    assert_eq!(asked[1]["link_preview_options"], json!({ "is_disabled": true }));
    assert_eq!(asked[1].get("parse_mode"), None, "an agent's words stand as written");
}

#[tokio::test]
async fn pictures_are_shown_and_what_is_none_goes_as_a_file() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let photo = || gives("表.png", "image/png", &[137, 80, 78, 71]);
    assert!(matches!(door.deliver(&command("c1", photo())).await, Outcome::Sent(_)));
    let why = json!({ "description": "Bad Request: PHOTO_INVALID_DIMENSIONS" });
    network.answers("sendPhoto", 400, why);
    assert!(matches!(door.deliver(&command("c2", photo())).await, Outcome::Sent(_)));
    let pdf = gives("a\"b\r\n.pdf", "application/pdf", &[7; 300]);
    assert!(matches!(door.deliver(&command("c3", pdf)).await, Outcome::Sent(_)));
    let (photos, documents) = (network.called("sendPhoto"), network.called("sendDocument"));
    assert_eq!((photos.len(), documents.len()), (2, 2));
    let what = |call: &Value| {
        (call["file in"].clone(), call["file name"].clone(), call["chat_id"].clone())
    };
    assert_eq!(what(&photos[0]), (json!("photo"), json!("表.png"), json!("5001")));
    assert_eq!(what(&documents[0]), (json!("document"), json!("表.png"), json!("5001")));
    assert_eq!(documents[1]["file bytes"], 300);
    assert!(documents[1]["file head"].as_str().unwrap().contains("content-type: application/pdf"));
}

#[tokio::test]
async fn what_is_so_already_is_done() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let external_id = "5001:7".to_owned();
    let same = json!({ "description": "Bad Request: message is not modified: specified new message \
        content and reply markup are exactly the same" });
    network.answers("editMessageText", 400, same);
    let edit = Action::Edit { external_id: external_id.clone(), text: "x".to_owned() };
    assert_eq!(door.deliver(&command("c1", edit)).await, Outcome::Sent(Vec::new()));
    let gone = json!({ "description": "Bad Request: message to delete not found" });
    network.answers("deleteMessage", 400, gone);
    let delete = Action::Delete { external_id: external_id.clone() };
    assert_eq!(door.deliver(&command("c2", delete.clone())).await, Outcome::Sent(Vec::new()));
    let late = json!({ "description": "Bad Request: message can't be deleted for everyone" });
    network.answers("deleteMessage", 400, late);
    let refused = door.deliver(&command("c3", delete)).await;
    assert!(
        matches!(&refused, Outcome::Rejected(why) if why.contains("can't be deleted")),
        "{refused:?}"
    );
    let react = Action::React { external_id, emoji: "👍".to_owned() };
    assert_eq!(door.deliver(&command("c4", react)).await, Outcome::Sent(Vec::new()));
    let asked = json!({ "chat_id": "5001", "message_id": "7", "reaction": [{ "type": "emoji", "emoji": "👍" }] });
    assert_eq!(network.called("setMessageReaction"), [asked]);
}

#[tokio::test]
async fn a_pressed_button_is_answered_after_it_was_taken() {
    let rig = TelegramRig::that_asks();
    let network = &rig.cloud.network;
    let running = Running::start(&rig.adapter());
    let update = json!({ "callback_query": {
        "id": "43", "from": { "id": 5001, "first_name": "雷" }, "data": "rate:5",
        "message": { "message_id": 7, "date": 0, "chat": { "id": 5001, "type": "private" } },
    }});
    network.far_end.hears("m0", &update.to_string());
    network
        .calls
        .until("the button comes to rest", |calls| {
            calls.iter().find(|call| call.0 == "answerCallbackQuery").cloned()
        })
        .await;
    running.behind.taken.look(|taken| {
        let expected = Payload::Chosen { value: "rate:5".to_owned() };
        assert_eq!(taken.accepted[0].payload, expected);
    });
}

#[tokio::test]
async fn in_a_group_the_bots_name_is_asked_once() {
    let rig = TelegramRig::that_asks();
    let (network, running) = (&rig.cloud.network, Running::start(&rig.adapter()));
    for (n, text) in ["@desk_bot one", "two, not to us", "@desk_bot three"].iter().enumerate() {
        let entities = json!([{ "type": "mention", "offset": 0, "length": 9 }]);
        let update = json!({ "message": {
            "message_id": n + 1, "from": { "id": 5002, "first_name": "Ann" }, "date": 1_700_000_000,
            "chat": { "id": -1987, "type": "group", "title": "Street" }, "text": text,
            "entities": if text.starts_with('@') { entities } else { json!([]) },
        }});
        network.far_end.hears(&format!("m{n}"), &update.to_string());
    }
    assert_eq!(running.behind.texts(2).await, ["one", "three"]);
    assert_eq!(network.called("getMe").len(), 1);
}

#[tokio::test]
async fn an_update_of_another_shape_holds_nothing_up() {
    let rig = TelegramRig::that_asks();
    let (network, running) = (&rig.cloud.network, Running::start(&rig.adapter()));
    network.far_end.hears("m0", r#"{"message": {"message_id": "x", "chat": 7}}"#);
    network.far_end.hears("m1", "after it");
    assert_eq!(running.behind.texts(1).await, ["after it"]);
}

#[tokio::test]
async fn no_trouble_shows_the_token() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let echo = || json!({ "description": format!("Not Found: /bot{}/x", token()) });
    let mut shown = Vec::new();
    for (method, code) in
        [("sendMessage", 404), ("getMe", 404), ("getFile", 400), ("deleteWebhook", 404)]
    {
        network.answers(method, code, echo());
    }
    shown.push(format!("{:?}", door.deliver(&command("c1", says("c1", &[]))).await));
    shown.push(format!("{:?}", door.check().await));
    shown.push(format!("{:?}", door.fetch_media("f1", 10_000).await));
    let (inlet, _) = crate::inlet::Behind::open();
    let ended = door.run(inlet, CancellationToken::new()).await;
    assert!(matches!(ended, Err(AdapterError::Unauthorised)), "{ended:?}");
    shown.push(format!("{ended:?}"));
    // Nothing listens any more: the URL with the token is part of what failed.
    drop(rig.cloud);
    shown.push(format!("{:?}", door.deliver(&command("c2", says("c2", &[]))).await));
    shown.push(format!("{:?}", door.check().await));
    shown.push(format!("{:?} {door:?}", door.fetch_media("f1", 10_000).await));
    for said in shown {
        assert!(!said.contains("CANARY"), "{said}");
    }
}

#[tokio::test]
async fn files_are_fetched_up_to_their_bound() {
    let rig = TelegramRig::that_asks();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    assert_eq!(door.fetch_media("f1", 1_000).await.unwrap(), FILE);
    let refused = door.fetch_media("f1", 999).await;
    assert!(matches!(refused, Err(AdapterError::Malformed(_))), "{refused:?}");
    for path in ["../secret", "/var/lib/x", "a//b", "a/../b", "a?b", "a%2fb", "http://x/y", ""] {
        let told = json!({ "ok": true, "result": { "file_id": "f", "file_path": path } });
        network.instead.change(|all| all.push(("getFile".to_owned(), 200, told)));
        assert!(door.fetch_media("f1", 1_000).await.is_err(), "{path}");
    }
}

#[tokio::test]
async fn a_look_at_the_settings_says_what_is_missing() {
    let rig = TelegramRig::that_is_called();
    let (door, network) = (rig.adapter(), &rig.cloud.network);
    let told = |url: &str, error: &str| {
        let info = json!({ "url": url, "pending_update_count": 3, "last_error_message": error });
        let told = json!({ "ok": true, "result": info });
        network.instead.change(|all| all.push(("getWebhookInfo".to_owned(), 200, told)));
    };
    let callback = async || {
        let findings = door.check().await;
        findings.into_iter().find(|finding| finding.point == "callback").unwrap()
    };
    told("", "");
    assert!(callback().await.detail.contains("setWebhook"));
    told("https://desk.example/x", "Wrong response from the webhook: 403 Forbidden");
    let failing = callback().await;
    assert_eq!(failing.passed, Passed::No);
    assert!(
        failing.detail.contains("403 Forbidden") && failing.detail.contains('3'),
        "{failing:?}"
    );
    told("https://desk.example/x", "");
    assert_eq!(callback().await.passed, Passed::Yes);
    network.answers("getMe", 401, json!({ "description": "Unauthorized" }));
    let findings = door.check().await;
    assert!(findings.len() == 1 && findings[0].passed == Passed::No, "{findings:?}");
}
