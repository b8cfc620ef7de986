//! Secrets inside settings are written and never read: who reads a document gets a mark in the
//! secret's place, and whoever sends the mark back keeps the secret that is there.

use crate::api::error::ApiError;
use crate::app::App;
use domain::TenantId;
use records::settings::SettingKind;
use serde_json::Value;

/// Stands in a secret's place. Too short to be one: where none is kept, it is refused.
pub(super) const KEPT: &str = "(kept secret)";
/// The secret among a channel's settings.
const SECRET: &str = "identity_secret";

/// Puts the mark in the place of a document's secret.
pub(super) fn hide(kind: SettingKind, document: &mut Value) {
    if kind == SettingKind::Channels
        && let Some(secret) = document.pointer_mut("/settings/identity_secret")
        && secret.as_str().is_some_and(|secret| !secret.is_empty())
    {
        *secret = KEPT.into();
    }
}

/// Puts the secret that is kept in the place of the mark, in the settings of a channel.
///
/// # Errors
/// When the archive cannot be read.
pub(super) async fn restore(
    app: &App,
    tenant: &TenantId,
    channel: &str,
    settings: Option<&mut Value>,
) -> Result<(), ApiError> {
    let Some(secret) = settings.and_then(|settings| settings.get_mut(SECRET)) else {
        return Ok(());
    };
    if secret.as_str() != Some(KEPT) {
        return Ok(());
    }
    let kept = app.records.settings().get(tenant, SettingKind::Channels, channel).await?;
    let kept = kept.and_then(|kept| kept.value.pointer("/settings/identity_secret").cloned());
    if let Some(kept) = kept {
        *secret = kept;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_secret_that_is_there_is_hidden() {
        let hidden = |kind, mut document: Value| {
            hide(kind, &mut document);
            document
        };
        let channel =
            |secret: &str| json!({ "id": "a", "settings": { "identity_secret": secret } });
        assert_eq!(hidden(SettingKind::Channels, channel("s3cret")), channel(KEPT));
        assert_eq!(hidden(SettingKind::Channels, channel("")), channel(""));
        assert_eq!(hidden(SettingKind::Queues, channel("s3cret")), channel("s3cret"));
        let bare = json!({ "id": "a", "settings": null });
        assert_eq!(hidden(SettingKind::Channels, bare.clone()), bare);
    }
}
