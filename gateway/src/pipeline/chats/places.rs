//! Tells people in messengers who wait when their place in the queue became another: seldom, a few times
//! at most, and only while nobody serves them. A duty looks at those who were told of a place; what is
//! said and that it was said are one transition, so that a gateway that dies says nothing twice.

use super::desk::{DeskWord, say_on};
use super::place::{Place, Told};
use super::telling::chat;
use super::words;
use crate::app::App;
use crate::pipeline::duty::{DutyWork, Passed};
use crate::pipeline::failing::is_away;
use channels::im::ImSettings;
use domain::{Conversation, ConversationId, State, TenantId};
use futures_util::FutureExt;
use routing::RoutingError;
use routing::command::{PlaceSaid, PlaceTold};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const DUTY: &str = "places";
/// How many places one pass looks at.
const PLACES_AT_ONCE: usize = 32;
/// When it is looked again at a place that was not worth a word, in milliseconds.
const AGAIN_MS: u64 = 5_000;
/// The same where no agent's answer could follow, or something was wrong.
const LATER_MS: u64 = 60_000;
/// Where a network allows only so many answers, so many stay for the agents.
const LEFT_FOR_AGENTS: u32 = 3;

pub(in crate::pipeline) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: DUTY,
        pause: Duration::from_secs(1),
        pass: |app, tenant, _epoch, _note| pass(app, tenant).boxed(),
    }
    .spawn(app);
}

/// After how long it is looked whether what was just told is still so, in milliseconds.
pub(super) fn look_after_ms(settings: &ImSettings) -> u64 {
    u64::try_from(settings.update_after.as_millis()).unwrap_or(u64::MAX)
}

async fn pass(app: &App, tenant: &TenantId) -> Passed {
    let due = app.router.places_due(tenant, PLACES_AT_ONCE).await?;
    for id in &due {
        match look(app, tenant, id).await {
            Ok(Next::After(ms)) => app.router.look_at_place_after(tenant, id, ms).await?,
            Ok(Next::Never) => app.router.forget_place(tenant, id).await?,
            Ok(Next::Told) => {}
            Err(error) if is_away(error.as_ref()) => return Err(error),
            Err(error) => {
                let error = crate::telemetry::chain(error.as_ref());
                tracing::warn!(tenant.id = %tenant, conversation.id = %id, error, "a place in the queue cannot be told; the others go on");
                app.router.look_at_place_after(tenant, id, LATER_MS).await?;
            }
        }
    }
    Ok(due.len() == PLACES_AT_ONCE)
}

/// When to look again.
enum Next {
    /// After so many milliseconds.
    After(u64),
    /// When it is told, the transition says when.
    Told,
    /// Nothing will be told any more.
    Never,
}

async fn look(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<Next, Box<dyn Error + Send + Sync>> {
    let Some((conversation, line, settings)) = chat(app, tenant, id).await? else {
        return Ok(Next::Never);
    };
    let told = app.router.place_told(tenant, id).await?;
    let told: Option<Told> = told.and_then(|told| serde_json::from_str(&told).ok());
    let Some(told) = told.filter(|told| is_followed(&conversation, *told, &settings)) else {
        return Ok(Next::Never);
    };
    let Some(next) = next(app, tenant, id, (told, &settings)).await? else {
        return Ok(Next::After(AGAIN_MS));
    };
    // An answer of an agent is worth more than ours.
    if line.window().left.is_some_and(|left| left <= LEFT_FOR_AGENTS) {
        return Ok(Next::After(LATER_MS));
    }
    let Some(place) = next.place() else { return Ok(Next::Never) };
    let (name, kept) = (next.name(), next.text()?);
    let text = words::moved(conversation.info.locale, place);
    let place = PlaceTold {
        told: &kept,
        look_after_ms: look_after_ms(&settings),
        said: PlaceSaid::WhileWaiting,
    };
    let word = DeskWord { place: Some(place), ..DeskWord::plain(&name, &text) };
    let is_said = say_on(app, (tenant, &line), &conversation, word).await?;
    Ok(if is_said { Next::Told } else { Next::After(LATER_MS) })
}

/// Does the contact still wait, and may hear more?
fn is_followed(conversation: &Conversation, told: Told, settings: &ImSettings) -> bool {
    let waits = matches!(conversation.state, State::Queued | State::Scheduled)
        && conversation.accepted_at.is_none();
    waits && settings.position_updates && !told.is_over(settings.updates_max)
}

/// What is to be told now; `None` when the place is not worth a word, or there is none yet.
async fn next(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    (told, settings): (Told, &ImSettings),
) -> Result<Option<Told>, RoutingError> {
    let estimate = app.router.estimate(tenant, id).await?;
    let place = estimate.as_ref().map(Place::of);
    Ok(place.and_then(|place| told.then(place, settings.updates_max)))
}
