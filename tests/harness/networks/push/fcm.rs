//! Google's token server, and FCM HTTP v1 behind it.

use super::{Seen, form};
use crate::cloud::{Answered, Asked, Line, Network};
use crate::watched::Watched;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// The project.
pub const PROJECT: &str = "city-desk";
/// Where its messages are sent.
pub const SEND: &str = "/v1/projects/city-desk/messages:send";
/// Where access tokens are given.
pub const TOKEN: &str = "/token";

/// FCM.
#[derive(Debug, Default)]
pub struct Fcm {
    /// What it saw, and what it does next.
    pub seen: Watched<Seen>,
}

/// An error as FCM words it.
pub fn error(http: u16, status: &str, code: &str) -> Answered {
    let details = json!([{
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": code,
    }]);
    let error = json!({ "code": http, "message": code, "status": status, "details": details });
    Answered::Json(http, json!({ "error": error }))
}

impl Fcm {
    fn give_access(&self, asked: &Asked) -> Answered {
        let form = form(asked);
        let grant = form.get("grant_type").map(String::as_str);
        let parts = form.get("assertion").map_or(0, |jwt| jwt.split('.').count());
        if grant != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") || parts != 3 {
            let body = json!({ "error": "invalid_grant", "error_description": "Bad Request" });
            return Answered::Json(400, body);
        }
        let token = self.seen.change(Seen::give_access);
        let body = json!({ "access_token": token, "expires_in": 3599, "token_type": "Bearer" });
        Answered::Json(200, body)
    }

    fn send(&self, asked: &Asked) -> Answered {
        if !self.seen.look(|seen| seen.lets_in(asked)) {
            let error = json!({ "code": 401, "status": "UNAUTHENTICATED", "message": "Request had invalid authentication credentials." });
            return Answered::Json(401, json!({ "error": error }));
        }
        let body = asked.json();
        let message = &body["message"];
        let data = message["data"].as_object().into_iter().flatten();
        let is_whole = data.into_iter().all(|(_, value)| value.is_string());
        let (token, topic) = (message["token"].as_str(), message["topic"].as_str());
        let size = message["data"].to_string().len() + message["notification"].to_string().len();
        if !is_whole || token.is_some() == topic.is_some() || size > 4_096 {
            return error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT");
        }
        if token.is_some_and(|token| self.seen.look(|seen| seen.dead.contains(token))) {
            return error(404, "NOT_FOUND", "UNREGISTERED");
        }
        let is_tried = body["validate_only"] == true || body["validateOnly"] == true;
        let place = self.seen.change(|seen| {
            if !is_tried {
                seen.shown.push(message.clone());
            }
            seen.shown.len()
        });
        Answered::Json(200, json!({ "name": format!("projects/{PROJECT}/messages/0:{place}") }))
    }
}

impl Network for Fcm {
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
