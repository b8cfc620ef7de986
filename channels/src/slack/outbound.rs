//! Commands as calls of the Web API.

use super::api::{Again, Api, ApiError};
use super::inbound::key;
use super::wire::{ChannelAnswer, FileAnswer, History, Posted, Upload};
use super::{emoji, words};
use crate::ledger;
use crate::outbound::{Action, Choice, Command, Outcome, OutgoingFile};
use serde_json::{Value, json};

/// The longest text, in bytes: a section holds 3000 characters
/// (<https://docs.slack.dev/reference/block-kit/blocks/section-block>), and no character has less than
/// a byte.
pub(super) const TEXT_BYTES_MAX: usize = 3_000;
/// The most buttons of one block.
const BUTTONS_MAX: usize = 5;
/// What our messages are marked with, so that they can be found again.
const MARK: &str = "hutong_message";
/// How far back a message in doubt is looked for: pages, and messages on each.
const PAGES_MAX: usize = 5;
const PAGE_MESSAGES: &str = "200";
/// How long the id of a file is kept for those who ask what became of it, in milliseconds.
const UPLOAD_MS: u64 = 24 * 3_600_000;

/// Carries out a command.
pub(super) async fn deliver(api: Api<'_>, command: &Command) -> Outcome {
    match &command.action {
        Action::Send { text, files, choices, .. } => {
            let sending = async {
                match files.first() {
                    Some(file) => upload(api, command, file, text).await,
                    None => post(api, command, text, choices).await,
                }
            };
            Box::pin(ledger::once(api.means, command, sending)).await
        }
        Action::Edit { external_id, text } => {
            let text = words::escape(text);
            let blocks = ("blocks", "[]");
            change(api, command, external_id, "chat.update", &[("text", &text), blocks], "").await
        }
        Action::Delete { external_id } => match file_of(external_id) {
            Some(file) => {
                let deleted = api.call::<Value>("files.delete", &[("file", file)]).await;
                done(deleted, "file_deleted")
            }
            None => {
                change(api, command, external_id, "chat.delete", &[], "message_not_found").await
            }
        },
        Action::React { external_id, emoji } => match emoji::name(emoji) {
            Some(name) => react(api, command, external_id, name).await,
            None => Outcome::Rejected("Slack's name of this emoji is not known".to_owned()),
        },
        // Apps have no sign for either.
        Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
        Action::StartCall { .. } | Action::EndCall { .. } => {
            Outcome::Rejected("a Slack app has no calls".to_owned())
        }
    }
}

/// What became of something that may be done twice; `fine` is how Slack says that it is so already.
fn done(answer: Result<Value, ApiError>, fine: &str) -> Outcome {
    match answer {
        Ok(_) => Outcome::Sent(Vec::new()),
        Err(error) if !fine.is_empty() && error.is(fine) => Outcome::Sent(Vec::new()),
        Err(error) => error.outcome(Again::IsHarmless),
    }
}

async fn change(
    api: Api<'_>,
    command: &Command,
    external_id: &str,
    method: &str,
    more: &[(&str, &str)],
    fine: &str,
) -> Outcome {
    let (channel, ts) = message(command, external_id);
    let mut arguments = vec![("channel", channel), ("ts", ts)];
    arguments.extend_from_slice(more);
    done(api.call::<Value>(method, &arguments).await, fine)
}

async fn react(api: Api<'_>, command: &Command, external_id: &str, name: &str) -> Outcome {
    let (channel, ts) = message(command, external_id);
    let arguments = [("channel", channel), ("timestamp", ts), ("name", name)];
    done(api.call::<Value>("reactions.add", &arguments).await, "already_reacted")
}

/// A message by our id of it, `CHANNEL:TS`.
fn message<'a>(command: &'a Command, external_id: &'a str) -> (&'a str, &'a str) {
    let own = || command.external_conversation.as_deref().unwrap_or(&command.recipient);
    let (channel, ts) = external_id.split_once(':').unwrap_or_else(|| (own(), external_id));
    (channel.split('/').next().unwrap_or_default(), ts)
}

/// A file of ours has its own id in the place of a time.
fn file_of(external_id: &str) -> Option<&str> {
    let (_, id) = external_id.split_once(':')?;
    id.starts_with('F').then_some(id)
}

/// Where it goes: the channel, and its thread.
struct Target {
    channel: String,
    thread: Option<String>,
}

impl Target {
    /// Out of the conversation; without one, the bot's conversation with the person.
    async fn find(api: Api<'_>, command: &Command) -> Result<Self, ApiError> {
        let Some(place) = &command.external_conversation else {
            let users = [("users", command.recipient.as_str())];
            let opened: ChannelAnswer = api.call("conversations.open", &users).await?;
            return Ok(Self { channel: opened.channel.id, thread: None });
        };
        let (channel, thread) = place
            .split_once('/')
            .map_or((place.as_str(), None), |(channel, thread)| (channel, Some(thread)));
        Ok(Self { channel: channel.to_owned(), thread: thread.map(str::to_owned) })
    }

    fn arguments<'a>(&'a self, channel: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut arguments = vec![(channel, self.channel.as_str())];
        arguments.extend(self.thread.as_deref().map(|thread| ("thread_ts", thread)));
        arguments
    }
}

async fn post(api: Api<'_>, command: &Command, said: &str, choices: &[Choice]) -> Outcome {
    let target = match Target::find(api, command).await {
        Ok(target) => target,
        Err(error) => return error.outcome(Again::IsHarmless),
    };
    let (text, mark) = (words::escape(said), mark(command));
    let blocks = blocks(said, choices);
    let mut arguments = target.arguments("channel");
    arguments.extend([("text", text.as_str()), ("metadata", mark.as_str())]);
    // What an agent writes is shown as it stands.
    arguments.extend([("mrkdwn", "false"), ("unfurl_links", "false"), ("unfurl_media", "false")]);
    arguments.extend(blocks.as_deref().map(|blocks| ("blocks", blocks)));
    match api.call::<Posted>("chat.postMessage", &arguments).await {
        Ok(posted) => Outcome::Sent(vec![key(&posted.channel, &posted.ts)]),
        Err(error) => error.outcome(Again::Doubles),
    }
}

fn mark(command: &Command) -> String {
    json!({ "event_type": MARK, "event_payload": { "command": command.id } }).to_string()
}

/// The text with buttons below it (<https://docs.slack.dev/reference/block-kit/blocks>).
fn blocks(said: &str, choices: &[Choice]) -> Option<String> {
    if choices.is_empty() {
        return None;
    }
    let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let mut blocks = vec![json!({ "type": "section", "text": plain(said) })];
    for (row, choices) in choices.chunks(BUTTONS_MAX).enumerate() {
        let buttons = choices.iter().enumerate().map(|(n, choice)| {
            json!({
                "type": "button", "action_id": format!("choice_{row}_{n}"),
                "text": plain(&choice.label), "value": choice.value,
            })
        });
        blocks.push(json!({ "type": "actions", "elements": buttons.collect::<Vec<_>>() }));
    }
    Some(Value::from(blocks).to_string())
}

/// A file goes in three steps (<https://docs.slack.dev/messaging/working-with-files>); only the last
/// one shows it to anybody.
async fn upload(api: Api<'_>, command: &Command, file: &OutgoingFile, said: &str) -> Outcome {
    let (target, id) = match prepare(api, command, file).await {
        Ok(ready) => ready,
        Err(error) => return error.outcome(Again::IsHarmless),
    };
    let files = json!([{ "id": id, "title": file.file.name }]).to_string();
    let text = words::escape(said);
    let mut arguments = target.arguments("channel_id");
    arguments.push(("files", &files));
    if !text.is_empty() {
        arguments.push(("initial_comment", &text));
    }
    match api.call::<Value>("files.completeUploadExternal", &arguments).await {
        Ok(_) => Outcome::Sent(vec![key(&target.channel, &id)]),
        Err(error) => error.outcome(Again::Doubles),
    }
}

async fn prepare(
    api: Api<'_>,
    command: &Command,
    file: &OutgoingFile,
) -> Result<(Target, String), ApiError> {
    let target = Target::find(api, command).await?;
    let length = file.bytes.len().to_string();
    let arguments = [("filename", file.file.name.as_str()), ("length", length.as_str())];
    let upload: Upload = api.call("files.getUploadURLExternal", &arguments).await?;
    api.lay(&upload.upload_url, file.bytes.clone()).await?;
    // By it a doubt is asked about, should the last step break off.
    let place = key(&target.channel, &upload.file_id);
    if let Err(error) = api.means.shelf.put(&upload_name(command), &place, UPLOAD_MS).await {
        tracing::debug!(error = %error, "the id of a file is not noted");
    }
    Ok((target, upload.file_id))
}

fn upload_name(command: &Command) -> String {
    format!("upload.{}", command.id)
}

/// Asks what became of a command in doubt.
pub(super) async fn look_up(api: Api<'_>, command: &Command) -> Outcome {
    if let Some(ids) = ledger::sent(api.means, command).await {
        return Outcome::Sent(ids);
    }
    let is_file = matches!(&command.action, Action::Send { files, .. } if !files.is_empty());
    let found = if is_file { find_file(api, command).await } else { find_text(api, command).await };
    let unknown =
        |why: String| Outcome::InDoubt(format!("what became of it cannot be told: {why}"));
    match found {
        Ok(Found::There(id)) => {
            let ids = vec![id];
            ledger::keep(api.means, command, &ids).await;
            Outcome::Sent(ids)
        }
        Ok(Found::Nowhere) => {
            ledger::never_sent(api.means, command).await;
            Outcome::Unavailable("it never arrived at Slack".to_owned())
        }
        Ok(Found::Unsure(why)) => unknown(why.to_owned()),
        Err(error) => unknown(error.to_string()),
    }
}

enum Found {
    There(String),
    Nowhere,
    Unsure(&'static str),
}

/// Looks for the mark of a message in its channel or thread.
async fn find_text(api: Api<'_>, command: &Command) -> Result<Found, ApiError> {
    let target = Target::find(api, command).await?;
    let mut cursor = String::new();
    for _page in 0..PAGES_MAX {
        let mut arguments = vec![("channel", target.channel.as_str()), ("limit", PAGE_MESSAGES)];
        arguments.push(("include_all_metadata", "true"));
        arguments.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
        let method = match &target.thread {
            Some(thread) => {
                arguments.push(("ts", thread));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let history: History = api.call(method, &arguments).await?;
        let ours = history.messages.iter().find(|past| is_marked(&past.metadata, command));
        if let Some(ours) = ours {
            return Ok(Found::There(key(&target.channel, &ours.ts)));
        }
        cursor = history.response_metadata.next_cursor;
        if !history.has_more || cursor.is_empty() {
            return Ok(Found::Nowhere);
        }
    }
    Ok(Found::Unsure("there are too many messages since"))
}

fn is_marked(metadata: &Value, command: &Command) -> bool {
    let text = |path: &str| metadata.pointer(path).and_then(Value::as_str);
    text("/event_type") == Some(MARK) && text("/event_payload/command") == Some(command.id.as_str())
}

async fn find_file(api: Api<'_>, command: &Command) -> Result<Found, ApiError> {
    let noted = api.means.shelf.find(&upload_name(command)).await;
    let Ok(Some(place)) = noted else { return Ok(Found::Unsure("its id is not known any more")) };
    let Some((_, id)) = place.split_once(':') else {
        return Ok(Found::Unsure("its id is not known any more"));
    };
    let info: FileAnswer = match api.call("files.info", &[("file", id)]).await {
        Ok(info) => info,
        // The last step never came: the content lies there for nobody.
        Err(error) if error.is("file_not_found") => return Ok(Found::Nowhere),
        Err(error) => return Err(error),
    };
    let is_shared = info
        .file
        .shares
        .as_ref()
        .and_then(Value::as_object)
        .is_some_and(|shares| !shares.is_empty());
    Ok(if is_shared {
        Found::There(place)
    } else {
        Found::Unsure("Slack has it and does not show it yet")
    })
}
