//! What the adapter asks of Feishu's servers, and what it makes of their refusals.

use super::{FeishuRig, asked, gives, in_group, to_member, with_choices};
use crate::doors::Rig;
use crate::doors::feishu::{CHAT, MEMBER};
use crate::everyone::says;
use channels::{Action, AdapterError, Outcome, Passed};
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/open-apis/im/v1/messages";
const REPLY: &str = "/open-apis/im/v1/messages/om_1/reply";

fn content(body: &Value) -> Value {
    serde_json::from_str(body["content"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_same_command_is_one_message_and_an_old_one_is_not_tried_again() {
    let rig = FeishuRig::open();
    for _ in 0..2 {
        let outcome = rig.adapter().deliver(&to_member("c1", says("您好"))).await;
        assert_eq!(outcome, Outcome::Sent(vec!["far-c1".to_owned()]));
    }
    let bodies: Vec<Value> = asked(&rig, SEND).iter().map(tests::cloud::Asked::json).collect();
    assert_eq!(bodies.iter().map(|body| body["uuid"].clone()).collect::<Vec<_>>(), ["c1", "c1"]);
    assert_eq!(rig.network.far_end.reached(), ["c1"]);
}

#[tokio::test]
async fn in_a_group_it_answers_below_the_word_unless_that_is_gone() {
    let rig = FeishuRig::open();
    rig.adapter().deliver(&in_group("c1", says("您好"))).await;
    assert_eq!((asked(&rig, REPLY).len(), asked(&rig, SEND).len()), (1, 0));
    let gone = json!({ "code": 230_011, "msg": "The message was recalled." });
    rig.seen().change(|seen| seen.instead.push_back((REPLY, 400, gone)));
    let outcome = rig.adapter().deliver(&in_group("c2", says("您好"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-c2".to_owned()]));
    let sent = &asked(&rig, SEND)[0];
    assert_eq!(sent.query["receive_id_type"], "chat_id");
    assert_eq!(sent.json()["receive_id"], CHAT);
}

#[tokio::test]
async fn buttons_stand_on_a_card_and_carry_their_value() {
    let rig = FeishuRig::open();
    rig.adapter().deliver(&to_member("c1", with_choices("请评价"))).await;
    rig.adapter().deliver(&in_group("c2", with_choices("请评价"))).await;
    let card = content(&asked(&rig, SEND)[0].json());
    assert_eq!(card["elements"][0]["text"], json!({ "tag": "plain_text", "content": "请评价" }));
    assert_eq!(card["elements"][1]["actions"][1]["value"], json!({ "hutong": "rate:2" }));
    let card = content(&asked(&rig, REPLY)[0].json());
    let value = json!({ "hutong": "rate:2", "group": true });
    assert_eq!(card["elements"][1]["actions"][1]["value"], value);
}

#[tokio::test]
async fn a_picture_and_a_file_are_uploaded_and_sent() {
    let rig = FeishuRig::open();
    for (id, action) in [
        ("c1", gives("a.png", "image/png", b"\x89PNG picture")),
        ("c2", gives("办事指南.pdf", "application/pdf", b"%PDF file")),
    ] {
        let outcome = rig.adapter().deliver(&to_member(id, action)).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    let holds =
        |path: &str, part: &str| String::from_utf8_lossy(&asked(&rig, path)[0].body).contains(part);
    assert!(holds("/open-apis/im/v1/images", "PNG picture"));
    let file = "/open-apis/im/v1/files";
    assert!(holds(file, "%PDF file") && holds(file, "办事指南.pdf") && holds(file, "pdf\r\n"));
    let sent: Vec<Value> = asked(&rig, SEND).iter().map(tests::cloud::Asked::json).collect();
    assert_eq!(
        (&sent[0]["msg_type"], content(&sent[0])),
        (&json!("image"), json!({ "image_key": "img_v2_up" }))
    );
    assert_eq!(
        (&sent[1]["msg_type"], content(&sent[1])),
        (&json!("file"), json!({ "file_key": "file_v2_up" }))
    );
}

#[tokio::test]
async fn a_text_that_is_a_card_is_changed_as_one() {
    let rig = FeishuRig::open();
    let path = "/open-apis/im/v1/messages/om_1";
    let other =
        json!({ "code": 230_054, "msg": "This operation is not supported for this message type." });
    rig.seen().change(|seen| seen.instead.push_back((path, 400, other)));
    let edit = Action::Edit { external_id: "om_1".to_owned(), text: "改过的".to_owned() };
    let outcome = rig.adapter().deliver(&to_member("c1", edit)).await;
    assert_eq!(outcome, Outcome::Sent(vec!["om_1".to_owned()]));
    let methods: Vec<String> = asked(&rig, path).into_iter().map(|asked| asked.method).collect();
    assert_eq!(methods, ["PUT", "PATCH"]);
}

#[tokio::test]
async fn one_token_serves_all_and_a_revoked_one_is_renewed_once() {
    let rig = FeishuRig::open();
    for id in ["c1", "c2"] {
        rig.adapter().deliver(&to_member(id, says(id))).await;
    }
    assert_eq!(rig.seen().look(|seen| seen.tokens), 1);
    rig.seen().change(|seen| seen.is_revoked = true);
    let outcome = rig.adapter().deliver(&to_member("c3", says("c3"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-c3".to_owned()]));
    rig.seen().change(|seen| seen.is_revoked = true);
    let file = rig.adapter().fetch_media("image/om_1/img_v2_1", 100).await.unwrap();
    assert_eq!(&file[..], b"what lies in a file");
    assert_eq!(rig.seen().look(|seen| seen.tokens), 3);
}

#[tokio::test]
async fn each_refusal_says_what_to_do_next() {
    let rig = FeishuRig::open();
    let said = |code: i64, words: &str| json!({ "code": code, "msg": words });
    let scopes =
        "Access denied. One of the following scopes is required: [im:message:send_as_bot].";
    let limited = Outcome::RateLimited(Duration::from_secs(7));
    let cases = [
        (429, said(99_991_400, "request trigger frequency limit"), limited.clone()),
        (400, said(230_020, "This operation triggers the frequency limit."), limited.clone()),
        (429, json!("no code"), limited),
        (400, said(230_013, "Bot has NO availability to this user."), Outcome::RecipientGone),
        (400, said(230_002, "The bot can not be outside the group."), Outcome::RecipientGone),
        (400, said(99_991_672, scopes), Outcome::Rejected(format!("99991672: {scopes}"))),
        (
            400,
            said(230_022, "The content of the message contains sensitive information."),
            Outcome::Rejected(
                "230022: The content of the message contains sensitive information.".to_owned(),
            ),
        ),
    ];
    for (n, (status, body, expected)) in cases.into_iter().enumerate() {
        rig.seen().change(|seen| seen.instead.push_back((SEND, status, body)));
        let outcome = rig.adapter().deliver(&to_member(&format!("c{n}"), says("x"))).await;
        assert_eq!(outcome, expected);
    }
    rig.seen().change(|seen| seen.instead.push_back((SEND, 500, json!({}))));
    let outcome = rig.adapter().deliver(&to_member("d", says("x"))).await;
    assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    assert!(rig.network.far_end.reached().is_empty());
}

#[tokio::test]
async fn files_have_a_limit_and_references_are_checked() {
    let rig = FeishuRig::open();
    let fetched = rig.adapter().fetch_media("file/om_1/file_v2_1", 5).await;
    assert!(matches!(fetched, Err(AdapterError::Malformed(_))), "{fetched:?}");
    let fetched = rig.adapter().fetch_media("nonsense", 5).await;
    assert!(matches!(fetched, Err(AdapterError::Malformed(_))), "{fetched:?}");
    // Ids come from outside: they stay one part of the path each.
    rig.adapter().fetch_media("file/../x?y/k#z", 100).await.unwrap_err();
    let paths = rig
        .seen()
        .look(|seen| seen.asked.iter().map(|asked| asked.path.clone()).collect::<Vec<_>>());
    assert!(paths.iter().all(|path| path.starts_with("/open-apis/")), "{paths:?}");
    let gone = json!({ "code": 234_003, "msg": "File not in message." });
    let path = "/open-apis/im/v1/messages/om_1/resources/file_v2_1";
    rig.seen().change(|seen| seen.instead.push_back((path, 400, gone)));
    let fetched = rig.adapter().fetch_media("file/om_1/file_v2_1", 100).await;
    assert!(matches!(fetched, Err(AdapterError::Malformed(why)) if why.contains("234003")));
}

#[tokio::test]
async fn who_somebody_is_comes_from_the_directory() {
    let rig = FeishuRig::open();
    let profile = rig.adapter().profile(MEMBER).await.unwrap().unwrap();
    assert_eq!(profile.name, "王小丽");
    assert_eq!(profile.departments, ["政务服务中心", "窗口一科"]);
    assert_eq!(profile.email.as_deref(), Some("wang@city.gov.cn"));
    assert_eq!(profile.phone.as_deref(), Some("+8613800138000"));
    assert_eq!(profile.directory_id.as_deref(), Some("4220"));
    assert_eq!(rig.adapter().profile("ou_nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_live_check_says_what_is_missing() {
    let rig = FeishuRig::open();
    let all = rig.adapter().check().await;
    let shown: Vec<_> = all.iter().map(|found| (found.point.as_str(), found.passed)).collect();
    let fine = ["credentials", "identity", "connection", "permissions"];
    assert_eq!(shown, fine.map(|point| (point, Passed::Yes)));
    let denied = json!({ "code": 99_991_672, "msg": "scopes: [contact:department.base:readonly]" });
    let not_open = json!({ "code": 1_000_040_350, "msg": "exceed conn limit" });
    rig.seen().change(|seen| {
        seen.instead.push_back(("/callback/ws/endpoint", 200, not_open));
        seen.instead.push_back(("/open-apis/contact/v3/departments/0", 403, denied));
    });
    let all = rig.adapter().check().await;
    let no = all.iter().filter(|found| found.passed == Passed::No);
    let no: Vec<_> = no.map(|found| (found.point.as_str(), found.detail.as_str())).collect();
    assert_eq!(no[0], ("connection", "1000040350: exceed conn limit"));
    assert!(no[1].0 == "permissions" && no[1].1.contains("contact:department"), "{no:?}");
}
