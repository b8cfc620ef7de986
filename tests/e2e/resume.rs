//! Coming back: exactly what was missed, or a clear word to begin anew.

use serde_json::{Value, json};
use tests::House;

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
