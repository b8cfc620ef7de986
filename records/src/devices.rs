//! Apps on people's devices, and what their people want to be told of.
//!
//! A device belongs to whoever signed in on it last, and a token to whoever registered it last: taking
//! over happens in the transaction that registers, so that nothing is ever pushed to the person before.

use crate::error::{RecordsError, Result};
use crate::store::handle;
use crate::store::statement::{Row, Statement, json, sql, tag, untag};
use domain::{
    ChannelId, ContactId, DeviceId, Locale, NotificationWishes, PushProvider, TenantId, Timestamp,
};
use sha2::{Digest, Sha256};
use std::fmt;

handle!(Devices, "Apps on people's devices.");

/// The most devices of one contact; beyond, those that were seen longest ago are forgotten.
pub const DEVICES_MAX: u32 = 16;
/// How often registering is tried while others register the same token.
const TRIES_MAX: u32 = 5;
/// Being seen is written down at most so often, in milliseconds.
const SEEN_EVERY_MS: i64 = 300_000;

/// An app on somebody's device. The token is a secret: whoever has it can have the device woken.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// The name that the app gave itself.
    pub id: DeviceId,
    /// Through which channel it speaks.
    pub channel: ChannelId,
    /// Whose it is now.
    pub contact: ContactId,
    /// Which service wakes it.
    pub provider: PushProvider,
    /// What the service calls it.
    pub token: String,
    /// The language in which it is told.
    pub locale: Locale,
    /// The app's version, as it says.
    pub app_version: String,
    /// What kind of device it is, as it says; may be empty.
    pub model: String,
    /// When it was registered last.
    pub registered_at: Timestamp,
    /// When it was last on the line, roughly.
    pub seen_at: Timestamp,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("id", &self.id)
            .field("contact", &self.contact)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "SELECT device, channel, contact, provider, token, locale, app_version, model, \
                       registered_at, seen_at FROM devices ";

impl Devices<'_> {
    /// Registers a device: it is this contact's from now on, whoever had it or its token before.
    pub async fn register(self, tenant: &TenantId, device: &Device) -> Result<()> {
        for _ in 0..TRIES_MAX {
            let free = sql("DELETE FROM devices WHERE tenant = $1 AND channel = $2 \
                 AND (device = $3 OR (provider = $4 AND token_key = $5))");
            let free = free
                .bind(tenant)
                .bind(&device.channel)
                .bind(&device.id)
                .bind(tag("provider", &device.provider)?)
                .bind(&key_of(&device.token));
            let surplus = sql("DELETE FROM devices WHERE tenant = $1 AND contact = $2 \
                 AND (channel, device) NOT IN (SELECT channel, device FROM devices \
                 WHERE tenant = $1 AND contact = $2 ORDER BY seen_at DESC, device LIMIT $3)");
            let surplus = surplus.bind(tenant).bind(&device.contact).bind(DEVICES_MAX);
            let writes = vec![free, insert(tenant, device)?, surplus];
            // None was inserted when somebody else registers the same at this moment.
            if self.database.write_all(writes).await?.get(1) == Some(&1) {
                return Ok(());
            }
        }
        Err(RecordsError::Contended { what: "a device" })
    }

    /// One device, whoever it belongs to.
    pub async fn get(
        self,
        tenant: &TenantId,
        channel: &ChannelId,
        id: &DeviceId,
    ) -> Result<Option<Device>> {
        let select = sql(COLUMNS).push("WHERE tenant = $1 AND channel = $2 AND device = $3");
        let row = self.database.one(select.bind(tenant).bind(channel).bind(id)).await?;
        row.as_ref().map(read_device).transpose()
    }

    /// A contact's devices, the one that was seen last first.
    pub async fn of_contact(self, tenant: &TenantId, contact: &ContactId) -> Result<Vec<Device>> {
        let select = sql(COLUMNS)
            .push_bind("WHERE tenant = ", tenant)
            .push_bind(" AND contact = ", contact)
            .push(" ORDER BY seen_at DESC, device")
            .limit(DEVICES_MAX);
        self.database.all(select).await?.iter().map(read_device).collect()
    }

    /// Somebody signs out on a device; false when it is not this contact's.
    pub async fn remove(
        self,
        tenant: &TenantId,
        (channel, id): (&ChannelId, &DeviceId),
        contact: &ContactId,
    ) -> Result<bool> {
        let delete = sql("DELETE FROM devices \
             WHERE tenant = $1 AND channel = $2 AND device = $3 AND contact = $4");
        let delete = delete.bind(tenant).bind(channel).bind(id).bind(contact);
        Ok(self.database.write(delete).await? == 1)
    }

    /// The service says that a token is dead: its device goes, unless it has another token by now or
    /// was registered anew at or after `since`.
    pub async fn forget_token(
        self,
        tenant: &TenantId,
        device: &Device,
        since: Option<Timestamp>,
    ) -> Result<bool> {
        // What was registered after we read it lives, too.
        let before = since.unwrap_or(Timestamp(i64::MAX));
        let delete = sql("DELETE FROM devices WHERE tenant = $1 AND channel = $2 AND device = $3 \
             AND token_key = $4 AND registered_at < $5 AND registered_at = $6");
        let delete = delete
            .bind(tenant)
            .bind(&device.channel)
            .bind(&device.id)
            .bind(&key_of(&device.token))
            .bind(before)
            .bind(device.registered_at);
        Ok(self.database.write(delete).await? == 1)
    }

    /// A contact's device is on the line.
    pub async fn seen(
        self,
        tenant: &TenantId,
        (channel, id): (&ChannelId, &DeviceId),
        contact: &ContactId,
        at: Timestamp,
    ) -> Result<()> {
        let update = sql("UPDATE devices SET seen_at = $4 \
             WHERE tenant = $1 AND channel = $2 AND device = $3 AND seen_at < $5 AND contact = $6");
        let before = at.plus_ms(-SEEN_EVERY_MS);
        let update = update.bind(tenant).bind(channel).bind(id).bind(at).bind(before);
        self.database.write(update.bind(contact)).await.map(drop)
    }

    /// Forgets devices that were not on the line since a time; tells how many.
    pub async fn forget_unseen(self, tenant: &TenantId, since: Timestamp) -> Result<u64> {
        let delete = sql("DELETE FROM devices WHERE tenant = $1 AND seen_at < $2");
        self.database.write(delete.bind(tenant).bind(since)).await
    }

    /// What a contact wants to be told of; everything, unless it said otherwise.
    pub async fn wishes(
        self,
        tenant: &TenantId,
        contact: &ContactId,
    ) -> Result<NotificationWishes> {
        let select =
            sql("SELECT wishes FROM notification_wishes WHERE tenant = $1 AND contact = $2");
        let row = self.database.one(select.bind(tenant).bind(contact)).await?;
        row.map_or_else(|| Ok(NotificationWishes::default()), |row| row.json("wishes"))
    }

    /// The contact says what it wants to be told of.
    pub async fn set_wishes(
        self,
        tenant: &TenantId,
        contact: &ContactId,
        wishes: &NotificationWishes,
    ) -> Result<()> {
        let upsert = sql("INSERT INTO notification_wishes (tenant, contact, wishes) \
             VALUES ($1, $2, $3) ON CONFLICT (tenant, contact) DO UPDATE SET wishes = excluded.wishes");
        let upsert = upsert.bind(tenant).bind(contact).bind(json("wishes", wishes)?);
        self.database.write(upsert).await.map(drop)
    }
}

fn key_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn insert(tenant: &TenantId, device: &Device) -> Result<Statement> {
    let insert = sql("INSERT INTO devices (tenant, channel, device, contact, provider, token, \
         token_key, locale, app_version, model, registered_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING");
    Ok(insert
        .bind(tenant)
        .bind(&device.channel)
        .bind(&device.id)
        .bind(&device.contact)
        .bind(tag("provider", &device.provider)?)
        .bind(&device.token)
        .bind(&key_of(&device.token))
        .bind(tag("locale", &device.locale)?)
        .bind(&device.app_version)
        .bind(&device.model)
        .bind(device.registered_at)
        .bind(device.seen_at))
}

fn read_device(row: &Row) -> Result<Device> {
    Ok(Device {
        id: row.word("device")?,
        channel: row.word("channel")?,
        contact: row.word("contact")?,
        provider: row.word("provider")?,
        token: row.get("token")?,
        locale: untag("locale", row.get("locale")?)?,
        app_version: row.get("app_version")?,
        model: row.get("model")?,
        registered_at: row.time("registered_at")?,
        seen_at: row.time("seen_at")?,
    })
}
