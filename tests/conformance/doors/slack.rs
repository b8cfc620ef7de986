//! Slack behind its adapter: a stand-in that speaks Socket Mode, the Events API and the Web API, and that
//! Slack's own kit accepts (see `crate::slack`).

mod cloud;
mod web_api;

use super::{FarEnd, Rig, SECRET, way_out};
use bytes::Bytes;
use channels::{ChannelAdapter, Means, RawRequest, slack};
use domain::{Audience, Channel, ChannelKind, Localized};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use tests::cloud::Cloud;

pub(crate) use cloud::{Network, event};
pub(crate) use web_api::FILE;

pub(crate) fn bot_token() -> String {
    format!("xoxb-{}", SECRET.replace(' ', "-"))
}

pub(crate) fn app_token() -> String {
    format!("xapp-{}", SECRET.replace(' ', "-"))
}

/// The adapter and the stand-in.
pub(crate) struct SlackRig {
    adapter: Arc<dyn ChannelAdapter>,
    means: Means,
    pub(crate) network: Arc<Network>,
    pub(crate) cloud: Cloud,
}

pub(crate) fn channel(settings: Value) -> Channel {
    Channel {
        id: "reference".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: slack::ADAPTER.to_owned(),
        audience: Audience::Staff,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

impl SlackRig {
    /// One that opens a socket.
    pub(crate) fn that_listens() -> Self {
        Self::open("socket")
    }

    /// One that Slack calls.
    pub(crate) fn that_is_called() -> Self {
        Self::open("http")
    }

    fn open(mode: &str) -> Self {
        let mut network = None;
        let cloud = Cloud::start(|address| network.insert(Arc::new(Network::at(address))).clone());
        let settings = json!({
            "mode": mode, "bot_token": bot_token(), "app_token": app_token(),
            "signing_secret": SECRET, "api_url": format!("{}/api", cloud.url()),
            "files_url": cloud.url(),
        });
        let means = way_out::means();
        let adapter = Arc::new(slack::Slack::open(&channel(settings), &means).unwrap());
        Self { adapter, means, network: network.unwrap(), cloud }
    }

    /// A call of Slack, signed as it signs now.
    pub(crate) fn signed(&self, kind: &str, body: impl Into<Bytes>) -> RawRequest {
        let (body, time) = (body.into(), (self.means.clock.now().0 / 1_000).to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("v0:{time}:").as_bytes());
        mac.update(&body);
        let signature: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        RawRequest {
            method: "POST".to_owned(),
            path_and_query: "/v1/callbacks/city/reference".to_owned(),
            below: String::new(),
            headers: vec![
                ("content-type".to_owned(), kind.to_owned().into()),
                ("x-slack-request-timestamp".to_owned(), time.into()),
                ("x-slack-signature".to_owned(), format!("v0={signature}").into()),
            ],
            body,
        }
    }
}

impl Rig for SlackRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.network.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        Some(self.signed("application/json", event(number(id), text).to_string()))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(self.signed("application/json", Bytes::from_static(b"\xff{")))
    }
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        let asked = json!({ "token": "x", "challenge": "3eZbrw1aBm2", "type": "url_verification" });
        let request = self.signed("application/json", asked.to_string());
        Some((request, Bytes::from_static(b"3eZbrw1aBm2")))
    }
    fn known_as(&self, id: &str) -> String {
        format!("D024BE91L:1700000000.{:06}", number(id))
    }
}

fn number(id: &str) -> usize {
    id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}
