//! What the desk tells of its own accord in messengers: that it has the matter and how many are before
//! the person, what became of calls, and at the end, that it is over and whether it was good. A duty that reads the commits;
//! each word has a name, so that it is said once whatever happens in between.

use super::deeds::remember_asked;
use super::desk::{DeskWord, say_on};
use super::place::Told;
use super::places::look_after_ms;
use super::send::{Line, line};
use super::signs::Sign;
use super::words::{self, Buttons};
use crate::app::App;
use crate::pipeline::calls::telling as calls;
use crate::pipeline::commits;
use crate::pipeline::duty::{DutyWork, Passed};
use channels::im::ImSettings;
use domain::{ChannelKind, Conversation, ConversationId, Event, Notice, State, TenantId};
use futures_util::FutureExt;
use routing::command::{PlaceSaid, PlaceTold};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

const DUTY: &str = "telling";
/// How many commits one pass reads.
const COMMITS_AT_ONCE: usize = 64;

pub(in crate::pipeline) fn spawn(app: &Arc<App>) {
    DutyWork {
        name: DUTY,
        pause: Duration::from_millis(500),
        pass: |app, tenant, epoch, note| pass(app, tenant, epoch, note).boxed(),
    }
    .spawn(app);
}

async fn pass(app: &App, tenant: &TenantId, epoch: u64, done: &mut String) -> Passed {
    let unread = commits::unread(app, tenant, (DUTY, epoch), done, COMMITS_AT_ONCE);
    let Some(commits) = unread.await? else { return Ok(false) };
    let Some(last) = commits.last() else { return Ok(false) };
    let cursor = last.cursor.to_string();
    for event in commits.iter().flat_map(|commit| commit.events()) {
        let told = match event {
            Event::ConversationOpened { conversation, .. } => {
                opened(app, tenant, conversation).await
            }
            Event::ConversationClosed { conversation, from, .. } => {
                closed(app, tenant, conversation, *from).await
            }
            Event::MessageAppended { conversation, message, .. } => {
                calls::tell(app, tenant, conversation, message).await
            }
            Event::ReadMarked { conversation, by, seq, .. } if by == "agent" => {
                if has_messengers(app, tenant) {
                    app.signs.offer(Sign::Read(tenant.clone(), conversation.clone(), *seq));
                }
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(error) = told {
            // Redis away stops the pass, to be gone on with; anything else must not hold up the others.
            if error.downcast_ref::<routing::RoutingError>().is_some() {
                return Err(error);
            }
            let error = crate::telemetry::chain(error.as_ref());
            tracing::warn!(tenant.id = %tenant, error, "a contact is not told where the matter stands");
        }
    }
    let more = commits.len() == COMMITS_AT_ONCE;
    if app.router.dispatch(tenant, DUTY, epoch, &cursor, &[]).await? {
        *done = cursor;
        return Ok(more);
    }
    done.clear();
    Ok(false)
}

fn has_messengers(app: &App, tenant: &TenantId) -> bool {
    let view = app.settings.desk(tenant);
    view.desk.channels.iter().any(|channel| channel.kind == ChannelKind::Im && channel.enabled)
}

pub(in crate::pipeline) type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// A conversation of a messenger, its line, and what the desk does there.
pub(in crate::pipeline) async fn chat(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
) -> Result<Option<(Conversation, Line, ImSettings)>, Box<dyn Error + Send + Sync>> {
    let view = app.settings.desk(tenant);
    let known = app.router.conversation(tenant, id).await?;
    let Some((conversation, _)) = known.filter(|(one, _)| one.kind == ChannelKind::Im) else {
        return Ok(None);
    };
    let settings = view.channel(&conversation.channel).and_then(|one| ImSettings::of(one).ok());
    let line = line(app, tenant, (&view, &conversation)).await?;
    Ok(settings.zip(line).map(|(settings, line)| (conversation, line, settings)))
}

async fn opened(app: &App, tenant: &TenantId, id: &ConversationId) -> Done {
    let Some((conversation, line, settings)) = chat(app, tenant, id).await? else { return Ok(()) };
    // Whoever is served already gets the agent's own word.
    let waits = matches!(conversation.state, State::Queued | State::Offered | State::Scheduled);
    if !settings.acknowledge || !waits {
        return Ok(());
    }
    let estimate = app.router.estimate(tenant, id).await?;
    let zone = app.settings.desk(tenant).zone_of(&conversation.queue);
    let text = words::acknowledged(&conversation, estimate.as_ref(), zone);
    let told = Told::first(estimate.as_ref()).text()?;
    // Whom it is held out to already needs no place.
    let is_followed = settings.position_updates && conversation.state != State::Offered;
    let place = is_followed.then(|| PlaceTold {
        told: &told,
        look_after_ms: look_after_ms(&settings),
        said: PlaceSaid::Anyway,
    });
    let word = DeskWord {
        notice: Some(&Notice::Acknowledged),
        place,
        ..DeskWord::plain("acknowledged", &text)
    };
    say_on(app, (tenant, &line), &conversation, word).await?;
    Ok(())
}

async fn closed(app: &App, tenant: &TenantId, id: &ConversationId, from: State) -> Done {
    let Some((conversation, line, settings)) = chat(app, tenant, id).await? else { return Ok(()) };
    let locale = conversation.info.locale;
    let name = format!("over.{}", conversation.closed_at.map_or(0, |at| at.0));
    // Whom nobody served has nothing to rate.
    let was_served = matches!(from, State::Active | State::WrapUp | State::Snoozed);
    if !was_served || !settings.ask_rating {
        let text = words::over(locale);
        say_on(app, (tenant, &line), &conversation, DeskWord::plain(&name, &text)).await?;
        return Ok(());
    }
    let has_cards = line.adapter.descriptor().capabilities.cards;
    let buttons = if has_cards { Buttons::Some } else { Buttons::None };
    let text = words::asked_to_rate(locale, buttons);
    let choices = if has_cards { words::grades(locale) } else { Vec::new() };
    remember_asked(app, tenant, &conversation).await?;
    let word = DeskWord { choices, ..DeskWord::plain(&name, &text) };
    say_on(app, (tenant, &line), &conversation, word).await?;
    Ok(())
}
