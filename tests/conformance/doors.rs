//! The doors under test, each with a far end that obeys the test.

mod bridge;
mod called_back;
mod far_end;
mod matrix;
mod polled;
mod push;
mod socket;
mod telephone;
pub(crate) mod way_out;
mod web_chat;

use bytes::Bytes;
use channels::{
    Assurance, Capabilities, ChannelAdapter, Descriptor, Inbound, Limits, NewMessage, Payload,
    RawRequest, ReplyWindow, Sender,
};
use domain::{ChannelKind, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;

pub(crate) use far_end::FarEnd;

/// A secret that every door is configured with and none may show.
pub(crate) const SECRET: &str = "CANARY-secret-of-the-far-end";

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
    /// An authentic request that says nothing readable.
    fn gibberish(&self) -> Option<RawRequest> {
        None
    }
    /// Does a signature cover the body? Some networks show a token only.
    fn signs_the_body(&self) -> bool {
        true
    }
    /// What the network calls a file of a contact, of at least 11 bytes.
    fn file(&self) -> String {
        "f1".to_owned()
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
        Box::new(polled::PolledRig::open()),
        Box::new(called_back::CalledBackRig::open()),
        Box::new(socket::SocketRig::open()),
        Box::new(push::PushRig::open()),
        Box::new(telephone::TelephoneRig::open()),
        Box::new(matrix::MatrixRig::open()),
        Box::new(bridge::BridgeRig::open()),
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
