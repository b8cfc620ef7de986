//! DingTalk's own kit takes the stand-in for DingTalk; and what is signed by somebody else's, we take.

use super::DingTalkRig;
use crate::doors::dingtalk::{MEMBER, Seen};
use crate::doors::{Rig, SECRET};
use crate::inlet::Behind;
use crate::running::Kept;
use channels::{AdapterError, ChannelAdapter, Means, RawRequest, dingtalk};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tests::eventually::{eventually, holds};
use tests::peers;
use tests::process::Process;

fn script(name: &str) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/dingtalk").join(name);
    let mut command = Command::new(peers::python());
    command.arg(file).env("NO_PROXY", "*").env("no_proxy", "*");
    command
}

/// The one frame that was sent for a message, without what differs from one to the next.
fn acknowledgement(seen: &Seen, place: usize) -> Option<Value> {
    let id = format!("frame_{place}");
    let mut found = seen.frames.iter().filter(|frame| frame["headers"]["messageId"] == *id);
    found.next().cloned()
}

#[tokio::test]
async fn its_own_kit_takes_the_stand_in_and_acknowledges_as_we_do() {
    let (rig, folder) = (DingTalkRig::open(), tempfile::tempdir().unwrap());
    let webhook = rig.network.session();
    rig.seen().change(|seen| {
        seen.fields =
            json!({ "sessionWebhook": webhook, "sessionWebhookExpiredTime": 4_000_000_000_000_u64 });
    });
    rig.network.far_end.hears("m0", "请问居住证怎么续签？");
    let mut robot = script("robot.py");
    robot.args(["dingue4kfzdxbyn0pjqd", SECRET]);
    robot.env("DINGTALK_OPENAPI_ENDPOINT", rig.cloud.url());
    let mut robot = Process::start("robot", &mut robot, folder.path());
    let far_end = &rig.network.far_end;
    eventually("the kit has it", async || holds(far_end.confirmed() == 1, robot.output())).await;
    rig.seen().change(|seen| {
        seen.fields = json!({
            "msgtype": "richText",
            "content": { "richText": [{ "text": "看图" }, { "downloadCode": "pic1" }] },
        });
    });
    far_end.hears("m1", "");
    eventually("the kit has both", async || holds(far_end.confirmed() == 2, robot.output())).await;
    let told = robot.output();
    for part in ["m0", "居住证", MEMBER, "replied", "看图", "/files/pic1"] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    let kits_answer = rig.seen().look(|seen| seen.by_session[0].clone());
    let kits_frame = rig.seen().look(|seen| acknowledgement(seen, 0)).unwrap();
    robot.kill();

    // Our adapter, in the kit's place.
    let (inlet, behind) = Behind::open();
    let kept = Kept::running(&rig, &inlet);
    rig.seen().change(|seen| {
        seen.frames.clear();
        seen.fields =
            json!({ "sessionWebhook": webhook, "sessionWebhookExpiredTime": 4_000_000_000_000_u64 });
    });
    far_end.hears("m2", "社保卡呢？");
    assert_eq!(behind.texts(1).await, ["社保卡呢？"]);
    eventually("we have it", async || holds(far_end.confirmed() == 3, "")).await;
    let ours = rig.seen().look(|seen| acknowledgement(seen, 2)).unwrap();
    assert_eq!(keys(&ours), keys(&kits_frame), "{ours} and {kits_frame}");
    assert_eq!(keys(&ours["headers"]), keys(&kits_frame["headers"]));
    assert_eq!(
        (&ours["code"], &ours["data"]),
        (&kits_frame["code"], &json!(r#"{"response":"OK"}"#))
    );
    let said = super::command("c1", super::says("已收到"));
    let outcome = rig.adapter().deliver(&said).await;
    assert!(matches!(outcome, channels::Outcome::Sent(_)), "{outcome:?}");
    let our_answer = rig.seen().look(|seen| seen.by_session[1].clone());
    assert_eq!(our_answer["msgtype"], kits_answer["msgtype"]);
    assert_eq!(our_answer["text"], kits_answer["text"]);
    kept.ends("dingtalk").await;
}

fn keys(value: &Value) -> Vec<String> {
    let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn what_others_sign_is_authentic_and_nothing_else() {
    let output = script("sign.py").arg(SECRET).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (timestamp, sign) = printed
        .trim()
        .split_once(' ')
        .unwrap_or_else(|| panic!("{printed} {}", String::from_utf8_lossy(&output.stderr)));
    let rig = DingTalkRig::open();
    let settings = json!({
        "mode": "http", "client_id": "dingue4", "client_secret": SECRET,
        "api_base_url": rig.cloud.url(), "oapi_base_url": rig.cloud.url(),
    });
    let means: Means = crate::doors::way_out::means();
    let door =
        dingtalk::DingTalk::open(&crate::doors::dingtalk::channel(settings), &means).unwrap();
    let request = |sign: &str| RawRequest {
        method: "POST".to_owned(),
        path_and_query: "/v1/callbacks/city/dd".to_owned(),
        below: String::new(),
        headers: vec![
            ("timestamp".to_owned(), timestamp.to_owned().into()),
            ("sign".to_owned(), sign.to_owned().into()),
        ],
        body: rig.network.message("m7", "您好").to_string().into(),
    };
    let (inlet, behind) = Behind::open();
    let reply = door.callback(&request(sign), &inlet).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(behind.now(), ["您好"]);
    let mut other = sign.to_owned();
    let first = if other.starts_with('A') { "B" } else { "A" };
    other.replace_range(..1, first);
    let refused = door.callback(&request(&other), &inlet).await;
    assert!(matches!(refused, Err(AdapterError::NotAuthentic)), "{refused:?}");
}
