//! The desk's own word to a contact in a messenger: beside the log, once under its name.

use super::send::{Line, Word, line, parts};
use crate::api::error::ApiError;
use crate::app::App;
use crate::pipeline::deliveries::Parcel;
use channels::Choice;
use domain::{Author, Conversation, Notice, TenantId};
use routing::command::{PlaceTold, PostWord};

/// What the desk says.
#[derive(Debug)]
pub(in crate::pipeline) struct DeskWord<'a> {
    /// Its name: said once.
    pub(super) name: &'a str,
    /// The text.
    pub(super) text: &'a str,
    /// Buttons below it.
    pub(super) choices: Vec<Choice>,
    /// What the agent sees of it.
    pub(super) notice: Option<&'a Notice>,
    /// What it tells of the place in the queue.
    pub(super) place: Option<PlaceTold<'a>>,
}

impl<'a> DeskWord<'a> {
    /// A text and nothing around it.
    pub(in crate::pipeline) fn plain(name: &'a str, text: &'a str) -> Self {
        Self { name, text, choices: Vec::new(), notice: None, place: None }
    }
}

/// Says it. False when it was said before, or cannot be said: nobody is answered in a messenger there,
/// or the network carries no more answers. What the desk says is a courtesy, never worth an agent's
/// last answer: one is always left.
///
/// # Errors
/// `unavailable`; repeating is safe.
pub(super) async fn say(
    app: &App,
    tenant: &TenantId,
    conversation: &Conversation,
    word: DeskWord<'_>,
) -> Result<bool, ApiError> {
    let view = app.settings.desk(tenant);
    let Some(line) = line(app, tenant, (&view, conversation)).await? else { return Ok(false) };
    say_on(app, (tenant, &line), conversation, word).await
}

/// The same where the line is known.
///
/// # Errors
/// As [`say`].
pub(in crate::pipeline) async fn say_on(
    app: &App,
    (tenant, line): (&TenantId, &Line),
    conversation: &Conversation,
    word: DeskWord<'_>,
) -> Result<bool, ApiError> {
    if line.window().left.is_some_and(|left| left <= 1) {
        return Ok(false);
    }
    let said = Word {
        conversation: &conversation.id,
        message: None,
        name: word.name,
        author: Author::System,
        text: word.text,
        files: &[],
        choices: word.choices,
    };
    // A closed window is no failure here: nobody waits for a courtesy.
    let Ok(parts) = parts((tenant, line), said, app.clock.now()) else { return Ok(false) };
    let new: Vec<_> = parts.iter().map(Parcel::new_delivery).collect();
    let posted = PostWord {
        conversation: &conversation.id,
        name: word.name,
        notice: word.notice,
        place: word.place,
        parts: &new,
    };
    Ok(app.router.post_word(tenant, &posted).await?)
}
