//! Secrets inside settings are written and never read: who reads a document gets a mark in the
//! secret's place, and whoever sends the mark back keeps the secret that is there.

use crate::api::error::ApiError;
use crate::app::App;
use channels::registry::secrets;
use domain::TenantId;
use records::settings::SettingKind;
use serde_json::Value;

/// Stands in a secret's place. Too short to be one: where none is kept, it is refused.
pub(super) const KEPT: &str = "(kept secret)";

/// Puts the mark in the place of a document's secrets.
pub(super) fn hide(kind: SettingKind, document: &mut Value) {
    if kind != SettingKind::Channels {
        return;
    }
    for (secret, _) in secrets() {
        if let Some(secret) = document.pointer_mut(&format!("/settings{secret}"))
            && secret.as_str().is_some_and(|secret| !secret.is_empty())
        {
            *secret = KEPT.into();
        }
    }
}

/// Puts the secrets that are kept in the place of their marks, in the settings of a channel.
///
/// # Errors
/// `invalid` when a mark stands for a secret that is not kept, or that would now be shown to
/// somebody else; when the archive cannot be read.
pub(super) async fn restore(
    app: &App,
    tenant: &TenantId,
    channel: &str,
    settings: Option<&mut Value>,
) -> Result<(), ApiError> {
    let Some(settings) = settings else { return Ok(()) };
    let is_mark = |secret: &str| settings.pointer(secret).and_then(Value::as_str) == Some(KEPT);
    if !secrets().any(|(secret, _)| is_mark(secret)) {
        return Ok(());
    }
    let kept = app.records.settings().get(tenant, SettingKind::Channels, channel).await?;
    let kept = kept.and_then(|mut kept| kept.value.get_mut("settings").map(Value::take));
    fill(settings, kept.as_ref().unwrap_or(&Value::Null))
}

fn fill(settings: &mut Value, kept: &Value) -> Result<(), ApiError> {
    for (secret, shown_to) in secrets() {
        if settings.pointer(secret).and_then(Value::as_str) != Some(KEPT) {
            continue;
        }
        let path = format!("settings{}", secret.replace('/', "."));
        let Some(known) = kept.pointer(secret).filter(|known| known.is_string()) else {
            return Err(ApiError::field(&path, "no secret is kept here: give it"));
        };
        if shown_to.iter().any(|part| settings.pointer(part) != kept.pointer(part)) {
            let problem = "must be given anew, since it goes to another server now";
            return Err(ApiError::field(&path, problem));
        }
        if let Some(place) = settings.pointer_mut(secret) {
            *place = known.clone();
        }
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
    #[test]
    fn a_kept_secret_goes_to_nobody_else() {
        let mail = |host: &str, password: &str| json!({ "imap": { "host": host, "password": password }, "dkim": null });
        let mut same = mail("a", KEPT);
        fill(&mut same, &mail("a", "s3cret")).unwrap();
        assert_eq!(same, mail("a", "s3cret"));
        assert!(fill(&mut mail("evil", KEPT), &mail("a", "s3cret")).is_err());
        let tokens = |host: &str, secret: &str| json!({ "oauth": { "token_url": "t", "client_secret": secret }, "imap": { "host": host } });
        assert!(fill(&mut tokens("evil", KEPT), &tokens("a", "s3cret")).is_err());
        assert!(fill(&mut mail("a", KEPT), &Value::Null).is_err(), "nothing is kept");
        let mut new = mail("evil", "another");
        fill(&mut new, &mail("a", "s3cret")).unwrap();
        assert_eq!(new, mail("evil", "another"));
    }
}
