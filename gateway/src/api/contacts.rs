//! Contacts: a person's card, for whoever serves the person. Every read is in the audit trail.

use super::caller::Caller;
use super::conversations::serves_contact;
use super::error::ApiError;
use super::extract::id;
use crate::app::App;
use crate::socket::protocol::ConversationSummary;
use actix_web::web;
use domain::{Contact, ContactId, Role};
use records::history::HistoryFilter;
use serde::Serialize;
use utoipa::ToSchema;

/// Earlier conversations on a card.
const EARLIER: u32 = 20;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/contacts/{id}", web::get().to(one));
}

/// A person's card.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactCard {
    /// The person.
    #[serde(flatten)]
    contact: Contact,
    /// Earlier conversations, the last closed first.
    conversations: Vec<ConversationSummary>,
}

/// A contact, with earlier conversations.
#[utoipa::path(get, path = "/v1/contacts/{id}", tag = "conversations", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = ContactCard), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn one(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<web::Json<ContactCard>, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let unknown = || ApiError::unknown("contact");
    let id: ContactId = id(&path, "contact")?;
    let history = app.records.history();
    let mut filter = HistoryFilter {
        contact: Some(id.clone()),
        queue: None,
        agent: None,
        before: None,
        limit: EARLIER,
    };
    if staff.role < Role::Supervisor && !serves_contact(&app, &staff, &id).await? {
        // An agent who once served the person still sees the card, with those conversations.
        filter.agent = Some(staff.person()?.clone());
        if history.list(&staff.tenant, &filter).await?.is_empty() {
            return Err(unknown());
        }
    }
    let contact = app.records.contacts().get(&staff.tenant, &id).await?.ok_or_else(unknown)?;
    let earlier = history.list(&staff.tenant, &filter).await?;
    app.note_surely(&staff.tenant, &staff.name, "contact_read", &format!("contact:{id}")).await?;
    let conversations = earlier
        .into_iter()
        .map(|conversation| ConversationSummary { conversation, last_message: None })
        .collect();
    Ok(web::Json(ContactCard { contact, conversations }))
}
