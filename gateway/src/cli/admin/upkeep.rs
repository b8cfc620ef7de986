//! API keys, dead letters, the audit trail.

use crate::auth::api_key;
use crate::cli::stores::Stores;
use crate::cli::{Failure, say};
use crate::clock::SystemClock;
use domain::{Clock, DeliveryId, Role, TenantId};
use records::audit::{AuditEntry, Verified};
use records::credentials::NewApiKey;

/// Who acts, in the audit trail.
const ACTOR: &str = "cli";

/// Makes an API key and prints it, the only time.
pub(super) async fn create_api_key(
    stores: &Stores,
    tenant: &TenantId,
    name: &str,
    role: Role,
) -> Result<(), Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err("the name must have 1 to 100 characters".into());
    }
    let (fresh, secret_hash) = api_key::mint();
    let created_at = SystemClock.now();
    let new = NewApiKey { id: &fresh.id, secret_hash, role, name, created_by: ACTOR, created_at };
    stores.records.api_keys().create(tenant, &new).await?;
    note(stores, tenant, "api_key_created", &format!("api_key:{}", fresh.id)).await?;
    say(&fresh.key)
}

/// Lists API keys, without their secrets.
pub(super) async fn list_api_keys(stores: &Stores, tenant: &TenantId) -> Result<(), Failure> {
    for key in stores.records.api_keys().list(tenant).await? {
        let role = format!("{:?}", key.role).to_lowercase();
        let revoked = if key.revoked_at.is_some() { " (revoked)" } else { "" };
        say(&format!("{} {role}{revoked} {}", key.id, key.name))?;
    }
    Ok(())
}

/// Revokes an API key; every gateway knows it within five seconds.
pub(super) async fn revoke_api_key(
    stores: &Stores,
    tenant: &TenantId,
    id: &str,
) -> Result<(), Failure> {
    if !stores.records.api_keys().revoke(tenant, id, SystemClock.now()).await? {
        return Err(format!("there is no API key `{id}` that counts").into());
    }
    note(stores, tenant, "api_key_revoked", &format!("api_key:{id}")).await?;
    say("done")
}

/// Tries a dead letter again.
pub(super) async fn retry_dead_letter(
    stores: &Stores,
    tenant: &TenantId,
    id: &DeliveryId,
) -> Result<(), Failure> {
    if !stores.router()?.retry_delivery(tenant, id).await? {
        return Err(format!("there is no dead letter `{id}`").into());
    }
    note(stores, tenant, "delivery_retried", &format!("delivery:{id}")).await?;
    say("it is tried again")
}

/// Recomputes the audit trail's hashes.
pub(super) async fn verify_audit(stores: &Stores, tenant: &TenantId) -> Result<(), Failure> {
    match stores.records.audit().verify(tenant).await? {
        Verified::Intact { rows } => say(&format!("the audit trail is whole: {rows} rows")),
        Verified::BrokenAt { n } => {
            Err(format!("the audit trail is broken: row {n} was changed or is missing").into())
        }
    }
}

async fn note(
    stores: &Stores,
    tenant: &TenantId,
    action: &str,
    object: &str,
) -> Result<(), Failure> {
    let entry = AuditEntry {
        at: SystemClock.now(),
        actor: ACTOR.to_owned(),
        action: action.to_owned(),
        object: object.to_owned(),
        details: serde_json::Value::Object(serde_json::Map::new()),
    };
    Ok(stores.records.audit().append(tenant, &entry).await?)
}
