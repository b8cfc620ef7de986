//! A stand-in for the Bot API's server.

use crate::doors::{FarEnd, telegram::token};
use channels::Outcome;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tests::http_server::{Asked, HttpServer, Told};
use tests::watched::Watched;

/// The number of the first update.
const FIRST: usize = 870_001;
/// The content of every file.
pub(crate) const FILE: &[u8] = &[7; 1_000];

/// The server.
pub(crate) struct Cloud {
    pub(crate) network: Arc<Network>,
    server: HttpServer,
}

/// What it knows.
pub(crate) struct Network {
    pub(crate) far_end: FarEnd,
    /// Every call but the questions for updates: the method and its parameters.
    pub(crate) calls: Watched<Vec<(String, Value)>>,
    /// How the next calls of a method are answered instead: status and body.
    pub(crate) instead: Watched<Vec<(String, u16, Value)>>,
}

/// An update with a contact's word; a word that is a JSON object is the update's content itself.
pub(crate) fn update(number: usize, text: &str) -> Value {
    let own = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let mut update = own.unwrap_or_else(|| {
        let person = json!({ "id": 5001, "is_bot": false, "first_name": "雷", "last_name": "李" });
        let chat = json!({ "id": 5001, "type": "private", "first_name": "雷" });
        json!({ "message": {
            "message_id": number, "from": person, "chat": chat, "date": 1_700_000_000, "text": text,
        }})
    });
    update["update_id"] = (FIRST + number - 1).into();
    update
}

impl Cloud {
    pub(crate) fn start() -> Self {
        let network = Arc::new(Network {
            far_end: FarEnd::default(),
            calls: Watched::default(),
            instead: Watched::default(),
        });
        let shared = network.clone();
        let server = HttpServer::start(move |asked| {
            let network = shared.clone();
            async move { network.answer(asked).await }
        });
        Self { network, server }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}

fn fine(result: Value) -> Option<Told> {
    Some(Told::json(200, &json!({ "ok": true, "result": result })))
}

fn wrong(code: u16, description: &str) -> Option<Told> {
    let said = json!({ "ok": false, "error_code": code, "description": description });
    Some(Told::json(code, &said))
}

impl Network {
    /// What was called by this name, in order.
    pub(crate) fn called(&self, method: &str) -> Vec<Value> {
        let is_it = |call: &&(String, Value)| call.0 == method;
        self.calls.look(|calls| calls.iter().filter(is_it).map(|call| call.1.clone()).collect())
    }

    /// The next call of a method is answered so.
    pub(crate) fn answers(&self, method: &str, code: u16, more: Value) {
        let mut said = json!({ "ok": false, "error_code": code, "description": "" });
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.instead.change(|instead| instead.push((method.to_owned(), code, said)));
    }

    async fn answer(&self, asked: Asked) -> Option<Told> {
        if self.far_end.fetch(usize::MAX).is_err() {
            return Some(Told { status: 503, headers: Vec::new(), body: "away".into() });
        }
        // Some clients write the colon of the token as an escape.
        let path = asked.path().replace("%3A", ":");
        if path == format!("/file/bot{}/documents/file_1.bin", token()) {
            return Some(Told { status: 200, headers: Vec::new(), body: FILE.into() });
        }
        let Some(method) = path.strip_prefix(&format!("/bot{}/", token())) else {
            return wrong(401, "Unauthorized");
        };
        let parameters = parameters(&asked);
        if method == "getUpdates" {
            return self.updates(&parameters).await;
        }
        self.calls.change(|calls| calls.push((method.to_owned(), parameters.clone())));
        let instead = self.instead.change(|instead| {
            let at = instead.iter().position(|(name, _, _)| name == method)?;
            Some(instead.remove(at))
        });
        if let Some((_, code, said)) = instead {
            return Some(Told::json(code, &said));
        }
        self.carry_out(method, &parameters)
    }

    fn carry_out(&self, method: &str, parameters: &Value) -> Option<Told> {
        let bot = json!({
            "id": 4711, "is_bot": true, "first_name": "Desk", "username": "desk_bot",
            "can_join_groups": true, "can_read_all_group_messages": false,
            "supports_inline_queries": false,
        });
        match method {
            "getMe" => fine(bot),
            "getWebhookInfo" => fine(json!({
                "url": "", "has_custom_certificate": false, "pending_update_count": 0,
            })),
            "sendMessage" | "sendPhoto" | "sendDocument" => self.send(parameters),
            "getFile" => fine(json!({
                "file_id": parameters["file_id"], "file_unique_id": "u", "file_size": FILE.len(),
                "file_path": "documents/file_1.bin",
            })),
            "editMessageText" => fine(json!({
                "message_id": 1, "date": 1_700_000_000, "chat": { "id": 5001, "type": "private" },
                "text": parameters["text"],
            })),
            "deleteWebhook"
            | "deleteMessage"
            | "setMessageReaction"
            | "sendChatAction"
            | "answerCallbackQuery" => fine(true.into()),
            _ => wrong(404, "Not Found: method not found"),
        }
    }

    fn send(&self, parameters: &Value) -> Option<Told> {
        // A text is its own id here; a file is known by its name.
        let id = parameters["text"].as_str().or(parameters["file name"].as_str()).unwrap_or("?");
        match self.far_end.carry(id) {
            Outcome::Sent(_) => {
                let chat = parameters["chat_id"].as_str().and_then(|id| id.parse::<i64>().ok());
                fine(json!({
                    "message_id": 100 + self.far_end.reached().len(), "date": 1_700_000_000,
                    "chat": { "id": chat.unwrap_or(5001), "type": "private" },
                    "text": parameters["text"].as_str().unwrap_or_default(),
                }))
            }
            Outcome::RecipientGone => wrong(403, "Forbidden: bot was blocked by the user"),
            Outcome::InDoubt(_) => None,
            _ => wrong(503, "Service Unavailable"),
        }
    }

    /// Everything from an offset on; what lies before it is confirmed, and forgotten.
    async fn updates(&self, parameters: &Value) -> Option<Told> {
        let number = |name: &str| {
            let value = &parameters[name];
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let offset = number("offset").map_or(0, |offset| usize::try_from(offset).unwrap());
        self.far_end.confirm(offset.saturating_sub(FIRST));
        let from = self.far_end.confirmed();
        if number("timeout").is_some_and(|wait| wait > 0) {
            self.far_end.stirs(from, false).await;
        }
        let Ok(said) = self.far_end.fetch(from) else {
            return Some(Told { status: 503, headers: Vec::new(), body: "away".into() });
        };
        let numbered = said.iter().enumerate();
        fine(numbered.map(|(n, (_, text))| update(from + n + 1, text)).collect::<Vec<_>>().into())
    }
}

/// Parameters come as JSON, as a form or in parts; Telegram takes each.
fn parameters(asked: &Asked) -> Value {
    let kind = asked.header("content-type");
    if kind.starts_with("application/json") {
        return serde_json::from_slice(&asked.body).unwrap_or_default();
    }
    if let Some((_, boundary)) = kind.split_once("boundary=") {
        return parts(&asked.body, boundary);
    }
    let form = String::from_utf8_lossy(&asked.body);
    let url = reqwest::Url::parse(&format!("http://x/?{form}")).unwrap();
    let pairs =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into()));
    Value::Object(pairs.collect())
}

/// The text fields of a form in parts (RFC 7578), and of a file its name, type and size.
fn parts(body: &[u8], boundary: &str) -> Value {
    let text = String::from_utf8_lossy(body);
    let mut fields = Map::new();
    for part in text.split(&format!("--{}", boundary.trim_matches('"'))).skip(1) {
        let Some((head, content)) = part.split_once("\r\n\r\n") else { continue };
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        let quoted = |key: &str| {
            let (_, after) = head.split_once(&format!(" {key}=\""))?;
            after.split_once('"').map(|(value, _)| value.to_owned())
        };
        let Some(name) = quoted("name") else { continue };
        match quoted("filename") {
            Some(file) => {
                fields.insert("file name".to_owned(), file.into());
                fields.insert("file in".to_owned(), name.into());
                fields.insert("file bytes".to_owned(), content.len().into());
                fields.insert("file head".to_owned(), head.to_lowercase().into());
            }
            None => {
                fields.insert(name, content.into());
            }
        }
    }
    Value::Object(fields)
}
