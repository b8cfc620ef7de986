//! DingTalk behind its adapter: a stand-in that speaks the documented protocol, and that DingTalk's own
//! kit accepts (see `crate::dingtalk`).

use super::{FarEnd, Rig, SECRET, way_out};
use channels::{ChannelAdapter, dingtalk};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::cloud::Cloud;
pub(crate) use tests::networks::dingtalk::{MEMBER, Seen, StandIn};
use tests::watched::Watched;

/// The adapter and the stand-in.
pub(crate) struct DingTalkRig {
    adapter: Arc<dyn ChannelAdapter>,
    pub(crate) network: Arc<StandIn>,
    pub(crate) cloud: Cloud,
}

impl DingTalkRig {
    pub(crate) fn open() -> Self {
        let mut network = None;
        let cloud = Cloud::start(|address| network.insert(Arc::new(StandIn::at(address))).clone());
        let settings = json!({
            "client_id": "dingue4kfzdxbyn0pjqd", "client_secret": SECRET,
            "api_base_url": cloud.url(), "oapi_base_url": cloud.url(),
        });
        let adapter = dingtalk::DingTalk::open(&channel(settings), &way_out::means()).unwrap();
        Self { adapter: Arc::new(adapter), network: network.unwrap(), cloud }
    }

    /// What the stand-in saw.
    pub(crate) fn seen(&self) -> &Watched<Seen> {
        &self.network.seen
    }
}

pub(crate) fn channel(settings: Value) -> Channel {
    Channel {
        id: "reference".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: dingtalk::ADAPTER.to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

impl Rig for DingTalkRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.network.far_end)
    }
}
