//! What handlers tell the rest of the house: rows for the audit trail, and changed settings.

use super::App;
use crate::api::error::ApiError;
use domain::{Event, TenantId};
use records::audit::AuditEntry;

impl App {
    /// Adds a row to the audit trail, for what happens outside the tenant's stream and is over
    /// already: sign-ins, changed settings. A trail that cannot be written is an error for a person
    /// to act on, not a reason to refuse what was done.
    pub async fn note(&self, tenant: &TenantId, actor: &str, action: &str, object: &str) {
        if let Err(error) = self.append(tenant, actor, action, object).await {
            tracing::error!(
                action,
                error = crate::telemetry::chain(&error),
                "not in the audit trail"
            );
        }
    }

    /// Adds a row to the audit trail before the answer goes out: who read personal data, or acted on
    /// a conversation of others, stands in the trail or has no answer.
    ///
    /// # Errors
    /// `unavailable` when the trail cannot be written.
    pub async fn note_surely(
        &self,
        tenant: &TenantId,
        actor: &str,
        action: &str,
        object: &str,
    ) -> Result<(), ApiError> {
        Ok(self.append(tenant, actor, action, object).await?)
    }

    async fn append(
        &self,
        tenant: &TenantId,
        actor: &str,
        action: &str,
        object: &str,
    ) -> records::Result<()> {
        let entry = AuditEntry {
            at: self.clock.now(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            details: serde_json::Value::Object(serde_json::Map::new()),
        };
        self.records.audit().append(tenant, &entry).await
    }

    /// Settings of this kind changed: read them here, tell the switchboard, tell the other gateways.
    ///
    /// # Errors
    /// When the archive cannot be read. Redis being away is none: it is told when it is back.
    pub async fn settings_changed(&self, tenant: &TenantId, kind: &str) -> records::Result<()> {
        self.settings.reload().await?;
        let event = Event::SettingsChanged { kind: kind.to_owned() };
        let told = async {
            self.project(tenant).await?;
            self.router.announce(tenant, &event).await
        };
        if let Err(error) = told.await {
            tracing::warn!(
                error = crate::telemetry::chain(&error),
                "changed settings were not told"
            );
        }
        Ok(())
    }
}
