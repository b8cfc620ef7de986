//! WeCom behind its two adapters: a stand-in that speaks the documented protocol, and that a kit of the
//! community accepts (see `crate::wecom`).

use super::{FarEnd, Rig, SECRET, way_out};
use bytes::Bytes;
use channels::wecom::kf::{self, Kf};
use channels::wecom::{self, WeCom};
use channels::{ChannelAdapter, Means, RawRequest};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::cloud::Cloud;
use tests::networks::wecom::{StandIn, calls};
use tests::watched::Watched;

pub(crate) use tests::networks::wecom::calls::{challenge, post, seal, something};
pub(crate) use tests::networks::wecom::{ACCOUNT, AGENT, CORP, KEY, MEMBER, Seen};

/// The stand-in, where it stands, and what is needed to open a door to it.
pub(crate) struct Far {
    pub(crate) network: Arc<StandIn>,
    pub(crate) cloud: Cloud,
}

impl Far {
    pub(crate) fn start() -> Self {
        let mut network = None;
        let cloud = Cloud::start(|_| network.insert(Arc::<StandIn>::default()).clone());
        Self { network: network.unwrap(), cloud }
    }

    /// What the stand-in saw.
    pub(crate) fn seen(&self) -> &Watched<Seen> {
        &self.network.seen
    }

    /// Settings of an adapter, with others laid over them.
    pub(crate) fn channel(&self, adapter: &str, more: &Value) -> Channel {
        let mut settings = json!({
            "api_url": self.cloud.url(), "corp_id": CORP, "secret": SECRET,
            "token": SECRET, "encoding_aes_key": KEY,
        });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        Channel {
            id: "reference".parse().unwrap(),
            name: Localized::default(),
            kind: ChannelKind::Im,
            adapter: adapter.to_owned(),
            audience: Audience::Staff,
            topics: Vec::new(),
            enabled: true,
            settings,
        }
    }

    pub(crate) fn app(&self, means: &Means, more: &Value) -> WeCom {
        let mut all = json!({ "agent_id": AGENT });
        for (key, value) in more.as_object().unwrap() {
            all[key] = value.clone();
        }
        WeCom::open(&self.channel(wecom::ADAPTER, &all), means).unwrap()
    }

    pub(crate) fn kf(&self, means: &Means, more: &Value) -> Kf {
        let mut all = json!({ "accounts": [ACCOUNT], "poll_secs": 1 });
        for (key, value) in more.as_object().unwrap() {
            all[key] = value.clone();
        }
        Kf::open(&self.channel(kf::ADAPTER, &all), means).unwrap()
    }
}

/// A self-built app.
pub(crate) struct AppRig {
    adapter: Arc<WeCom>,
    far: Far,
}

impl AppRig {
    pub(crate) fn open() -> Self {
        let far = Far::start();
        Self { adapter: Arc::new(far.app(&way_out::means(), &json!({}))), far }
    }
}

impl Rig for AppRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.far.network.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        Some(post(&calls::text(id, text)))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(post("{ no XML"))
    }
    fn forgeries(&self, request: &RawRequest) -> Vec<RawRequest> {
        calls::forgeries(request)
    }
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        Some(challenge("1616140317555161061"))
    }
}

/// An account of 微信客服.
pub(crate) struct KfRig {
    adapter: Arc<Kf>,
    far: Far,
}

impl KfRig {
    pub(crate) fn open() -> Self {
        let far = Far::start();
        Self { adapter: Arc::new(far.kf(&way_out::means(), &json!({}))), far }
    }
}

impl Rig for KfRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.far.network.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        self.far.network.far_end.hears(id, text);
        Some(post(&something(ACCOUNT)))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(post("<xml><Event>kf_msg_or_event</Event></xml>"))
    }
    fn forgeries(&self, request: &RawRequest) -> Vec<RawRequest> {
        calls::forgeries(request)
    }
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        Some(challenge("1616140317555161061"))
    }
}
