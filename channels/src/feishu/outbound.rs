//! What leaves: messages, cards, files, changes, reactions.
//!
//! Source: open.feishu.cn, 发送消息, 回复消息, 编辑消息, 更新应用发送的消息卡片, 撤回消息, 添加消息表情回复.

use super::api::{Api, with};
use super::inbound::{IN_GROUP, VALUE};
use super::reactions;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use crate::refusal::{Refusal, text};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an upload may take.
const UPLOAD_WITHIN: Duration = Duration::from_secs(60);
/// The largest picture, in bytes; larger ones go as files.
const IMAGE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The longest `uuid`, in bytes.
const UUID_BYTES_MAX: usize = 50;
/// Feishu knows a `uuid` for an hour. A command that is older is not sent again, in milliseconds.
const KNOWN_MS: u64 = 50 * 60_000;
/// How long a command is remembered, in milliseconds: longer than it is tried.
const REMEMBERED_MS: u64 = 24 * 3_600_000;
/// The message that a reply answers was taken back, or is not there.
const ANSWERED_IS_GONE: [i64; 3] = [230_011, 230_110, 230_019];
/// A card is changed otherwise than a text.
const OTHER_KIND: [i64; 2] = [230_001, 230_054];

impl Api {
    /// Carries out one command.
    pub(super) async fn deliver(&self, command: &Command) -> Outcome {
        if let Some(missing) = self.config.missing() {
            return Outcome::Rejected(missing.to_owned());
        }
        match &command.action {
            Action::Send { text, files, choices, .. } => match files.as_slice() {
                [] => self.say(command, text, choices).await,
                [file] => self.give(command, file).await,
                _ => Outcome::Rejected("one file at a time".to_owned()),
            },
            Action::Edit { external_id, text } => self.change(external_id, text).await,
            Action::Delete { external_id } => self.take_back(external_id).await,
            Action::React { external_id, emoji } => self.react(external_id, emoji).await,
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            Action::StartCall { .. } | Action::EndCall { .. } => {
                Outcome::Rejected("Feishu has no calls of robots".to_owned())
            }
        }
    }

    async fn say(&self, command: &Command, words: &str, choices: &[Choice]) -> Outcome {
        if choices.is_empty() {
            return self.send(command, "text", &json!({ "text": harmless(words) })).await;
        }
        let group = command.external_conversation.as_deref();
        self.send(command, "interactive", &card(words, choices, group)).await
    }

    async fn give(&self, command: &Command, file: &OutgoingFile) -> Outcome {
        let is_picture = matches!(
            file.file.media_type.as_str(),
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp" | "image/tiff"
        ) && file.bytes.len() <= IMAGE_BYTES_MAX;
        let (kind, name) = if is_picture { ("image", "image_key") } else { ("file", "file_key") };
        let key = match self.upload(kind, name, file).await {
            Ok(key) => key,
            // An upload reaches nobody: whatever became of it, the message was not sent.
            Err(Refusal::Doubt(why)) => return Outcome::Unavailable(why),
            Err(refusal) => return refusal.outcome(),
        };
        self.send(command, kind, &json!({ name: key })).await
    }

    async fn upload(&self, kind: &str, name: &str, file: &OutgoingFile) -> Result<String, Refusal> {
        let url = self.url(&["open-apis", "im", "v1", &format!("{kind}s")], &[])?;
        let build = |token: &crate::secret::Secret| {
            let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
            let part = Part::stream_with_length(file.bytes.clone(), size)
                .file_name(file.file.name.clone());
            let form = if kind == "image" {
                Form::new().text("image_type", "message").part("image", part)
            } else {
                let form = Form::new().text("file_type", file_type(&file.file.name));
                form.text("file_name", file.file.name.clone()).part("file", part)
            };
            let request = self.means.http.request(Method::POST, &url)?.timeout(UPLOAD_WITHIN);
            Ok(request.bearer_auth(token.reveal()).multipart(form))
        };
        let said = self.authorised(build).await?;
        match said.get("data").map(|data| text(data, name)).unwrap_or_default() {
            "" => Err(Refusal::Doubt("Feishu gives no key for the file".to_owned())),
            key => Ok(key.to_owned()),
        }
    }

    /// Sends a message, unless it is too old for Feishu to know whether it was sent.
    async fn send(&self, command: &Command, kind: &str, content: &Value) -> Outcome {
        match self.is_young(command).await {
            Ok(true) => {}
            Ok(false) => {
                let why = "it was tried so long ago that Feishu no longer knows it by its id";
                return Outcome::InDoubt(why.to_owned());
            }
            Err(away) => return away,
        }
        let body = json!({
            "msg_type": kind, "content": content.to_string(), "uuid": uuid(&command.id),
        });
        let answers = command.answers.as_deref().filter(|id| id.starts_with("om_"));
        let replied = match (command.external_conversation.as_deref(), answers) {
            // In a group it stands below what it answers.
            (Some(_), Some(message)) => Some(self.reply(message, &body).await),
            _ => None,
        };
        let sent = match replied {
            None => self.create(command, body).await,
            Some(Err(Refusal::Refused(code, _))) if ANSWERED_IS_GONE.contains(&code) => {
                self.create(command, body).await
            }
            Some(replied) => replied,
        };
        match sent {
            Ok(data) => match text(&data, "message_id") {
                "" => Outcome::InDoubt("Feishu gives no id for the message".to_owned()),
                id => Outcome::Sent(vec![id.to_owned()]),
            },
            Err(refusal) => refusal.outcome(),
        }
    }

    async fn reply(&self, message: &str, body: &Value) -> Result<Value, Refusal> {
        let url = self.url(&["open-apis", "im", "v1", "messages", message, "reply"], &[])?;
        self.call(Method::POST, &url, Some(body)).await
    }

    async fn create(&self, command: &Command, body: Value) -> Result<Value, Refusal> {
        let (kind, id) = match command.external_conversation.as_deref() {
            Some(chat) => ("chat_id", chat),
            None => (id_kind(&command.recipient), command.recipient.as_str()),
        };
        let body = with(body, "receive_id", id);
        let path = ["open-apis", "im", "v1", "messages"];
        let url = self.url(&path, &[("receive_id_type", kind)])?;
        self.call(Method::POST, &url, Some(&body)).await
    }

    /// May Feishu still know this command by its id, or is it the first time that it is sent?
    async fn is_young(&self, command: &Command) -> Result<bool, Outcome> {
        let away = |error: crate::SinkError| Outcome::Unavailable(error.reason);
        let shelf = &self.means.shelf;
        let (begun, young) = (format!("begun.{}", command.id), format!("young.{}", command.id));
        if shelf.take_turn(&begun, REMEMBERED_MS).await.map_err(away)? {
            shelf.put(&young, "1", KNOWN_MS).await.map_err(away)?;
            return Ok(true);
        }
        Ok(shelf.find(&young).await.map_err(away)?.is_some())
    }

    async fn change(&self, message: &str, words: &str) -> Outcome {
        let url = match self.url(&["open-apis", "im", "v1", "messages", message], &[]) {
            Ok(url) => url,
            Err(error) => return error.outcome(),
        };
        let content = json!({ "text": harmless(words) }).to_string();
        let body = json!({ "msg_type": "text", "content": content });
        let changed = match self.call(Method::PUT, &url, Some(&body)).await {
            Err(Refusal::Refused(code, _)) if OTHER_KIND.contains(&code) => {
                let body = json!({ "content": card(words, &[], None).to_string() });
                self.call(Method::PATCH, &url, Some(&body)).await
            }
            other => other,
        };
        done(changed, message)
    }

    async fn take_back(&self, message: &str) -> Outcome {
        match self.url(&["open-apis", "im", "v1", "messages", message], &[]) {
            Ok(url) => done(self.call(Method::DELETE, &url, None).await, message),
            Err(error) => error.outcome(),
        }
    }

    async fn react(&self, message: &str, emoji: &str) -> Outcome {
        let Some(name) = reactions::name(emoji) else {
            return Outcome::Rejected("Feishu has no such reaction".to_owned());
        };
        let path = ["open-apis", "im", "v1", "messages", message, "reactions"];
        let url = match self.url(&path, &[]) {
            Ok(url) => url,
            Err(error) => return error.outcome(),
        };
        let body = json!({ "reaction_type": { "emoji_type": name } });
        done(self.call(Method::POST, &url, Some(&body)).await, message)
    }
}

/// What became of something that may be done twice without harm.
fn done(said: Result<Value, Refusal>, message: &str) -> Outcome {
    match said {
        Ok(_) => Outcome::Sent(vec![message.to_owned()]),
        Err(Refusal::Doubt(why)) => Outcome::Unavailable(why),
        Err(Refusal::Unknown(why)) => Outcome::Rejected(why),
        Err(refusal) => refusal.outcome(),
    }
}

/// Feishu's key against doubles.
fn uuid(id: &str) -> String {
    if id.len() <= UUID_BYTES_MAX {
        return id.to_owned();
    }
    Sha256::digest(id).iter().take(25).map(|byte| format!("{byte:02x}")).collect()
}

/// What sort of id somebody has.
fn id_kind(id: &str) -> &'static str {
    match id {
        id if id.starts_with("ou_") => "open_id",
        id if id.starts_with("on_") => "union_id",
        id if id.starts_with("oc_") => "chat_id",
        id if id.contains('@') => "email",
        _ => "user_id",
    }
}

/// In a text, `<at user_id="all">` would call everybody: what is typed must not.
fn harmless(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        shown.push('<');
        let begins =
            |tag: &str| after.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
        if begins("at") || begins("/at") {
            // A zero-width space: it looks the same, and is no tag.
            shown.push('\u{200b}');
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// A card that says something and has buttons below; they tell whether they stood in a group.
fn card(words: &str, choices: &[Choice], group: Option<&str>) -> Value {
    let plain = |words: &str| json!({ "tag": "plain_text", "content": words });
    let button = |choice: &Choice| {
        let value = json!({ VALUE: choice.value });
        let value = if group.is_some() { with(value, IN_GROUP, true) } else { value };
        json!({ "tag": "button", "type": "default", "text": plain(&choice.label), "value": value })
    };
    let mut elements = vec![json!({ "tag": "div", "text": plain(words) })];
    if !choices.is_empty() {
        let actions: Vec<Value> = choices.iter().map(button).collect();
        elements.push(json!({ "tag": "action", "actions": actions }));
    }
    json!({ "config": { "wide_screen_mode": true, "update_multi": true }, "elements": elements })
}

/// Feishu's word for the kind of a file; anything it does not know is a `stream`.
fn file_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "pdf" => "pdf",
        "doc" | "docx" => "doc",
        "xls" | "xlsx" => "xls",
        "ppt" | "pptx" => "ppt",
        _ => "stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_call_nobody() {
        let typed = "<at user_id=\"all\">所有人</at> a < b <AT x> 互<at";
        let shown = harmless(typed);
        assert!(!shown.to_lowercase().contains("<at") && !shown.contains("</at"), "{shown}");
        assert_eq!(shown.replace('\u{200b}', ""), typed);
        assert_eq!(harmless("1 < 2"), "1 < 2");
    }

    #[test]
    fn a_long_id_is_short_enough_for_feishu_and_always_the_same() {
        let long = "d".repeat(51);
        assert_eq!(uuid(&long).len(), UUID_BYTES_MAX);
        assert_eq!(uuid(&long), uuid(&long));
        assert_ne!(uuid(&long), uuid(&"e".repeat(51)));
        assert_eq!(uuid("dlv_1"), "dlv_1");
    }
}
