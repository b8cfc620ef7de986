//! The part for self-built apps: messages, material, the directory.

use super::{AGENT, Answered, Asked, StandIn, bad, good};
use serde_json::{Value, json};

/// The file that lies there from the beginning.
const FILE: &[u8] = &[7; 1_000];

impl StandIn {
    pub(super) fn app(&self, path: &str, asked: &Asked) -> Answered {
        let query = |name: &str| asked.query.get(name).map_or("", String::as_str);
        match (asked.method.as_str(), path) {
            ("POST", "message/send") => self.send(&asked.json()),
            ("POST", "message/recall") if asked.json()["msgid"].is_string() => good(&json!({})),
            ("POST", "message/recall") => bad(40058, "invalid Request Parameter: msgid"),
            ("POST", "media/upload") => self.upload(query("type"), asked),
            ("GET", "media/get") => self.download(query("media_id")),
            ("GET", "agent/get") if query("agentid") == AGENT.to_string() => {
                good(&json!({ "agentid": AGENT, "name": "政务服务" }))
            }
            ("GET", "agent/get") => {
                bad(301_002, "not allow operate another agent with this accesstoken")
            }
            ("GET", "user/get") if self.is_member(query("userid")) => {
                good(&member(query("userid")))
            }
            ("GET", "user/get") => bad(60111, "userid not found"),
            ("GET", "department/get") => match query("id") {
                "12" => good(
                    &json!({ "department": { "id": 12, "name": "窗口一组", "parentid": 5, "order": 1 } }),
                ),
                "5" => good(
                    &json!({ "department": { "id": 5, "name": "社保局", "parentid": 1, "order": 2 } }),
                ),
                _ => bad(60011, "no privilege to access/modify contact/party/agent"),
            },
            _ => bad(40_066, "invalid url"),
        }
    }

    fn send(&self, body: &Value) -> Answered {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        if body["agentid"] != AGENT {
            return bad(40056, "invalid agentid");
        }
        if !self.is_member(text("touser")) {
            return bad(81013, "user & party & tag all invalid");
        }
        let kind = text("msgtype");
        let content = &body[kind];
        let words = match kind {
            "text" | "markdown" => content["content"].as_str().unwrap_or_default(),
            "template_card" => {
                let buttons = content["button_list"].as_array().map_or(0, Vec::len);
                let is_whole = content["card_type"] == "button_interaction"
                    && content["task_id"].is_string()
                    && (1..=6).contains(&buttons);
                if !is_whole {
                    return bad(40058, "invalid Request Parameter: template_card");
                }
                content["sub_title_text"].as_str().unwrap_or_default()
            }
            "image" | "voice" | "video" | "file" => {
                let id = content["media_id"].as_str().unwrap_or_default();
                if !self.knows_file(id, kind) {
                    return bad(40007, "invalid media_id");
                }
                id
            }
            _ => return bad(40008, "invalid message type"),
        };
        if words.is_empty() {
            return bad(44004, "content is empty");
        }
        let sent =
            json!({ "invaliduser": "", "msgid": format!("far-{words}"), "response_code": "x" });
        self.carry(text("touser"), words, 81013, &sent)
    }

    /// Was this uploaded as this sort?
    pub(super) fn knows_file(&self, id: &str, kind: &str) -> bool {
        let place = id.strip_prefix("media-").and_then(|n| n.parse::<usize>().ok());
        self.seen.look(|seen| {
            place.and_then(|place| seen.files.get(place)).is_some_and(|(sort, ..)| sort == kind)
        })
    }

    /// A form with one file in a part named `media`.
    fn upload(&self, kind: &str, asked: &Asked) -> Answered {
        if !["image", "voice", "video", "file"].contains(&kind) {
            return bad(40004, "invalid media type");
        }
        let Some((name, bytes)) = part(asked) else { return bad(41005, "missing media data") };
        if bytes.len() <= 5 {
            return bad(40006, "invalid file size");
        }
        let id = self.seen.change(|seen| {
            seen.files.push((kind.to_owned(), name, bytes));
            format!("media-{}", seen.files.len() - 1)
        });
        good(&json!({ "type": kind, "media_id": id, "created_at": "1380000000" }))
    }

    fn download(&self, id: &str) -> Answered {
        let place = id.strip_prefix("media-").and_then(|n| n.parse::<usize>().ok());
        let kept = self.seen.look(|seen| seen.files.get(place?).map(|(.., bytes)| bytes.clone()));
        match kept {
            Some(bytes) => Answered::Bytes(bytes),
            None if id == "f1" => Answered::Bytes(FILE.to_vec()),
            None => bad(40007, "invalid media_id"),
        }
    }
}

fn member(user: &str) -> Value {
    json!({
        "userid": user, "name": "李明", "department": [5, 12], "main_department": 12,
        "position": "科员", "mobile": "13800001234", "biz_mail": "liming@city.example",
        "avatar": "https://wework.qpic.cn/wwhead/x", "status": 1,
        "extattr": { "attrs": [{ "type": 0, "name": "工号", "text": { "value": "G0042" } }] },
    })
}

/// The file's name and its bytes.
fn part(asked: &Asked) -> Option<(String, Vec<u8>)> {
    let kind = asked.headers.get("content-type")?;
    let boundary = kind.strip_prefix("multipart/form-data; boundary=")?.trim_matches('"');
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
    let begin = find(&asked.body, b"\r\n\r\n")?;
    let head = String::from_utf8(asked.body[..begin].to_vec()).ok()?;
    let disposition =
        head.lines().find(|line| line.starts_with("Content-Disposition: form-data"))?;
    if !disposition.contains("name=\"media\"") {
        return None;
    }
    let name = disposition.split("filename=\"").nth(1)?.split('"').next()?;
    let content = &asked.body[begin + 4..];
    let end = find(content, format!("\r\n--{boundary}--").as_bytes())?;
    Some((name.to_owned(), content[..end].to_vec()))
}
