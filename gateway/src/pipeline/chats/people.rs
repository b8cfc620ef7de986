//! Who somebody in a messenger is: what the network tells of them, asked when we meet, and what their
//! department means for the desk.

use super::door;
use crate::api::error::ApiError;
use crate::app::App;
use crate::clock::mint;
use crate::pipeline::inbound::identity;
use channels::im::{DepartmentRule, ImSettings};
use channels::{Inbound, Payload, Profile, Sender};
use domain::{Channel, ChannelKind, Contact, TenantId};
use records::contacts::NewContact;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long the network may take to tell who somebody is: its own call waits meanwhile.
const TELL_WITHIN: Duration = Duration::from_millis(1_500);
/// The key of the departments among a contact's facts.
const DEPARTMENTS: &str = "departments";
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
    if let Some(known) = contacts.find_by_identity(tenant, &identity).await? {
        return Ok(known);
    }
    let told = profile(app, tenant, channel, sender).await.unwrap_or_default();
    let attributes = facts(&told);
    let rule = rule(channel, &attributes);
    let name = if told.name.is_empty() { sender.name.clone() } else { told.name };
    let new = NewContact {
        id: mint::contact(),
        name: name.chars().take(BOUNDS.0).collect(),
        audience: rule.and_then(|rule| rule.audience).unwrap_or(channel.audience),
        locale: sender.locale.or(told.locale).unwrap_or_default(),
        created_at: app.clock.now(),
        attributes,
    };
    Ok(contacts.find_or_create_by_identity(tenant, &identity, &new).await?)
}

/// What a network tells of somebody whom we meet; `None` where it tells nothing, or not in time: they
/// are met without a name then.
async fn profile(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    sender: &Sender,
) -> Option<Profile> {
    let adapter = door(app, tenant, channel)?;
    if !adapter.descriptor().capabilities.profiles {
        return None;
    }
    match tokio::time::timeout(TELL_WITHIN, adapter.profile(&sender.value)).await {
        Ok(Ok(profile)) => profile,
        Ok(Err(error)) => {
            let error = crate::telemetry::chain(&error);
            tracing::debug!(channel.id = %channel.id, error, "a network does not tell who somebody is");
            None
        }
        Err(_late) => {
            tracing::debug!(channel.id = %channel.id, "a network does not tell in time who somebody is");
            None
        }
    }
}

/// What is kept of a profile among the contact's facts.
fn facts(profile: &Profile) -> Map<String, Value> {
    let mut facts = Map::new();
    let cut = |text: &str| text.chars().take(BOUNDS.0).collect::<String>();
    let mut put = |key: &str, value: Option<&String>| {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            facts.insert(key.to_owned(), json!(cut(text)));
        }
    };
    put("avatar_url", profile.avatar_url.as_ref());
    put("email", profile.email.as_ref());
    put("phone", profile.phone.as_ref());
    put("directory_id", profile.directory_id.as_ref());
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
