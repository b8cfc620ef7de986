//! The doors under test, each with a far end that obeys the test.

mod bridge;
mod called_back;
pub(crate) mod dingtalk;
pub(crate) mod feishu;
mod matrix;
mod polled;
mod push;
pub(crate) mod slack;
mod socket;
pub(crate) mod telegram;
mod telephone;
pub(crate) mod way_out;
mod web_chat;
pub(crate) mod wecom;

use bytes::Bytes;
use channels::{
    Assurance, Capabilities, ChannelAdapter, Descriptor, Inbound, Limits, NewMessage, Payload,
    RawRequest, ReplyWindow, Sender,
};
use domain::{ChannelKind, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;

pub(crate) use tests::networks::{FarEnd, SECRET};

/// A door with its far end.
pub(crate) trait Rig: Send + Sync {
    /// The door.
    fn adapter(&self) -> Arc<dyn ChannelAdapter>;
    /// The network behind it; none where the gateway itself is the network.
    fn far_end(&self) -> Option<&FarEnd>;
    /// What the network would call us with when the contact says this.
    fn request(&self, _id: &str, _text: &str) -> Option<RawRequest> {
        None
    }
    /// How a message names a file.
    fn media(&self) -> String {
        "f1".to_owned()
    }
    /// How the network counts what a test calls `m0`: an inbound's external id.
    fn known_as(&self, id: &str) -> String {
        id.to_owned()
    }
    /// Does the network sign the body of its calls? Some only show that they know a secret.
    fn signs_bodies(&self) -> bool {
        true
    }
    /// An authentic request that says nothing readable.
    fn gibberish(&self) -> Option<RawRequest> {
        None
    }
    /// What somebody would make of such a request who cannot sign it.
    fn forgeries(&self, request: &RawRequest) -> Vec<RawRequest> {
        let mut altered = request.body.to_vec();
        if let Some(last) = altered.last_mut() {
            *last ^= 1;
        }
        let spaced = [request.body.as_ref(), b" "].concat();
        let mut forgeries = vec![RawRequest { headers: Vec::new(), ..request.clone() }];
        if self.signs_bodies() {
            for body in [altered.into(), spaced.into(), Bytes::new()] {
                forgeries.push(RawRequest { body, ..request.clone() });
            }
        }
        // Every header by which it shows who it is, each a little different.
        for n in 0..request.headers.len() {
            let mut headers = request.headers.clone();
            if headers[n].0 != "content-type" {
                headers[n].1 = [headers[n].1.as_ref(), b"0"].concat().into();
                forgeries.push(RawRequest { headers, ..request.clone() });
            }
        }
        forgeries
    }
    /// How the network asks whether it is us, and the answer that it wants.
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        None
    }
}

/// Every door, fresh.
pub(crate) fn all() -> Vec<Box<dyn Rig>> {
    vec![
        Box::new(web_chat::WebChatRig::open()),
        Box::new(web_chat::WebChatRig::of_app()),
        Box::new(polled::PolledRig::open()),
        Box::new(called_back::CalledBackRig::open()),
        Box::new(socket::SocketRig::open()),
        Box::new(push::PushRig::open()),
        Box::new(telephone::TelephoneRig::open()),
        Box::new(matrix::MatrixRig::open()),
        Box::new(bridge::BridgeRig::open()),
        Box::new(wecom::AppRig::open()),
        Box::new(wecom::KfRig::open()),
        Box::new(dingtalk::DingTalkRig::open()),
        Box::new(feishu::FeishuRig::open()),
        Box::new(feishu::FeishuRig::called_back()),
        Box::new(telegram::TelegramRig::that_asks()),
        Box::new(telegram::TelegramRig::that_is_called()),
        Box::new(slack::SlackRig::that_listens()),
        Box::new(slack::SlackRig::that_is_called()),
    ]
}

/// Every door that can do this.
pub(crate) fn with(can: fn(&Capabilities) -> bool) -> Vec<Box<dyn Rig>> {
    let mut doors = all();
    doors.retain(|rig| can(&rig.adapter().descriptor().capabilities));
    doors
}

fn describe(adapter: &'static str, kind: ChannelKind, capabilities: Capabilities) -> Descriptor {
    let files = capabilities.media_in || capabilities.media_out;
    Descriptor {
        channel: "reference".parse().unwrap(),
        kind,
        adapter,
        capabilities,
        limits: Limits {
            text_bytes_max: 4_000,
            file_bytes_max: if files { 1_000 } else { 0 },
            files_max: usize::from(files),
        },
        reply_window: ReplyWindow::Always,
    }
}

/// What a reference door makes of a contact's words.
fn inbound(descriptor: &Descriptor, id: &str, text: &str, assurance: Assurance) -> Inbound {
    Inbound {
        channel: descriptor.channel.clone(),
        external_id: id.to_owned(),
        external_conversation: None,
        sender: Sender {
            kind: "user_id".to_owned(),
            value: "contact".to_owned(),
            assurance,
            contact: None,
            name: String::new(),
            locale: None,
        },
        occurred_at: None,
        received_at: Timestamp(1),
        payload: Payload::MessageNew(NewMessage { text: text.to_owned(), ..NewMessage::default() }),
        raw: Bytes::new(),
    }
}

/// A platform's signature over the raw bytes, in hexadecimal.
fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
