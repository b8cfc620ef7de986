//! A whole conversation by requests alone, for networks that break sockets.

use super::{APP, Services, plan, user};
use serde_json::{Value, json};
use std::time::Duration;
use tests::House;
use tests::TestVisitor;
use tests::api::Api;
use tokio::time::Instant;

/// What a client that polls knows.
#[derive(Default)]
struct Poller {
    epoch: String,
    conversation: String,
    seq: u64,
    version: String,
    texts: Vec<String>,
    state: Value,
}

impl Poller {
    /// Asks for what is new, for so long.
    async fn polls(&mut self, api: &Api, wait_ms: u64) {
        let mut query = format!("wait_ms={wait_ms}&version={}", self.version);
        if !self.conversation.is_empty() {
            let (epoch, conversation, seq) = (&self.epoch, &self.conversation, self.seq);
            query.push_str(&format!("&epoch={epoch}&conversation={conversation}&seq={seq}"));
        }
        let answer = api.get(&format!("/v1/chat/frames?{query}")).await.ok();
        self.version = answer["version"].as_str().unwrap().to_owned();
        let frames = answer["frames"].as_array().unwrap();
        assert_eq!(frames[0]["type"], "welcome");
        frames.iter().for_each(|frame| self.takes(frame));
    }

    fn takes(&mut self, frame: &Value) {
        match frame["type"].as_str().unwrap() {
            "welcome" => {
                self.epoch = frame["epoch"].as_str().unwrap().to_owned();
                self.state = frame["conversation"].clone();
                frame["messages"].as_array().unwrap().iter().for_each(|it| self.hears(it));
            }
            "message" => self.hears(&frame["message"]),
            "state" => self.state = frame["conversation"].clone(),
            _ => {}
        }
        if let Some(id) = self.state["id"].as_str() {
            self.conversation = id.to_owned();
        }
    }

    fn hears(&mut self, message: &Value) {
        let seq = message["seq"].as_u64().unwrap();
        assert!(seq > self.seq, "{seq} after {}", self.seq);
        self.seq = seq;
        if message["kind"] == "text" {
            self.texts.push(message["text"].as_str().unwrap().to_owned());
        }
    }
}

async fn says(user: &TestVisitor, frame: Value) -> Vec<Value> {
    let answer = user.api().post("/v1/chat/frames", json!({ "frame": frame })).await.ok();
    answer["frames"].as_array().unwrap().clone()
}

async fn start() -> (House, TestVisitor) {
    let house = plan(&Services::start(), 0).start().await;
    let user = user(&house.api(), "wang").await;
    (house, user)
}

#[tokio::test]
async fn a_conversation_goes_by_requests_alone() {
    let (mut house, wang) = start().await;
    let mut ming = house.ready_agent("ming").await;
    let mut known = Poller::default();
    known.polls(wang.api(), 0).await;
    let word = wang.word("我的退税呢？", json!({ "topic": "tax" }));
    let acked = says(&wang, word.clone()).await;
    assert_eq!((&acked[0]["type"], &acked[0]["seq"]), (&json!("ack"), &json!(1)));
    // The same again is the same word.
    assert_eq!(says(&wang, word).await[0]["message"], acked[0]["message"]);
    let conversation = ming.accepts_next_offer().await;
    known.polls(wang.api(), 0).await;
    assert_eq!(
        (known.conversation.as_str(), &known.state["state"]),
        (&*conversation, &json!("active"))
    );
    assert_eq!(known.texts, ["我的退税呢？"]);

    // Nothing is new: the request waits, and ends with the answer.
    let waits = known.polls(wang.api(), 25_000);
    let both = async { tokio::join!(waits, ming.says(&conversation, "请稍等")) };
    tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(known.texts.last().unwrap(), "请稍等");

    says(&wang, json!({ "type": "read", "seq": known.seq })).await;
    known.polls(wang.api(), 0).await;
    assert_eq!(known.state["read_by_contact"], known.seq);
    let began = Instant::now();
    known.polls(wang.api(), 300).await;
    assert!(began.elapsed() >= Duration::from_millis(300), "nothing is new for so long");

    ming.closes(&conversation).await;
    known.polls(wang.api(), 0).await;
    assert_eq!(known.state["state"], "closed");
    let rate =
        json!({ "type": "rate", "client_id": "rate-1", "conversation": conversation, "grade": 5 });
    let rated = says(&wang, rate).await;
    assert!(rated.iter().any(|frame| frame["type"] == "ack"), "{rated:?}");
    house.ends_well();
}

#[tokio::test]
async fn what_only_sockets_have_and_what_is_no_frame_is_refused() {
    let (house, wang) = start().await;
    let post = async |body: Value| wang.api().post("/v1/chat/frames", body).await.status;
    for frame in [
        json!({ "type": "hello", "token": wang.token() }),
        json!({ "type": "ping" }),
        json!({ "type": "attend", "foreground": true }),
    ] {
        assert_eq!(post(json!({ "frame": frame })).await, 400, "{frame}");
    }
    assert_eq!(post(json!({ "frame": { "type": "dance" } })).await, 422);
    assert_eq!(post(json!({})).await, 422);
    let nobody = house.api();
    assert_eq!(nobody.get("/v1/chat/frames").await.status, 401);
    assert_eq!(wang.api().get("/v1/chat/frames?seq=many").await.status, 422);
    assert_eq!(wang.api().get(&format!("/v1/chat/{APP}")).await.status, 200);
    house.ends_well();
}
