//! What the app says to a member (发送应用消息, document 90236).

use super::WeCom;
use super::media;
use super::pace;
use super::said::Failure;
use super::words::id_of;
use crate::inbound::SinkError;
use crate::ledger;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest text, in bytes: what is longer the network cuts off without a word.
pub(super) const TEXT_BYTES_MAX: usize = 2_048;
/// The longest text above buttons, in characters; with a longer one no buttons are shown.
const CARD_CHARS_MAX: usize = 112;
/// The most buttons below a text.
const BUTTONS_MAX: usize = 6;

#[derive(Deserialize)]
struct SendAnswer {
    #[serde(default)]
    invaliduser: String,
    #[serde(default)]
    unlicenseduser: String,
    #[serde(default)]
    msgid: String,
}

impl WeCom {
    pub(super) async fn carry(&self, command: &Command) -> Outcome {
        match &command.action {
            Action::Send { text, files, choices, .. } => {
                let message = Message { text, files, choices };
                self.send_once(command, &message).await
            }
            Action::Delete { external_id } => self.recall(external_id).await,
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("WeCom cannot do this".to_owned()),
        }
    }

    async fn send_once(&self, command: &Command, message: &Message<'_>) -> Outcome {
        let means = self.api.means();
        if let Some(ids) = ledger::sent(means, command).await {
            return Outcome::Sent(ids);
        }
        match pace::may_send(means, &command.recipient).await {
            Ok(true) => {}
            Ok(false) => return Outcome::RateLimited(pace::PAUSE),
            Err(error) => return away(error),
        }
        let body = match self.body(command, message).await {
            Ok(body) => body,
            Err(outcome) => return outcome,
        };
        ledger::once(means, command, self.send(&body)).await
    }

    /// What is posted. Files are brought to the network first, where nobody sees them.
    async fn body(&self, command: &Command, message: &Message<'_>) -> Result<Value, Outcome> {
        if self.agent_id == 0 {
            return Err(Failure::Missing("agent_id").outcome());
        }
        let (kind, content) = match (message.text, message.files) {
            (text, []) if text.len() > TEXT_BYTES_MAX => {
                let why = format!("a text has at most {TEXT_BYTES_MAX} bytes at WeCom");
                return Err(Outcome::Rejected(why));
            }
            (text, []) => match card(command, text, message.choices) {
                Some(card) => ("template_card", card),
                None => ("text", json!({ "content": text })),
            },
            ("", [file]) => {
                let uploaded = media::upload(&self.api, file).await?;
                (uploaded.kind, json!({ "media_id": uploaded.media_id }))
            }
            _ => {
                let why = "a message of WeCom is a text or one file";
                return Err(Outcome::Rejected(why.to_owned()));
            }
        };
        let mut body = json!({
            "touser": command.recipient,
            "agentid": self.agent_id,
            "msgtype": kind,
        });
        if let Some(body) = body.as_object_mut() {
            body.insert(kind.to_owned(), content);
        }
        Ok(body)
    }

    async fn send(&self, body: &Value) -> Outcome {
        match self.api.post::<SendAnswer>("message/send", body).await {
            Err(failure) => failure.outcome(),
            Ok(answer) if !answer.invaliduser.is_empty() => Outcome::RecipientGone,
            Ok(answer) if !answer.unlicenseduser.is_empty() => {
                Outcome::Rejected("the member has no licence for interfaces (接口许可)".to_owned())
            }
            Ok(answer) => Outcome::Sent(vec![answer.msgid]),
        }
    }

    /// Takes a message back, within 24 hours (document 94867).
    async fn recall(&self, msgid: &str) -> Outcome {
        match self.api.post::<Value>("message/recall", &json!({ "msgid": msgid })).await {
            Ok(_) => Outcome::Sent(Vec::new()),
            // Taking back twice does no harm.
            Err(Failure::Call(error)) => Outcome::Unavailable(error.to_string()),
            Err(failure) => failure.outcome(),
        }
    }
}

struct Message<'a> {
    text: &'a str,
    files: &'a [OutgoingFile],
    choices: &'a [Choice],
}

/// Nothing was sent: the shelf is away.
pub(super) fn away(error: SinkError) -> Outcome {
    Outcome::Unavailable(error.reason)
}

/// A card with buttons (模板卡片, 按钮交互型); `None` when the text or the buttons do not fit into one.
fn card(command: &Command, text: &str, choices: &[Choice]) -> Option<Value> {
    let fits = (1..=BUTTONS_MAX).contains(&choices.len())
        && (1..=CARD_CHARS_MAX).contains(&text.chars().count());
    let button = |choice: &Choice| json!({ "text": choice.label, "style": 1, "key": choice.value });
    fits.then(|| {
        json!({
            "card_type": "button_interaction",
            "sub_title_text": text,
            "task_id": task_id(&command.id),
            "button_list": choices.iter().map(button).collect::<Vec<Value>>(),
        })
    })
}

/// The id of a card: at most 128 of `0-9 A-Z a-z _ - @`, one for each command.
fn task_id(id: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-@".contains(&b);
    let fits = (1..=128).contains(&id.len()) && id.bytes().all(is_plain);
    if fits { id.to_owned() } else { id_of(&[id]) }
}
