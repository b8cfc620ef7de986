//! Coming back: exactly what was missed, or a clear word to begin anew.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::transcript::Transcript;
use tests::{DeskFile, House};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_visitor_gets_exactly_what_was_missed() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    ming.says(&conversation, "before").await;
    visitor.hears("before").await;
    visitor.loses_connection();
    for n in 0..5 {
        ming.says(&conversation, &format!("missed {n}")).await;
    }
    visitor.connects().await;
    visitor.hears("missed 4").await;
    let welcome = visitor.seen().look(|seen| seen.welcome.clone());
    assert_eq!(welcome["resumed"], true, "{welcome}");
    let texts: Vec<&str> =
        welcome["messages"].as_array().unwrap().iter().filter_map(|m| m["text"].as_str()).collect();
    assert_eq!(texts, (0..5).map(|n| format!("missed {n}")).collect::<Vec<_>>());
    assert_eq!(
        visitor.seen().look(|seen| seen.transcript.violations.clone()),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn an_agent_gets_exactly_what_was_missed() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    visitor.says("before").await;
    ming.hears(&conversation, "before").await;
    ming.loses_connection();
    for n in 0..5 {
        visitor.says(&format!("missed {n}")).await;
    }
    ming.connects().await;
    ming.hears(&conversation, "missed 4").await;
    assert_eq!(ming.seen().look(|seen| seen.welcome["resumed"].clone()), json!(true));
    let texts = ming.seen().look(|seen| seen.transcripts[&conversation].texts());
    let log = ming.log(&conversation).await;
    let all: Vec<&str> =
        log.iter().filter(|m| m["kind"] == "text").map(|m| m["text"].as_str().unwrap()).collect();
    assert_eq!(texts, all);
    assert_eq!(ming.seen().look(tests::agent::Seen::violations), Vec::<String>::new());
}

#[tokio::test]
async fn another_history_is_said_to_be_another() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    visitor.loses_connection();
    ming.loses_connection();
    visitor.seen().change(|seen| seen.epoch = "ep_of_long_ago".to_owned());
    ming.seen().change(|seen| seen.epoch = "ep_of_long_ago".to_owned());
    visitor.connects().await;
    assert_eq!(visitor.seen().look(|seen| seen.welcome["resumed"].clone()), json!(false));
    visitor.hears("hello").await;
    ming.connects().await;
    assert_eq!(ming.seen().look(|seen| seen.welcome["resumed"].clone()), json!(false));
    ming.holds(&conversation).await;
}

#[tokio::test]
async fn another_conversations_place_is_no_door_to_it() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "CANARY").await.conversation;
    ming.accepts_next_offer().await;
    let mut stranger = house.visitor().await;
    stranger.loses_connection();
    stranger.seen().change(|seen| seen.state = json!({ "id": conversation }));
    stranger.connects().await;
    let frames = stranger.seen().look(|seen| serde_json::to_string(&seen.frames).unwrap());
    assert!(!frames.contains("CANARY") && !frames.contains(&conversation), "{frames}");
    let earlier = stranger.api().get("/v1/chat/messages?limit=100").await;
    assert!(!String::from_utf8_lossy(&earlier.bytes).contains("CANARY"));
}

#[tokio::test]
async fn a_long_conversation_can_be_read_back_page_by_page() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "word 0").await;
    for n in 1..60 {
        visitor.says(&format!("word {n}")).await;
    }
    let conversation = ming.accepts_next_offer().await;
    let mut pages: Vec<Value> = Vec::new();
    let mut before = 1_000_000;
    while before > 1 {
        let page = visitor
            .api()
            .get(&format!("/v1/chat/messages?before_seq={before}&limit=25"))
            .await
            .ok();
        let messages = page["messages"].as_array().or_else(|| page.as_array()).unwrap().clone();
        assert!(!messages.is_empty() && messages.len() <= 25);
        before = messages[0]["seq"].as_u64().unwrap();
        pages.splice(0..0, messages);
    }
    assert_eq!(pages.len(), ming.log(&conversation).await.len());
}

#[tokio::test]
async fn a_conversation_of_long_messages_comes_back_however_much_was_missed() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    ming.accepts_next_offer().await;
    visitor.loses_connection();
    for n in 0..40 {
        ming.says(&conversation, &long(n)).await;
    }
    visitor.connects().await;
    visitor.hears(&long(39)).await;
    let (resumed, texts, violations) = visitor.seen().look(|seen| {
        let transcript = &seen.transcript;
        (seen.welcome["resumed"].clone(), transcript.texts(), transcript.violations.clone())
    });
    assert_eq!(resumed, true);
    assert_eq!(texts[1..], (0..40).map(long).collect::<Vec<_>>(), "all of it, in order");
    assert_eq!(violations, Vec::<String>::new());
    // A page that was loaded anew gets the newest messages, and reads back the earlier ones.
    visitor.loses_connection();
    visitor.seen().change(|seen| seen.epoch = String::new());
    visitor.connects().await;
    let messages = visitor.seen().look(|seen| seen.welcome["messages"].clone());
    let shown = messages.as_array().unwrap();
    assert!(!shown.is_empty() && shown.last().unwrap()["text"] == long(39), "{}", shown.len());
    let before = shown[0]["seq"].as_u64().unwrap();
    assert!(before > 1, "the whole conversation does not fit one frame");
    let earlier = visitor.api().get(&format!("/v1/chat/messages?before_seq={before}")).await.ok();
    let last = earlier["messages"].as_array().unwrap().last().unwrap()["seq"].as_u64();
    assert_eq!(last, Some(before - 1));
}

fn long(n: usize) -> String {
    format!("{n} {}", "x".repeat(15_000))
}

#[tokio::test]
async fn an_agent_whose_line_stalls_while_resuming_gets_every_event() {
    // Nobody is given up meanwhile: the conversation stays the agent's.
    let plan = House::of(DeskFile::small()).with("presence.lease_ms", 100_000);
    let mut house = plan.start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut visitor = house.visitor().await;
    visitor.asks("tax", "hello").await;
    ming.accepts_next_offer().await;
    let (epoch, cursor) = ming.seen().look(|seen| (seen.epoch.clone(), seen.cursor.clone()));
    ming.loses_connection();
    // More than the buffers between gateway and client hold.
    for n in 0..450 {
        visitor.says(&long(n)).await;
    }
    let origin = format!("http://127.0.0.1:{}", ming.api().port());
    let path = "/v1/socket/agent";
    let mut line = tests::socket::connect(ming.api().port(), path, Some(&origin)).await.unwrap();
    let resume = json!({ "epoch": epoch, "cursor": cursor });
    let hello = json!({ "type": "hello", "token": ming.api().token(), "resume": resume });
    line.send(Message::text(hello.to_string())).await.unwrap();
    // The line to the client stands still for longer than one frame may take to be refused.
    tests::pace::pause(5_000).await;
    let mut heard = Transcript::default();
    while !heard.has(&long(449)) {
        match line.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                assert!(frame["type"] != "welcome" || frame["resumed"] == true, "{frame}");
                if frame["event"]["type"] == "message_appended" {
                    heard.hears(&frame["event"]["message"]);
                }
            }
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("the socket ended: {other:?}"),
        }
    }
    assert_eq!(heard.violations, Vec::<String>::new());
    let first_word = |text: &String| text.split(' ').next().unwrap().to_owned();
    let numbers: Vec<String> =
        heard.texts().iter().map(first_word).filter(|word| word != "hello").collect();
    assert_eq!(numbers, (0..450).map(|n| n.to_string()).collect::<Vec<_>>());
    house.ends_well();
}
