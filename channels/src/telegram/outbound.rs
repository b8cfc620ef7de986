//! Commands as calls of the Bot API.

use super::api::{Again, Api, ApiError};
use super::wire::SentMessage;
use crate::ledger;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

/// The longest text, in bytes. Telegram counts 4096 UTF-16 units
/// (<https://core.telegram.org/bots/api#sendmessage>), and no unit has less than a byte.
pub(super) const TEXT_BYTES_MAX: usize = 4_096;
/// The largest picture that is shown as one, in bytes
/// (<https://core.telegram.org/bots/api#sendphoto>); larger ones go as documents.
const PHOTO_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The pictures that are shown as such.
const PHOTO_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// Carries out a command.
pub(super) async fn deliver(api: Api<'_>, command: &Command) -> Outcome {
    match &command.action {
        Action::Send { text, files, choices, .. } => {
            let sending = send(api, command, (text, files, choices));
            Box::pin(ledger::once(api.means, command, sending)).await
        }
        Action::Edit { external_id, text } => {
            let parameters = message(command, external_id, json!({ "text": text }));
            let edited = api.call::<Value>("editMessageText", &parameters).await;
            done(edited, "message is not modified")
        }
        Action::Delete { external_id } => {
            let parameters = message(command, external_id, json!({}));
            let deleted = api.call::<Value>("deleteMessage", &parameters).await;
            done(deleted, "message to delete not found")
        }
        Action::React { external_id, emoji } => {
            let reaction = json!({ "reaction": [{ "type": "emoji", "emoji": emoji }] });
            let parameters = message(command, external_id, reaction);
            done(
                api.call::<Value>("setMessageReaction", &parameters).await,
                "message is not modified",
            )
        }
        Action::Typing => {
            let mut parameters = target(command);
            parameters.insert("action".to_owned(), "typing".into());
            done(api.call::<Value>("sendChatAction", &parameters.into()).await, "")
        }
        // Bots do not tell what they have read.
        Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
        Action::StartCall { .. } | Action::EndCall { .. } => {
            Outcome::Rejected("a Telegram bot has no calls".to_owned())
        }
    }
}

/// What became of something that may be done twice; `fine` is how Telegram says that it is so already.
fn done(answer: Result<Value, ApiError>, fine: &str) -> Outcome {
    match answer {
        Ok(_) => Outcome::Sent(Vec::new()),
        Err(error) if !fine.is_empty() && error.says(fine) => Outcome::Sent(Vec::new()),
        Err(error) => error.outcome(Again::IsHarmless),
    }
}

type Content<'a> = (&'a str, &'a [OutgoingFile], &'a [Choice]);

async fn send(
    api: Api<'_>,
    command: &Command,
    (text, files, choices): (&String, &Vec<OutgoingFile>, &Vec<Choice>),
) -> Outcome {
    let content: Content<'_> = (text, files, choices);
    let mut target = target(command);
    let first = send_to(api, &target, content).await;
    let sent = match first {
        // The group became a supergroup: nothing was sent, and the answer names its new id.
        Err(ApiError::Refused { moved_to: Some(chat), .. }) => {
            target.insert("chat_id".to_owned(), chat.into());
            send_to(api, &target, content).await
        }
        other => other,
    };
    let chat = target.get("chat_id").and_then(Value::as_str).unwrap_or_default();
    match sent {
        Ok(message) => Outcome::Sent(vec![format!("{chat}:{}", message.message_id)]),
        Err(error) => error.outcome(Again::Doubles),
    }
}

async fn send_to(
    api: Api<'_>,
    target: &Map<String, Value>,
    (text, files, choices): Content<'_>,
) -> Result<SentMessage, ApiError> {
    let Some(file) = files.first() else {
        let mut parameters = target.clone();
        parameters.insert("text".to_owned(), text.into());
        parameters.insert("link_preview_options".to_owned(), json!({ "is_disabled": true }));
        if !choices.is_empty() {
            parameters.insert("reply_markup".to_owned(), keyboard(choices));
        }
        return api.call("sendMessage", &parameters.into()).await;
    };
    let is_photo =
        PHOTO_TYPES.contains(&file.file.media_type.as_str()) && file.bytes.len() <= PHOTO_BYTES_MAX;
    if is_photo {
        let sent = api.upload("sendPhoto", form(target, "photo", text, file)).await;
        match sent {
            // Too long, too wide, or none after all: as a document it needs only be a file.
            Err(error) if error.says("photo_") || error.says("image_process_failed") => {}
            other => return other,
        }
    }
    api.upload("sendDocument", form(target, "document", text, file)).await
}

/// One button below the other: labels may be long.
fn keyboard(choices: &[Choice]) -> Value {
    let rows = choices
        .iter()
        .map(|choice| json!([{ "text": choice.label, "callback_data": choice.value }]));
    json!({ "inline_keyboard": rows.collect::<Vec<_>>() })
}

fn form(
    target: &Map<String, Value>,
    field: &'static str,
    caption: &str,
    file: &OutgoingFile,
) -> Form {
    let part = |bytes: &Bytes| {
        Part::stream_with_length(bytes.clone(), bytes.len() as u64)
            .file_name(file.file.name.clone())
    };
    let typed = part(&file.bytes).mime_str(&file.file.media_type);
    let mut form = Form::new().part(field, typed.unwrap_or_else(|_untyped| part(&file.bytes)));
    for (name, value) in target {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form = form.text(name.clone(), text);
    }
    if caption.is_empty() { form } else { form.text("caption", caption.to_owned()) }
}

/// Where it goes: the chat, its topic, and in a group what it answers.
fn target(command: &Command) -> Map<String, Value> {
    let place = command.external_conversation.as_deref().unwrap_or(&command.recipient);
    let (chat, topic) =
        place.split_once('/').map_or((place, None), |(chat, topic)| (chat, Some(topic)));
    let mut target = Map::from_iter([("chat_id".to_owned(), Value::from(chat))]);
    if let Some(topic) = topic {
        target.insert("message_thread_id".to_owned(), topic.into());
    }
    // Groups have ids below zero. In private nobody wonders what is answered.
    let answered = command.answers.as_deref().and_then(|answers| answers.split_once(':'));
    if let Some((_, number)) = answered.filter(|(at, _)| *at == chat && chat.starts_with('-'))
        && let Ok(number) = number.parse::<i64>()
        && matches!(command.action, Action::Send { .. })
    {
        let reply = json!({ "message_id": number, "allow_sending_without_reply": true });
        target.insert("reply_parameters".to_owned(), reply);
    }
    target
}

/// Names a message by our id of it, `CHAT:MESSAGE`.
fn message(command: &Command, external_id: &str, more: Value) -> Value {
    let own = || command.external_conversation.as_deref().unwrap_or(&command.recipient);
    let (chat, number) = external_id.rsplit_once(':').unwrap_or_else(|| (own(), external_id));
    let chat = chat.split('/').next().unwrap_or_default();
    let mut parameters = Map::from_iter([
        ("chat_id".to_owned(), Value::from(chat)),
        ("message_id".to_owned(), Value::from(number)),
    ]);
    if let Value::Object(more) = more {
        parameters.extend(more);
    }
    parameters.into()
}
