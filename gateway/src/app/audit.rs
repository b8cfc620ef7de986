//! What handlers tell the rest of the house: rows for the audit trail, and changed settings.

use super::App;
use domain::{Event, TenantId};
use records::audit::AuditEntry;

impl App {
    /// Adds a row to the audit trail, for what happens outside the tenant's stream: sign-ins,
    /// settings, reads of personal data. A trail that cannot be written is an error for a person to
    /// act on, not a reason to refuse what was done.
    pub async fn note(&self, tenant: &TenantId, actor: &str, action: &str, object: &str) {
        let entry = AuditEntry {
            at: self.clock.now(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            details: serde_json::Value::Object(serde_json::Map::new()),
        };
        if let Err(error) = self.records.audit().append(tenant, &entry).await {
            tracing::error!(
                action,
                error = crate::telemetry::chain(&error),
                "not in the audit trail"
            );
        }
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
