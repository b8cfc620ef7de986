//! Huawei's token server, and Push Kit's v1 behind it.

use super::{Seen, form};
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// The app.
pub const APP: &str = "100123456";
/// Its secret.
pub const SECRET: &str = "CANARY-client-secret";
/// Where messages are sent.
pub const SEND: &str = "/v1/100123456/messages:send";
/// Where access tokens are given.
pub const TOKEN: &str = "/oauth2/v3/token";

/// Push Kit.
#[derive(Debug, Default)]
pub struct Huawei {
    /// What it saw, and what it does next.
    pub seen: Watched<Seen>,
}

/// An answer as Huawei words it.
pub fn says(http: u16, code: &str, message: &str) -> Answered {
    let request = "157466304904000004000701";
    Answered::Json(http, json!({ "code": code, "msg": message, "requestId": request }))
}

impl Huawei {
    fn give_access(&self, asked: &Asked) -> Answered {
        let form = form(asked);
        let field = |key: &str| form.get(key).map(String::as_str);
        if field("grant_type") != Some("client_credentials")
            || field("client_id") != Some(APP)
            || field("client_secret") != Some(SECRET)
        {
            let body = json!({ "error": 1101, "sub_error": 20001, "error_description": "invalid client_secret" });
            return Answered::Json(400, body);
        }
        let token = self.seen.change(Seen::give_access);
        let body = json!({ "access_token": token, "expires_in": 3600, "token_type": "Bearer" });
        Answered::Json(200, body)
    }

    fn send(&self, asked: &Asked) -> Answered {
        if !self.seen.look(|seen| seen.lets_in(asked)) {
            return says(401, "80200003", "OAuth token expired.");
        }
        let body = asked.json();
        let message = &body["message"];
        let tokens = message["token"].as_array().filter(|tokens| !tokens.is_empty());
        let Some(tokens) = tokens else { return says(400, "80300010", "no token") };
        let android = &message["android"]["notification"];
        if android["click_action"]["type"].as_u64().is_none() {
            return says(400, "80100003", "click_action is missing");
        }
        let mut without = message.clone();
        without["token"] = Value::Null;
        if without.to_string().len() > 4_096 {
            return says(400, "80300008", "the message body is too long");
        }
        let is_dead =
            |token: &&Value| self.seen.look(|seen| seen.dead.contains(token.as_str().unwrap()));
        let dead: Vec<&Value> = tokens.iter().filter(is_dead).collect();
        if dead.len() == tokens.len() {
            return says(200, "80300007", "All the tokens are invalid");
        }
        if body["validate_only"] != true {
            self.seen.change(|seen| seen.shown.push(message.clone()));
        }
        if dead.is_empty() {
            return says(200, "80000000", "Success");
        }
        let told = json!({ "success": tokens.len() - dead.len(), "failure": dead.len(), "illegal_tokens": dead });
        says(200, "80100000", &told.to_string())
    }
}

impl Network for Huawei {
    fn answer(&self, asked: &Asked) -> Answered {
        if let Some(instead) = self.seen.change(|seen| seen.note(asked)) {
            return instead;
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", TOKEN) => self.give_access(asked),
            ("POST", SEND) => self.send(asked),
            _ => Answered::Json(404, Value::Null),
        }
    }

    fn talk(&self, _asked: Asked, _line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
