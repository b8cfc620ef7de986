//! Updates as Telegram documents them, each beside what it comes to, and whatever else may come.

use super::inbound::Reader;
use super::*;
use crate::inbound::{Inbound, Payload};
use crate::rig;
use crate::web_chat::tests::channel;
use domain::Timestamp;
use proptest::prelude::*;
use serde_json::Map;
use std::fmt::Write as _;
use std::path::Path;

fn bot() -> Bot {
    Bot { id: 4711, username: "desk_bot".to_owned() }
}

/// What an inbound comes to, in a line.
fn told(inbound: &Inbound) -> String {
    let sender = &inbound.sender;
    let locale = sender.locale.map_or("-".to_owned(), |locale| {
        serde_json::to_value(locale).expect("a word").as_str().expect("a word").to_owned()
    });
    let at = inbound.occurred_at.map_or("-".to_owned(), |at| at.0.to_string());
    let place = inbound.external_conversation.as_deref().unwrap_or("-");
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
        Payload::Chosen { value } => format!("chosen {value}"),
        Payload::Membership { joined } => if *joined { "joined" } else { "left" }.to_owned(),
        Payload::Reaction { external_id, emoji, added } => {
            format!("reaction {emoji} {} {external_id}", if *added { "added" } else { "removed" })
        }
        Payload::Unsupported { what } => format!("unsupported {what}"),
        other => format!("{other:?}"),
    };
    format!("{id} in {place} by {} {} {locale} at {at}: {what}\n", sender.value, sender.name)
}

fn read(update: &str) -> String {
    let (id, bot) = ("city_bot".parse().expect("a slug"), bot());
    let update = serde_json::from_str(update).expect("an update");
    let read = Reader { channel: &id, now: Timestamp(5), bot: Some(&bot) }.read(update);
    let mut lines: String = read.inbounds.iter().map(told).collect();
    if let Some(pressed) = read.pressed {
        writeln!(lines, "answer {pressed}").expect("room");
    }
    lines
}

#[test]
fn every_update_comes_to_what_lies_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/telegram");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let update = std::fs::read_to_string(&path).expect("an update");
            let expected = std::fs::read_to_string(path.with_extension("txt")).expect("a result");
            assert_eq!(read(&update), expected, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 30, "only {count} fixtures were found");
}

fn door(settings: Value) -> Telegram {
    let means = rig::means_at(1_700_000_000_000);
    let mut configured = channel(settings);
    configured.kind = ChannelKind::Im;
    Telegram::open(&configured, &means).expect("opens")
}

#[test]
fn whether_it_runs_or_is_called_is_a_setting() {
    let asks = door(json!({})).descriptor.capabilities;
    let called = door(json!({ "mode": "webhook" })).descriptor.capabilities;
    assert!(asks.runs && !asks.callbacks && called.callbacks && !called.runs);
}

#[tokio::test]
async fn without_a_token_it_says_so_everywhere() {
    let bare = door(json!({}));
    let command = |action| Command {
        id: "c1".to_owned(),
        recipient: "5001".to_owned(),
        external_conversation: None,
        answers: None,
        action,
    };
    let outcome = bare.deliver(&command(crate::Action::Typing)).await;
    assert!(matches!(&outcome, Outcome::Rejected(why) if why.contains("`token`")), "{outcome:?}");
    let findings = bare.check().await;
    assert!(matches!(&*findings, [one] if one.detail.contains("`token`")), "{findings:?}");
}

#[test]
fn an_outcome_tells_what_to_do_next() {
    use api::Again::{Doubles, IsHarmless};
    let no = |code, said: &str| ApiError::Refused {
        code,
        said: said.to_owned(),
        pause: None,
        moved_to: None,
    };
    let gone =
        [(403, "Forbidden: bot was blocked by the user"), (400, "Bad Request: chat not found")];
    for (code, said) in gone {
        assert_eq!(no(code, said).outcome(Doubles), Outcome::RecipientGone);
    }
    assert!(matches!(no(400, "message is too long").outcome(Doubles), Outcome::Rejected(_)));
    assert!(matches!(no(401, "Unauthorized").outcome(Doubles), Outcome::Rejected(_)));
    assert!(matches!(no(500, "Internal Server Error").outcome(Doubles), Outcome::InDoubt(_)));
    assert!(matches!(
        no(500, "Internal Server Error").outcome(IsHarmless),
        Outcome::Unavailable(_)
    ));
    assert!(matches!(no(503, "").outcome(Doubles), Outcome::Unavailable(_)));
    let pause = Some(Duration::from_secs(17));
    let slow = ApiError::Refused { code: 429, said: String::new(), pause, moved_to: None };
    assert_eq!(slow.outcome(Doubles), Outcome::RateLimited(Duration::from_secs(17)));
    let cut = || ApiError::Call(CallError::Cut("reset".to_owned()));
    assert!(matches!(cut().outcome(Doubles), Outcome::InDoubt(_)));
    assert!(matches!(cut().outcome(IsHarmless), Outcome::Unavailable(_)));
}

#[test]
fn what_the_server_says_is_cleaned_of_the_token() {
    let door = door(json!({ "token": "4711:CANARY" }));
    let said = door.api().clean("Not Found: /bot4711:CANARY/getMe\r\nnext");
    assert_eq!(said, "Not Found: /bot…/getMenext");
    assert!(!format!("{door:?}").contains("CANARY"));
}

/// Every field of every update, each with something else in its place.
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
fn a_mutilated_update_is_no_crash() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/telegram");
    let (id, bot) = ("city_bot".parse().expect("a slug"), bot());
    let reader = Reader { channel: &id, now: Timestamp(5), bot: Some(&bot) };
    let (mut readable, mut refused) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("an update");
        let update: Value = serde_json::from_str(&text).expect("an update");
        let odd = [
            json!(null),
            json!("x"),
            json!([]),
            json!({}),
            json!(-1),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e300),
        ];
        for changed in odd.iter().flat_map(|odd| mutilated(&update, odd)) {
            match serde_json::from_value(changed) {
                Ok(update) => {
                    reader.read(update);
                    readable += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(readable > 1_000 && refused > 1_000, "{readable} {refused}");
}

proptest! {
    /// Places are counted in UTF-16 units by the server, and may be anything when it is not one.
    #[test]
    fn no_place_of_an_entity_is_a_crash(
        text in "[a-z@互😀 ]{0,20}", offset in 0_usize..30, length in 0_usize..30, huge in any::<bool>(),
    ) {
        let length = if huge { usize::MAX } else { length };
        let entity = |sort: &str| json!({ "type": sort, "offset": offset, "length": length, "url": "https://x.example" });
        let update = json!({ "update_id": 1, "message": {
            "message_id": 1, "from": { "id": 5 }, "chat": { "id": 5, "type": "private" },
            "text": text, "entities": [entity("text_link"), entity("mention"), entity("bot_command")],
        }});
        let told = read(&update.to_string());
        prop_assert!(told.is_empty() || told.contains("said"));
    }
}
