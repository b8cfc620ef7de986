//! A telephone exchange behind a phone bridge, as `docs/channels/phone/phone-bridge.md` describes it: it keeps the orders
//! that it gets, and tells what a test has happen.

use crate::bridge::signed;
use crate::http_server::{HttpServer, Told};
use crate::watched::Watched;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What signs both ways, as the bytes behind `whsec_`.
const SECRET: &[u8] = b"CANARY-secret-of-the-exchange---";

/// What the exchange knows.
#[derive(Debug, Default)]
pub struct Known {
    /// Every order, in order.
    pub orders: Vec<Value>,
    /// How far calls are that are asked for.
    pub stages: BTreeMap<String, Value>,
}

/// A running exchange.
#[derive(Debug)]
pub struct Exchange {
    server: HttpServer,
    known: Arc<Watched<Known>>,
    client: reqwest::Client,
    told: AtomicU64,
}

impl Exchange {
    /// Starts it; it takes whatever the desk orders.
    pub fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let known = Arc::new(Watched::<Known>::default());
        let ear = known.clone();
        let server = HttpServer::start(move |asked| {
            let ear = ear.clone();
            async move {
                let order: Value = serde_json::from_slice(&asked.body).unwrap();
                let call = order["id"].as_str().unwrap_or_default().to_owned();
                let looks = order["type"] == "call.look_up";
                let stage = ear.change(|known| {
                    known.orders.push(order);
                    known.stages.get(&call).cloned()
                });
                Some(match (looks, stage) {
                    (false, _) => Told::json(200, &json!({})),
                    (true, Some(stage)) => Told::json(200, &stage),
                    (true, None) => Told::json(404, &json!({})),
                })
            }
        });
        Self { server, known, client: reqwest::Client::new(), told: AtomicU64::new(0) }
    }

    /// The settings of its channel, with a policy.
    pub fn settings(&self, policy: Value) -> Value {
        json!({ "url": self.server.url(), "secret": format!("whsec_{}", STANDARD.encode(SECRET)), "callback": policy })
    }

    /// What a policy says of codes that it sends, too.
    pub fn sends_codes(&self) -> Value {
        json!({ "url": self.server.url(), "secret": format!("whsec_{}", STANDARD.encode(SECRET)) })
    }

    /// What it knows.
    pub fn known(&self) -> &Watched<Known> {
        &self.known
    }

    /// Waits for an order of this sort about this call, or any.
    pub async fn gets(&self, order: &str, call: Option<&str>) -> Value {
        let fits =
            |found: &&Value| found["type"] == order && call.is_none_or(|call| found["id"] == call);
        self.known.until(order, |known| known.orders.iter().find(fits).cloned()).await
    }

    /// How many orders of this sort it got.
    pub fn count(&self, order: &str) -> usize {
        self.known.look(|known| known.orders.iter().filter(|found| found["type"] == order).count())
    }

    /// Tells a gateway what happened, and gives the answer's status.
    pub async fn tells(&self, port: u16, event: &Value) -> u16 {
        let body = event.to_string().into_bytes();
        let id = format!("told_{}", self.told.fetch_add(1, Ordering::Relaxed));
        let mut call =
            self.client.post(format!("http://127.0.0.1:{port}/v1/callbacks/hotline/events"));
        for (name, value) in signed(SECRET, &id, &body) {
            call = call.header(name, value);
        }
        call.body(body).send().await.unwrap().status().as_u16()
    }
}
