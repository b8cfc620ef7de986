//! What a person and the desk say to each other.

use super::desk::{AS_TOKEN, DESK, Desk, HS_TOKEN, LI, command, sent};
use crate::everyone::says;
use channels::{Action, Assurance, ChannelAdapter as _, Outcome, OutgoingFile, Passed, Payload};
use domain::{Author, FileRef};
use serde_json::json;

fn file(name: &str, media_type: &str, text: &'static str) -> Action {
    let file = FileRef {
        id: "file_manual".parse().unwrap(),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: text.len() as u64,
        pending: false,
    };
    Action::Send {
        text: String::new(),
        files: vec![OutgoingFile { file, bytes: text.into() }],
        author: Author::Agent { id: "li".parse().unwrap() },
        mail: None,
        choices: Vec::new(),
    }
}

#[tokio::test]
async fn a_person_invites_the_desk_and_both_speak() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;
    let joined = desk
        .gets("the invitation", |inbound| inbound.payload == Payload::Membership { joined: true });
    assert_eq!(joined.await.sender.value, LI);

    let event = li.says(&room, "打印机坏了").await;
    let inbound = desk.gets_text("打印机坏了").await;
    assert_eq!(inbound.external_id, event);
    assert_eq!(inbound.external_conversation.as_deref(), Some(room.as_str()));
    assert_eq!((inbound.sender.value.as_str(), inbound.sender.assurance), (LI, Assurance::Proved));
    assert_eq!(inbound.sender.name, "li");
    assert!(inbound.occurred_at.is_some());

    // The desk answers, in its own name, and the same twice is one.
    let say = command("dlv_1", &room, says("您好，我来看看"));
    let event = sent(desk.adapter.deliver(&say).await);
    let heard = li.hears(&room, "您好，我来看看", 1).await;
    assert_eq!(heard[0]["event_id"], json!(event));
    assert_eq!(heard[0]["content"]["msgtype"], json!("m.text"));
    assert_eq!(
        li.asks(json!({ "do": "displayname", "user": DESK })).await["name"],
        json!("办事大厅")
    );
    assert_eq!(sent(desk.adapter.deliver(&say).await), event);

    // Files in both directions.
    let question = json!({
        "do": "send_file", "room": room, "name": "截图.txt", "media_type": "text/plain",
        "text": "错误 17", "msgtype": "m.file",
    });
    li.asks(question).await;
    let inbound = desk.gets("a file", |inbound| match &inbound.payload {
        Payload::MessageNew(message) => !message.media.is_empty(),
        _ => false,
    });
    let Payload::MessageNew(message) = inbound.await.payload else { panic!("no message") };
    assert_eq!((message.text.as_str(), message.media[0].name.as_str()), ("", "截图.txt"));
    let fetched = desk.adapter.fetch_media(&message.media[0].reference, 1_000).await.unwrap();
    assert_eq!(fetched, "错误 17".as_bytes());
    desk.adapter.fetch_media(&message.media[0].reference, 3).await.unwrap_err();
    let send = file("手册.txt", "text/plain", "步骤一");
    sent(desk.adapter.deliver(&command("dlv_2", &room, send)).await);
    let heard = li.hears(&room, "手册.txt", 1).await;
    let url = &heard[0]["content"]["url"];
    assert_eq!(li.asks(json!({ "do": "download", "url": url })).await["text"], json!("步骤一"));

    // Only what a person said came in, not our own words.
    desk.behind.taken.look(|taken| {
        assert!(taken.accepted.iter().all(|inbound| inbound.sender.value == LI));
    });
    let profile = desk.adapter.profile(LI).await.unwrap().unwrap();
    assert_eq!(profile.name, "li");
    assert_eq!(desk.adapter.profile("@nobody:hutong.test").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_changed_taken_back_reacted_to_typed_and_read_goes_both_ways() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let room = desk.room_of(&mut li).await;

    // From the person to the desk.
    let first = li.says(&room, "how do I aply?").await;
    let edit = json!({
        "msgtype": "m.text", "body": "* how do I apply?",
        "m.new_content": { "msgtype": "m.text", "body": "how do I apply?" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": first },
    });
    li.sends(&room, edit).await;
    let edited = Payload::Edited { external_id: first.clone(), text: "how do I apply?".to_owned() };
    desk.gets("the change", |inbound| inbound.payload == edited).await;
    let reply = command("dlv_1", &room, says("by form"));
    let answer = sent(desk.adapter.deliver(&reply).await);
    li.hears(&room, "by form", 1).await;
    let reaction = json!({
        "do": "send", "room": room, "type": "m.reaction",
        "content": { "m.relates_to": { "rel_type": "m.annotation", "event_id": answer, "key": "👍" } },
    });
    let reaction = li.asks(reaction).await["event"].as_str().unwrap().to_owned();
    let reacted =
        |added| Payload::Reaction { external_id: answer.clone(), emoji: "👍".to_owned(), added };
    desk.gets("the reaction", |inbound| inbound.payload == reacted(true)).await;
    li.asks(json!({ "do": "redact", "room": room, "event": reaction })).await;
    desk.gets("the reaction's end", |inbound| inbound.payload == reacted(false)).await;
    li.asks(json!({ "do": "redact", "room": room, "event": first })).await;
    let deleted = Payload::Deleted { external_id: first };
    desk.gets("the end of a message", |inbound| inbound.payload == deleted).await;
    li.asks(json!({ "do": "types", "room": room })).await;
    desk.gets("typing", |inbound| inbound.payload == Payload::Typing).await;
    li.asks(json!({ "do": "reads", "room": room, "event": answer })).await;
    let read = Payload::Read { seq: 0, external_id: answer.clone() };
    desk.gets("the read mark", |inbound| inbound.payload == read).await;

    // From the desk to the person.
    let last = li.says(&room, "thanks").await;
    let read = Action::MarkRead { external_id: last.clone() };
    let outcome = desk.adapter.deliver(&command("dlv_2", &room, read)).await;
    assert_eq!(outcome, Outcome::Sent(Vec::new()));
    li.asks(json!({ "do": "sees_receipt", "event": last, "user": DESK })).await;
    desk.adapter.deliver(&command("dlv_3", &room, Action::Typing)).await;
    li.asks(json!({ "do": "sees_typing", "room": room, "user": DESK })).await;
    let edit = Action::Edit { external_id: answer.clone(), text: "by form 7".to_owned() };
    sent(desk.adapter.deliver(&command("dlv_4", &room, edit)).await);
    let heard = li.hears(&room, "by form 7", 1).await;
    assert_eq!(heard[0]["content"]["m.relates_to"]["event_id"], json!(answer));
    let react = Action::React { external_id: last.clone(), emoji: "🙂".to_owned() };
    sent(desk.adapter.deliver(&command("dlv_5", &room, react)).await);
    let reaction = json!({ "do": "hears", "room": room, "sender": DESK, "type": "m.reaction" });
    let heard = li.asks(reaction).await;
    assert_eq!(heard["events"][0]["content"]["m.relates_to"]["event_id"], json!(last));
    let delete = Action::Delete { external_id: answer };
    sent(desk.adapter.deliver(&command("dlv_6", &room, delete)).await);
    li.asks(json!({ "do": "hears", "room": room, "sender": DESK, "type": "m.room.redaction" }))
        .await;
}

#[tokio::test]
async fn the_check_finds_what_is_in_order_and_what_is_not() {
    let desk = Desk::open(&[]).await;
    let findings = desk.adapter.check().await;
    let points: Vec<_> =
        findings.iter().map(|found| (found.point.as_str(), found.passed)).collect();
    let all = ["connection", "credentials", "permissions", "callback"];
    assert_eq!(points, all.map(|point| (point, Passed::Yes)), "{findings:#?}");

    let failing = async |key: &str, value: &str| {
        let findings = desk.with(key, value).check().await;
        let shown = format!("{findings:?}");
        assert!(!shown.contains(AS_TOKEN) && !shown.contains(HS_TOKEN), "{shown}");
        let failed = findings.into_iter().find(|found| found.passed == Passed::No).unwrap();
        (failed.point, failed.detail)
    };
    let (point, why) = failing("as_token", "CANARY-another-token").await;
    assert!(point == "credentials" && why.contains("M_UNKNOWN_TOKEN"), "{point}: {why}");
    assert!(why.starts_with("wrong token: "), "{why}");
    let (point, why) = failing("user", "somebody").await;
    assert!(point == "credentials" && why.contains("M_EXCLUSIVE"), "{point}: {why}");
    let (point, why) = failing("appservice", "another").await;
    assert!(point == "callback" && why.contains("settings.appservice"), "{point}: {why}");
    let (point, _why) = failing("homeserver", "http://127.0.0.1:1").await;
    assert_eq!(point, "connection");
    desk.hosted.is_away(true);
    let findings = desk.adapter.check().await;
    let callback = findings.iter().find(|found| found.point == "callback").unwrap();
    assert_eq!(callback.passed, Passed::No, "{findings:#?}");
}
