//! The schema says what the adapter takes and sends.

use super::desk::{Desk, command};
use crate::everyone::says;
use channels::{Action, ChannelAdapter as _, Choice, OutgoingFile};
use domain::{Author, FileRef};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::binary::root;

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn schema(part: &str) -> Validator {
    let mut schema = read("docs/channels/im/bridge.schema.json");
    let whole = schema.as_object_mut().unwrap();
    whole.remove("oneOf");
    whole.insert("$ref".to_owned(), json!(format!("#/$defs/{part}")));
    jsonschema::validator_for(&schema).unwrap()
}

/// The adapter's own tests take the good ones and refuse the bad ones.
#[test]
fn the_schema_takes_what_the_adapter_takes() {
    let event = schema("event");
    let good = read("channels/fixtures/bridge/good.json");
    let mut kinds = BTreeSet::new();
    for value in good.as_array().unwrap() {
        let errors: Vec<String> = event.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{value}: {errors:?}");
        kinds.insert(value["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 10, "each type has an example: {kinds:?}");
    let bad = read("channels/fixtures/bridge/bad.json");
    for case in bad.as_array().unwrap() {
        assert!(!event.is_valid(&case["event"]), "{}", case["why"]);
    }
}

#[tokio::test]
async fn everything_that_we_send_is_in_the_schema() {
    let (desk, schema, events) = (Desk::open(), schema("command"), schema("event"));
    let id = || "m1".to_owned();
    let file = FileRef {
        id: "file_1".parse().unwrap(),
        name: "手册.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: 9,
        pending: false,
    };
    let send = |files: Vec<OutgoingFile>, text: &str| Action::Send {
        text: text.to_owned(),
        files,
        author: Author::System,
        mail: None,
        choices: vec![Choice { label: "5".to_owned(), value: "rate:5".to_owned() }],
    };
    let actions = [
        says("您好"),
        send(Vec::new(), "好吗？"),
        send(vec![OutgoingFile { file, bytes: "步骤一".into() }], ""),
        Action::Edit { external_id: id(), text: "您好！".to_owned() },
        Action::Delete { external_id: id() },
        Action::React { external_id: id(), emoji: "👍".to_owned() },
        Action::Typing,
        Action::MarkRead { external_id: id() },
    ];
    let count = actions.len();
    for action in actions {
        desk.adapter.deliver(&command("dlv_1", action)).await;
    }
    desk.adapter.check().await;
    let asked = desk.bridge.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), count + 1);
    for asked in asked {
        let value: Value = serde_json::from_slice(&asked.body).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{value}: {errors:?}");
        // A check is answered by its like; nothing else of ours could be a bridge's.
        assert_eq!(events.is_valid(&value), value["type"] == json!("check"), "{value}");
    }
}
