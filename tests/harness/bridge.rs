//! A bridge to somebody's messenger, as `docs/channels/im/bridge.md` describes it: posts what people say,
//! and keeps what the desk answers.

use crate::http_server::{HttpServer, Told};
use crate::watched::Watched;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What signs both ways, as the bytes behind `whsec_`.
const SECRET: &[u8] = b"CANARY-secret-of-both-ways------";

/// The headers of Standard Webhooks over a body that is sent now.
#[expect(clippy::disallowed_methods, reason = "a signature is of this time")]
pub fn signed(secret: &[u8], id: &str, body: &[u8]) -> [(&'static str, String); 3] {
    let secs = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{id}.{secs}.").as_bytes());
    mac.update(body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    [("webhook-id", id.to_owned()), ("webhook-timestamp", secs), ("webhook-signature", signature)]
}

/// A running bridge.
#[derive(Debug)]
pub struct Bridge {
    server: HttpServer,
    heard: Arc<Watched<Vec<Value>>>,
    client: reqwest::Client,
}

impl Bridge {
    /// Starts it; it carries whatever the desk says.
    pub fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let heard = Arc::new(Watched::<Vec<Value>>::default());
        let ear = heard.clone();
        let server = HttpServer::start(move |asked| {
            let ear = ear.clone();
            async move {
                let command: Value = serde_json::from_slice(&asked.body).unwrap();
                ear.change(|heard| heard.push(command));
                Some(Told::json(200, &json!({})))
            }
        });
        Self { server, heard, client: reqwest::Client::new() }
    }

    /// The settings of its channel.
    pub fn settings(&self) -> Value {
        json!({ "url": self.server.url(), "secret": format!("whsec_{}", STANDARD.encode(SECRET)) })
    }

    /// Posts an event to the channel's address, and gives the answer's status and body.
    pub async fn posts(&self, callback: &str, event: &Value) -> (u16, Value) {
        let body = event.to_string().into_bytes();
        let mut call = self.client.post(format!("{callback}/events"));
        for (name, value) in signed(SECRET, "msg_1", &body) {
            call = call.header(name, value);
        }
        let answer = call.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// What the desk sent, in order.
    pub fn heard(&self) -> &Watched<Vec<Value>> {
        &self.heard
    }
}
