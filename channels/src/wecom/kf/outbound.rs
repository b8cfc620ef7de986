//! What an account says to a customer (发送消息, document 94677).

use super::super::media;
use super::super::outbound::away;
use super::super::said::{Failure, Meaning, Said};
use super::super::words::id_of;
use super::Kf;
use super::inbound::{command_name, welcome_name};
use crate::ledger;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use crate::split::split;
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest text, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 2_048;
/// The longest text above a menu, and below it, in bytes.
const MENU_TEXT_BYTES_MAX: usize = 1_024;
/// The most lines of a menu.
const MENU_MAX: usize = 10;
/// The longest message id of ours, in bytes.
const MSGID_BYTES_MAX: usize = 32;
/// How long a message may still be reported as lost, in milliseconds.
const REPORT_MS: u64 = 3 * 24 * 3_600_000;

#[derive(Deserialize)]
struct SendAnswer {
    #[serde(default)]
    msgid: String,
}

#[derive(Deserialize)]
struct StateAnswer {
    service_state: i64,
}

/// To whom, from which account, and under which id.
struct Letterhead<'a> {
    user: &'a str,
    account: &'a str,
    msgid: String,
}

impl Kf {
    pub(super) async fn carry(&self, command: &Command) -> Outcome {
        match &command.action {
            Action::Send { text, files, choices, .. } => {
                let content = Content { text, files, choices };
                self.send_once(command, content).await
            }
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("微信客服 cannot do this".to_owned()),
        }
    }

    async fn send_once(&self, command: &Command, content: Content<'_>) -> Outcome {
        let means = self.api.means();
        if let Some(ids) = ledger::sent(means, command).await {
            return Outcome::Sent(ids);
        }
        let Some(account) = self.account_of(command) else {
            let why = "it is not known from which account (OpenKfId) to answer";
            return Outcome::Rejected(why.to_owned());
        };
        let head = Letterhead { user: &command.recipient, account, msgid: msgid(&command.id) };
        let (kind, content) = match self.content(content).await {
            Ok(content) => content,
            Err(outcome) => return outcome,
        };
        // A menu or a greeting is large: on the heap it does not weigh on every other future.
        Box::pin(ledger::once(means, command, async {
            if let Err(error) = self.remember(command, &head).await {
                return away(error);
            }
            match self.send(&head, kind, &content).await {
                Ok(id) => Outcome::Sent(vec![id]),
                Err(failure) => self.refused(&head, failure, (kind, &content)).await,
            }
        }))
        .await
    }

    fn account_of<'a>(&'a self, command: &'a Command) -> Option<&'a str> {
        match (command.external_conversation.as_deref(), self.accounts.as_slice()) {
            (Some(account), _) => Some(account),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// Notes which command an id stands for, where it is not the same.
    async fn remember(
        &self,
        command: &Command,
        head: &Letterhead<'_>,
    ) -> Result<(), crate::inbound::SinkError> {
        let means = self.api.means();
        if head.msgid != command.id {
            means.shelf.put(&command_name(&head.msgid), &command.id, REPORT_MS).await?;
        }
        Ok(())
    }

    async fn content(&self, content: Content<'_>) -> Result<(&'static str, Value), Outcome> {
        match (content.text, content.files) {
            (text, []) if text.len() > TEXT_BYTES_MAX => {
                let why = format!("a text has at most {TEXT_BYTES_MAX} bytes at 微信客服");
                Err(Outcome::Rejected(why))
            }
            (text, []) => Ok(match menu(text, content.choices) {
                Some(menu) => ("msgmenu", menu),
                None => ("text", json!({ "content": text })),
            }),
            ("", [file]) => {
                let uploaded = media::upload(&self.api, file).await?;
                Ok((uploaded.kind, json!({ "media_id": uploaded.media_id })))
            }
            _ => Err(Outcome::Rejected("a message is a text or one file".to_owned())),
        }
    }

    async fn send(
        &self,
        head: &Letterhead<'_>,
        kind: &str,
        content: &Value,
    ) -> Result<String, Failure> {
        let mut body = json!({
            "touser": head.user,
            "open_kfid": head.account,
            "msgid": head.msgid,
            "msgtype": kind,
        });
        if let Some(body) = body.as_object_mut() {
            body.insert(kind.to_owned(), content.clone());
        }
        let answer: SendAnswer = self.api.post("kf/send_msg", &body).await?;
        Ok(if answer.msgid.is_empty() { head.msgid.clone() } else { answer.msgid })
    }

    /// What a refusal means here.
    async fn refused(
        &self,
        head: &Letterhead<'_>,
        failure: Failure,
        (kind, content): (&str, &Value),
    ) -> Outcome {
        let Failure::Said(said) = &failure else { return failure.outcome() };
        match said.meaning() {
            Meaning::Closed => self.greet(head, kind, content).await,
            Meaning::Session => self.session(head, said).await,
            _ => failure.outcome(),
        }
    }

    /// Somebody who has just come in may be greeted by the code that came with the event, even though
    /// they have not written (发送欢迎语等事件响应消息, document 95122).
    async fn greet(&self, head: &Letterhead<'_>, kind: &str, content: &Value) -> Outcome {
        let (shelf, name) = (&self.api.means().shelf, welcome_name(head.account, head.user));
        let code = match shelf.find(&name).await {
            Ok(Some(code)) if !code.is_empty() && matches!(kind, "text" | "msgmenu") => code,
            Ok(_) => return Outcome::WindowClosed,
            Err(error) => return away(error),
        };
        let mut body = json!({ "code": code, "msgid": head.msgid, "msgtype": kind });
        if let Some(body) = body.as_object_mut() {
            body.insert(kind.to_owned(), content.clone());
        }
        // A code is good for one message.
        if let Err(error) = shelf.put(&name, "", 1).await {
            return away(error);
        }
        match self.api.post::<SendAnswer>("kf/send_msg_on_event", &body).await {
            Ok(_) => Outcome::Sent(vec![head.msgid.clone()]),
            Err(Failure::Said(said)) if said.meaning() == Meaning::Refused => Outcome::WindowClosed,
            Err(failure) => failure.outcome(),
        }
    }

    /// Why the session is not ours to answer in: it is over, or somebody has it in WeCom itself
    /// (document 94669).
    async fn session(&self, head: &Letterhead<'_>, said: &Said) -> Outcome {
        let asked = json!({ "open_kfid": head.account, "external_userid": head.user });
        match self.api.post::<StateAnswer>("kf/service_state/get", &asked).await {
            Ok(StateAnswer { service_state: 4 }) => Outcome::WindowClosed,
            Ok(StateAnswer { service_state: 2 }) => Outcome::Rejected(
                "the customer waits in WeCom's own queue (待接入池): end that session there"
                    .to_owned(),
            ),
            Ok(StateAnswer { service_state: 3 }) => Outcome::Rejected(
                "somebody answers this customer in WeCom itself: end that session there".to_owned(),
            ),
            Ok(_) | Err(_) => Outcome::Rejected(said.words()),
        }
    }
}

struct Content<'a> {
    text: &'a str,
    files: &'a [OutgoingFile],
    choices: &'a [Choice],
}

/// Our id for a message: the command's own where it fits.
fn msgid(id: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let fits = (1..=MSGID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_plain);
    if fits { id.to_owned() } else { id_of(&[id]) }
}

/// A text with lines that can be clicked; `None` when there are none, or it does not fit.
fn menu(text: &str, choices: &[Choice]) -> Option<Value> {
    if !(1..=MENU_MAX).contains(&choices.len()) {
        return None;
    }
    let click = |choice: &Choice| json!({ "type": "click", "click": { "id": choice.value, "content": choice.label } });
    let list: Vec<Value> = choices.iter().map(click).collect();
    match split(text, MENU_TEXT_BYTES_MAX).as_slice() {
        [head] => Some(json!({ "head_content": head, "list": list })),
        [head, tail] => Some(json!({ "head_content": head, "list": list, "tail_content": tail })),
        _ => None,
    }
}
