//! What the adapter asks of DingTalk's servers, and what it makes of their refusals.

use super::{bodies, command, gives, in_group, says, with_choices};
use crate::doors::Rig;
use crate::doors::dingtalk::{DingTalkRig, MEMBER};
use crate::inlet::Behind;
use crate::running::Kept;
use channels::{Action, Outcome, Passed};
use serde_json::{Value, json};
use std::time::Duration;

const ONE: &str = "/v1.0/robot/oToMessages/batchSend";
const GROUP: &str = "/v1.0/robot/groupMessages/send";

fn param(body: &Value) -> Value {
    serde_json::from_str(body["msgParam"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_and_a_group_are_written_to_each_in_its_way() {
    let rig = DingTalkRig::open();
    let outcome = rig.adapter().deliver(&command("c1", says("您好"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-您好".to_owned()]));
    let body = &bodies(&rig, ONE)[0];
    assert_eq!(body["userIds"], json!([MEMBER]));
    assert_eq!(body["robotCode"], "dingue4kfzdxbyn0pjqd");
    assert_eq!(
        (&body["msgKey"], param(body)),
        (&json!("sampleText"), json!({ "content": "您好" }))
    );
    rig.adapter().deliver(&in_group("c2", says("大家好"))).await;
    let body = &bodies(&rig, GROUP)[0];
    assert_eq!(body["openConversationId"], "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==");
    assert_eq!(param(body), json!({ "content": "大家好" }));
}

#[tokio::test]
async fn a_session_webhook_answers_while_it_lives_and_the_api_after() {
    let (rig, (inlet, behind)) = (DingTalkRig::open(), Behind::open());
    let webhook = rig.network.session();
    rig.seen().change(|seen| {
        seen.fields =
            json!({ "sessionWebhook": webhook, "sessionWebhookExpiredTime": 4_000_000_000_000_u64 });
    });
    let kept = Kept::running(&rig, &inlet);
    rig.network.far_end.hears("m0", "在吗");
    behind.texts(1).await;
    let outcome = rig.adapter().deliver(&command("c1", says("在"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["session:c1".to_owned()]));
    // It died before its time: the API says it, and everything after.
    let dead = json!({ "errcode": 300_001, "errmsg": "session 不存在" });
    rig.seen().change(|seen| seen.instead.push_back(("/robot/sendBySession", 200, dead)));
    for (id, text) in [("c2", "第二句"), ("c3", "第三句")] {
        let outcome = rig.adapter().deliver(&command(id, says(text))).await;
        assert_eq!(outcome, Outcome::Sent(vec![format!("far-{text}")]));
    }
    let by_session = rig.seen().look(|seen| seen.by_session.clone());
    assert_eq!(by_session, [json!({ "msgtype": "text", "text": { "content": "在" } })]);
    assert_eq!(bodies(&rig, "/robot/sendBySession").len(), 2);
    kept.ends("dingtalk").await;
}

#[tokio::test]
async fn buttons_become_cards_and_more_of_them_links() {
    let rig = DingTalkRig::open();
    for (n, count) in [1, 2, 5, 6].into_iter().enumerate() {
        let outcome =
            rig.adapter().deliver(&command(&format!("c{n}"), with_choices("请评价", count))).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    let sent = bodies(&rig, ONE);
    let keys: Vec<&str> = sent.iter().map(|body| body["msgKey"].as_str().unwrap()).collect();
    let cards = ["sampleActionCard", "sampleActionCard2", "sampleActionCard5", "sampleMarkdown"];
    assert_eq!(keys, cards);
    let link = param(&sent[1])["actionURL2"].as_str().unwrap().to_owned();
    // Pressed, the person says this, and we know the button by it.
    let said = reqwest::Url::parse(&link).unwrap();
    let said = said.query_pairs().find(|(key, _)| key == "content").unwrap().1.into_owned();
    let (inlet, behind) = Behind::open();
    let kept = Kept::running(&rig, &inlet);
    rig.network.far_end.hears("m0", &said);
    let find = |taken: &crate::inlet::Taken| taken.accepted.first().cloned();
    let pressed = behind.taken.until("it is pressed", find).await;
    assert_eq!(pressed.payload, channels::Payload::Chosen { value: "rate:2".to_owned() });
    kept.ends("dingtalk").await;
}

#[tokio::test]
async fn a_picture_and_a_file_are_uploaded_and_sent() {
    let rig = DingTalkRig::open();
    let picture = command("c1", gives("a.png", "image/png", b"\x89PNG picture"));
    let file = command("c2", gives("办事指南.pdf", "application/pdf", b"%PDF file"));
    for command in [picture, file] {
        let outcome = rig.adapter().deliver(&command).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }
    let uploads = rig.seen().look(|seen| {
        let uploads = seen.asked.iter().filter(|asked| asked.path == "/media/upload");
        uploads.cloned().collect::<Vec<_>>()
    });
    let holds = |n: usize, part: &str| String::from_utf8_lossy(&uploads[n].body).contains(part);
    assert!(holds(0, "PNG picture") && holds(1, "%PDF file") && holds(1, "办事指南.pdf"));
    assert_eq!((&*uploads[0].query["type"], &*uploads[1].query["type"]), ("image", "file"));
    let sent = bodies(&rig, ONE);
    assert_eq!(param(&sent[0]), json!({ "photoURL": "@lADPDeC2uP3QBZs" }));
    let file = json!({
        "mediaId": "@lADPDeC2uP3QBZs", "fileName": "办事指南.pdf", "fileType": "pdf",
    });
    assert_eq!(param(&sent[1]), file);
}

#[tokio::test]
async fn one_token_serves_all_and_a_revoked_one_is_renewed_once() {
    let rig = DingTalkRig::open();
    for id in ["c1", "c2"] {
        rig.adapter().deliver(&command(id, says(id))).await;
    }
    assert_eq!(rig.seen().look(|seen| seen.tokens), 1);
    rig.seen().change(|seen| seen.is_revoked = true);
    let outcome = rig.adapter().deliver(&command("c3", says("c3"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["far-c3".to_owned()]));
    assert_eq!(rig.seen().look(|seen| seen.tokens), 2);
    assert_eq!(rig.network.far_end.reached(), ["c1", "c2", "c3"]);
    // The older API says it in another way.
    rig.seen().change(|seen| seen.is_revoked = true);
    assert!(rig.adapter().profile(MEMBER).await.unwrap().is_some());
    assert_eq!(rig.seen().look(|seen| seen.tokens), 3);
}

#[tokio::test]
async fn each_refusal_says_what_to_do_next() {
    let rig = DingTalkRig::open();
    let said = |code: &str, message: &str| json!({ "code": code, "message": message });
    let denied = json!({
        "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        "message": "应用尚未开通所需的权限",
        "accessdenieddetail": { "requiredScopes": ["qyapi_robot_sendmsg"] },
    });
    let limited = Outcome::RateLimited(Duration::from_secs(2));
    let flow = json!({
        "processQueryKey": "", "invalidStaffIdList": [], "flowControlledStaffIdList": [MEMBER],
    });
    let cases = [
        (403, said("Forbidden.AccessDenied.QpsLimitForApi", "qps"), limited.clone()),
        (429, said("Throttling.Api", ""), limited),
        (200, flow, Outcome::RateLimited(Duration::from_secs(60))),
        (400, said("staffId.notExisted", "员工不存在"), Outcome::RecipientGone),
        (
            400,
            said("invalidParameter.msgParam.tooLong", "太长"),
            Outcome::Rejected("invalidParameter.msgParam.tooLong: 太长".to_owned()),
        ),
        (
            403,
            denied,
            Outcome::Rejected(
                "Forbidden.AccessDenied.AccessTokenPermissionDenied: 应用尚未开通所需的权限 \
                 [\"qyapi_robot_sendmsg\"]"
                    .to_owned(),
            ),
        ),
    ];
    for (n, (status, body, expected)) in cases.into_iter().enumerate() {
        rig.seen().change(|seen| seen.instead.push_back((ONE, status, body)));
        let outcome = rig.adapter().deliver(&command(&format!("c{n}"), says("x"))).await;
        assert_eq!(outcome, expected);
    }
    // An answer that says nothing may stand for a message that was sent.
    rig.seen().change(|seen| seen.instead.push_back((ONE, 500, json!({}))));
    let outcome = rig.adapter().deliver(&command("d", says("x"))).await;
    assert!(matches!(outcome, Outcome::InDoubt(_)), "{outcome:?}");
    assert!(rig.network.far_end.reached().is_empty());
}

#[tokio::test]
async fn what_the_api_sent_is_taken_back_and_what_a_webhook_sent_is_not() {
    let rig = DingTalkRig::open();
    let back = |id: &str| Action::Delete { external_id: id.to_owned() };
    let outcome = rig.adapter().deliver(&in_group("c1", back("key-1"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["key-1".to_owned()]));
    assert_eq!(bodies(&rig, "/v1.0/robot/groupMessages/recall")[0]["processQueryKeys"][0], "key-1");
    let failed = json!({ "successResult": [], "failedResult": { "key-2": "over 24 h" } });
    rig.seen().change(|seen| {
        seen.instead.push_back(("/v1.0/robot/otoMessages/batchRecall", 200, failed));
    });
    let outcome = rig.adapter().deliver(&command("c2", back("key-2"))).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("over 24 h")), "{outcome:?}");
    let outcome = rig.adapter().deliver(&command("c3", back("session:c9"))).await;
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
}

#[tokio::test]
async fn who_somebody_is_comes_from_the_directory() {
    let rig = DingTalkRig::open();
    let profile = rig.adapter().profile(MEMBER).await.unwrap().unwrap();
    assert_eq!(profile.name, "王小丽");
    assert_eq!(profile.departments, ["政务服务中心", "窗口一科"]);
    assert_eq!(profile.email.as_deref(), Some("wang@city.gov.cn"));
    assert_eq!(profile.phone.as_deref(), Some("+8613800138000"));
    assert_eq!(profile.directory_id.as_deref(), Some("4220"));
    assert_eq!(rig.adapter().profile("nobody").await.unwrap(), None);
    assert_eq!(rig.adapter().profile("$:LWCP_v1:$x").await.unwrap(), None);
}

#[tokio::test]
async fn a_live_check_says_what_is_missing() {
    let rig = DingTalkRig::open();
    let points = |findings: Vec<channels::Finding>| -> Vec<(String, Passed, String)> {
        findings.into_iter().map(|found| (found.point, found.passed, found.detail)).collect()
    };
    let found = points(rig.adapter().check().await);
    let expected =
        [("credentials", Passed::Yes), ("connection", Passed::Yes), ("identity", Passed::Yes)];
    let shown: Vec<_> = found.iter().map(|(point, passed, _)| (point.as_str(), *passed)).collect();
    assert_eq!(shown[..3], expected);
    let refused = json!({ "code": "invalidClientIdOrSecret", "message": "无效的clientId" });
    rig.seen().change(|seen| {
        seen.is_revoked = true;
        seen.instead.push_back(("/v1.0/gateway/connections/open", 400, refused));
        let denied = json!({ "errcode": 88, "sub_code": "60011", "sub_msg": "没有权限" });
        seen.instead.push_back(("/topapi/v2/department/get", 200, denied));
    });
    let found = points(rig.adapter().check().await);
    let no = found.iter().filter(|(_, passed, _)| *passed == Passed::No);
    let no: Vec<_> = no.map(|(point, _, detail)| (point.as_str(), detail.as_str())).collect();
    assert_eq!(no[0], ("connection", "invalidClientIdOrSecret: 无效的clientId"));
    assert!(no[1].0 == "permissions" && no[1].1.contains("60011: 没有权限"), "{no:?}");
}
