//! JPush's Push API v3.

use super::Seen;
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The app.
pub const APP: &str = "7d431e42dfa6a6d693ac2d04";
/// Its secret.
pub const SECRET: &str = "CANARY5e987ac6d2e04d95a9";
/// Where notifications are pushed.
pub const PUSH: &str = "/v3/push";
/// Where `cid`s are given.
pub const CID: &str = "/v3/push/cid";

/// JPush.
#[derive(Debug, Default)]
pub struct Jpush {
    /// What it saw, and what it does next.
    pub seen: Watched<Seen>,
    /// `cid`s that were given, with the message that each became.
    cids: Watched<BTreeMap<String, Option<usize>>>,
}

/// An error as JPush words it.
pub fn error(http: u16, code: u64, message: &str) -> Answered {
    Answered::Json(http, json!({ "error": { "code": code, "message": message } }))
}

impl Jpush {
    fn give_cids(&self, asked: &Asked) -> Answered {
        let count = asked.query.get("count").map_or(Some(1), |count| count.parse().ok());
        let Some(count @ 1..=1_000_usize) = count else {
            return error(400, 1003, "count must be in [1, 1000]");
        };
        let given = self.cids.change(|cids| {
            let from = cids.len();
            let new =
                (from..from + count).map(|n| format!("{APP}-{n:08x}-471c-49f3-b442-a05c20c9ed56"));
            let new: Vec<String> = new.collect();
            cids.extend(new.iter().map(|cid| (cid.clone(), None)));
            new
        });
        Answered::Json(200, json!({ "cidlist": given }))
    }

    fn push(&self, asked: &Asked, is_tried: bool) -> Answered {
        let body = asked.json();
        let known = match body["cid"].as_str() {
            None => None,
            Some(cid) => match self.cids.look(|cids| cids.get(cid).copied()) {
                None => return error(400, 1003, "cid is invalid"),
                Some(known) => known,
            },
        };
        if let Some(known) = known {
            return sent(known);
        }
        let ids = body["audience"]["registration_id"].as_array();
        let Some(ids) = ids.filter(|ids| !ids.is_empty() && ids.iter().all(Value::is_string))
        else {
            return error(400, 1003, "audience is invalid");
        };
        if body["platform"].is_null() || body["notification"].is_null() {
            return error(400, 1002, "platform or notification is missing");
        }
        let (ios, android) = (&body["notification"]["ios"], &body["notification"]["android"]);
        if ios.to_string().len() > 2_000 || android.to_string().len() > 4_000 {
            return error(400, 1005, "notification is too long");
        }
        let is_dead = |id: &Value| self.seen.look(|seen| seen.dead.contains(id.as_str().unwrap()));
        if ids.iter().all(is_dead) {
            return error(400, 1011, "cannot find user by this audience");
        }
        if is_tried {
            return sent(0);
        }
        let place = self.seen.change(|seen| {
            seen.shown.push(body.clone());
            seen.shown.len()
        });
        if let Some(cid) = body["cid"].as_str() {
            self.cids.change(|cids| cids.insert(cid.to_owned(), Some(place)));
        }
        sent(place)
    }
}

fn sent(place: usize) -> Answered {
    Answered::Json(200, json!({ "sendno": "0", "msg_id": (1_828_256_757 + place).to_string() }))
}

impl Network for Jpush {
    fn answer(&self, asked: &Asked) -> Answered {
        if let Some(instead) = self.seen.change(|seen| seen.note(asked)) {
            return instead;
        }
        let wanted = format!("Basic {}", STANDARD.encode(format!("{APP}:{SECRET}")));
        if asked.headers.get("authorization") != Some(&wanted) {
            return error(401, 1004, "Authen failed");
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", CID) => self.give_cids(asked),
            ("POST", PUSH) => self.push(asked, false),
            ("POST", "/v3/push/validate") => self.push(asked, true),
            _ => Answered::Json(404, Value::Null),
        }
    }

    fn talk(&self, _asked: Asked, _line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
