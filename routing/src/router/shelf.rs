//! The shelf: small things of a channel that all gateways share and that may be lost at any time.
//! Plain commands: nothing of it is part of a transition.

use super::{Router, text};
use crate::error::RoutingError;
use crate::keys;
use domain::{ChannelId, TenantId};
use redis::Value;

fn key(tenant: &TenantId, channel: &ChannelId, name: &str) -> String {
    keys::key(tenant, &format!("shelf:{channel}:{name}"))
}

/// What lies there; nothing is not an empty text.
fn lying(value: &Value) -> Option<String> {
    if *value == Value::Nil { None } else { text(value) }
}

impl Router {
    /// What lies under a name of a channel's shelf, unless its time is over.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn find_on_shelf(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        name: &str,
    ) -> Result<Option<String>, RoutingError> {
        let mut get = redis::cmd("GET");
        get.arg(key(tenant, channel, name));
        let value = self.store().run("find_on_shelf", &get).await?;
        Ok(lying(&value))
    }

    /// What lies under several names of a channel's shelf, in their order.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn find_all_on_shelf(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        names: &[&str],
    ) -> Result<Vec<Option<String>>, RoutingError> {
        let mut get = redis::cmd("MGET");
        for name in names {
            get.arg(key(tenant, channel, name));
        }
        match self.store().run("find_all_on_shelf", &get).await? {
            Value::Array(found) => Ok(found.iter().map(lying).collect()),
            _ => Ok(Vec::new()),
        }
    }

    /// Lays something on a channel's shelf for so many milliseconds (at least one).
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn put_on_shelf(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        (name, value): (&str, &str),
        for_ms: u64,
    ) -> Result<(), RoutingError> {
        let mut set = redis::cmd("SET");
        set.arg(key(tenant, channel, name)).arg(value).arg("PX").arg(for_ms.max(1));
        self.store().run("put_on_shelf", &set).await.map(|_ok| ())
    }

    /// The same where nothing lies yet; false when something does.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn reserve_on_shelf(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        (name, value): (&str, &str),
        for_ms: u64,
    ) -> Result<bool, RoutingError> {
        let mut set = redis::cmd("SET");
        let key = key(tenant, channel, name);
        set.arg(key).arg(value).arg("NX").arg("PX").arg(for_ms.max(1));
        let value = self.store().run("reserve_on_shelf", &set).await?;
        Ok(!matches!(value, Value::Nil))
    }

    /// Clears a name of a channel's shelf.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn clear_from_shelf(
        &self,
        tenant: &TenantId,
        channel: &ChannelId,
        name: &str,
    ) -> Result<(), RoutingError> {
        let mut del = redis::cmd("DEL");
        del.arg(key(tenant, channel, name));
        self.store().run("clear_from_shelf", &del).await.map(|_count| ())
    }
}
