//! Matrix, with a homeserver that obeys the test. `matrix` has a real one.

use super::{FarEnd, Rig, SECRET, way_out};
use channels::matrix::Matrix;
use channels::{ChannelAdapter, Outcome, RawRequest};
use domain::{Audience, Channel, ChannelKind, Localized};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::http_server::{Asked, HttpServer, Told};

const DESK: &str = "@desk:reference.test";
const CONTACT: &str = "@contact:reference.test";

pub(super) struct MatrixRig {
    adapter: Arc<Matrix>,
    far_end: FarEnd,
    _homeserver: HttpServer,
}

/// A homeserver of one room.
#[derive(Debug, Default)]
struct Homeserver {
    far_end: FarEnd,
    is_out: AtomicBool,
}

impl MatrixRig {
    pub(super) fn open() -> Self {
        let far_end = FarEnd::that_knows_ids();
        let homeserver = Arc::new(Homeserver { far_end: far_end.clone(), ..Homeserver::default() });
        let server = HttpServer::start(move |asked| {
            let homeserver = homeserver.clone();
            async move { homeserver.answer(&asked) }
        });
        let channel = Channel {
            id: "reference".parse().unwrap(),
            name: Localized::default(),
            kind: ChannelKind::Im,
            adapter: "matrix".to_owned(),
            audience: Audience::Public,
            topics: Vec::new(),
            enabled: true,
            settings: json!({
                "homeserver": server.url(), "server_name": "reference.test",
                "as_token": SECRET, "hs_token": SECRET,
            }),
        };
        let adapter = Arc::new(Matrix::open(&channel, &way_out::means()).unwrap());
        Self { adapter, far_end, _homeserver: server }
    }

    fn put(&self, body: Vec<u8>) -> RawRequest {
        let below = "/_matrix/app/v1/transactions/1".to_owned();
        RawRequest {
            method: "PUT".to_owned(),
            path_and_query: format!("/v1/callbacks/reference{below}"),
            below,
            headers: vec![("authorization".to_owned(), format!("Bearer {SECRET}").into())],
            body: body.into(),
        }
    }
}

impl Homeserver {
    fn answer(&self, asked: &Asked) -> Option<Told> {
        let parts: Vec<&str> = asked.path().split('/').skip(2).collect();
        let well = |value: Value| Some(Told::json(200, &value));
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["client", "v3", "register"]) => well(json!({})),
            ("GET", ["client", "v3", "account", "whoami"]) => well(json!({ "user_id": DESK })),
            ("GET", ["client", "v3", "directory", "room", _]) => {
                well(json!({ "room_id": "!room:reference.test" }))
            }
            ("GET", ["client", "v3", "rooms", _, "joined_members"]) => {
                well(json!({ "joined": { DESK: {}, CONTACT: {} } }))
            }
            ("GET", ["client", "v3", "rooms", _, "state", "m.room.member", _]) => {
                let is_out = self.is_out.load(Ordering::SeqCst);
                well(json!({ "membership": if is_out { "leave" } else { "join" } }))
            }
            ("GET", ["client", "v3", "rooms", _, "messages"]) => {
                well(json!({ "chunk": self.sent() }))
            }
            ("PUT", ["client", "v3", "rooms", _, "send", _, id]) => self.send(id),
            ("PUT", ["client", "v3", "rooms", _, "redact", _, id]) => {
                well(json!({ "event_id": format!("$redacted-{id}") }))
            }
            ("GET", ["client", "v1", "media", "download", "reference.test", "f1"]) => {
                Some(Told { status: 200, headers: Vec::new(), body: vec![7; 1_000].into() })
            }
            _ => Some(Told::json(404, &json!({ "errcode": "M_UNRECOGNIZED" }))),
        }
    }

    fn send(&self, id: &str) -> Option<Told> {
        match self.far_end.carry(id) {
            Outcome::Sent(ids) => Some(Told::json(200, &json!({ "event_id": ids[0] }))),
            Outcome::RecipientGone => {
                self.is_out.store(true, Ordering::SeqCst);
                Some(Told::json(403, &json!({ "errcode": "M_FORBIDDEN" })))
            }
            Outcome::Unavailable(_) => Some(Told::json(503, &json!({ "errcode": "M_UNKNOWN" }))),
            _ => None,
        }
    }

    fn sent(&self) -> Vec<Value> {
        let event = |id: String| {
            json!({
                "event_id": format!("far-{id}"), "sender": DESK, "content": { "hutong.command": id },
            })
        };
        self.far_end.reached().into_iter().map(event).collect()
    }
}

impl Rig for MatrixRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.adapter.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        let event = json!({
            "type": "m.room.message", "event_id": id, "room_id": "!room:reference.test",
            "sender": CONTACT, "origin_server_ts": 1, "content": { "msgtype": "m.text", "body": text },
        });
        Some(self.put(json!({ "events": [event] }).to_string().into_bytes()))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(self.put(b"\xff{".to_vec()))
    }
    fn signs_bodies(&self) -> bool {
        false
    }
    fn media(&self) -> String {
        "mxc://reference.test/f1".to_owned()
    }
}
