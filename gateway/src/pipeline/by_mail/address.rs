//! Addresses that visitors name: checked, counted, and left for answers. They are personal data; where
//! they are counted, a digest stands for them.

use super::super::letters::name_of;
use super::super::letters::reply::is_address;
use super::mailbox_of;
use crate::api::error::{ApiError, Code};
use crate::app::App;
use crate::auth::VisitorIdentity;
use crate::middleware::limits::{Limit, WithoutRedis};
use domain::{Channel, ChannelKind, ConversationId, Identity, TenantId};
use routing::command::LeaveAddress;
use routing::reply::{AddressLeft, AddressWithdrawn};

/// How often a day one visitor may name an address.
const FOR_ONE_VISITOR: u32 = 20;
/// How often a day one address may be named, by whomever.
const FOR_ONE_ADDRESS: u32 = 10;
/// How often an hour the visitors of one tenant may.
const FOR_ONE_TENANT: u32 = 600;

/// An address that a visitor named: somebody's mailbox, as far as one can see.
pub(super) struct Address {
    /// As the visitor wrote it, the domain in lower case.
    pub(super) text: String,
    /// What stands for it where it is counted.
    pub(super) name: String,
}

impl Address {
    /// Checks what a visitor wrote.
    ///
    /// # Errors
    /// `invalid`: it is no address, or one of the desk's own.
    pub(super) fn check(app: &App, tenant: &TenantId, said: &str) -> Result<Self, ApiError> {
        let said = said.trim();
        let bad = || ApiError::field("email", "is no mail address");
        let (local, domain) = said.rsplit_once('@').ok_or_else(bad)?;
        if !is_address(said) || !domain.contains('.') {
            return Err(bad());
        }
        let text = format!("{local}@{}", domain.to_lowercase());
        let view = app.settings.desk(tenant);
        let mailboxes = view.desk.channels.iter().filter(|one| one.kind == ChannelKind::Email);
        if mailboxes
            .filter_map(|one| own(app, tenant, one))
            .flatten()
            .any(|own| is_ours(&text, &own))
        {
            return Err(ApiError::field("email", "is an address of this desk"));
        }
        let name = name_of(&text.to_lowercase());
        Ok(Self { text, name })
    }

    /// Counts it: nobody has the desk write to others without end.
    ///
    /// # Errors
    /// `rate_limited`, `unavailable`.
    pub(super) async fn count(&self, app: &App, visitor: &VisitorIdentity) -> Result<(), ApiError> {
        let limits = [
            (format!("naming:{}", visitor.contact), Limit::per_day(FOR_ONE_VISITOR)),
            (format!("named:{}", self.name), Limit::per_day(FOR_ONE_ADDRESS)),
            ("naming".to_owned(), Limit::per_hour(FOR_ONE_TENANT)),
        ];
        for (what, limit) in limits {
            app.take(&visitor.tenant, &what, limit, WithoutRedis::Refuse).await?;
        }
        Ok(())
    }
}

fn own(app: &App, tenant: &TenantId, channel: &Channel) -> Option<Vec<String>> {
    let adapter = app.doors.adapter(tenant, channel).ok()?;
    Some(adapter.own_addresses().to_vec())
}

/// Is it our address, perhaps with something behind a plus sign?
fn is_ours(address: &str, own: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let local = local.split_once('+').map_or(local, |(before, _)| before);
    format!("{local}@{domain}").eq_ignore_ascii_case(own)
}

/// The visitor's own conversation has its address.
///
/// # Errors
/// `not_configured` where nothing goes by mail, `invalid`, `rate_limited`, `too_many_addresses`,
/// `wrong_state` when the conversation is over, `not_found`, `unavailable`.
pub async fn leave(app: &App, visitor: &VisitorIdentity, said: &str) -> Result<(), ApiError> {
    let (tenant, channel) = (&visitor.tenant, &visitor.channel);
    let view = app.settings.desk(tenant);
    let (_, unread_after_ms) = mailbox_of(&view, channel)?;
    let address = Address::check(app, tenant, said)?;
    let own = app.router.contact_conversation(tenant, channel, &visitor.contact).await?;
    let own: ConversationId = own.ok_or_else(|| ApiError::unknown("conversation"))?;
    address.count(app, visitor).await?;
    let left = LeaveAddress {
        conversation: &own,
        contact: &visitor.contact,
        address: &address.text,
        name: &address.name,
        unread_after_ms,
    };
    match app.router.leave_address(tenant, &left).await? {
        AddressLeft::Left => {
            let identity = Identity {
                channel: channel.clone(),
                kind: "email".to_owned(),
                value: address.text,
                verified: false,
            };
            let now = app.clock.now();
            app.records.contacts().add_identity(tenant, &visitor.contact, &identity, now).await?;
            let actor = format!("contact:{}", visitor.contact);
            app.note(tenant, &actor, "address_left", &format!("conversation:{own}")).await;
            Ok(())
        }
        AddressLeft::Same => Ok(()),
        AddressLeft::TooMany => Err(too_many()),
        AddressLeft::Closed => Err(ApiError::new(Code::WrongState, "the conversation is over")),
        AddressLeft::Unknown => Err(ApiError::unknown("conversation")),
    }
}

/// The visitor's own conversation has no address any more; nothing goes by mail from now on. It is well
/// also where there was none.
///
/// # Errors
/// `unavailable`.
pub async fn withdraw(app: &App, visitor: &VisitorIdentity) -> Result<(), ApiError> {
    let (tenant, channel) = (&visitor.tenant, &visitor.channel);
    let own = app.router.contact_conversation(tenant, channel, &visitor.contact).await?;
    let Some(own) = own else { return Ok(()) };
    match app.router.withdraw_address(tenant, &own, &visitor.contact).await? {
        AddressWithdrawn::Withdrawn => {
            let actor = format!("contact:{}", visitor.contact);
            app.note(tenant, &actor, "address_withdrawn", &format!("conversation:{own}")).await;
            Ok(())
        }
        AddressWithdrawn::None | AddressWithdrawn::Unknown => Ok(()),
    }
}

pub(super) fn too_many() -> ApiError {
    ApiError::new(Code::TooManyAddresses, "this conversation has named two addresses already")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn an_address_of_the_desk_is_known_with_what_stands_behind_a_plus_sign() {
        assert!(is_ours("Help@city.example", "help@city.example"));
        assert!(is_ours("help+0abc@city.example", "help@city.example"));
        assert!(!is_ours("helper@city.example", "help@city.example"));
        assert!(!is_ours("help", "help@city.example"));
    }
}
