//! Feishu's own kit takes the stand-in for Feishu, opens what is sealed as ours is, and asks what we ask.

use super::{FeishuRig, asked, gives, in_group, to_member};
use crate::doors::feishu::wire::{Frame, sealed, signed};
use crate::doors::feishu::{APP, KEYS, MEMBER, call};
use crate::doors::{Rig, SECRET};
use crate::everyone::says;
use crate::inlet::Behind;
use crate::running::Kept;
use channels::{Action, AdapterError, Outcome};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tests::eventually::{eventually, eventually_within, holds};
use tests::process::Process;
use tests::{cloud::Asked, peers};

fn script(name: &str) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/feishu").join(name);
    let mut command = Command::new(peers::python());
    command.arg(file).env("NO_PROXY", "*").env("no_proxy", "*");
    command
}

/// Frames that acknowledge a message, without what differs from one kit to the next.
fn acknowledgement(rig: &FeishuRig, place: usize) -> Option<Frame> {
    let id = format!("frame_{place}");
    let find = |frame: &&Frame| frame.method == 1 && frame.header("message_id") == id;
    rig.seen().look(|seen| seen.frames.iter().find(find).cloned())
}

/// A frame in which somebody pressed a button.
fn press(id: &str) -> Frame {
    let event = json!({ "schema": "2.0",
        "header": { "event_id": id, "event_type": "card.action.trigger", "app_id": APP },
        "event": { "operator": { "open_id": MEMBER }, "host": "im_message",
            "action": { "tag": "button", "value": { "hutong": "rate:5" } },
            "context": { "open_message_id": "om_c", "open_chat_id": "oc_g" } } });
    let headers =
        [("type", "event"), ("message_id", id), ("trace_id", "t"), ("sum", "1"), ("seq", "0")];
    Frame::with(1, &headers, event.to_string().as_bytes())
}

fn payload(frame: &Frame) -> Value {
    serde_json::from_slice(frame.payload.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn its_own_kit_takes_the_stand_in_and_acknowledges_as_we_do() {
    let (rig, folder) = (FeishuRig::open(), tempfile::tempdir().unwrap());
    rig.seen().change(|seen| seen.parts = 3);
    let far_end = &rig.network.far_end;
    far_end.hears("om_0", "请问居住证怎么续签？");
    rig.network.says(press("press_1"));
    let mut robot = script("robot.py");
    robot.args([&rig.cloud.url(), APP, SECRET]);
    let mut robot = Process::start("robot", &mut robot, folder.path());
    // The kit is large: it takes seconds to begin.
    let patience = std::time::Duration::from_secs(60);
    eventually_within(patience, "the kit has it", async || {
        holds(far_end.confirmed() == 1, robot.output())
    })
    .await;
    let pressed = |seen: &crate::doors::feishu::Seen| {
        seen.frames.iter().find(|frame| frame.header("message_id") == "press_1").cloned()
    };
    let kits_press = rig.seen().until("the press is acknowledged", pressed).await;
    let told = robot.output();
    for part in ["om_0", "居住证", MEMBER, "rate:5"] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    let kits = acknowledgement(&rig, 0).unwrap();
    robot.kill();

    // Our adapter, in the kit's place; the event comes in parts, the last one first.
    let (inlet, behind) = Behind::open();
    let kept = Kept::running(&rig, &inlet);
    rig.seen().change(|seen| seen.frames.clear());
    far_end.hears("om_1", "社保卡呢？");
    assert_eq!(behind.texts(1).await, ["社保卡呢？"]);
    eventually("we have it", async || holds(far_end.confirmed() == 2, "")).await;
    let ours = acknowledgement(&rig, 1).unwrap();
    let names =
        |frame: &Frame| frame.headers.iter().map(|header| header.key.clone()).collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&kits));
    assert_eq!((ours.service, ours.seq_id, ours.log_id), (kits.service, kits.seq_id, kits.log_id));
    assert_eq!(payload(&ours)["code"], payload(&kits)["code"]);
    rig.network.says(press("press_1"));
    let our_press = rig.seen().until("the press is acknowledged", pressed).await;
    // What is answered beside it, in base64: the kit's, laid open, is ours.
    assert_eq!(opened(&payload(&our_press)), opened(&payload(&kits_press)));
    kept.ends("feishu").await;
}

fn opened(payload: &Value) -> Value {
    use base64::Engine as _;
    let data = payload["data"].as_str().unwrap();
    let data = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
    serde_json::from_slice(&data).unwrap()
}

fn fed(mut command: Command, words: &[u8]) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(words).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn what_is_sealed_for_its_own_kit_is_opened_by_us_and_the_other_way_round() {
    let rig = FeishuRig::called_back();
    let event = rig.network.message("om_7", "您好");
    // What our stand-in seals and signs, whole and altered.
    let ours = String::from_utf8(sealed(&event)).unwrap();
    let signature = signed(ours.as_bytes());
    let altered = ours.replacen("\"}", " \"}", 1);
    let header = |n: usize| String::from_utf8(signature[n].1.to_vec()).unwrap();
    let told = |body: &str| json!({ "time": header(0), "nonce": header(1), "signature": header(2), "body": body });
    let lines = format!("{event}\n{}\n{}\n", told(&ours), told(&altered));
    let mut kit = script("event.py");
    kit.args([KEYS.0, KEYS.1]);
    let output = fed(kit, lines.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    let judged: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<&Value> = judged.iter().map(|call| &call["status"]).collect();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(statuses, [200, 200, 500], "{stderr}");
    assert!(judged[1]["heard"][0].as_str().unwrap().contains("您好"));

    // Our adapter judges all of them alike, and each only once.
    let (inlet, behind) = Behind::open();
    for (call_told, is_taken) in judged.iter().zip([true, true, false]) {
        let field = |name: &str| call_told[name].as_str().unwrap().to_owned();
        let headers = vec![
            ("x-lark-request-timestamp".to_owned(), field("time").into()),
            ("x-lark-request-nonce".to_owned(), field("nonce").into()),
            ("x-lark-signature".to_owned(), field("signature").into()),
        ];
        let answer = rig.adapter().callback(&call(field("body"), headers), &inlet).await;
        match is_taken {
            true => assert_eq!(answer.unwrap().status, 200),
            false => assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{answer:?}"),
        }
    }
    assert_eq!(behind.now(), ["您好"]);
    behind.taken.look(|taken| assert_eq!(taken.again, ["om_7"]));
}

/// What of a request says what is asked.
type Gist = (String, String, BTreeMap<String, String>, Value);

fn gist(asked: &Asked) -> Gist {
    let mut body = asked.json();
    if let Some(fields) = body.as_object_mut() {
        // Our own ids differ, and our content is made by another JSON writer.
        for (key, value) in fields.iter_mut() {
            if key == "uuid" {
                *value = json!("");
            }
            if key == "content" {
                *value = serde_json::from_str(value.as_str().unwrap()).unwrap();
            }
        }
    }
    (asked.method.clone(), asked.path.clone(), asked.query.clone(), body)
}

#[tokio::test]
async fn what_its_own_kit_asks_we_ask_alike() {
    let rig = FeishuRig::open();
    let output = script("call.py").args([&rig.cloud.url(), APP, SECRET, MEMBER]).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed} {}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("far-k1") && printed.contains("what lies in a file"), "{printed}");
    let kits = rig.seen().change(|seen| std::mem::take(&mut seen.asked));

    let other_text =
        |id: &str| Action::Edit { external_id: id.to_owned(), text: "您好".to_owned() };
    let emoji = Action::React { external_id: "om_1".to_owned(), emoji: "👍".to_owned() };
    for (n, command) in [
        to_member("c1", says("您好")),
        in_group("c2", says("您好")),
        to_member("c3", other_text("om_1")),
        to_member("c4", Action::Delete { external_id: "om_1".to_owned() }),
        to_member("c5", emoji),
        to_member("c6", gives("a.png", "image/png", b"PNG")),
        to_member("c7", gives("a.pdf", "application/pdf", b"PDF")),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = rig.adapter().deliver(&command).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{n}: {outcome:?}");
    }
    rig.adapter().fetch_media("file/om_1/file_v2_1", 100).await.unwrap();
    rig.adapter().profile(MEMBER).await.unwrap();
    let ours = rig.seen().look(|seen| seen.asked.clone());
    let uploads = ["/open-apis/im/v1/images", "/open-apis/im/v1/files"];
    for kit in &kits {
        if kit.method == "PATCH" || uploads.contains(&kit.path.as_str()) {
            continue;
        }
        let found: Vec<Gist> = ours.iter().filter(|our| our.path == kit.path).map(gist).collect();
        assert!(found.contains(&gist(kit)), "{:?} is not among {found:?}", gist(kit));
    }
    // Forms have boundaries of their own: their fields are compared.
    for path in uploads {
        let fields = |all: &[Asked]| {
            let form = all.iter().find(|asked| asked.path == path).unwrap();
            let text = String::from_utf8_lossy(&form.body).into_owned();
            let names = text.split("name=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            // The kit also sends the length of a film that has none.
            let others = ["image", "file", "duration"];
            names.retain(|name| !name.contains('.') && !others.contains(&name.as_str()));
            names.sort();
            names
        };
        assert_eq!(fields(&ours), fields(&kits), "{path}");
    }
    assert_eq!(asked(&rig, "/open-apis/im/v1/images").len(), 1);
}
