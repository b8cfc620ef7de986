//! What Slack sends as it documents it, each beside what it comes to, and whatever else may come.

use super::*;
use crate::inbound::Payload;
use crate::rig;
use crate::web_chat::tests::channel;
use domain::Timestamp;
use serde_json::{Map, json};
use std::fmt::Write as _;
use std::path::Path;

/// What an inbound comes to, in a line.
fn told(inbound: &Inbound) -> String {
    let sender = &inbound.sender;
    let at = inbound.occurred_at.map_or("-".to_owned(), |at| at.0.to_string());
    let place = inbound.external_conversation.as_deref().unwrap_or("-");
    let name = if sender.name.is_empty() { "-" } else { &sender.name };
    let id = &inbound.external_id;
    let what = match &inbound.payload {
        Payload::MessageNew(message) => {
            let mut said = format!("said \"{}\"", message.text);
            for file in &message.media {
                write!(said, " file {} {} {}", file.reference, file.name, file.media_type)
                    .expect("room");
            }
            said + &message.group.as_ref().map_or(String::new(), |group| format!(" group {group}"))
        }
        Payload::Edited { external_id, text } => format!("edited {external_id} \"{text}\""),
        Payload::Deleted { external_id } => format!("deleted {external_id}"),
        Payload::Chosen { value } => format!("chosen {value}"),
        Payload::Reaction { external_id, emoji, added } => {
            format!("reaction {emoji} {} {external_id}", if *added { "added" } else { "removed" })
        }
        Payload::Unsupported { what } => format!("unsupported {what}"),
        other => format!("{other:?}"),
    };
    format!("{id} in {place} by {} {name} - at {at}: {what}\n", sender.value)
}

/// Reads whatever it is; nothing when it is none of that.
fn read(payload: &Value) -> Option<Option<Inbound>> {
    let id = "city_slack".parse().expect("a slug");
    let names = [("U2", "李雷"), ("C1H9RESGL", "general")];
    let names = names.map(|(id, name)| (id.to_owned(), name.to_owned())).into();
    let reader = Reader { channel: &id, now: Timestamp(5), own: "UBOT", names: &names };
    let payload = payload.clone();
    if payload.get("actions").is_some() {
        return serde_json::from_value(payload).ok().map(|pressed| reader.pressed(&pressed));
    }
    if payload.get("command").is_some() {
        return serde_json::from_value(payload).ok().map(|command| Some(reader.command(&command)));
    }
    serde_json::from_value(payload).ok().map(|envelope| reader.event(&envelope))
}

/// Every fixture with the result beside it.
fn fixtures() -> Vec<(String, Value, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/slack");
    let paths =
        std::fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("a file").path());
    let payloads = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let text = |path: &Path| std::fs::read_to_string(path).expect("a text");
    let read = |path: std::path::PathBuf| {
        let payload = serde_json::from_str(&text(&path)).expect("JSON");
        (path.display().to_string(), payload, text(&path.with_extension("txt")))
    };
    payloads.map(read).collect()
}

#[test]
fn everything_comes_to_what_lies_beside_it() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 18, "only {} fixtures were found", fixtures.len());
    for (path, payload, expected) in fixtures {
        let inbound = read(&payload).expect("readable");
        assert_eq!(inbound.as_ref().map_or(String::new(), told), expected, "{path}");
    }
}

/// Every field, each with something else in its place.
fn mutilated(value: &Value, with: &Value) -> Vec<Value> {
    let mut all = vec![with.clone()];
    if let Value::Object(fields) = value {
        for (name, inner) in fields {
            for changed in mutilated(inner, with) {
                let mut copy: Map<String, Value> = fields.clone();
                copy.insert(name.clone(), changed);
                all.push(Value::Object(copy));
            }
        }
    }
    if let Value::Array(items) = value {
        for (n, inner) in items.iter().enumerate() {
            for changed in mutilated(inner, with) {
                let mut copy = items.clone();
                copy[n] = changed;
                all.push(Value::Array(copy));
            }
        }
    }
    all
}

#[test]
fn a_mutilated_payload_is_no_crash() {
    let (mut readable, mut refused) = (0, 0);
    for (_, payload, _) in fixtures() {
        let odd = [
            json!(null),
            json!("x"),
            json!("😀.😀😀"),
            json!([]),
            json!({}),
            json!(-1),
            json!(1e300),
        ];
        for changed in odd.iter().flat_map(|odd| mutilated(&payload, odd)) {
            match read(&changed) {
                Some(_) => readable += 1,
                None => refused += 1,
            }
        }
    }
    assert!(readable > 1_000 && refused > 200, "{readable} {refused}");
}

fn door(settings: Value) -> Slack {
    let means = rig::means_at(1_700_000_000_000);
    let mut configured = channel(settings);
    configured.kind = ChannelKind::Im;
    Slack::open(&configured, &means).expect("opens")
}

#[test]
fn whether_it_runs_or_is_called_is_a_setting() {
    let runs = door(json!({})).descriptor.capabilities;
    let called = door(json!({ "mode": "http" })).descriptor.capabilities;
    assert!(runs.runs && !runs.callbacks && called.callbacks && !called.runs);
}

#[tokio::test]
async fn without_tokens_it_says_so_everywhere() {
    let bare = door(json!({}));
    let command = Command {
        id: "c1".to_owned(),
        recipient: "U1".to_owned(),
        external_conversation: None,
        answers: None,
        action: crate::Action::Delete { external_id: "D1:1.2".to_owned() },
    };
    let outcome = bare.deliver(&command).await;
    assert!(
        matches!(&outcome, Outcome::Rejected(why) if why.contains("`bot_token`")),
        "{outcome:?}"
    );
    let findings = bare.check().await;
    let [credentials, line] = &*findings else { panic!("{findings:?}") };
    assert!(credentials.detail.contains("`bot_token`") && line.detail.contains("`app_token`"));
    let called = door(json!({ "mode": "http" })).check().await;
    assert!(called.iter().any(|finding| finding.detail.contains("`signing_secret`")), "{called:?}");
}

#[tokio::test]
async fn the_bots_token_is_shown_only_where_files_lie() {
    let door = door(json!({ "bot_token": "xoxb-CANARY" }));
    for url in [
        "https://files.slack.com.evil.example/x",
        "https://evil.example/files.slack.com",
        "http://files.slack.com/x",
        "https://files.slack.com:444/x",
        "https://files.slack.com@evil.example/x",
        "file:///etc/passwd",
        "f1",
        "",
    ] {
        let refused = door.api().file(url, 10).await;
        assert_eq!(refused, Err(ApiError::Call(CallError::NotAllowed)), "{url}");
    }
}
