//! DingTalk's servers as its documents describe them: the gateway of Stream mode, the robot's API, the
//! older API, session webhooks.

use super::{FarEnd, Held, SECRET};
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use channels::Outcome;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use tokio_tungstenite::tungstenite::Message;

/// The first member of the organisation.
pub const MEMBER: &str = "contact";

/// What it saw, and what it does next.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every request, in order.
    pub asked: Vec<Asked>,
    /// Every frame that clients sent.
    pub frames: Vec<Value>,
    /// What session webhooks were told.
    pub by_session: Vec<Value>,
    /// Tokens that were given out; the last one is taken.
    pub tokens: usize,
    /// Is the token that was given last no longer taken?
    pub is_revoked: bool,
    /// Who says the messages with these ids, where it is not the first member.
    pub speakers: BTreeMap<String, String>,
    /// Every message says where its session webhook stands.
    pub has_sessions: bool,
    /// Every frame comes so many times more.
    pub repeats: usize,
    /// How often the lines were cut.
    pub cuts: usize,
    /// What the next requests under a path get instead.
    pub instead: VecDeque<(&'static str, u16, Value)>,
    /// Frames to say next.
    pub to_say: VecDeque<Value>,
    /// Messages' other fields, laid over those of a plain text.
    pub fields: Value,
}

/// DingTalk.
#[derive(Debug)]
pub struct StandIn {
    /// What people say, and what reached them.
    pub far_end: FarEnd,
    /// What it saw, and what it does next.
    pub seen: Watched<Seen>,
    address: String,
}

impl StandIn {
    /// One that stands at an address.
    pub fn at(address: &str) -> Self {
        let (far_end, seen) = (FarEnd::default(), Watched::default());
        Self { far_end, seen, address: address.to_owned() }
    }

    /// Says a frame over the line that stands, or the next one.
    pub fn says(&self, frame: Value) {
        self.seen.change(|seen| seen.to_say.push_back(frame));
    }

    /// Cuts the lines that stand, whatever is on its way.
    pub fn cuts_lines(&self) {
        self.seen.change(|seen| seen.cuts += 1);
    }

    fn is_member(&self, user: &str) -> bool {
        user == MEMBER || self.seen.look(|seen| seen.speakers.values().any(|known| known == user))
    }

    /// A robot's message, as it stands in a frame's `data`.
    pub fn message(&self, id: &str, text: &str) -> Value {
        let (speaker, has_session) =
            self.seen.look(|seen| (seen.speakers.get(id).cloned(), seen.has_sessions));
        let speaker = speaker.unwrap_or_else(|| MEMBER.to_owned());
        let mut data = json!({
            "conversationId": "cidJ3cKvyFJ3SyTmVxBPvXoPw==",
            "chatbotCorpId": "ding9f50b15bccd16741",
            "chatbotUserId": "$:LWCP_v1:$robot",
            "msgId": id,
            "senderNick": "王小丽",
            "isAdmin": false,
            "senderStaffId": speaker,
            "senderCorpId": "ding9f50b15bccd16741",
            "senderId": format!("$:LWCP_v1:${speaker}"),
            "createAt": 1_792_398_600_123_u64,
            "conversationType": "1",
            "robotCode": "dingue4kfzdxbyn0pjqd",
            "msgtype": "text",
            "text": { "content": text },
        });
        if has_session {
            data["sessionWebhook"] = self.session_of(&speaker).into();
            data["sessionWebhookExpiredTime"] = 4_000_000_000_000_u64.into();
        }
        let fields = self.seen.look(|seen| seen.fields.clone());
        for (key, value) in fields.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        data
    }

    /// Where the first member's session webhook stands.
    pub fn session(&self) -> String {
        self.session_of(MEMBER)
    }

    /// Where somebody's session webhook stands.
    pub fn session_of(&self, person: &str) -> String {
        format!("http://{}/robot/sendBySession?session={person}", self.address)
    }

    fn frame(&self, place: usize, id: &str, text: &str) -> Value {
        json!({
            "specVersion": "1.0",
            "type": "CALLBACK",
            "headers": {
                "appId": "f2b2ddba-8a3e-4c9e-a6ab-3e9f2a8c5d11",
                "connectionId": "bcd3a2b6-b14c-4c8e-9d6f",
                "contentType": "application/json",
                "messageId": format!("frame_{place}"),
                "time": "1792398600123",
                "topic": "/v1.0/im/bot/messages/get",
            },
            "data": self.message(id, text).to_string(),
        })
    }

    fn is_down(&self) -> bool {
        self.far_end.fetch(usize::MAX).is_err()
    }

    fn token(&self) -> Answered {
        let n = self.seen.change(|seen| {
            (seen.tokens, seen.is_revoked) = (seen.tokens + 1, false);
            seen.tokens
        });
        Answered::Json(200, json!({ "accessToken": format!("token-{n}"), "expireIn": 7200 }))
    }

    /// Is this the token that was given last?
    fn knows(&self, token: Option<&String>) -> bool {
        self.seen.look(|seen| !seen.is_revoked && token == Some(&format!("token-{}", seen.tokens)))
    }

    fn said(&self, to: &str, words: &str, list: &str) -> Answered {
        if !self.is_member(to) {
            return Answered::Json(200, json!({ "processQueryKey": "", list: [to] }));
        }
        match self.far_end.carry_to(to, words) {
            Err(Held) => Answered::Held,
            Ok(Outcome::Sent(ids)) => {
                Answered::Json(200, json!({ "processQueryKey": ids[0], list: [] }))
            }
            Ok(Outcome::RecipientGone) => {
                Answered::Json(200, json!({ "processQueryKey": "", list: [to] }))
            }
            Ok(Outcome::InDoubt(_)) => Answered::Cut,
            Ok(_) => away(),
        }
    }

    /// The session tells to whom; its own words are kept.
    fn said_by_session(&self, asked: &Asked, body: Value) -> Answered {
        let to = asked.query.get("session").map_or(MEMBER, String::as_str);
        let words = body["text"]["content"].as_str().unwrap_or_default().to_owned();
        self.seen.change(|seen| seen.by_session.push(body));
        match self.far_end.carry_to(to, &words) {
            Err(Held) => Answered::Held,
            Ok(Outcome::Sent(_)) => Answered::Json(200, json!({ "errcode": 0, "errmsg": "ok" })),
            _ => Answered::Cut,
        }
    }

    fn answer_with_token(&self, asked: &Asked) -> Answered {
        if !self.knows(asked.headers.get("x-acs-dingtalk-access-token")) {
            let body =
                json!({ "code": "InvalidAuthentication", "message": "不合法的access_token" });
            return Answered::Json(400, body);
        }
        let body = asked.json();
        let words = || -> String {
            let param: Value = serde_json::from_str(body["msgParam"].as_str().unwrap()).unwrap();
            let keys = ["content", "text", "photoURL", "mediaId"];
            keys.iter().find_map(|key| param[*key].as_str()).unwrap().to_owned()
        };
        match asked.path.as_str() {
            "/v1.0/robot/oToMessages/batchSend" => {
                self.said(body["userIds"][0].as_str().unwrap(), &words(), "invalidStaffIdList")
            }
            // Who is in the group reads it.
            "/v1.0/robot/groupMessages/send" => self.said(MEMBER, &words(), "none"),
            "/v1.0/robot/otoMessages/batchRecall" | "/v1.0/robot/groupMessages/recall" => {
                let keys = body["processQueryKeys"].clone();
                Answered::Json(200, json!({ "successResult": keys, "failedResult": {} }))
            }
            "/v1.0/robot/messageFiles/download" => {
                let code = body["downloadCode"].as_str().unwrap();
                let url = format!("http://{}/files/{code}", self.address);
                Answered::Json(200, json!({ "downloadUrl": url }))
            }
            _ => Answered::Json(404, json!({ "code": "InvalidAction.NotFound", "message": "" })),
        }
    }

    fn answer_old(&self, asked: &Asked) -> Answered {
        if !self.knows(asked.query.get("access_token")) {
            let body = json!({ "errcode": 40014, "errmsg": "不合法的access_token" });
            return Answered::Json(200, body);
        }
        let body = asked.json();
        Answered::Json(
            200,
            match asked.path.as_str() {
                "/media/upload" => {
                    json!({ "errcode": 0, "media_id": "@lADPDeC2uP3QBZs", "type": "file" })
                }
                "/topapi/v2/user/get" if !self.is_member(body["userid"].as_str().unwrap()) => {
                    json!({ "errcode": 60121, "errmsg": "找不到该用户" })
                }
                "/topapi/v2/user/get" => json!({ "errcode": 0, "errmsg": "ok", "result": {
                "userid": body["userid"], "unionid": "z21HjQliSzpw0YWCNxmii6u2Os62cZ62iSZ", "name": "王小丽",
                "mobile": "13800138000", "state_code": "86", "org_email": "wang@city.gov.cn",
                "email": "xiaoli@example.com", "job_number": "4220", "dept_id_list": [42],
                "avatar": "https://static-legacy.dingtalk.com/media/a.jpg",
            } }),
                _ => {
                    let (name, parent) = match body["dept_id"].as_i64() {
                        Some(42) => ("窗口一科", json!(7)),
                        Some(7) => ("政务服务中心", json!(1)),
                        _ => ("某市政府", Value::Null),
                    };
                    json!({ "errcode": 0, "result": { "name": name, "parent_id": parent } })
                }
            },
        )
    }
}

fn away() -> Answered {
    Answered::Json(503, json!({ "code": "ServiceUnavailable", "message": "服务暂不可用" }))
}

impl Network for StandIn {
    fn answer(&self, asked: &Asked) -> Answered {
        let instead = self.seen.change(|seen| {
            seen.asked.push(asked.clone());
            let place = seen.instead.iter().position(|(path, ..)| *path == asked.path);
            place.and_then(|place| seen.instead.remove(place))
        });
        if let Some((_, status, body)) = instead {
            return Answered::Json(status, body);
        }
        if self.is_down() {
            return away();
        }
        let body = asked.json();
        match asked.path.as_str() {
            "/connect" => Answered::Socket,
            "/v1.0/gateway/connections/open" if body["clientSecret"] == SECRET => {
                let endpoint = format!("ws://{}/connect", self.address);
                Answered::Json(200, json!({ "endpoint": endpoint, "ticket": "dd8f4c+e/=" }))
            }
            "/v1.0/oauth2/accessToken" if body["appSecret"] == SECRET => self.token(),
            "/v1.0/gateway/connections/open" | "/v1.0/oauth2/accessToken" => {
                let message = "无效的clientId或者clientSecret";
                Answered::Json(
                    400,
                    json!({ "code": "invalidClientIdOrSecret", "message": message }),
                )
            }
            "/robot/sendBySession" => self.said_by_session(asked, body),
            path if path.starts_with("/files/") => Answered::Bytes(b"what lies in a file".to_vec()),
            path if path.starts_with("/v1.0/") => self.answer_with_token(asked),
            _ => self.answer_old(asked),
        }
    }

    fn talk(&self, asked: Asked, line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // A ticket is good only as it was given.
            if asked.query.get("ticket").map(String::as_str) == Some("dd8f4c+e/=") {
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
        // What was not acknowledged comes again.
        let mut sent = self.far_end.confirmed();
        let cuts = self.seen.look(|seen| seen.cuts);
        loop {
            let Ok(news) = self.far_end.fetch(sent) else { return };
            let mut frames: Vec<Value> = self.seen.change(|seen| seen.to_say.drain(..).collect());
            let repeats = self.seen.look(|seen| seen.repeats);
            for (id, text) in news {
                let frame = self.frame(sent, &id, &text);
                frames.extend(std::iter::repeat_n(frame, 1 + repeats));
                sent += 1;
            }
            for frame in frames {
                if line.send(Message::text(frame.to_string())).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                came = line.next() => match came {
                    Some(Ok(Message::Text(frame))) => self.hears(&frame),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = self.far_end.stirs(sent, false) => {}
                _ = self.seen.within(std::time::Duration::from_secs(1), |seen| {
                    (!seen.to_say.is_empty() || seen.cuts != cuts).then_some(())
                }) => {}
            }
            if self.seen.look(|seen| seen.cuts != cuts) {
                return;
            }
        }
    }

    fn hears(&self, frame: &str) {
        let frame: Value = serde_json::from_str(frame).unwrap();
        let place = frame
            .pointer("/headers/messageId")
            .and_then(Value::as_str)
            .and_then(|id| id.strip_prefix("frame_")?.parse::<usize>().ok());
        // `data` must be a text: otherwise nothing is acknowledged.
        if frame["code"] == 200
            && frame["data"].is_string()
            && let Some(place) = place
        {
            self.far_end.confirm(place + 1);
        }
        self.seen.change(|seen| seen.frames.push(frame));
    }
}
