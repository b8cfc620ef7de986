//! What only Slack says, at the stand-in.

use super::{command, gives, says};
use crate::doors::Rig as _;
use crate::doors::slack::{FILE, SlackRig};
use channels::{Action, AdapterError, Outcome, Passed};
use domain::Locale;
use serde_json::{Value, json};
use std::time::Duration;

fn refused(error: &str) -> Value {
    json!({ "ok": false, "error": error })
}

#[tokio::test]
async fn words_stand_as_written_and_buttons_below_them() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    let mut threaded = command("c1", says("*a* <b> & c", &[("好", "rate:5"), ("不好", "rate:1")]));
    threaded.external_conversation = Some("C1H9RESGL/1699999999.000001".to_owned());
    let sent = door.deliver(&threaded).await;
    assert_eq!(sent, Outcome::Sent(vec!["C1H9RESGL:1700000100.000001".to_owned()]));
    let asked = &network.called("chat.postMessage")[0];
    assert_eq!(asked["text"], "*a* &lt;b&gt; &amp; c");
    assert_eq!(
        (&asked["mrkdwn"], &asked["thread_ts"]),
        (&json!("false"), &json!("1699999999.000001"))
    );
    let blocks: Value = serde_json::from_str(asked["blocks"].as_str().unwrap()).unwrap();
    let expected = json!({ "type": "plain_text", "text": "*a* <b> & c", "emoji": false });
    assert_eq!(blocks[0], json!({ "type": "section", "text": expected }));
    let values: Vec<&Value> =
        blocks[1]["elements"].as_array().unwrap().iter().map(|button| &button["value"]).collect();
    assert_eq!(values, ["rate:5", "rate:1"]);
}

#[tokio::test]
async fn somebody_without_a_conversation_gets_one() {
    let rig = SlackRig::that_listens();
    let mut first = command("c1", says("c1", &[]));
    first.external_conversation = None;
    let sent = rig.adapter().deliver(&first).await;
    assert_eq!(sent, Outcome::Sent(vec!["D024BE91L:1700000100.000001".to_owned()]));
    assert_eq!(rig.network.called("conversations.open"), [json!({ "users": "U2147483697" })]);
    rig.network.answers("conversations.open", 200, refused("user_not_found"));
    let gone = rig.adapter().deliver(&command("c2", says("c2", &[]))).await;
    assert!(matches!(gone, Outcome::Sent(_)), "a conversation needs no opening: {gone:?}");
    let mut nobody = command("c3", says("c3", &[]));
    nobody.external_conversation = None;
    assert_eq!(rig.adapter().deliver(&nobody).await, Outcome::RecipientGone);
}

#[tokio::test]
async fn a_limit_tells_how_long_and_a_missing_scope_its_name() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    network.answers("chat.postMessage", 429, refused("ratelimited"));
    let limited = door.deliver(&command("c1", says("c1", &[]))).await;
    assert_eq!(limited, Outcome::RateLimited(Duration::from_secs(17)));
    let scope =
        json!({ "ok": false, "error": "missing_scope", "needed": "chat:write", "provided": "x" });
    network.answers("chat.postMessage", 200, scope);
    let lacking = door.deliver(&command("c1", says("c1", &[]))).await;
    assert!(
        matches!(&lacking, Outcome::Rejected(why) if why.contains("chat:write")),
        "{lacking:?}"
    );
    assert!(matches!(door.deliver(&command("c1", says("c1", &[]))).await, Outcome::Sent(_)));
    assert_eq!(network.far_end.reached(), ["c1"]);
}

#[tokio::test]
async fn a_doubt_is_settled_by_the_mark_of_the_message() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    network.far_end.dies_after_taking();
    let cut = door.deliver(&command("c1", says("c1", &[]))).await;
    assert!(matches!(cut, Outcome::InDoubt(_)), "{cut:?}");
    let found = door.look_up(&command("c1", says("c1", &[]))).await;
    assert_eq!(found, Outcome::Sent(vec!["D024BE91L:1700000100.000001".to_owned()]));
    // One that broke off before it arrived may be sent again.
    network.answers("chat.postMessage", 200, refused("internal_error"));
    let unsure = door.deliver(&command("c2", says("c2", &[]))).await;
    assert!(matches!(unsure, Outcome::InDoubt(_)), "{unsure:?}");
    let again = door.deliver(&command("c2", says("c2", &[]))).await;
    assert!(matches!(again, Outcome::InDoubt(_)), "not before somebody looked: {again:?}");
    let nowhere = door.look_up(&command("c2", says("c2", &[]))).await;
    assert!(matches!(nowhere, Outcome::Unavailable(_)), "{nowhere:?}");
    assert!(matches!(door.deliver(&command("c2", says("c2", &[]))).await, Outcome::Sent(_)));
    assert_eq!(network.far_end.reached(), ["c1", "c2"]);
}

#[tokio::test]
async fn a_file_goes_in_three_steps_and_its_doubt_is_settled_too() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    let sent = door.deliver(&command("c1", gives("a.pdf", &[7; 300]))).await;
    assert_eq!(sent, Outcome::Sent(vec!["D024BE91L:Fa.pdf".to_owned()]));
    network.files.look(|files| assert_eq!(files[0], ("a.pdf".to_owned(), 300, true)));
    network.far_end.dies_after_taking();
    let second = command("c2", gives("b.pdf", &[7; 10]));
    let cut = door.deliver(&second).await;
    assert!(matches!(cut, Outcome::InDoubt(_)), "{cut:?}");
    assert_eq!(door.look_up(&second).await, Outcome::Sent(vec!["D024BE91L:Fb.pdf".to_owned()]));
    // The last step never came.
    network.answers("files.completeUploadExternal", 200, refused("internal_error"));
    let third = command("c3", gives("c.pdf", &[7; 10]));
    assert!(matches!(door.deliver(&third).await, Outcome::InDoubt(_)));
    assert!(matches!(door.look_up(&third).await, Outcome::Unavailable(_)));
    assert!(matches!(door.deliver(&third).await, Outcome::Sent(_)));
    let delete = Action::Delete { external_id: "D024BE91L:Fa.pdf".to_owned() };
    assert_eq!(door.deliver(&command("c4", delete)).await, Outcome::Sent(Vec::new()));
    assert_eq!(network.called("files.delete"), [json!({ "file": "Fa.pdf" })]);
}

#[tokio::test]
async fn an_upload_goes_nowhere_else_than_where_files_lie() {
    let rig = SlackRig::that_listens();
    let told = json!({ "ok": true, "upload_url": "http://127.0.0.1:1/upload/x", "file_id": "F1" });
    rig.network.answers("files.getUploadURLExternal", 200, told);
    let refused = rig.adapter().deliver(&command("c1", gives("a.pdf", &[7; 3]))).await;
    assert!(matches!(refused, Outcome::Rejected(_)), "{refused:?}");
}

#[tokio::test]
async fn messages_are_changed_taken_back_and_reacted_to() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    let external_id = "C1H9RESGL:1700000000.000300".to_owned();
    let edit = Action::Edit { external_id: external_id.clone(), text: "a & b".to_owned() };
    assert_eq!(door.deliver(&command("c1", edit)).await, Outcome::Sent(Vec::new()));
    let asked = &network.called("chat.update")[0];
    let named = |asked: &Value, ts: &str| (asked["channel"].clone(), asked[ts].clone());
    let expected = (json!("C1H9RESGL"), json!("1700000000.000300"));
    assert_eq!((named(asked, "ts"), &asked["text"]), (expected.clone(), &json!("a &amp; b")));
    let react = Action::React { external_id: external_id.clone(), emoji: "👍".to_owned() };
    network.answers("reactions.add", 200, refused("already_reacted"));
    assert_eq!(door.deliver(&command("c2", react)).await, Outcome::Sent(Vec::new()));
    let asked = &network.called("reactions.add")[0];
    assert_eq!((named(asked, "timestamp"), &asked["name"]), (expected, &json!("+1")));
    network.answers("chat.delete", 200, refused("message_not_found"));
    let delete = Action::Delete { external_id };
    assert_eq!(door.deliver(&command("c3", delete)).await, Outcome::Sent(Vec::new()));
}

#[tokio::test]
async fn files_are_fetched_with_the_token_and_up_to_their_bound() {
    let rig = SlackRig::that_listens();
    let door = rig.adapter();
    assert_eq!(door.fetch_media("F1", 1_000).await.unwrap(), FILE);
    let large = door.fetch_media("F1", 999).await;
    assert!(matches!(large, Err(AdapterError::Malformed(_))), "{large:?}");
    let elsewhere =
        json!({ "ok": true, "file": { "id": "F1", "url_private": "http://127.0.0.1:1/x" } });
    rig.network.answers("files.info", 200, elsewhere);
    let refused = door.fetch_media("F1", 1_000).await;
    assert!(
        matches!(&refused, Err(AdapterError::Unavailable(why)) if why.contains("not allowed")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn people_are_told_with_what_is_proved_of_them() {
    let rig = SlackRig::that_listens();
    let door = rig.adapter();
    let li = door.profile("U1").await.unwrap().unwrap();
    assert_eq!((li.name.as_str(), li.email.as_deref()), ("李雷", Some("li@city.example")));
    assert_eq!((li.locale, li.phone), (Some(Locale::ZhCn), None));
    let unproved = json!({ "ok": true, "user": { "name": "x", "is_email_confirmed": false,
        "profile": { "real_name": "X", "email": "boss@city.example" } } });
    rig.network.answers("users.info", 200, unproved);
    assert_eq!(door.profile("U2").await.unwrap().unwrap().email, None);
    assert_eq!(door.profile("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_look_at_the_settings_says_what_is_missing() {
    let rig = SlackRig::that_listens();
    let (door, network) = (rig.adapter(), &rig.network);
    let findings = door.check().await;
    assert!(findings.iter().all(|finding| finding.passed == Passed::Yes), "{findings:?}");
    let permissions = findings.iter().find(|finding| finding.point == "permissions").unwrap();
    assert!(permissions.detail.contains("channels:history"), "{permissions:?}");
    network.answers("auth.test", 200, refused("token_revoked"));
    network.answers("apps.connections.open", 200, refused("not_allowed_token_type"));
    let findings = door.check().await;
    let said: Vec<&str> = findings.iter().map(|finding| finding.detail.as_str()).collect();
    assert_eq!(said, ["Slack answers token_revoked", "Slack answers not_allowed_token_type"]);
    assert!(findings.iter().all(|finding| finding.passed == Passed::No), "{findings:?}");
}
