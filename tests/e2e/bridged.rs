//! What the desk does in a messenger's chat beside its agents' words, over a bridge: a house, and a
//! messenger within the test that keeps what the desk tells it.

mod calls;
mod links;
mod places;
mod signs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use tests::House;
use tests::eventually::{eventually_within, holds};
use tests::http_server::{HttpServer, Told};
use tests::token::now_secs;

/// Both sides sign with it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A messenger behind a bridge.
struct Messenger {
    server: HttpServer,
    client: reqwest::Client,
    commands: Arc<Mutex<Vec<Value>>>,
}

impl Messenger {
    fn open() -> Self {
        // The process's TLS provider: another part of the test may have installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let commands: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&commands);
        let server = HttpServer::start(move |asked| {
            let command: Value = serde_json::from_slice(&asked.body).unwrap();
            let answer = json!({ "ids": [format!("far.{}", command["id"].as_str().unwrap())] });
            kept.lock().unwrap().push(command);
            async move { Some(Told::json(200, &answer)) }
        });
        Self { server, client: reqwest::Client::new(), commands }
    }

    /// The settings of its channel, with more.
    fn settings(&self, more: &Value) -> Value {
        let mut settings = json!({ "url": self.server.url(), "secret": SECRET });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        settings
    }

    /// Posts an event to a channel, as often as the desk asks for it.
    async fn tells(&self, house: &House, channel: &str, event: &Value) {
        let port = house.gateways[0].api().port();
        let url = format!("http://127.0.0.1:{port}/v1/callbacks/{channel}/events");
        let body = event.to_string();
        let id = event["id"].as_str().unwrap();
        // The gateway hears of a channel a moment after it was applied.
        eventually_within(std::time::Duration::from_secs(20), "the desk takes it", async || {
            let time = now_secs().to_string();
            let signature = signature(id, &time, &body);
            let call = self.client.post(&url).header("webhook-id", id);
            let call =
                call.header("webhook-timestamp", time).header("webhook-signature", signature);
            let answer = call.body(body.clone()).send().await.map_err(|error| error.to_string())?;
            holds(answer.status() == 200, answer.status().to_string())
        })
        .await;
    }

    /// Somebody writes; the word's id is made of who says what.
    async fn says(&self, house: &House, (channel, who): (&str, &str), text: &str) {
        let id = format!("{who}.{}", text.len());
        let sender = json!({ "id": who, "name": who, "locale": "zh-CN" });
        let event = json!({ "type": "message", "id": id, "sender": sender, "text": text });
        self.tells(house, channel, &event).await;
    }

    /// What the desk sent to somebody so far, in order.
    fn commands_to(&self, who: &str) -> Vec<Value> {
        let all = self.commands.lock().unwrap();
        all.iter().filter(|command| command["recipient"] == who).cloned().collect()
    }

    /// The texts among them.
    fn texts_to(&self, who: &str) -> Vec<String> {
        let commands = self.commands_to(who);
        let texts = commands.iter().filter_map(|command| command["text"].as_str());
        texts.map(str::to_owned).collect()
    }

    /// Waits until somebody was sent a text that contains this; the text.
    async fn hears(&self, who: &str, contains: &str) -> String {
        let what = format!("{who} hears {contains}");
        eventually_within(std::time::Duration::from_secs(40), &what, async || {
            let texts = self.texts_to(who);
            let found = texts.iter().find(|text| text.contains(contains)).cloned();
            found.ok_or(format!("{texts:?}"))
        })
        .await
    }
}

fn signature(id: &str, time: &str, body: &str) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
