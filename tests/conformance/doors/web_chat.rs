//! Web chat, as it is: the gateway's own socket is its network.

use super::{FarEnd, Rig, SECRET};
use channels::{ChannelAdapter, registry};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::json;
use std::sync::Arc;

pub(super) struct WebChatRig(Arc<dyn ChannelAdapter>);

impl WebChatRig {
    pub(super) fn open() -> Self {
        Self::of(ChannelKind::WebChat)
    }

    /// An app's chat is the same.
    pub(super) fn of_app() -> Self {
        Self::of(ChannelKind::App)
    }

    fn of(kind: ChannelKind) -> Self {
        let channel = Channel {
            id: "website".parse().unwrap(),
            name: Localized::default(),
            kind,
            adapter: kind.name().to_owned(),
            audience: Audience::Public,
            topics: Vec::new(),
            enabled: true,
            settings: json!({ "identity_secret": format!("{SECRET} of 32 bytes or more") }),
        };
        Self(registry::build(&channel, &channels::Means::none()).unwrap())
    }
}

impl Rig for WebChatRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        None
    }
}
