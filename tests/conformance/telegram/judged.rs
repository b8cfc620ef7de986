//! python-telegram-bot as a judge of the stand-in, and of what an update says.

use super::script;
use crate::doors::Rig as _;
use crate::doors::telegram::{TelegramRig, token};
use serde_json::{Value, json};
use std::path::Path;
use tests::peer::Peer;
use tests::peers;
use tokio::process::Command;

fn judge() -> Peer {
    Peer::start("python-telegram-bot", Command::new(peers::python()).arg(script("bot.py")))
}

#[tokio::test]
async fn a_bots_kit_takes_the_stand_in_for_telegram() {
    let (mut judge, rig) = (judge(), TelegramRig::that_asks());
    let (network, far_end) = (&rig.cloud.network, rig.far_end().unwrap());
    let me = judge.ask(&json!({ "do": "open", "url": rig.cloud.url(), "token": token() })).await;
    assert_eq!(me, json!({ "username": "desk_bot", "id": 4711 }));

    far_end.hears("m0", "您好");
    let first = judge.ask(&json!({ "do": "updates" })).await["updates"][0].clone();
    assert_eq!((&first["text"], &first["name"]), (&json!("您好"), &json!("雷 李")));
    far_end.hears("m1", "还在吗");
    let next = first["id"].as_u64().unwrap() + 1;
    let second = judge.ask(&json!({ "do": "updates", "offset": next })).await;
    assert_eq!(second["updates"], json!([{ "id": next, "text": "还在吗", "name": "雷 李" }]));
    assert_eq!(far_end.confirmed(), 1, "the offset confirms what lies before it");

    let sent = judge.ask(&json!({ "do": "send", "chat": 5001, "text": "k1" })).await;
    assert_eq!((&sent["text"], &sent["chat"]), (&json!("k1"), &json!(5001)));
    let rest = judge.ask(&json!({ "do": "rest", "chat": 5001 })).await;
    assert_eq!(rest, json!({ "done": true, "bytes": 1_000, "pending": 0 }));
    assert_eq!(network.called("sendDocument")[0]["file name"], "申请表.pdf");

    network.answers("sendMessage", 429, json!({ "parameters": { "retry_after": 17 } }));
    let slow = judge.ask(&json!({ "do": "send", "chat": 5001, "text": "k2" })).await;
    assert_eq!(slow, json!({ "retry_after": 17 }));
    far_end.loses_recipient();
    let gone = judge.ask(&json!({ "do": "send", "chat": 5001, "text": "k3" })).await;
    assert!(gone["forbidden"].as_str().is_some_and(|why| why.contains("blocked")), "{gone}");
}

/// The adapter's own tests say what we make of the same updates.
#[tokio::test]
async fn the_updates_of_our_fixtures_are_updates() {
    let mut judge = judge();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../channels/fixtures/telegram");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let update: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let ours = std::fs::read_to_string(path.with_extension("txt")).unwrap();
        let seen = judge.ask(&json!({ "do": "read", "update": update })).await;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(seen["id"], update["update_id"], "{name}");
        // Where we take something in, it is of whom and where the kit says.
        if !ours.is_empty() && !ours.starts_with("answer") {
            let by = format!(" by {} {} ", seen["user"], seen["name"].as_str().unwrap());
            assert!(ours.contains(&by), "{name}: {seen}");
            let chat = seen["chat"].to_string();
            assert!(
                ours.contains(&format!(" in {chat} ")) || name == "group_topic",
                "{name}: {seen}"
            );
        }
        for part in seen["parts"].as_array().unwrap() {
            let part = part.as_str().unwrap();
            let is_ours = part.to_lowercase().contains("desk");
            assert!(!is_ours || !ours.contains(part), "{name}: {part} is the bot's name");
        }
        if let Some(photo) = seen["photo"].as_str() {
            assert!(ours.contains(photo), "{name}: the largest photo is {photo}");
        }
        if let Some(data) = seen["data"].as_str() {
            assert!(ours.contains(data), "{name}: {data}");
        }
        count += 1;
    }
    assert!(count > 30, "only {count} fixtures were found");
}
