//! The people who ask, and the addresses by which channels know them.
//!
//! An address that was proved and the same address merely claimed are two identities, and usually
//! two contacts: otherwise whoever types a stranger's address would be taken for the stranger, and
//! could lay claim to an address before its owner arrives.

use crate::error::{RecordsError, Result};
use crate::history::fold;
use crate::store::handle;
use crate::store::statement::{Row, Statement, json, sql, tag, untag};
use domain::{Audience, ChannelId, Contact, ContactId, Identity, Locale, TenantId, Timestamp};
use serde_json::{Map, Value};

handle!(Contacts, "The people who ask.");

/// How often making a contact is tried while others make and undo the same.
const TRIES_MAX: u32 = 5;

/// A contact to be made when nobody is known by the identity.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// The id, made by the caller.
    pub id: ContactId,
    /// The name, perhaps empty.
    pub name: String,
    /// Which group the person belongs to.
    pub audience: Audience,
    /// The language.
    pub locale: Locale,
    /// When we met.
    pub created_at: Timestamp,
    /// Facts that came along.
    pub attributes: Map<String, Value>,
}

/// What to change of a contact; none leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct ContactUpdate {
    /// The name.
    pub name: Option<String>,
    /// The language.
    pub locale: Option<Locale>,
    /// The facts, all of them.
    pub attributes: Option<Map<String, Value>>,
}

/// What came of [`Contacts::add_identity`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityAdded {
    /// The contact has it now.
    Added,
    /// The contact had it already.
    Present,
    /// Another contact has it.
    Taken {
        /// Which.
        contact: ContactId,
    },
    /// There is no such contact.
    UnknownContact,
}

/// A place in a list of contacts, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactCursor {
    /// When the contact was made.
    pub created_at: Timestamp,
    /// Which contact.
    pub id: ContactId,
}

const COLUMNS: &str = "SELECT id, name, audience, locale, attributes, created_at FROM contacts ";

impl Contacts<'_> {
    /// The contact who is known by this identity; made as given if nobody is. Of many calls at once
    /// with the same identity, one makes the contact and all get it; without its identities.
    pub async fn find_or_create_by_identity(
        self,
        tenant: &TenantId,
        identity: &Identity,
        new: &NewContact,
    ) -> Result<Contact> {
        for _ in 0..TRIES_MAX {
            if let Some(contact) = self.find_by_identity(tenant, identity).await? {
                return Ok(contact);
            }
            // Someone else may be quicker: then ours is taken back in the same commit.
            let forget = sql("DELETE FROM contacts WHERE tenant = $1 AND id = $2 AND NOT EXISTS \
                 (SELECT 1 FROM identities WHERE tenant = $1 AND contact = $2)");
            let writes = vec![
                insert_contact(tenant, new)?,
                insert_identity(tenant, &new.id, identity, new.created_at),
                forget.bind(tenant).bind(&new.id),
            ];
            if self.database.write_all(writes).await?.get(1) == Some(&1) {
                return Ok(made(new));
            }
        }
        Err(RecordsError::Contended { what: "an identity" })
    }

    /// The contact who is known by this identity, proved or claimed as the identity says; without its
    /// identities.
    pub async fn find_by_identity(
        self,
        tenant: &TenantId,
        identity: &Identity,
    ) -> Result<Option<Contact>> {
        let select = sql(
            "SELECT contacts.id, name, audience, locale, attributes, contacts.created_at \
             FROM identities JOIN contacts ON contacts.tenant = identities.tenant \
             AND contacts.id = identities.contact \
             WHERE identities.tenant = $1 AND channel = $2 AND kind = $3 AND value = $4 AND verified = $5",
        );
        let row = self.database.one(bind_identity(select, tenant, identity)).await?;
        row.as_ref().map(read_contact).transpose()
    }

    /// One contact with all identities.
    pub async fn get(self, tenant: &TenantId, id: &ContactId) -> Result<Option<Contact>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND id = $2");
        let Some(row) = self.database.one(select.bind(tenant).bind(id)).await? else {
            return Ok(None);
        };
        let mut contact = read_contact(&row)?;
        contact.identities = self.identities(tenant, id).await?;
        Ok(Some(contact))
    }

    /// A contact's identities, the oldest first.
    pub async fn identities(self, tenant: &TenantId, id: &ContactId) -> Result<Vec<Identity>> {
        let select = sql("SELECT channel, kind, value, verified FROM identities \
             WHERE tenant = $1 AND contact = $2 ORDER BY created_at, channel, kind, value, verified");
        let rows = self.database.all(select.bind(tenant).bind(id)).await?;
        rows.iter()
            .map(|row| {
                Ok(Identity {
                    channel: row.word::<ChannelId>("channel")?,
                    kind: row.get("kind")?,
                    value: row.get("value")?,
                    verified: row.get("verified")?,
                })
            })
            .collect()
    }

    /// Gives a contact one more identity, unless someone has it.
    pub async fn add_identity(
        self,
        tenant: &TenantId,
        id: &ContactId,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<IdentityAdded> {
        let mut tx = self.database.begin().await?;
        let known = sql("SELECT 1 AS one FROM contacts WHERE tenant = $1 AND id = $2");
        if tx.one(known.bind(tenant).bind(id)).await?.is_none() {
            return Ok(IdentityAdded::UnknownContact);
        }
        if tx.write(insert_identity(tenant, id, identity, now)).await? == 1 {
            tx.commit().await?;
            return Ok(IdentityAdded::Added);
        }
        let holder = sql("SELECT contact FROM identities \
             WHERE tenant = $1 AND channel = $2 AND kind = $3 AND value = $4 AND verified = $5");
        match tx.one(bind_identity(holder, tenant, identity)).await? {
            Some(row) => {
                let contact: ContactId = row.word("contact")?;
                let own = contact == *id;
                Ok(if own { IdentityAdded::Present } else { IdentityAdded::Taken { contact } })
            }
            None => Err(RecordsError::Contended { what: "an identity" }),
        }
    }

    /// Changes a contact; gives it as it is then, or none if there is none.
    pub async fn update(
        self,
        tenant: &TenantId,
        id: &ContactId,
        update: &ContactUpdate,
    ) -> Result<Option<Contact>> {
        let locale = update.locale.map(|locale| tag("locale", &locale)).transpose()?;
        let attributes =
            update.attributes.as_ref().map(|all| json("attributes", all)).transpose()?;
        let folded = update.name.as_deref().map(fold);
        let change = sql("UPDATE contacts SET name = COALESCE($3, name), \
             name_folded = COALESCE($4, name_folded), locale = COALESCE($5, locale), \
             attributes = COALESCE($6, attributes) WHERE tenant = $1 AND id = $2");
        let change = change
            .bind(tenant)
            .bind(id)
            .bind(update.name.as_deref())
            .bind(folded.as_deref())
            .bind(locale.as_deref())
            .bind(attributes.as_deref());
        self.database.write(change).await?;
        self.get(tenant, id).await
    }

    /// Contacts, the newest first, without their identities.
    pub async fn list(
        self,
        tenant: &TenantId,
        before: Option<&ContactCursor>,
        limit: u32,
    ) -> Result<Vec<Contact>> {
        let select = sql(COLUMNS).push_bind("WHERE tenant = ", tenant);
        self.page(select, before, limit).await
    }

    /// Contacts whose name contains a text, in whatever case or width, the newest first, without
    /// their identities. An empty text finds all.
    pub async fn search(
        self,
        tenant: &TenantId,
        text: &str,
        before: Option<&ContactCursor>,
        limit: u32,
    ) -> Result<Vec<Contact>> {
        let pattern =
            fold(text.trim()).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let select = sql(COLUMNS)
            .push_bind("WHERE tenant = ", tenant)
            .push_bind(" AND name_folded LIKE ", format!("%{pattern}%"))
            .push(" ESCAPE '\\'");
        self.page(select, before, limit).await
    }

    async fn page(
        self,
        select: Statement,
        before: Option<&ContactCursor>,
        limit: u32,
    ) -> Result<Vec<Contact>> {
        let select = match before {
            Some(before) => select
                .push_bind(" AND (created_at, id) < (", before.created_at)
                .push_bind(", ", &before.id)
                .push(")"),
            None => select,
        };
        let select = select.push(" ORDER BY created_at DESC, id DESC").limit(limit);
        self.database.all(select).await?.iter().map(read_contact).collect()
    }
}

fn bind_identity(statement: Statement, tenant: &TenantId, identity: &Identity) -> Statement {
    statement
        .bind(tenant)
        .bind(&identity.channel)
        .bind(&identity.kind)
        .bind(&identity.value)
        .bind(identity.verified)
}

fn made(new: &NewContact) -> Contact {
    Contact {
        id: new.id.clone(),
        name: new.name.clone(),
        audience: new.audience,
        locale: new.locale,
        created_at: new.created_at,
        identities: Vec::new(),
        attributes: new.attributes.clone(),
    }
}

fn read_contact(row: &Row) -> Result<Contact> {
    Ok(Contact {
        id: row.word("id")?,
        name: row.get("name")?,
        audience: untag("audience", row.get("audience")?)?,
        locale: untag("locale", row.get("locale")?)?,
        created_at: row.time("created_at")?,
        identities: Vec::new(),
        attributes: row.json("attributes")?,
    })
}

fn insert_contact(tenant: &TenantId, new: &NewContact) -> Result<Statement> {
    let insert = sql("INSERT INTO contacts \
         (tenant, id, name, name_folded, audience, locale, attributes, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let insert = insert
        .bind(tenant)
        .bind(&new.id)
        .bind(&new.name)
        .bind(fold(&new.name))
        .bind(tag("audience", &new.audience)?)
        .bind(tag("locale", &new.locale)?)
        .bind(json("attributes", &new.attributes)?)
        .bind(new.created_at);
    Ok(insert)
}

/// Changes nothing when someone has the identity already.
fn insert_identity(
    tenant: &TenantId,
    contact: &ContactId,
    identity: &Identity,
    now: Timestamp,
) -> Statement {
    let insert = sql(
        "INSERT INTO identities (tenant, channel, kind, value, verified, contact, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    );
    bind_identity(insert, tenant, identity).bind(contact).bind(now)
}
