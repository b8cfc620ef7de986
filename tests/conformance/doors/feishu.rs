//! Feishu behind its adapter: a stand-in that speaks the documented protocol, and that Feishu's own kit
//! accepts (see `crate::feishu`).

mod stand_in;
pub(crate) mod wire;

use super::{FarEnd, Rig, SECRET, way_out};
use bytes::Bytes;
use channels::{ChannelAdapter, RawRequest, feishu};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
pub(crate) use stand_in::{APP, CHAT, MEMBER, Seen, StandIn};
use std::sync::Arc;
use tests::cloud::Cloud;
use tests::watched::Watched;

/// The Encrypt Key and the Verification Token.
pub(crate) const KEYS: (&str, &str) = ("CANARY-encrypt-key", "CANARY-verification-token");

/// The adapter and the stand-in.
pub(crate) struct FeishuRig {
    adapter: Arc<dyn ChannelAdapter>,
    pub(crate) network: Arc<StandIn>,
    pub(crate) cloud: Cloud,
    is_called_back: bool,
}

impl FeishuRig {
    /// Over the long connection.
    pub(crate) fn open() -> Self {
        Self::with("long_connection")
    }

    /// Called back.
    pub(crate) fn called_back() -> Self {
        Self::with("http")
    }

    fn with(mode: &str) -> Self {
        let mut network = None;
        let cloud = Cloud::start(|address| network.insert(Arc::new(StandIn::at(address))).clone());
        let settings = json!({
            "mode": mode, "app_id": APP, "app_secret": SECRET,
            "encrypt_key": KEYS.0, "verification_token": KEYS.1, "base_url": cloud.url(),
        });
        let adapter = feishu::Feishu::open(&channel(settings), &way_out::means()).unwrap();
        let is_called_back = mode == "http";
        Self { adapter: Arc::new(adapter), network: network.unwrap(), cloud, is_called_back }
    }

    /// What the stand-in saw.
    pub(crate) fn seen(&self) -> &Watched<Seen> {
        &self.network.seen
    }
}

fn channel(settings: Value) -> Channel {
    Channel {
        id: "reference".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: feishu::ADAPTER.to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

/// A call of Feishu's.
pub(crate) fn call(body: impl Into<Bytes>, headers: Vec<(String, Bytes)>) -> RawRequest {
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: "/v1/callbacks/city/reference".to_owned(),
        below: String::new(),
        headers,
        body: body.into(),
    }
}

impl Rig for FeishuRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.network.far_end)
    }
    fn media(&self) -> String {
        "file/om_1/file_v2_1".to_owned()
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        let body = wire::sealed(&self.network.message(id, text));
        self.is_called_back.then(|| call(body.clone(), wire::signed(&body)))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        let body = b"\xff{".to_vec();
        self.is_called_back.then(|| call(body.clone(), wire::signed(&body)))
    }
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        let asks = json!({ "challenge": "4711", "token": KEYS.1, "type": "url_verification" });
        let request = call(wire::sealed(&asks), Vec::new());
        self.is_called_back.then(|| (request, r#"{"challenge":"4711"}"#.into()))
    }
}
