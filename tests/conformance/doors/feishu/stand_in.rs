//! Feishu's servers as its documents describe them: the long connection and the API.

use super::wire::Frame;
use super::{FarEnd, KEYS, SECRET};
use channels::Outcome;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tests::cloud::{Answered, Asked, Line, Network};
use tests::watched::Watched;
use tokio_tungstenite::tungstenite::Message;

/// The app.
pub(crate) const APP: &str = "cli_9f5343c580712544";
/// The one member of the organisation.
pub(crate) const MEMBER: &str = "ou_84aad35d084aa403a838cf73ee18467";
/// The robot.
const ROBOT: &str = "ou_robot";
/// A group.
pub(crate) const CHAT: &str = "oc_5ce6d572455d361153b7xx51da133945";

/// What it saw, and what it does next.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Every request, in order.
    pub(crate) asked: Vec<Asked>,
    /// Every frame that clients sent.
    pub(crate) frames: Vec<Frame>,
    /// Tokens that were given out; the last one is taken.
    pub(crate) tokens: usize,
    /// Is the token that was given last not taken any more?
    pub(crate) is_revoked: bool,
    /// What the next requests under a path get instead.
    pub(crate) instead: VecDeque<(&'static str, u16, Value)>,
    /// Frames to say next.
    pub(crate) to_say: VecDeque<Frame>,
    /// So many of the next lines are cut as soon as they stand.
    pub(crate) cuts: usize,
    /// In how many parts a message comes; 0 is one.
    pub(crate) parts: usize,
}

/// Feishu.
#[derive(Debug)]
pub(crate) struct StandIn {
    pub(crate) far_end: FarEnd,
    pub(crate) seen: Watched<Seen>,
    address: String,
}

impl StandIn {
    pub(super) fn at(address: &str) -> Self {
        let (far_end, seen) = (FarEnd::that_knows_ids(), Watched::default());
        Self { far_end, seen, address: address.to_owned() }
    }

    /// Says a frame over the line that stands, or the next one.
    pub(crate) fn says(&self, frame: Frame) {
        self.seen.change(|seen| seen.to_say.push_back(frame));
    }

    /// An event with a message of the member.
    pub(crate) fn message(&self, id: &str, text: &str) -> Value {
        let sender = json!({
            "sender_id": { "union_id": "on_8ed6aa", "user_id": "e33ggbyz", "open_id": MEMBER },
            "sender_type": "user", "tenant_key": "736588c9260f175e",
        });
        let message = json!({
            "message_id": id, "chat_id": "oc_p2p", "chat_type": "p2p", "message_type": "text",
            "create_time": "1792398600123", "content": json!({ "text": text }).to_string(),
        });
        event(id, "im.message.receive_v1", json!({ "sender": sender, "message": message }))
    }

    fn is_down(&self) -> bool {
        self.far_end.fetch(usize::MAX).is_err()
    }

    fn knows(&self, asked: &Asked) -> bool {
        let given = asked.headers.get("authorization").map(String::as_str).unwrap_or_default();
        self.seen.look(|seen| !seen.is_revoked && given == format!("Bearer t-{}", seen.tokens))
    }

    fn said(&self, uuid: &str) -> Answered {
        match self.far_end.carry(uuid) {
            Outcome::Sent(ids) => fine(json!({ "message_id": ids[0], "msg_type": "text" })),
            Outcome::RecipientGone => refused(230_013, "Bot has NO availability to this user."),
            Outcome::InDoubt(_) => Answered::Cut,
            _ => away(),
        }
    }

    fn answer_with_token(&self, asked: &Asked) -> Answered {
        if !self.knows(asked) {
            return refused(99_991_663, "Invalid access token for authorization.");
        }
        let path: Vec<&str> = asked.path.split('/').skip(2).collect();
        let body = asked.json();
        match (asked.method.as_str(), path.as_slice()) {
            ("POST", ["im", "v1", "messages"] | ["im", "v1", "messages", _, "reply"]) => {
                self.said(body["uuid"].as_str().unwrap())
            }
            ("GET", ["im", "v1", "messages", _, "resources", _]) => {
                Answered::Bytes(b"what lies in a file".to_vec())
            }
            ("PUT" | "PATCH" | "DELETE", ["im", "v1", "messages", _])
            | ("POST", ["im", "v1", "messages", _, "reactions"]) => fine(json!({})),
            ("POST", ["im", "v1", "images"]) => fine(json!({ "image_key": "img_v2_up" })),
            ("POST", ["im", "v1", "files"]) => fine(json!({ "file_key": "file_v2_up" })),
            ("GET", ["bot", "v3", "info"]) => {
                let robot = json!({ "open_id": ROBOT, "app_name": "政务小助手" });
                Answered::Json(200, json!({ "code": 0, "msg": "ok", "bot": robot }))
            }
            ("GET", ["contact", "v3", "users", MEMBER]) => fine(json!({ "user": {
                "open_id": MEMBER, "user_id": "e33ggbyz", "name": "王小丽",
                "enterprise_email": "wang@city.gov.cn", "email": "", "mobile": "+8613800138000",
                "employee_no": "4220", "department_ids": ["od-2"],
                "avatar": { "avatar_240": "https://s1-imfile.feishucdn.com/a.jpg" },
            } })),
            ("GET", ["contact", "v3", "users", _]) => refused(41_012, "user id invalid error"),
            ("GET", ["contact", "v3", "departments", id]) => {
                let (name, parent) = match *id {
                    "od-2" => ("窗口一科", "od-1"),
                    "od-1" => ("政务服务中心", "0"),
                    _ => ("某市政府", ""),
                };
                let department = json!({ "name": name, "parent_department_id": parent });
                fine(json!({ "department": department }))
            }
            _ => Answered::Json(404, json!({ "code": 404, "msg": "no such path" })),
        }
    }
}

/// An event in its envelope.
fn event(id: &str, kind: &str, event: Value) -> Value {
    let header = json!({
        "event_id": format!("event-{id}"), "event_type": kind, "create_time": "1792398600000",
        "token": KEYS.1, "app_id": APP, "tenant_key": "2ca1d211f64f6438",
    });
    json!({ "schema": "2.0", "header": header, "event": event })
}

fn fine(data: Value) -> Answered {
    Answered::Json(200, json!({ "code": 0, "msg": "success", "data": data }))
}

fn refused(code: i64, words: &str) -> Answered {
    Answered::Json(400, json!({ "code": code, "msg": words }))
}

fn away() -> Answered {
    Answered::Json(503, json!({ "message": "service unavailable" }))
}

impl Network for StandIn {
    fn answer(&self, asked: &Asked) -> Answered {
        let instead = self.seen.change(|seen| {
            seen.asked.push(asked.clone());
            let is_next = seen.instead.front().is_some_and(|(path, ..)| *path == asked.path);
            seen.instead.pop_front_if(|_| is_next)
        });
        if let Some((_, status, body)) = instead {
            return Answered::With(status, ("x-ogw-ratelimit-reset", "7".to_owned()), body);
        }
        if self.is_down() {
            return away();
        }
        let body = asked.json();
        match asked.path.as_str() {
            "/ws" => Answered::Socket,
            "/callback/ws/endpoint" if body["AppSecret"] == SECRET && body["AppID"] == APP => {
                let url = format!("ws://{}/ws?device_id=7&service_id=33554678", self.address);
                let config = json!({
                    "ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0,
                    "PingInterval": 120,
                });
                fine(json!({ "URL": url, "ClientConfig": config }))
            }
            "/callback/ws/endpoint" => {
                Answered::Json(200, json!({ "code": 1_000_040_345, "msg": "app secret invalid" }))
            }
            "/open-apis/auth/v3/tenant_access_token/internal" if body["app_secret"] == SECRET => {
                let n = self.seen.change(|seen| {
                    (seen.tokens, seen.is_revoked) = (seen.tokens + 1, false);
                    seen.tokens
                });
                let token = format!("t-{n}");
                let token = json!({
                    "code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7140,
                });
                Answered::Json(200, token)
            }
            "/open-apis/auth/v3/tenant_access_token/internal" => {
                Answered::Json(200, json!({ "code": 10_014, "msg": "app secret invalid" }))
            }
            _ => self.answer_with_token(asked),
        }
    }

    fn talk(&self, asked: Asked, line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if asked.query.get("device_id").map(String::as_str) == Some("7") {
                self.talk_until_it_ends(line).await;
            }
        })
    }
}

impl StandIn {
    async fn talk_until_it_ends(&self, mut line: Line) {
        if !self.far_end.connects() {
            return;
        }
        let is_cut = self.seen.change(|seen| {
            let left = seen.cuts.checked_sub(1);
            seen.cuts = left.unwrap_or(0);
            left.is_some()
        });
        if is_cut {
            return;
        }
        // What was not acknowledged comes again.
        let mut sent = self.far_end.confirmed();
        loop {
            let Ok(news) = self.far_end.fetch(sent) else { return };
            let (mut frames, parts) = self
                .seen
                .change(|seen| (seen.to_say.drain(..).collect::<Vec<Frame>>(), seen.parts.max(1)));
            for (id, text) in news {
                frames.extend(in_parts(sent, &self.message(&id, &text), parts));
                sent += 1;
            }
            for frame in frames {
                if line.send(Message::binary(frame.encode_to_vec())).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                came = line.next() => match came {
                    Some(Ok(Message::Binary(bytes))) => {
                        let Some(answer) = self.hears(Frame::decode(bytes).unwrap()) else { continue };
                        let answer = Message::binary(answer.encode_to_vec());
                        if line.send(answer).await.is_err() {
                            return;
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = self.far_end.stirs(sent, false) => {}
                _ = self.seen.within(Duration::from_secs(1), |seen| {
                    (!seen.to_say.is_empty()).then_some(())
                }) => {}
            }
        }
    }

    /// Takes a frame in; the answer to a ping.
    fn hears(&self, frame: Frame) -> Option<Frame> {
        let is_ping = frame.method == 0 && frame.header("type") == "ping";
        let payload = frame.payload.as_deref().unwrap_or_default();
        let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
        let place = frame.header("message_id").strip_prefix("frame_");
        let place = place.and_then(|place| place.parse::<usize>().ok());
        if frame.method == 1
            && answer["code"] == 200
            && let Some(place) = place
        {
            self.far_end.confirm(place + 1);
        }
        self.seen.change(|seen| seen.frames.push(frame));
        is_ping.then(|| {
            let config = json!({
                "ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0,
                "PingInterval": 90,
            });
            Frame::with(0, &[("type", "pong")], config.to_string().as_bytes())
        })
    }
}

/// A message's frames, the last part first.
fn in_parts(place: usize, event: &Value, parts: usize) -> Vec<Frame> {
    let whole = event.to_string().into_bytes();
    let size = whole.len().div_ceil(parts);
    let id = format!("frame_{place}");
    let one = |(n, piece): (usize, &[u8])| {
        let (sum, seq) = (parts.to_string(), n.to_string());
        let headers = [
            ("type", "event"),
            ("message_id", &*id),
            ("trace_id", "t1"),
            ("sum", &*sum),
            ("seq", &*seq),
        ];
        Frame::with(1, &headers, piece)
    };
    whole.chunks(size).enumerate().map(one).rev().collect()
}
