//! One person behind several contacts: what proves it, and where it is told. ADR 0011 has the reasons.

use crate::api::error::ApiError;
use crate::app::App;
use channels::im::SamePerson;
use channels::{Assurance, Profile, Sender};
use domain::{ContactId, Evidence, TenantId};

/// Whose doing it is in the audit trail.
const GATEWAY: &str = "gateway";

/// What a profile proves of somebody, as far as the channel's settings let it count. A sender whom the
/// network did not vouch for has proved nothing.
pub(super) fn evidence(told: &Profile, sender: &Sender, counts: &SamePerson) -> Vec<Evidence> {
    if sender.assurance != Assurance::Proved {
        return Vec::new();
    }
    let id = told.directory_id.as_deref().filter(|_| !counts.directory.is_empty());
    let email = told.email.as_deref().filter(|_| counts.email);
    let phone = told.phone.as_deref().filter(|_| counts.phone);
    let pieces = [
        id.and_then(|id| Evidence::directory_id(&counts.directory, id)),
        email.and_then(Evidence::email),
        phone.and_then(Evidence::phone),
    ];
    pieces.into_iter().flatten().collect()
}

/// Keeps what is proved of a contact now, and joins it with the contacts that share it.
///
/// # Errors
/// `unavailable`; repeating is safe.
pub(super) async fn recognise(
    app: &App,
    tenant: &TenantId,
    contact: &ContactId,
    evidence: &[Evidence],
) -> Result<(), ApiError> {
    let joined =
        app.records.persons().recognise(tenant, contact, evidence, app.clock.now()).await?;
    for fellow in joined {
        let object = format!("contact:{contact} contact:{}", fellow.contact);
        app.note(tenant, GATEWAY, "contacts_joined", &object).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EvidenceKind::{DirectoryId, Email, Phone};

    fn told() -> Profile {
        Profile {
            directory_id: Some("4220".to_owned()),
            email: Some("wang@city.example".to_owned()),
            phone: Some("+8613800000000".to_owned()),
            ..Profile::default()
        }
    }

    fn sender(assurance: Assurance) -> Sender {
        Sender {
            kind: "user_id".to_owned(),
            value: "u1".to_owned(),
            name: String::new(),
            assurance,
            locale: None,
            contact: None,
        }
    }

    fn kinds(assurance: Assurance, directory: &str) -> Vec<domain::EvidenceKind> {
        let counts = SamePerson { directory: directory.to_owned(), email: true, phone: true };
        evidence(&told(), &sender(assurance), &counts).iter().map(Evidence::kind).collect()
    }

    #[test]
    fn only_what_the_network_vouches_for_and_the_settings_name_counts() {
        assert_eq!(kinds(Assurance::Proved, "city"), [DirectoryId, Email, Phone]);
        assert_eq!(kinds(Assurance::Proved, ""), [Email, Phone], "ids of no directory");
        assert_eq!(kinds(Assurance::Claimed, "city"), []);
        let none = SamePerson { directory: String::new(), email: false, phone: false };
        assert!(evidence(&told(), &sender(Assurance::Proved), &none).is_empty());
    }
}
