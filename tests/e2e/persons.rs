//! The same person on two networks: known by what both networks vouch for, shown as one, answered where
//! they wrote, and told apart again by a word.

use serde_json::{Value, json};
use tests::bridge::Bridge;
use tests::eventually::holds;
use tests::{DeskFile, House, TestAgent, eventually};

/// A desk on two messengers, whose ids of persons stand in one directory.
struct Town {
    house: House,
    office: Bridge,
    field: Bridge,
}

impl Town {
    async fn open() -> Self {
        let (office, field) = (Bridge::start(), Bridge::start());
        let settings = |bridge: &Bridge| {
            let mut settings = bridge.settings();
            settings["desk"] = json!({ "acknowledge": false, "same_person": { "directory": "city" },
                "departments": [{ "department": "税务局", "audience": "agency" }] });
            settings
        };
        let desk = DeskFile::small()
            .with_messenger("bridge", &["insurance"], settings(&field))
            .with_channel_changed("bridge", json!({ "id": "field" }))
            .with_messenger("bridge", &["tax"], settings(&office))
            .with_channel_changed("bridge", json!({ "id": "office" }));
        Self { house: House::of(desk).start().await, office, field }
    }

    /// Somebody says something in one of the messengers.
    async fn says(&self, channel: &str, message: &str, sender: &Value, text: &str) {
        let bridge = if channel == "office" { &self.office } else { &self.field };
        let port = self.house.gateways[0].api().port();
        let callback = format!("http://127.0.0.1:{port}/v1/callbacks/{channel}");
        let event = json!({ "type": "message", "id": message, "conversation": sender["id"],
            "sender": sender, "text": text });
        // The gateway hears of the channel a moment after it was applied.
        eventually("the door is open", async || {
            let (status, answer) = bridge.posts(&callback, &event).await;
            holds(status == 200, format!("{status} {answer}"))
        })
        .await;
    }
}

async fn card(agent: &TestAgent, conversation: &str) -> Value {
    let contact = agent.reads(conversation).await["contact"].as_str().unwrap().to_owned();
    agent.api().get(&format!("/v1/contacts/{contact}")).await.ok()
}

#[tokio::test]
async fn the_same_person_on_two_networks_is_one_and_is_answered_where_they_wrote() {
    let mut town = Town::open().await;
    let mut ming = town.house.ready_agent("ming").await;
    let mut wang = town.house.ready_agent("wang").await;
    let at_the_desk = json!({ "id": "li.ming", "name": "李明", "departments": ["税务局"], "directory_id": "4220" });
    let on_the_road = json!({ "id": "u-17", "name": "小李", "directory_id": "4220" });
    let another = json!({ "id": "u-18", "name": "李明", "directory_id": "4333" });
    town.says("office", "o1", &at_the_desk, "发票打不出来").await;
    let tax = ming.accepts_next_offer().await;
    assert!(card(&ming, &tax).await["same_person"].as_array().unwrap().is_empty());

    town.says("field", "f1", &on_the_road, "社保在哪里办").await;
    let insurance = wang.accepts_next_offer().await;
    town.says("field", "f2", &another, "同名的人").await;
    let namesakes = wang.accepts_next_offer().await;

    // Each sees the other side of the person: why, and that it is open. The namesake is somebody else.
    let known = card(&ming, &tax).await;
    let fellow = &known["same_person"][0];
    assert_eq!(fellow["by"], "directory_id", "{known}");
    assert_eq!(fellow["contact"]["name"], "小李");
    assert_eq!(fellow["contact"]["identities"][0]["channel"], "field");
    assert_eq!(fellow["open"], json!([insurance]));
    assert_eq!(known["same_person"].as_array().unwrap().len(), 1, "{known}");
    assert!(card(&wang, &namesakes).await["same_person"].as_array().unwrap().is_empty());

    // The answer goes where the question came from, and nowhere else.
    wang.says(&insurance, "请到二楼办理").await;
    let heard = |text: &'static str| {
        move |heard: &Vec<Value>| heard.iter().find(|command| command["text"] == text).cloned()
    };
    let answer = town.field.heard().until("the answer", heard("请到二楼办理")).await;
    assert_eq!((&answer["recipient"], &answer["conversation"]), (&json!("u-17"), &json!("u-17")));
    assert!(town.office.heard().look(|heard| heard.iter().all(|one| one["type"] != "send")));

    // What was said there helps here, once it is over.
    wang.closes(&insurance).await;
    let earlier = eventually("it is among the earlier ones", async || {
        let known = card(&ming, &tax).await;
        let ids: Vec<&Value> =
            known["conversations"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        if ids.contains(&&json!(insurance)) { Ok(known) } else { Err(format!("{known}")) }
    })
    .await;
    assert_eq!(earlier["same_person"][0]["open"], json!([]));
    assert_eq!(ming.log(&insurance).await[0]["text"], "社保在哪里办");
    town.house.ends_well();
}

#[tokio::test]
async fn who_is_told_apart_stays_apart_until_somebody_takes_it_back() {
    let mut town = Town::open().await;
    let mut ming = town.house.ready_agent("ming").await;
    let wang = town.house.signs_in("wang").await;
    let one = json!({ "id": "a", "name": "张敏", "phone": "+8613800000001" });
    let two = json!({ "id": "b", "name": "张敏", "phone": "+8613800000001" });
    town.says("field", "f1", &two, "社保").await;
    town.says("office", "o1", &one, "发票").await;
    let tax = ming.accepts_next_offer().await;
    let known = card(&ming, &tax).await;
    let contact = known["id"].as_str().unwrap();
    let fellow = &known["same_person"][0];
    assert_eq!(fellow["by"], "phone", "{known}");
    let other = fellow["contact"]["id"].as_str().unwrap().to_owned();

    // Who serves neither of them may not even know.
    let path = format!("/v1/contacts/{other}/person");
    assert_eq!(wang.api().delete(&path).await.status, 404);
    let again = format!("/v1/contacts/{contact}/person/{other}");
    assert_eq!(ming.api().put(&again, json!({})).await.status, 404, "nobody told them apart");

    assert_eq!(ming.api().delete(&path).await.status, 204);
    let apart = card(&ming, &tax).await;
    assert_eq!(apart["same_person"], json!([]));
    assert_eq!(apart["separated"][0]["contact"]["id"], json!(other));
    // The other one is nobody whom ming serves any more.
    assert_eq!(ming.api().get(&format!("/v1/contacts/{other}")).await.status, 404);

    assert_eq!(ming.api().put(&again, json!({})).await.status, 204);
    let joined = card(&ming, &tax).await;
    assert_eq!(joined["same_person"][0]["contact"]["id"], json!(other));
    assert_eq!(joined["separated"], json!([]));
    for path in ["/v1/contacts/ctc_none/person", "/v1/contacts/%2F/person"] {
        assert_eq!(ming.api().delete(path).await.status, 404, "{path}");
    }
    town.house.ends_well();
}
