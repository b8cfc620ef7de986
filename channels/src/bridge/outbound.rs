//! Commands, posted to the bridge.

use super::Bridge;
use super::answer::outcome;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::outbound::{Action, Command, Outcome, OutgoingFile};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Author;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long the bridge may take: it answers only when the messenger has it.
const WITHIN: Duration = Duration::from_secs(30);

impl Bridge {
    /// Carries out one command.
    pub(super) async fn carry_out(&self, command: &Command) -> Outcome {
        let can = self.config.capabilities;
        let (is_able, is_sign) = match &command.action {
            Action::Send { files, .. } => (files.is_empty() || can.media_out, false),
            Action::Edit { .. } => (can.edit, false),
            Action::Delete { .. } => (can.delete, false),
            Action::React { .. } => (can.reactions, false),
            Action::Typing => (can.typing, true),
            Action::MarkRead { .. } => (can.receipts, true),
            Action::StartCall { .. } | Action::EndCall { .. } => (false, false),
        };
        match (is_able, is_sign, self.config.missing()) {
            (false, true, _) => return Outcome::Sent(Vec::new()),
            (false, false, _) => {
                let why = "this channel's settings say that its messenger cannot do this";
                return Outcome::Rejected(why.to_owned());
            }
            (true, _, Some(missing)) => return Outcome::Rejected(format!("{missing} is missing")),
            (true, _, None) => {}
        }
        match self.post(&command.id, &body(command)).await {
            Ok(_) if is_sign => Outcome::Sent(Vec::new()),
            Ok(answer) => outcome(&answer, &command.id),
            Err(error) => error.outcome(),
        }
    }

    /// Posts a command under its id.
    pub(super) async fn post(&self, id: &str, body: &Value) -> Result<Answer, CallError> {
        let body = body.to_string();
        let request = self.means.http.request(Method::POST, &self.config.url)?;
        let request = self.signed(request, id, body.as_bytes());
        let request = request.header(CONTENT_TYPE, "application/json").timeout(WITHIN).body(body);
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }
}

/// A command as `docs/channels/im/bridge.schema.json` says.
fn body(command: &Command) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
    put("type", json!(kind(&command.action)));
    put("id", json!(command.id));
    put("recipient", json!(command.recipient));
    if let Some(conversation) = &command.external_conversation {
        put("conversation", json!(conversation));
    }
    match &command.action {
        Action::Send { text, files, author, choices, .. } => {
            if let Some(answers) = &command.answers {
                put("answers", json!(answers));
            }
            put("author", of(author));
            match files.first() {
                Some(first) => put("file", file(first)),
                None => put("text", json!(text)),
            }
            if !choices.is_empty() {
                put("choices", json!(choices));
            }
        }
        Action::Edit { external_id, text } => {
            put("message", json!(external_id));
            put("text", json!(text));
        }
        Action::React { external_id, emoji } => {
            put("message", json!(external_id));
            put("emoji", json!(emoji));
        }
        Action::Delete { external_id } | Action::MarkRead { external_id } => {
            put("message", json!(external_id));
        }
        Action::Typing | Action::StartCall { .. } | Action::EndCall { .. } => {}
    }
    Value::Object(body)
}

/// None of them is a type of what a bridge posts.
fn kind(action: &Action) -> &'static str {
    match action {
        Action::Send { .. } => "send",
        Action::Edit { .. } => "edit",
        Action::Delete { .. } => "delete",
        Action::Typing => "show_typing",
        Action::MarkRead { .. } => "mark_read",
        Action::React { .. } => "react",
        Action::StartCall { .. } => "start_call",
        Action::EndCall { .. } => "end_call",
    }
}

fn of(author: &Author) -> Value {
    match author {
        Author::Agent { id } => json!({ "kind": "agent", "id": id }),
        Author::System | Author::Contact { .. } => json!({ "kind": "system" }),
    }
}

fn file(outgoing: &OutgoingFile) -> Value {
    json!({
        "name": outgoing.file.name,
        "media_type": outgoing.file.media_type,
        "bytes": outgoing.bytes.len(),
        "data": STANDARD.encode(&outgoing.bytes),
    })
}
