//! A letter may ask for a call, in its subject or its first line: a word and a number, as in a messenger.

use super::LetterError;
use crate::api::error::Code;
use crate::app::App;
use crate::pipeline::calls::line_of;
use crate::pipeline::calls::request::{self, CallbackWish};
use channels::im::callback_number;
use channels::inbound::{NewMessage, Writer};
use domain::{ConversationId, MailWarning, TenantId};
use routing::command::Closer;

/// The number at which somebody would rather be called. Programs want no calls, and forgers get none.
pub(super) fn number(message: &NewMessage) -> Option<String> {
    let mail = message.mail.as_ref()?;
    let is_safe = !matches!(mail.warning, Some(MailWarning::Forged | MailWarning::ClaimsDesk));
    if message.writer != Writer::Person || mail.automatic || !is_safe {
        return None;
    }
    let first = message.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let found = callback_number(&mail.subject).or_else(|| callback_number(first));
    found.map(str::to_owned)
}

/// Has the contact called, where the desk calls back and believes whose number it is. What is refused stays a letter:
/// an agent reads it.
///
/// # Errors
/// `unavailable`: the same letter may be given again.
pub(super) async fn grant(
    app: &App,
    tenant: &TenantId,
    id: &ConversationId,
    number: String,
) -> Result<(), LetterError> {
    let known = app.router.conversation(tenant, id).await?;
    let Some((conversation, _)) = known else { return Ok(()) };
    let view = app.settings.desk(tenant);
    let line = line_of(&view, &conversation.channel);
    let believes = line.is_some_and(|(_, policy)| policy.verify.is_none());
    // One that comes again after its call is no new wish.
    if !believes || conversation.callback.is_some() {
        return Ok(());
    }
    let wish = CallbackWish { number, from: None, until: None, code: None };
    let by = Closer::Contact(&conversation.contact);
    match request::request(app, tenant, &conversation, &wish, by).await {
        Ok(_state) => Ok(()),
        Err(error) if error.code() == Code::Unavailable => Err(error.into()),
        Err(error) => {
            tracing::info!(tenant.id = %tenant, conversation.id = %id, error = %error, "a letter's call is not promised");
            Ok(())
        }
    }
}
