//! Updates that we ask for (<https://core.telegram.org/bots/api#getupdates>).
//!
//! Telegram forgets what lies before the `offset` of the next question, and keeps the rest for a day: the
//! offset moves only behind what the sink has.

use super::Telegram;
use super::api::{ApiError, UPDATES_BYTES_MAX};
use crate::adapter::Inlet;
use crate::error::AdapterError;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long Telegram keeps a question open when there is nothing, in seconds.
const WAIT_SECS: u64 = 25;
/// How long an answer may take: the wait, and the way.
const ANSWER_WITHIN: Duration = Duration::from_secs(WAIT_SECS + 20);
/// The most updates of one answer; Telegram's own maximum.
const UPDATES_MAX: u64 = 100;
/// A server that does not keep questions open is asked so often.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// A bookmark older than this is not believed, in milliseconds: after a week of silence Telegram counts
/// from a random number, and an offset above it would drop what waits.
const BOOKMARK_MS: i64 = 6 * 24 * 3_600_000;
/// What is asked for; `message_reaction` comes only when it is named.
const KINDS: [&str; 5] =
    ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"];

/// Asks until stopped.
pub(super) async fn run(
    door: &Telegram,
    inlet: &Inlet,
    stop: &CancellationToken,
) -> Result<(), AdapterError> {
    // The name is the bot's: another bot's numbers mean nothing.
    let name = format!("updates.{}", door.config.bot_id());
    let mut offset = bookmark(door, inlet, &name).await?;
    // A webhook excludes questions. What waits stays (`drop_pending_updates` is false by default).
    match stop.run_until_cancelled(door.api().call::<Value>("deleteWebhook", &json!({}))).await {
        None => return Ok(()),
        Some(done) => drop(done?),
    }
    loop {
        let began = Instant::now();
        let Some(asked) = stop.run_until_cancelled(ask(door, offset)).await else { break };
        let updates = asked?;
        let is_quiet = updates.is_empty();
        for update in updates {
            let id = update.get("update_id").and_then(Value::as_i64);
            let id = id.ok_or_else(|| {
                AdapterError::Unavailable("an update without a number".to_owned())
            })?;
            door.take(update, inlet).await?;
            let next = id.saturating_add(1);
            offset = Some(next);
            let place = format!("{next}@{}", door.means.clock.now().0);
            inlet.bookmarks.lay(&name, &place).await.map_err(AdapterError::NotTaken)?;
            if stop.is_cancelled() {
                return Ok(());
            }
        }
        if is_quiet && began.elapsed() < ASK_EVERY {
            stop.run_until_cancelled(tokio::time::sleep_until(began + ASK_EVERY)).await;
        }
    }
    Ok(())
}

async fn bookmark(door: &Telegram, inlet: &Inlet, name: &str) -> Result<Option<i64>, AdapterError> {
    let found = inlet.bookmarks.find(name).await.map_err(AdapterError::NotTaken)?;
    let parse = |place: String| {
        let (offset, laid) = place.split_once('@')?;
        let age = door.means.clock.now().0.saturating_sub(laid.parse().ok()?);
        offset.parse().ok().filter(|_| age < BOOKMARK_MS)
    };
    Ok(found.and_then(parse))
}

async fn ask(door: &Telegram, offset: Option<i64>) -> Result<Vec<Value>, ApiError> {
    let mut question =
        json!({ "timeout": WAIT_SECS, "limit": UPDATES_MAX, "allowed_updates": KINDS });
    if let (Some(offset), Some(question)) = (offset, question.as_object_mut()) {
        question.insert("offset".to_owned(), offset.into());
    }
    let api = door.api();
    let request = api.request("getUpdates")?.timeout(ANSWER_WITHIN).json(&question);
    api.answer(request, UPDATES_BYTES_MAX).await
}
