//! The bridge, with one behind it that obeys the test. `xmpp` has a real one.

use super::{FarEnd, Rig, SECRET, way_out};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::bridge::Bridge;
use channels::{ChannelAdapter, Outcome, RawRequest};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::bridge;
use tests::http_server::{Asked, HttpServer, Told};

pub(super) struct BridgeRig {
    adapter: Arc<Bridge>,
    far_end: FarEnd,
    server: HttpServer,
}

impl BridgeRig {
    pub(super) fn open() -> Self {
        let far_end = FarEnd::that_knows_ids();
        let network = far_end.clone();
        let server = HttpServer::start(move |asked| {
            let network = network.clone();
            async move { answer(&network, &asked) }
        });
        let able = ["edit", "delete", "reactions", "typing", "receipts", "choices"];
        let able: serde_json::Map<String, Value> =
            able.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
        let channel = Channel {
            id: "reference".parse().unwrap(),
            name: Localized::default(),
            kind: ChannelKind::Im,
            adapter: "bridge".to_owned(),
            audience: Audience::Public,
            topics: Vec::new(),
            enabled: true,
            settings: json!({
                "url": format!("{}/hutong", server.url()), "capabilities": able,
                "secret": format!("whsec_{}", STANDARD.encode(SECRET)),
            }),
        };
        let adapter = Arc::new(Bridge::open(&channel, &way_out::means()).unwrap());
        Self { adapter, far_end, server }
    }

    fn signed(&self, body: Vec<u8>) -> RawRequest {
        let headers = bridge::signed(SECRET.as_bytes(), "msg_1", &body);
        RawRequest {
            method: "POST".to_owned(),
            path_and_query: "/v1/callbacks/reference/events".to_owned(),
            below: "/events".to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
            body: body.into(),
        }
    }
}

fn answer(network: &FarEnd, asked: &Asked) -> Option<Told> {
    if asked.method == "GET" {
        return Some(Told { status: 200, headers: Vec::new(), body: vec![7; 1_000].into() });
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    if body["type"] != json!("send") {
        return Some(Told::json(200, &json!({})));
    }
    match network.carry(body["id"].as_str().unwrap()) {
        Outcome::Sent(ids) => Some(Told::json(200, &json!({ "ids": ids }))),
        Outcome::RecipientGone => Some(Told::json(410, &json!({}))),
        Outcome::Unavailable(_) => Some(Told::json(503, &json!({}))),
        _ => None,
    }
}

impl Rig for BridgeRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        let event =
            json!({ "type": "message", "id": id, "sender": { "id": "contact" }, "text": text });
        Some(self.signed(event.to_string().into_bytes()))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(self.signed(b"\xff{".to_vec()))
    }
    fn media(&self) -> String {
        format!("{}/hutong/files/f1", self.server.url())
    }
}
