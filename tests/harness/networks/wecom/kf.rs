//! The part of 微信客服: messages are fetched from a cursor on.

use super::{ACCOUNT, Answered, Asked, CALL_TOKEN, MEMBER, StandIn, bad, calls, good};
use serde_json::{Value, json};

impl StandIn {
    pub(super) fn kf(&self, path: &str, asked: &Asked) -> Answered {
        let body = asked.json();
        match path {
            "sync_msg" => self.sync(&body),
            "send_msg" => self.answer_customer(&body),
            "send_msg_on_event" => self.greet(&body),
            "service_state/get" => {
                let state = self.seen.look(|seen| seen.service_state);
                good(&json!({ "service_state": state, "service_userid": "kefu" }))
            }
            "account/list" => good(&json!({ "account_list": match body["offset"].as_u64() {
                Some(0) => json!([{ "open_kfid": ACCOUNT, "name": "政务服务", "avatar": "https://a" }]),
                _ => json!([]),
            } })),
            "customer/batchget" => {
                let is_known = body["external_userid_list"] == json!([MEMBER]);
                let known = json!([{ "external_userid": MEMBER, "nickname": "小王", "gender": 2,
                                     "avatar": "http://wx.qlogo.cn/mmhead/x", "unionid": "ozynqsu" }]);
                good(&json!({ "customer_list": if is_known { known } else { json!([]) } }))
            }
            _ => bad(40_066, "invalid url"),
        }
    }

    fn sync(&self, body: &Value) -> Answered {
        if body["open_kfid"] != ACCOUNT {
            return bad(95000, "invalid open_kfid");
        }
        if !body["token"].is_null() && body["token"] != CALL_TOKEN {
            return bad(95007, "invalid msg token");
        }
        let cursor = body["cursor"].as_str().unwrap_or("c0");
        let Some(after) = cursor.strip_prefix('c').and_then(|n| n.parse().ok()) else {
            return bad(40058, "invalid Request Parameter: cursor");
        };
        self.far_end.confirm(after);
        let Ok(more) = self.far_end.fetch(after) else { return Answered::Cut };
        if self.seen.look(|seen| seen.is_coy) {
            return good(&json!({ "next_cursor": cursor, "has_more": 1, "msg_list": [] }));
        }
        let limit = body["limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1_000);
        let page: Vec<Value> =
            more.iter().take(limit).map(|(id, text)| self.message(id, text)).collect();
        good(&json!({
            "next_cursor": format!("c{}", after + page.len()),
            "has_more": u8::from(page.len() < more.len()),
            "msg_list": page,
        }))
    }

    fn message(&self, id: &str, text: &str) -> Value {
        let mut message = json!({
            "msgid": id, "open_kfid": ACCOUNT, "external_userid": MEMBER, "send_time": calls::now(),
            "origin": 3, "msgtype": "text", "text": { "content": text },
        });
        let more = self.seen.look(|seen| seen.fields.get(id).cloned()).unwrap_or_default();
        for (key, value) in more.as_object().into_iter().flatten() {
            message[key] = value.clone();
        }
        message
    }

    fn answer_customer(&self, body: &Value) -> Answered {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let (kind, msgid) = (text("msgtype"), text("msgid"));
        let content = &body[kind];
        if text("open_kfid") != ACCOUNT {
            return bad(95000, "invalid open_kfid");
        }
        if text("touser") != MEMBER {
            return bad(40096, "invalid external userid");
        }
        let is_whole = match kind {
            "text" => {
                content["content"].as_str().is_some_and(|text| (1..=2_048).contains(&text.len()))
            }
            "msgmenu" => content["list"].as_array().is_some_and(|list| !list.is_empty()),
            "image" | "voice" | "video" | "file" => {
                self.knows_file(content["media_id"].as_str().unwrap_or_default(), kind)
            }
            _ => return bad(40008, "invalid message type"),
        };
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !is_whole || msgid.len() > 32 || !msgid.chars().all(is_id) {
            return bad(40058, "invalid Request Parameter");
        }
        // Nothing is documented of an id that comes again, so the worst is done: it arrives again.
        self.carry(MEMBER, msgid, 40096, &json!({ "msgid": msgid }))
    }

    /// By the code of an event, whatever the window says.
    fn greet(&self, body: &Value) -> Answered {
        if body["code"] != "WELCOME" || !body["msgid"].is_string() {
            return bad(95_021, "invalid code");
        }
        good(&json!({ "msgid": body["msgid"] }))
    }
}
