//! Telegram behind its adapter: a stand-in that speaks the Bot API, and that a client of the community
//! accepts (see `crate::telegram`).

mod cloud;

use super::{FarEnd, Rig, SECRET, way_out};
use bytes::Bytes;
use channels::{ChannelAdapter, RawRequest, telegram};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) use cloud::{Cloud, FILE, update};

/// What the stand-in knows the bot by.
pub(crate) fn token() -> String {
    format!("4711:{}", SECRET.replace(' ', "-"))
}

/// The adapter and the stand-in.
pub(crate) struct TelegramRig {
    adapter: Arc<dyn ChannelAdapter>,
    pub(crate) cloud: Cloud,
}

pub(crate) fn channel(settings: Value) -> Channel {
    Channel {
        id: "reference".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Im,
        adapter: telegram::ADAPTER.to_owned(),
        audience: Audience::Public,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

impl TelegramRig {
    /// One that asks for updates.
    pub(crate) fn that_asks() -> Self {
        Self::open("poll")
    }

    /// One that Telegram calls.
    pub(crate) fn that_is_called() -> Self {
        Self::open("webhook")
    }

    fn open(mode: &str) -> Self {
        let cloud = Cloud::start();
        let settings = json!({
            "mode": mode, "token": token(), "webhook_secret": SECRET, "api_url": cloud.url(),
        });
        let adapter = telegram::Telegram::open(&channel(settings), &way_out::means()).unwrap();
        Self { adapter: Arc::new(adapter), cloud }
    }
}

fn called(body: impl Into<Bytes>) -> RawRequest {
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: "/v1/callbacks/city/reference".to_owned(),
        below: String::new(),
        headers: vec![("x-telegram-bot-api-secret-token".to_owned(), SECRET.into())],
        body: body.into(),
    }
}

impl Rig for TelegramRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.cloud.network.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        Some(called(update(number(id), text).to_string()))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(called(Bytes::from_static(b"\xff{")))
    }
    fn signs_bodies(&self) -> bool {
        false
    }
    fn known_as(&self, id: &str) -> String {
        format!("5001:{}", number(id))
    }
}

/// Telegram counts messages: `m0` is the first.
fn number(id: &str) -> usize {
    id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap() + 1
}
