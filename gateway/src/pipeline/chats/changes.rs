//! What happens to messages after they were said: changed, taken back, reacted to, read, not arrived.

use crate::api::error::ApiError;
use crate::app::App;
use crate::pipeline::inbound::identity;
use crate::pipeline::letters::name_of;
use crate::pipeline::letters::undelivered::{self, Failure};
use channels::{Accepted, Inbound, Missed, Payload};
use domain::limits::TEXT_BYTES_MAX;
use domain::{ConversationId, Notice, TenantId};
use routing::command::Reader;

/// The longest name of somebody who reacts, in characters.
const NAME_CHARS_MAX: usize = 60;
/// The longest emoji, in characters: families and flags are several.
const EMOJI_CHARS_MAX: usize = 16;

/// Takes note of a change. What is about a message that nobody knows any more is noted, and nothing
/// comes of it.
///
/// # Errors
/// `unavailable`; the same event may be given again.
pub(in crate::pipeline) async fn accept(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
) -> Result<Accepted, ApiError> {
    match &inbound.payload {
        Payload::Read { external_id, .. } => read(app, tenant, inbound, external_id).await?,
        Payload::Edited { external_id, text } => {
            let text = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default();
            let notice = |seq| Notice::Edited { seq, text: text.to_owned() };
            tell(app, tenant, inbound, (external_id, &notice)).await?;
        }
        Payload::Deleted { external_id } => {
            tell(app, tenant, inbound, (external_id, &|seq| Notice::TakenBack { seq })).await?;
        }
        Payload::Reaction { external_id, emoji, added } => {
            let emoji: String = emoji.chars().take(EMOJI_CHARS_MAX).collect();
            let by = name_of_sender(app, tenant, inbound).await?;
            let notice = |seq| {
                let (emoji, by) = (emoji.clone(), by.clone());
                Notice::Reacted { seq, emoji, added: *added, by }
            };
            tell(app, tenant, inbound, (external_id, &notice)).await?;
        }
        Payload::DeliveryReport { command, delivered: false, reason } => {
            undelivered(app, tenant, inbound, (command, reason)).await?;
        }
        _ => {}
    }
    Ok(Accepted::Noted)
}

/// What the sender is called: as the network says with the event, or as we know them.
async fn name_of_sender(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
) -> Result<String, ApiError> {
    let sender = &inbound.sender;
    let known = match sender.name.is_empty() {
        true => {
            let identity = identity(&inbound.channel, sender);
            app.records.contacts().find_by_identity(tenant, &identity).await?
        }
        false => None,
    };
    let name = known.map_or_else(|| sender.name.clone(), |known| known.name);
    Ok(name.chars().take(NAME_CHARS_MAX).collect())
}

async fn read(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    external_id: &str,
) -> Result<(), ApiError> {
    let named = app.router.message_named(tenant, &inbound.channel, external_id).await?;
    let Some((conversation, seq)) = named else { return Ok(()) };
    let Some((known, _)) = app.router.conversation(tenant, &conversation).await? else {
        return Ok(());
    };
    let reader = Reader::Contact(&known.contact);
    app.router.mark_read(tenant, &conversation, &reader, seq).await?;
    Ok(())
}

/// Appends what became of a message to its conversation, once for each event.
async fn tell(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    (external_id, notice): (&str, &(dyn Fn(u64) -> Notice + Sync)),
) -> Result<(), ApiError> {
    let named = app.router.message_named(tenant, &inbound.channel, external_id).await?;
    let Some((conversation, seq)) = named else { return Ok(()) };
    append(app, tenant, inbound, (&conversation, notice(seq))).await
}

async fn append(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    (conversation, notice): (&ConversationId, Notice),
) -> Result<(), ApiError> {
    let name = name_of_change(inbound);
    app.router.append_notice(tenant, conversation, &name, &notice).await?;
    Ok(())
}

fn name_of_change(inbound: &Inbound) -> String {
    format!("change.{}", name_of(&format!("{}/{}", inbound.channel, inbound.external_id)))
}

/// The network took a message of ours and could not bring it to the contact.
async fn undelivered(
    app: &App,
    tenant: &TenantId,
    inbound: &Inbound,
    (command, reason): (&str, &str),
) -> Result<(), ApiError> {
    let named = app.router.message_named(tenant, &inbound.channel, command).await?;
    let Some((conversation, seq)) = named else { return Ok(()) };
    let found = crate::pipeline::log::after(app, tenant, &conversation, seq.saturating_sub(1), 1);
    let message = found
        .await
        .map_err(|error| ApiError::unavailable("the log cannot be read just now").because(error))?;
    let message = message.into_iter().next().map(|message| message.content.id);
    let missed = Missed { recipient: String::new(), reason: reason.to_owned() };
    let notice = undelivered::notice(message, Failure::ForGood, vec![missed]);
    let Some(notice) = notice else { return Ok(()) };
    let name = name_of_change(inbound);
    let told = undelivered::tell(app, tenant, &conversation, &name, &notice).await;
    told.map(drop)
        .map_err(|error| ApiError::unavailable("the agent cannot be told just now").because(error))
}
