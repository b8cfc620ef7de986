//! Contacts: a person's card, for whoever serves the person. Every read is in the audit trail.

mod devices;

pub use devices::ContactDevice;

use super::caller::Caller;
use super::conversations::serves_contact;
use super::error::{ApiError, Code};
use super::extract::id;
use crate::app::App;
use crate::auth::access::Staff;
use crate::socket::protocol::ConversationSummary;
use actix_web::{HttpResponse, web};
use domain::{
    Contact, ContactId, ConversationId, EvidenceKind, PhoneNumber, Role, TenantId, Timestamp,
};
use records::history::HistoryFilter;
use records::persons::{Fellow, JoinedAgain};
use serde::Serialize;
use utoipa::ToSchema;

/// Earlier conversations on a card.
const EARLIER: u32 = 20;

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts/{id}", web::get().to(one))
        .route("/contacts/{id}/person", web::delete().to(separate))
        .route("/contacts/{id}/person/{other}", web::put().to(join_again));
}

/// A person's card.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactCard {
    /// The person, as this channel knows them.
    #[serde(flatten)]
    contact: Contact,
    /// Earlier conversations, the last closed first: those of the person, on every channel.
    conversations: Vec<ConversationSummary>,
    /// The same person on other channels.
    same_person: Vec<SamePerson>,
    /// Who was taken for the same person, until somebody told them apart.
    separated: Vec<SamePerson>,
    /// The devices on which the person uses the app, for whoever serves them now.
    devices: Vec<ContactDevice>,
}

/// The same person on another channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct SamePerson {
    /// As that channel knows them.
    contact: Contact,
    /// What proves it.
    by: EvidenceKind,
    /// Since when it is known.
    since: Timestamp,
    /// Their open conversation there, on a channel on which a contact has one at a time; letters have
    /// as many as there are matters, and are not looked for.
    open: Vec<ConversationId>,
}

/// A contact, with earlier conversations and with what is known of the same person elsewhere.
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
    let mut filter =
        HistoryFilter { contacts: vec![id.clone()], limit: EARLIER, ..HistoryFilter::default() };
    let serves = serves_contact(&app, &staff, &id).await?;
    if !serves {
        // An agent who once served the person still sees the card, with those conversations.
        filter.agent = Some(staff.person()?.clone());
        if history.list(&staff.tenant, &filter).await?.is_empty() {
            return Err(unknown());
        }
    }
    let contact = app.records.contacts().get(&staff.tenant, &id).await?.ok_or_else(unknown)?;
    let contact = with_masked_numbers(contact);
    let persons = app.records.persons();
    let (mut same_person, mut separated) = (Vec::new(), Vec::new());
    let mut on = Vec::new();
    // Where else somebody can be found is for whoever serves them now.
    if serves {
        on = devices::of(&app, &staff.tenant, &id).await?;
        for fellow in persons.fellows(&staff.tenant, &id).await? {
            filter.contacts.push(fellow.contact.clone());
            same_person.extend(elsewhere(&app, &staff.tenant, fellow).await?);
        }
        for fellow in persons.separated(&staff.tenant, &id).await? {
            separated.extend(elsewhere(&app, &staff.tenant, fellow).await?);
        }
    }
    let earlier = history.list(&staff.tenant, &filter).await?;
    let read: Vec<String> = filter.contacts.iter().map(|id| format!("contact:{id}")).collect();
    app.note_surely(&staff.tenant, &staff.name, "contact_read", &read.join(" ")).await?;
    let conversations = earlier
        .into_iter()
        .map(|conversation| ConversationSummary { conversation, last_message: None })
        .collect();
    Ok(web::Json(ContactCard { contact, conversations, same_person, separated, devices: on }))
}

/// A telephone number is shown masked; the whole one is an act of its own, which is audited
/// (`/v1/conversations/{id}/callback/number`).
fn with_masked_numbers(mut contact: Contact) -> Contact {
    for identity in contact.identities.iter_mut().filter(|identity| identity.kind == "phone") {
        if let Ok(number) = identity.value.parse::<PhoneNumber>() {
            identity.value = number.masked();
        }
    }
    contact
}

/// A fellow as the card shows them; `None` for a contact that is gone.
async fn elsewhere(
    app: &App,
    tenant: &TenantId,
    fellow: Fellow,
) -> Result<Option<SamePerson>, ApiError> {
    let Some(contact) = app.records.contacts().get(tenant, &fellow.contact).await? else {
        return Ok(None);
    };
    let mut open = Vec::new();
    for identity in &contact.identities {
        let at = app.router.contact_conversation(tenant, &identity.channel, &contact.id).await?;
        let Some(at) = at.filter(|id| !open.contains(id)) else { continue };
        let found = app.router.conversation(tenant, &at).await?;
        // One that ended a moment ago is still found: the person's next word would open it again.
        if found.is_some_and(|(conversation, _)| conversation.closed_at.is_none()) {
            open.push(at);
        }
    }
    let contact = with_masked_numbers(contact);
    Ok(Some(SamePerson { contact, by: fellow.by, since: fellow.since, open }))
}

/// Tells a contact apart from the same person on other channels; nothing of either changes hands, for
/// nothing did before.
#[utoipa::path(delete, path = "/v1/contacts/{id}/person", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn separate(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let contact = served(&app, &staff, &path).await?;
    let (by, now) = (staff.name.as_str(), app.clock.now());
    let links = app.records.persons().separate(&staff.tenant, &contact, by, now).await?;
    if links > 0 {
        let object = format!("contact:{contact}");
        app.note_surely(&staff.tenant, by, "contact_separated", &object).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Takes back that another contact was told apart from this person.
#[utoipa::path(put, path = "/v1/contacts/{id}/person/{other}", tag = "conversations",
    security(("bearer" = [])), params(("id" = String, Path), ("other" = String, Path)),
    responses((status = 204), (status = "4XX", body = super::error::Problem)))]
pub(crate) async fn join_again(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let staff = caller.staff(Role::Agent)?;
    let (contact, other) = path.into_inner();
    let contact = served(&app, &staff, &contact).await?;
    let other: ContactId = id(&other, "contact")?;
    match app.records.persons().join_again(&staff.tenant, &contact, &other).await? {
        JoinedAgain::Joined => {}
        JoinedAgain::NotSeparated => return Err(ApiError::unknown("contact")),
        JoinedAgain::Contradicted => {
            return Err(ApiError::new(Code::Invalid, "something proves that they are two people"));
        }
    }
    let object = format!("contact:{contact} contact:{other}");
    app.note_surely(&staff.tenant, &staff.name, "contacts_joined", &object).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A contact whom the caller serves now, or may in any case.
async fn served(app: &App, staff: &Staff, text: &str) -> Result<ContactId, ApiError> {
    let contact: ContactId = id(text, "contact")?;
    if serves_contact(app, staff, &contact).await? {
        return Ok(contact);
    }
    Err(ApiError::unknown("contact"))
}
