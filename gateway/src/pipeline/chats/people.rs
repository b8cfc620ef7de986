//! Who somebody in a messenger is: what the network tells of them, asked when we meet and once a day
//! after, and what their department means for the desk.

use super::door;
use crate::api::error::ApiError;
use crate::app::App;
use crate::clock::mint;
use crate::pipeline::inbound::identity;
use crate::pipeline::persons;
use channels::im::{DepartmentRule, ImSettings};
use channels::{Inbound, Payload, Profile, Sender};
use domain::{Channel, ChannelKind, Contact, TenantId};
use records::contacts::{ContactUpdate, NewContact};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long the network may take to tell who somebody is: its own call waits meanwhile.
const TELL_WITHIN: Duration = Duration::from_millis(1_500);
/// After how long a network is asked again who somebody is, in milliseconds: people change departments.
const ASKS_AGAIN_MS: u64 = 24 * 60 * 60 * 1_000;
/// The same where it did not tell.
const TRIES_AGAIN_MS: u64 = 10 * 60 * 1_000;
/// With a user's address after it, the name under which the channel's shelf holds that it was asked.
const ASKED: &str = "asked-who:";
/// The key of the departments among a contact's facts.
const DEPARTMENTS: &str = "departments";
/// The facts that come from the network.
const FACTS: [&str; 5] = ["avatar_url", "email", "phone", "directory_id", DEPARTMENTS];
/// The longest fact, in characters, and the most departments.
const BOUNDS: (usize, usize) = (200, 20);

/// Names the contact who says something in a messenger, made with what the network tells when we never
/// met, and lets their department choose topic and audience where the word does not.
///
/// # Errors
/// `unavailable`; repeating is safe.
pub(in crate::pipeline) async fn introduce(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    inbound: &mut Inbound,
) -> Result<(), ApiError> {
    if channel.kind != ChannelKind::Im || inbound.sender.contact.is_some() {
        return Ok(());
    }
    let Payload::MessageNew(message) = &mut inbound.payload else { return Ok(()) };
    let contact = meet(app, tenant, channel, &inbound.sender).await?;
    if let Some(rule) = rule(channel, &contact.attributes) {
        message.topic = message.topic.take().or(rule.topic);
        message.audience = message.audience.or(rule.audience);
    }
    inbound.sender.contact = Some(contact.id);
    Ok(())
}

async fn meet(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    sender: &Sender,
) -> Result<Contact, ApiError> {
    let identity = identity(&channel.id, sender);
    let contacts = app.records.contacts();
    let known = contacts.find_by_identity(tenant, &identity).await?;
    let asked = format!("{ASKED}{}", sender.value);
    if let Some(known) = &known
        && app.router.find_on_shelf(tenant, &channel.id, &asked).await?.is_some()
    {
        return Ok(known.clone());
    }
    let told = profile(app, tenant, channel, sender).await;
    let asks_again_after = if told.is_ok() { ASKS_AGAIN_MS } else { TRIES_AGAIN_MS };
    let told = told.ok().flatten();
    let contact = match (known, &told) {
        (Some(known), None) => known,
        (Some(known), Some(told)) => match renewed(&known, told) {
            Some(update) => contacts.update(tenant, &known.id, &update).await?.unwrap_or(known),
            None => known,
        },
        (None, told) => {
            let new = new(app, channel, sender, told.as_ref());
            contacts.find_or_create_by_identity(tenant, &identity, &new).await?
        }
    };
    if let Some(told) = &told {
        let counts = ImSettings::of(channel).map(|settings| settings.same_person);
        let evidence = counts.map(|counts| persons::evidence(told, sender, &counts));
        persons::recognise(app, tenant, &contact.id, &evidence.unwrap_or_default()).await?;
    }
    // Last, so that what broke off before is done with the next word.
    app.router.put_on_shelf(tenant, &channel.id, (&asked, "1"), asks_again_after).await?;
    Ok(contact)
}

fn new(app: &App, channel: &Channel, sender: &Sender, told: Option<&Profile>) -> NewContact {
    let attributes = told.map(facts).unwrap_or_default();
    let rule = rule(channel, &attributes);
    let name = told.map(|told| &told.name).filter(|name| !name.is_empty());
    NewContact {
        id: mint::contact(),
        name: cut(name.unwrap_or(&sender.name)),
        audience: rule.and_then(|rule| rule.audience).unwrap_or(channel.audience),
        locale: sender.locale.or(told.and_then(|told| told.locale)).unwrap_or_default(),
        created_at: app.clock.now(),
        attributes,
    }
}

/// What the network tells now goes in the place of what it told before; what comes from elsewhere stays.
/// `None` when nothing changed.
fn renewed(known: &Contact, told: &Profile) -> Option<ContactUpdate> {
    let mut attributes = known.attributes.clone();
    attributes.retain(|key, _| !FACTS.contains(&key.as_str()));
    attributes.extend(facts(told));
    let name = Some(cut(&told.name)).filter(|name| !name.is_empty() && *name != known.name);
    let is_new = name.is_some() || attributes != known.attributes;
    is_new.then_some(ContactUpdate { name, locale: None, attributes: Some(attributes) })
}

/// The network did not tell who somebody is, and may do so later.
struct NotTold;

/// What a network tells of somebody whom we meet; `None` where it tells nothing: they are met without a
/// name then.
async fn profile(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    sender: &Sender,
) -> Result<Option<Profile>, NotTold> {
    let adapter = door(app, tenant, channel).ok_or(NotTold)?;
    if !adapter.descriptor().capabilities.profiles {
        return Ok(None);
    }
    match tokio::time::timeout(TELL_WITHIN, adapter.profile(&sender.value)).await {
        Ok(Ok(profile)) => Ok(profile),
        Ok(Err(error)) => {
            let error = crate::telemetry::chain(&error);
            tracing::debug!(channel.id = %channel.id, error, "a network does not tell who somebody is");
            Err(NotTold)
        }
        Err(_late) => {
            tracing::debug!(channel.id = %channel.id, "a network does not tell in time who somebody is");
            Err(NotTold)
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(BOUNDS.0).collect()
}

/// What is kept of a profile among the contact's facts.
fn facts(profile: &Profile) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut put = |key: &str, value: Option<&String>| {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            facts.insert(key.to_owned(), json!(cut(text)));
        }
    };
    let [avatar_url, email, phone, directory_id, _] = FACTS;
    put(avatar_url, profile.avatar_url.as_ref());
    put(email, profile.email.as_ref());
    put(phone, profile.phone.as_ref());
    put(directory_id, profile.directory_id.as_ref());
    let departments: Vec<String> =
        profile.departments.iter().take(BOUNDS.1).map(|name| cut(name)).collect();
    if !departments.is_empty() {
        facts.insert(DEPARTMENTS.to_owned(), json!(departments));
    }
    facts
}

/// The rule of the channel that fits somebody with these facts.
fn rule(channel: &Channel, facts: &Map<String, Value>) -> Option<DepartmentRule> {
    if channel.kind != ChannelKind::Im {
        return None;
    }
    let names = facts.get(DEPARTMENTS)?.as_array()?;
    let names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    ImSettings::of(channel).ok()?.rule_for(&names).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_changes_departments_is_known_by_the_new_one_and_keeps_the_rest() {
        let told = |department: &str| Profile {
            name: "李明".to_owned(),
            departments: vec![department.to_owned()],
            ..Profile::default()
        };
        let mut known = Contact {
            id: mint::contact(),
            name: "李明".to_owned(),
            audience: domain::Audience::Staff,
            locale: domain::Locale::ZhCn,
            created_at: domain::Timestamp(1),
            identities: Vec::new(),
            attributes: facts(&Profile {
                phone: Some("+8613800000000".to_owned()),
                ..told("税务局")
            }),
        };
        known.attributes.insert("plan".to_owned(), json!("gold"));
        let update = renewed(&known, &told("财政局")).expect("something changed");
        let attributes = update.attributes.expect("facts");
        assert_eq!(attributes["departments"], json!(["财政局"]));
        assert_eq!(attributes["plan"], "gold");
        assert!(!attributes.contains_key("phone"), "told no longer");
        assert_eq!(update.name, None);
        known.attributes = attributes;
        assert!(renewed(&known, &told("财政局")).is_none());
    }

    #[test]
    fn facts_are_bounded_and_what_is_not_told_is_not_kept() {
        let profile = Profile {
            name: "李明".to_owned(),
            departments: (0..50).map(|n| format!("d{n}")).collect(),
            phone: Some(String::new()),
            email: Some("x".repeat(1_000)),
            ..Profile::default()
        };
        let facts = facts(&profile);
        assert_eq!(facts["departments"].as_array().map(Vec::len), Some(BOUNDS.1));
        assert_eq!(facts["email"].as_str().map(str::len), Some(BOUNDS.0));
        assert!(!facts.contains_key("phone") && !facts.contains_key("directory_id"));
    }
}
