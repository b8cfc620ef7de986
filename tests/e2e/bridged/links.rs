//! A file that the network does not carry goes as a link: whoever holds it opens it without signing in,
//! for a while, and nobody else opens anything.

use super::Messenger;
use serde_json::{Value, json};
use tests::{DeskFile, House};

const TEXT: &[u8] = "五千元".as_bytes();

/// Ming says a word with a file to who wrote through a channel; the file's id.
async fn sends(house: &House, ming: &mut tests::TestAgent, conversation: &str) -> String {
    let file = ming.api().upload("拨付通知.txt", "text/plain", TEXT).await.ok();
    let id = file["id"].as_str().unwrap().to_owned();
    let word =
        json!({ "type": "send", "conversation": conversation, "text": "请看附件", "files": [id] });
    let answer = ming.gets_answer(word).await;
    assert_eq!(answer["type"], "ack", "{answer}");
    // Until it is attached, and anew: nobody opens it by its name.
    house.api().get(&format!("/v1/files/{id}")).await.problem(401);
    id
}

#[tokio::test]
async fn a_file_goes_as_a_link_that_opens_for_whom_it_was_sent_to() {
    let messenger = Messenger::open();
    let settings = messenger.settings(&json!({
        "capabilities": { "files_out": false }, "desk": { "link_hours": 24 },
    }));
    let desk = DeskFile::small().with_messenger("bridge", &["tax"], settings);
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    messenger.says(&house, ("bridge", "an"), "退税到了吗？").await;
    let conversation = ming.accepts_next_offer().await;
    let line = ming.api().get(&format!("/v1/conversations/{conversation}/line")).await.ok();
    assert_eq!((&line["file_bytes_max"], &line["link_hours"]), (&json!(0), &json!(24)), "{line}");
    let id = sends(&house, &mut ming, &conversation).await;

    let text = messenger.hears("an", "/v1/files/").await;
    assert!(text.contains("“拨付通知.txt”（9 B）") && text.contains("前有效"), "{text}");
    let texts = messenger.texts_to("an");
    assert!(
        texts.iter().position(|one| one == "请看附件") < texts.iter().position(|one| *one == text)
    );
    let start = text.find("/v1/files/").unwrap();
    let path = text.split_at(start).1.lines().next().unwrap().to_owned();
    assert!(path.starts_with(&format!("/v1/files/{id}/shared?token=main.")), "{path}");
    let opened = house.api().get(&path).await;
    assert_eq!((opened.status, opened.bytes.as_slice()), (200, TEXT), "{opened:?}");
    for (header, value) in [
        ("content-disposition", "attachment; filename*=UTF-8''"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
        ("cache-control", "private, no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
    ] {
        assert!(opened.header(header).starts_with(value), "{header}: {:?}", opened.headers);
    }

    // Another file of the same agent and conversation, and every other link, open nothing, all alike.
    let (bare, token) = path.split_once("?token=").unwrap();
    let mut parts: Vec<&str> = token.split('.').collect();
    let later = format!("{}", parts[1].parse::<u64>().unwrap() + 1);
    parts[1] = &later;
    let longer = format!("{bare}?token={}", parts.join("."));
    let another = ming.api().upload("other.txt", "text/plain", TEXT).await.ok();
    let other = format!("/v1/files/{}/shared?token={token}", another["id"].as_str().unwrap());
    let none = "/v1/files/file_0000000000000000000000000/shared?token=x".to_owned();
    let mut answers = Vec::new();
    for wrong in
        [bare.to_owned(), longer, other, none, format!("{path}x"), format!("{bare}?token=")]
    {
        let answer = house.api().get(&wrong).await;
        answer.problem(404);
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");

    // It still opens when the conversation is over.
    ming.closes(&conversation).await;
    messenger.hears("an", "已结束").await;
    assert_eq!(house.api().get(&path).await.status, 200);
    house.ends_well();
}

#[tokio::test]
async fn a_file_that_is_too_large_or_may_not_go_as_a_link_is_told() {
    let messenger = Messenger::open();
    let of = |desk: Value| messenger.settings(&json!({ "file_bytes_max": 4, "desk": desk }));
    let desk = DeskFile::small()
        .with_messenger("bridge", &["tax"], of(json!({ "link_hours": 0 })))
        .with_channel_changed("bridge", json!({ "id": "never" }))
        .with_messenger("bridge", &["tax"], of(json!({})));
    let mut house = House::of(desk).start().await;
    let mut ming = house.ready_agent("ming").await;
    messenger.says(&house, ("bridge", "an"), "退税到了吗？").await;
    let conversation = ming.accepts_next_offer().await;
    sends(&house, &mut ming, &conversation).await;
    messenger.hears("an", "/shared?token=main.").await;
    let small = ming.api().upload("a.txt", "text/plain", b"abc").await.ok();
    let word =
        json!({ "type": "send", "conversation": conversation, "text": "", "files": [small["id"]] });
    assert_eq!(ming.gets_answer(word).await["type"], "ack");

    messenger.says(&house, ("never", "bao"), "退税到了吗？").await;
    let conversation = ming.accepts_next_offer().await;
    let file = ming.api().upload("b.txt", "text/plain", TEXT).await.ok();
    let word = json!({ "type": "send", "conversation": conversation, "text": "请看附件", "files": [file["id"]] });
    let refused = ming.gets_answer(word).await;
    assert_eq!(
        (&refused["type"], &refused["code"]),
        (&json!("refused"), &json!("invalid")),
        "{refused}"
    );
    // What fits goes as it is.
    let what = "the small file itself";
    tests::eventually(what, async || {
        let commands = messenger.commands_to("an");
        let found = commands.iter().any(|command| command["file"]["name"] == "a.txt");
        tests::eventually::holds(found, format!("{commands:?}"))
    })
    .await;
    house.ends_well();
}
