//! The Web API of the stand-in.

use super::cloud::Network;
use super::{app_token, bot_token};
use channels::Outcome;
use serde_json::{Value, json};
use tests::cloud::{Answered, Asked};

/// The content of every file.
pub(crate) const FILE: &[u8] = &[7; 1_000];
/// What the token may do.
const SCOPES: &str = "app_mentions:read,chat:write,files:read,files:write,im:history,im:write,\
                      reactions:read,reactions:write,users:read,users:read.email,channels:read";

fn no(error: &str) -> Answered {
    Answered::Json(200, json!({ "ok": false, "error": error }))
}

fn fine(more: Value) -> Answered {
    let mut said = json!({ "ok": true });
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let scopes = ("X-OAuth-Scopes", SCOPES.to_owned());
    Answered::With(200, scopes, said)
}

impl Network {
    pub(super) fn web_api(&self, asked: &Asked) -> Answered {
        let bearer = asked.headers.get("authorization").map_or("", String::as_str);
        if let Some(file) = asked.path.strip_prefix("/upload/") {
            let (file, bytes) = (file.to_owned(), asked.body.len());
            self.files.change(|files| files.push((file, bytes, false)));
            return Answered::Bytes(b"OK - 1000".to_vec());
        }
        if asked.path.starts_with("/files-pri/") {
            let is_bot = bearer == format!("Bearer {}", bot_token());
            return if is_bot { Answered::Bytes(FILE.to_vec()) } else { no("not_authed") };
        }
        let Some(method) = asked.path.strip_prefix("/api/") else { return no("unknown_method") };
        let arguments = arguments(asked);
        self.calls.change(|calls| calls.push((method.to_owned(), arguments.clone())));
        let token = if method == "apps.connections.open" { app_token() } else { bot_token() };
        if bearer != format!("Bearer {token}") {
            return no("invalid_auth");
        }
        let instead = self.instead.change(|instead| {
            let at = instead.iter().position(|(name, _, _)| name == method)?;
            Some(instead.remove(at))
        });
        if let Some((_, status, said)) = instead {
            let pause = ("Retry-After", "17".to_owned());
            return Answered::With(status, pause, said);
        }
        self.carry_out(method, &arguments)
    }

    fn carry_out(&self, method: &str, arguments: &Value) -> Answered {
        let text = |name: &str| arguments[name].as_str().unwrap_or_default();
        match method {
            "apps.connections.open" => fine(
                json!({ "url": format!("ws://{}/link?ticket=1&app_id=A0FFV41KK", self.address) }),
            ),
            "auth.test" => fine(json!({
                "url": "https://city.slack.example/", "team": "City", "user": "desk",
                "team_id": "T061EG9R6", "user_id": "UBOT", "bot_id": "BBOT",
            })),
            "conversations.open" => fine(json!({ "channel": { "id": "D024BE91L" } })),
            "conversations.info" => fine(json!({ "channel": { "id": "C1", "name": "general" } })),
            "conversations.history" | "conversations.replies" => {
                let messages = self.posted.look(Clone::clone);
                fine(json!({ "messages": messages, "has_more": false }))
            }
            "users.info" => self.person(text("user")),
            "chat.postMessage" => self.post(arguments),
            "chat.update" | "chat.delete" => {
                fine(json!({ "channel": text("channel"), "ts": text("ts"), "text": text("text") }))
            }
            "reactions.add" | "files.delete" => fine(json!({})),
            "files.info" => self.file(text("file")),
            "files.getUploadURLExternal" => {
                // Known by its name, as a text is by its words.
                let url = format!("http://{}/upload/{}", self.address, text("filename"));
                fine(json!({ "upload_url": url, "file_id": format!("F{}", text("filename")) }))
            }
            "files.completeUploadExternal" => self.complete(arguments),
            _ => no("unknown_method"),
        }
    }

    fn person(&self, user: &str) -> Answered {
        if !user.starts_with('U') {
            return no("user_not_found");
        }
        fine(json!({ "user": {
            "id": user, "name": "li", "real_name": "李雷", "tz": "Asia/Shanghai", "locale": "zh-CN",
            "is_email_confirmed": true,
            "profile": { "display_name": "雷", "real_name": "李雷", "email": "li@city.example" },
        }}))
    }

    fn taken(&self, id: &str) -> Outcome {
        self.far_end.carry(id)
    }

    fn post(&self, arguments: &Value) -> Answered {
        // A text is its own id here.
        let outcome = self.taken(arguments["text"].as_str().unwrap_or("?"));
        let ts = format!("1700000100.{:06}", self.far_end.reached().len());
        if matches!(outcome, Outcome::Sent(_) | Outcome::InDoubt(_)) {
            // In a form it is a text that is JSON; Slack's kit sends JSON as a whole.
            let metadata = match &arguments["metadata"] {
                Value::String(text) => serde_json::from_str(text).unwrap(),
                Value::Null => json!({}),
                own => own.clone(),
            };
            let message = json!({
                "type": "message", "ts": ts, "text": arguments["text"], "bot_id": "BBOT",
                "metadata": metadata,
            });
            self.posted.change(|posted| posted.insert(0, message));
        }
        match outcome {
            Outcome::Sent(_) => {
                let message = json!({ "text": arguments["text"], "ts": ts });
                fine(json!({ "channel": arguments["channel"], "ts": ts, "message": message }))
            }
            Outcome::RecipientGone => no("channel_not_found"),
            Outcome::InDoubt(_) => Answered::Cut,
            _ => Answered::Json(503, Value::Null),
        }
    }

    fn file(&self, id: &str) -> Answered {
        let laid = self
            .files
            .look(|files| files.iter().find(|file| format!("F{}", file.0) == id).cloned());
        let shares = match &laid {
            Some((_, _, true)) => {
                json!({ "private": { "D024BE91L": [{ "ts": "1700000100.000900" }] } })
            }
            Some((_, _, false)) => return no("file_not_found"),
            None => json!({}),
        };
        let url = format!("http://{}/files-pri/T061EG9R6-{id}/download/x.pdf", self.address);
        fine(json!({ "file": {
            "id": id, "name": "x.pdf", "mimetype": "application/pdf", "mode": "hosted",
            "size": FILE.len(), "url_private_download": url, "shares": shares,
        }}))
    }

    fn complete(&self, arguments: &Value) -> Answered {
        let files: Value =
            serde_json::from_str(arguments["files"].as_str().unwrap_or("[]")).unwrap();
        let id = files[0]["id"].as_str().unwrap_or_default().to_owned();
        let name = id.trim_start_matches('F').to_owned();
        let is_laid = self.files.look(|files| files.iter().any(|file| file.0 == name));
        if !is_laid {
            return no("file_not_found");
        }
        let outcome = self.taken(&name);
        if matches!(outcome, Outcome::Sent(_) | Outcome::InDoubt(_)) {
            self.files.change(|files| {
                files.iter_mut().filter(|file| file.0 == name).for_each(|file| file.2 = true);
            });
        }
        match outcome {
            Outcome::Sent(_) => fine(json!({ "files": [{ "id": id, "title": name }] })),
            Outcome::RecipientGone => no("channel_not_found"),
            Outcome::InDoubt(_) => Answered::Cut,
            _ => Answered::Json(503, Value::Null),
        }
    }
}

/// Arguments come as a form or as JSON.
fn arguments(asked: &Asked) -> Value {
    if let Ok(json @ Value::Object(_)) = serde_json::from_slice(&asked.body) {
        return json;
    }
    let form = String::from_utf8_lossy(&asked.body);
    let url = reqwest::Url::parse(&format!("http://x/?{form}")).unwrap();
    let pairs = url.query_pairs().chain([]);
    let own = pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
    let asked = asked.query.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
    Value::Object(asked.chain(own).collect())
}
