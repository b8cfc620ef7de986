//! What leaves: by the session webhook while it lives (it costs no call of the organisation's quota), by
//! the robot's API afterwards.
//!
//! Source: open.dingtalk.com, 机器人回复/发送消息, 企业机器人发送消息的消息类型 (`msgKey`), 撤回消息.

use super::api::{Api, MINUTE_PAUSE, judge_old};
use super::choice;
use super::inbound::SessionWebhook;
use crate::ledger;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use crate::refusal::{Refusal, text};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an upload may take.
const UPLOAD_WITHIN: Duration = Duration::from_secs(60);
/// The most buttons of a card (`sampleActionCard5`); more become links in a text.
const CARD_BUTTONS_MAX: usize = 5;
/// What stands in the list of chats for a card or a text with links, in characters.
const TITLE_CHARS_MAX: usize = 20;
/// Before the id of what went by a session webhook, which gives none.
const BY_SESSION: &str = "session:";
/// Before an id that is no member's: the API does not reach it.
const NO_MEMBER: &str = "$:";

impl Api {
    /// Keeps a session webhook for all gateways while it lives. Only one of DingTalk's own is kept: in
    /// HTTP mode the body is not signed, and a forged one would hear what the desk answers.
    pub(super) async fn keep_webhook(&self, place: &str, webhook: &SessionWebhook) {
        let is_own = webhook.url.starts_with(&format!("{}/", self.config.oapi_base_url));
        let left = webhook.until.0.saturating_sub(self.means.clock.now().0);
        let Some(for_ms) = u64::try_from(left).ok().filter(|ms| *ms > 0 && is_own) else { return };
        if let Err(error) = self.means.shelf.put(&shelf_name(place), &webhook.url, for_ms).await {
            tracing::debug!(error = %error, "a session webhook is not kept: the API answers");
        }
    }

    /// Carries out one command.
    pub(super) async fn deliver(&self, command: &Command) -> Outcome {
        let refused = |what: &str| Outcome::Rejected(format!("DingTalk has no {what}"));
        match &command.action {
            Action::Send { text, files, choices, .. } => {
                if let Some(missing) = self.config.missing() {
                    return Outcome::Rejected(missing.to_owned());
                }
                let send = async {
                    match files.as_slice() {
                        [] => self.say(command, text, choices).await,
                        [file] => self.give(command, file).await,
                        _ => Outcome::Rejected("one file at a time".to_owned()),
                    }
                };
                ledger::once(&self.means, command, send).await
            }
            Action::Delete { external_id } => self.recall(command, external_id).await,
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            Action::Edit { .. } => refused("way to change a robot's message"),
            Action::React { .. } => refused("reactions of robots"),
            Action::StartCall { .. } | Action::EndCall { .. } => refused("calls of robots"),
        }
    }

    async fn say(&self, command: &Command, words: &str, choices: &[Choice]) -> Outcome {
        if let Some(outcome) = self.say_by_session(command, words, choices).await {
            return outcome;
        }
        let (key, param) = message(words, choices);
        self.send(command, &key, &param).await
    }

    /// By the session webhook; `None` when there is none, or it took nothing.
    async fn say_by_session(
        &self,
        command: &Command,
        words: &str,
        choices: &[Choice],
    ) -> Option<Outcome> {
        let name = shelf_name(place(command));
        let url = match self.means.shelf.find(&name).await {
            Ok(url) => url?,
            Err(error) => return Some(Outcome::Unavailable(error.reason)),
        };
        let asker = command.external_conversation.as_ref().map(|_group| &*command.recipient);
        let body = session_message(words, choices, asker);
        let refusal = match self.open_call(&url, &body, judge_old).await {
            Ok(_) => return Some(Outcome::Sent(vec![format!("{BY_SESSION}{}", command.id)])),
            Err(refusal) => refusal,
        };
        match refusal {
            Refusal::Limited(pause) => Some(Outcome::RateLimited(pause)),
            Refusal::Doubt(why) => Some(Outcome::InDoubt(why)),
            // Content that is refused here is refused there, too (430101 to 430104).
            Refusal::Refused(430_101..=430_104, why) => Some(Outcome::Rejected(why)),
            _ => {
                // Over before its time (300001), or away: it took nothing, and the API does.
                if let Err(error) = self.means.shelf.put(&name, "", 1).await {
                    tracing::debug!(error = %error, "a dead session webhook stays on the shelf");
                }
                None
            }
        }
    }

    async fn send(&self, command: &Command, key: &str, param: &Value) -> Outcome {
        let robot = &self.config.robot_code;
        let param = param.to_string();
        let sent = match &command.external_conversation {
            Some(group) => {
                let body = json!({
                    "robotCode": robot, "openConversationId": group,
                    "msgKey": key, "msgParam": param,
                });
                self.post("/v1.0/robot/groupMessages/send", &body).await
            }
            // Only a session webhook reaches who is no member, and there is none any more.
            None if command.recipient.starts_with(NO_MEMBER) => return Outcome::WindowClosed,
            None => {
                let body = json!({
                    "robotCode": robot, "userIds": [command.recipient],
                    "msgKey": key, "msgParam": param,
                });
                self.post("/v1.0/robot/oToMessages/batchSend", &body).await
            }
        };
        let said = match sent {
            Ok(said) => said,
            Err(refusal) => return refusal.outcome(),
        };
        let names = |list: &str| {
            let mut names = said.get(list).and_then(Value::as_array).into_iter().flatten();
            names.any(|name| name.as_str() == Some(&*command.recipient))
        };
        if names("invalidStaffIdList") {
            return Outcome::RecipientGone;
        }
        if names("flowControlledStaffIdList") {
            return Outcome::RateLimited(MINUTE_PAUSE);
        }
        match text(&said, "processQueryKey") {
            "" => Outcome::InDoubt("DingTalk gives no id for the message".to_owned()),
            id => Outcome::Sent(vec![id.to_owned()]),
        }
    }

    async fn give(&self, command: &Command, file: &OutgoingFile) -> Outcome {
        let is_picture = matches!(
            file.file.media_type.as_str(),
            "image/png" | "image/jpeg" | "image/gif" | "image/bmp"
        );
        let kind = if is_picture { "image" } else { "file" };
        let media = match self.upload(kind, file).await {
            Ok(media) => media,
            // An upload reaches nobody: whatever became of it, the message was not sent.
            Err(Refusal::Doubt(why)) => return Outcome::Unavailable(why),
            Err(refusal) => return refusal.outcome(),
        };
        if is_picture {
            return self.send(command, "sampleImageMsg", &json!({ "photoURL": media })).await;
        }
        let name = &file.file.name;
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        let param = json!({ "mediaId": media, "fileName": name, "fileType": ending });
        self.send(command, "sampleFile", &param).await
    }

    async fn upload(&self, kind: &str, file: &OutgoingFile) -> Result<String, Refusal> {
        let build = |token: &crate::secret::Secret| {
            let url = self.old_url("/media/upload", &[("type", kind)], token)?;
            let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
            let part = Part::stream_with_length(file.bytes.clone(), size)
                .file_name(file.file.name.clone());
            let form = Form::new().text("type", kind.to_owned()).part("media", part);
            let request = self.means.http.request(Method::POST, &url)?;
            Ok(request.timeout(UPLOAD_WITHIN).multipart(form))
        };
        let said = self.authorised(build, judge_old).await?;
        match text(&said, "media_id") {
            "" => Err(Refusal::Doubt("DingTalk gives no id for the file".to_owned())),
            id => Ok(id.to_owned()),
        }
    }

    async fn recall(&self, command: &Command, id: &str) -> Outcome {
        if id.starts_with(BY_SESSION) {
            let why = "DingTalk takes nothing back that went by a session webhook";
            return Outcome::Rejected(why.to_owned());
        }
        let robot = &self.config.robot_code;
        let (path, body) = match &command.external_conversation {
            Some(group) => {
                let body = json!({
                    "openConversationId": group, "robotCode": robot, "processQueryKeys": [id],
                });
                ("/v1.0/robot/groupMessages/recall", body)
            }
            None => {
                let body = json!({ "robotCode": robot, "processQueryKeys": [id] });
                ("/v1.0/robot/otoMessages/batchRecall", body)
            }
        };
        match self.post(path, &body).await {
            Ok(said) => match said.get("failedResult").and_then(|failed| failed.get(id)) {
                Some(why) => Outcome::Rejected(format!("DingTalk: {why}")),
                None => Outcome::Sent(vec![id.to_owned()]),
            },
            // Taking back twice is no harm.
            Err(Refusal::Doubt(why)) => Outcome::Unavailable(why),
            Err(refusal) => refusal.outcome(),
        }
    }
}

/// The place whose session webhook answers a command: the group, or the person.
fn place(command: &Command) -> &str {
    command.external_conversation.as_deref().unwrap_or(&command.recipient)
}

/// Names on the shelf are no place for people's ids.
pub(super) fn shelf_name(place: &str) -> String {
    let digest = Sha256::digest(place);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("webhook.{hex}")
}

fn title(words: &str) -> String {
    let line = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().take(TITLE_CHARS_MAX).collect()
}

/// A text with a link for each button.
fn with_links(words: &str, choices: &[Choice]) -> String {
    let links = choices.iter().map(|choice| {
        format!("[{}]({})", choice::as_markdown(&choice.label), choice::link(choice))
    });
    format!("{}\n\n{}", choice::as_markdown(words), links.collect::<Vec<_>>().join("  \n"))
}

/// The robot API's name for a message, and its parameters.
fn message(words: &str, choices: &[Choice]) -> (String, Value) {
    match choices {
        [] => ("sampleText".to_owned(), json!({ "content": words })),
        [one] => {
            let text = choice::as_markdown(words);
            let param = json!({
                "title": title(words), "text": text,
                "singleTitle": one.label, "singleURL": choice::link(one),
            });
            ("sampleActionCard".to_owned(), param)
        }
        some if some.len() <= CARD_BUTTONS_MAX => {
            let mut param = Map::new();
            param.insert("title".to_owned(), title(words).into());
            param.insert("text".to_owned(), choice::as_markdown(words).into());
            for (n, choice) in (1..).zip(some) {
                param.insert(format!("actionTitle{n}"), choice.label.clone().into());
                param.insert(format!("actionURL{n}"), choice::link(choice).into());
            }
            (format!("sampleActionCard{}", some.len()), param.into())
        }
        many => {
            let text = with_links(words, many);
            ("sampleMarkdown".to_owned(), json!({ "title": title(words), "text": text }))
        }
    }
}

/// The same for a session webhook; in a group, whoever asked is mentioned.
fn session_message(words: &str, choices: &[Choice], asker: Option<&str>) -> Value {
    let button =
        |choice: &Choice| json!({ "title": choice.label, "actionURL": choice::link(choice) });
    match (choices, asker) {
        ([], None) => json!({ "msgtype": "text", "text": { "content": words } }),
        ([], Some(asker)) => json!({
            "msgtype": "text", "text": { "content": words }, "at": { "atUserIds": [asker] },
        }),
        (some, _) => {
            let card = json!({
                "title": title(words), "text": choice::as_markdown(words), "btnOrientation": "0",
                "btns": some.iter().map(button).collect::<Vec<_>>(),
            });
            json!({ "msgtype": "actionCard", "actionCard": card })
        }
    }
}
