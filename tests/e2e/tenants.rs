//! Two desks in one house: neither learns anything of the other.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{DeskFile, House, TestAgent, TestVisitor};

const CANARY: &str = "CANARY-OF-THE-OTHER-DESK";

/// What the other desk has, by its ids.
struct Other {
    conversation: String,
    contact: String,
    file: String,
    root: TestAgent,
    /// Holds the conversation for as long as the socket lives.
    ming: TestAgent,
    visitor: TestVisitor,
}

/// A house with two desks: `main`, and `other` with everything in it that can be asked for.
async fn two_desks() -> (House, Other) {
    let mut house = House::of(DeskFile::small()).build().await;
    let desk =
        DeskFile::small().without_channels().with_channel("other_site", &["tax", "insurance"]);
    house.gateways[0].runs(&["admin", "create-tenant", "other", "The other desk"]);
    house.apply_for("other", &desk);
    house.gateways[0].start().await;
    let (root, mut ming) = (sign_in(&house, "root").await, sign_in(&house, "ming").await);
    ming.connects().await;
    ming.is_ready().await;
    let mut visitor = TestVisitor::arrives(&house.api(), "other_site").await;
    let file = visitor.api().upload("canary.txt", "text/plain", CANARY.as_bytes()).await.ok();
    let file = file["id"].as_str().unwrap().to_owned();
    let word = visitor.word(CANARY, json!({ "topic": "tax", "files": [file] }));
    let conversation = visitor.gets_ack(&word).await.conversation;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    let contact = visitor.contact.clone();
    (house, Other { conversation, contact, file, root, ming, visitor })
}

/// Somebody of the other desk.
pub(super) async fn sign_in(house: &House, agent: &str) -> TestAgent {
    let printed = house.gateways[0].runs(&[
        "admin",
        "set-password",
        agent,
        "--generate",
        "--tenant",
        "other",
    ]);
    let password = printed.split_whitespace().next_back().unwrap();
    let body = json!({ "tenant": "other", "agent": agent, "password": password });
    let answer = house.api().post("/v1/auth/login", body).await.ok();
    TestAgent::from_login(&house.api(), agent, &answer)
}

#[tokio::test]
async fn another_desks_ids_are_unknown_at_every_endpoint() {
    let (mut house, other) = two_desks().await;
    let (sun, root) = (house.signs_in("sun").await, house.signs_in("root").await);
    let mut ming = house.ready_agent("ming").await;
    let id = &other.conversation;
    let table: Vec<(Method, String, Value)> = vec![
        (Method::GET, format!("/v1/conversations/{id}"), Value::Null),
        (Method::GET, format!("/v1/conversations/{id}/messages"), Value::Null),
        (
            Method::POST,
            format!("/v1/conversations/{id}/messages"),
            json!({ "client_id": "x", "text": "x" }),
        ),
        (Method::POST, format!("/v1/conversations/{id}/accept"), json!({ "token": "ofr_1" })),
        (Method::POST, format!("/v1/conversations/{id}/decline"), json!({ "token": "ofr_1" })),
        (Method::POST, format!("/v1/conversations/{id}/transfer"), json!({ "agent": "ming" })),
        (Method::POST, format!("/v1/conversations/{id}/close"), json!({})),
        (Method::POST, format!("/v1/conversations/{id}/end_wrap_up"), json!({})),
        (
            Method::POST,
            format!("/v1/conversations/{id}/snooze"),
            json!({ "until": (tests::token::now_secs() + 600) * 1000 }),
        ),
        (Method::POST, format!("/v1/conversations/{id}/describe"), json!({ "contact_name": "x" })),
        (Method::POST, format!("/v1/conversations/{id}/assign"), json!({ "agent": "ming" })),
        (Method::GET, format!("/v1/contacts/{}", other.contact), Value::Null),
        (Method::GET, format!("/v1/files/{}", other.file), Value::Null),
    ];
    for (method, path, body) in table {
        for caller in [ming.api(), sun.api(), root.api()] {
            let bytes = (!body.is_null()).then(|| body.to_string().into_bytes());
            let answer = caller.call(method.clone(), &path, bytes, &[]).await;
            // Whoever may not do it at all learns that; nobody learns whether it is there.
            assert!([403, 404].contains(&answer.status), "{answer:?}");
            if answer.status == 403 {
                assert!(path.ends_with("/assign"), "{answer:?}");
            }
            assert!(!String::from_utf8_lossy(&answer.bytes).contains(CANARY), "{answer:?}");
        }
    }
    let frame = json!({ "type": "send", "conversation": id, "text": "from the wrong desk" });
    assert_eq!(ming.gets_answer(frame).await["type"], "refused");
    let here = other.root.reads(id).await;
    assert_eq!((&here["state"], &here["agent"]), (&json!("active"), &json!("ming")));
    drop(other.ming);
    assert_eq!(other.root.log(id).await.iter().filter(|m| m["kind"] == "text").count(), 1);
}

#[tokio::test]
async fn nothing_of_another_desk_appears_in_any_list_or_event() {
    let (mut house, mut other) = two_desks().await;
    let mut sun = house.watching("sun").await;
    let root = house.signs_in("root").await;
    other.visitor.says(&format!("{CANARY} again")).await;
    let own = {
        let mut visitor = house.visitor().await;
        visitor.asks("tax", "our own").await.conversation
    };
    sun.sees_event("conversation_queued", &own).await;
    for path in [
        "/v1/desk",
        "/v1/queues/state",
        "/v1/queues/tax/waiting",
        "/v1/agents/state",
        "/v1/agents/ming/conversations",
        "/v1/ratings",
        "/v1/reports/today",
        "/v1/conversations?state=closed",
        "/v1/conversations?q=CANARY",
        "/v1/settings/channels",
        "/v1/audit",
        "/v1/deliveries/dead",
        "/v1/api_keys",
        "/v1/system",
    ] {
        let answer = root.api().get(path).await;
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        for foreign in [CANARY, &other.conversation, &other.contact, "other_site"] {
            assert!(!text.contains(foreign), "{path} shows {foreign}: {text}");
        }
    }
    let heard = sun.seen().look(|seen| serde_json::to_string(&seen.events).unwrap());
    assert!(!heard.contains(CANARY) && !heard.contains(&other.conversation));
    sun.loses_connection();
}

#[tokio::test]
async fn nobody_takes_over_another_desks_widget_by_its_channels_id() {
    let (house, other) = two_desks().await;
    let website = DeskFile::small().json()["channels"][0].clone();
    assert_eq!(website["id"], "website");
    let put = json!({ "value": website });
    let refused = other.root.api().put("/v1/settings/channels/website", put).await;
    refused.problem(422);
    assert!(refused.body.to_string().contains("another tenant"), "{refused:?}");
    let whole = json!({ "channels": [website] });
    let refused = other.root.api().post("/v1/settings/apply", whole).await;
    refused.problem(422);
    // The command line, too.
    let file = house.folder().join("taken.json");
    std::fs::write(&file, DeskFile::small().json().to_string()).unwrap();
    let words = ["apply", &file.to_string_lossy(), "--tenant", "other"];
    let output = house.gateways[0].run(&words);
    assert!(!output.status.success(), "{output:?}");
    // Whoever comes to the website is still the first desk's.
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "mine").await.conversation;
    other.root.api().get(&format!("/v1/conversations/{conversation}")).await.problem(404);
}

#[tokio::test]
async fn another_desks_log_ins_and_tokens_open_nothing_here() {
    let (mut house, other) = two_desks().await;
    let password = house.password("ming");
    let body = json!({ "tenant": "other", "agent": "ming", "password": password });
    house.api().post("/v1/auth/login", body).await.problem(401);
    // Another desk's visitor token renews nobody on this channel.
    let body = json!({ "token": other.visitor.token() });
    let renewed = TestVisitor::asks_for_session(&house.api(), "website", body).await;
    assert!(
        renewed.status >= 400 || renewed.body["contact"] != other.contact.as_str(),
        "{renewed:?}"
    );
    // Its admin changes nothing here.
    other.root.api().post("/v1/agents/ming/revoke", json!({})).await;
    let own = house.ready_agent("ming").await;
    own.api().get("/v1/desk").await.ok();
    let queues = other.root.api().get("/v1/settings/channels").await.ok().to_string();
    assert!(!queues.contains("\"website\""), "{queues}");
}
