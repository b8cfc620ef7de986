//! Duties: things that must have one owner among the gateways, with an epoch that only grows.

use super::Router;
use super::conversations::json;
use crate::command::NewDelivery;
use crate::error::RoutingError;
use crate::keys;
use crate::reply::Duty;
use domain::{Event, TenantId};

/// So many commits are forgotten at once, so that Redis answers others meanwhile.
const TRIMMED_AT_ONCE: u64 = 10_000;

/// What trimming let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trimmed {
    /// So many commits that everybody had read.
    Read(u64),
    /// So many commits that a duty had not read yet: there were too many.
    Unread(u64),
}

impl Router {
    /// Takes a duty, or renews it, for so long.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn take_duty(
        &self,
        tenant: &TenantId,
        duty: &str,
        owner: &str,
        for_ms: i64,
    ) -> Result<Duty, RoutingError> {
        let time = for_ms.to_string();
        let reply = self.call("take_duty", tenant, &[duty, owner, &time, "take"]).await?;
        match reply.tag() {
            "held" => Ok(Duty::Held { epoch: reply.parse(1)? }),
            "elsewhere" => {
                Ok(Duty::Elsewhere { owner: reply.text(1)?.to_owned(), until: reply.time(2)? })
            }
            _ => Err(reply.unexpected()),
        }
    }

    /// Lets go of a duty, so that another gateway need not wait.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn release_duty(
        &self,
        tenant: &TenantId,
        duty: &str,
        owner: &str,
    ) -> Result<(), RoutingError> {
        self.call("take_duty", tenant, &[duty, owner, "0", "release"]).await.map(|_released| ())
    }

    /// The owner of a duty moves its cursor and puts what it found (at most 64) into the outbox,
    /// together. False when the epoch is old: somebody else owns the duty now.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn dispatch(
        &self,
        tenant: &TenantId,
        duty: &str,
        epoch: u64,
        cursor: &str,
        deliveries: &[NewDelivery<'_>],
    ) -> Result<bool, RoutingError> {
        let epoch = epoch.to_string();
        let mut args = vec![duty, epoch.as_str(), cursor];
        for new in deliveries {
            args.extend([new.id.as_str(), new.endpoint.as_str(), new.payload]);
        }
        let reply = self.call("dispatch", tenant, &args).await?;
        Ok(reply.tag() == "dispatched")
    }

    /// The owner of a door notes how far it has read at the far end. False when the epoch is old:
    /// somebody else owns the door now.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn lay_bookmark(
        &self,
        tenant: &TenantId,
        (duty, epoch): (&str, u64),
        bookmark: &str,
        place: &str,
    ) -> Result<bool, RoutingError> {
        let epoch = epoch.to_string();
        let reply = self.call("lay_bookmark", tenant, &[duty, &epoch, bookmark, place]).await?;
        Ok(reply.tag() == "laid")
    }

    /// Lays a bookmark that no duty fences.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn lay_bookmark_unfenced(
        &self,
        tenant: &TenantId,
        bookmark: &str,
        place: &str,
    ) -> Result<(), RoutingError> {
        let mut set = redis::cmd("HSET");
        set.arg(keys::key(tenant, "bookmarks")).arg(bookmark).arg(place);
        self.store().run("lay_bookmark_unfenced", &set).await.map(|_count| ())
    }

    /// Where a door's bookmark lies; `None` when it was never laid.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn bookmark(
        &self,
        tenant: &TenantId,
        bookmark: &str,
    ) -> Result<Option<String>, RoutingError> {
        let mut get = redis::cmd("HGET");
        get.arg(keys::key(tenant, "bookmarks")).arg(bookmark);
        let value = self.store().run("bookmark", &get).await?;
        Ok(super::text(&value).filter(|place| !place.is_empty()))
    }

    /// How far a duty's owner has read; `0-0` when nothing yet.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn duty_cursor(&self, tenant: &TenantId, duty: &str) -> Result<String, RoutingError> {
        let mut get = redis::cmd("HGET");
        get.arg(keys::key(tenant, "cursors")).arg(duty);
        let value = self.store().run("duty_cursor", &get).await?;
        Ok(super::text(&value).filter(|text| !text.is_empty()).unwrap_or_else(|| "0-0".to_owned()))
    }

    /// Tells every reader a fact that became true elsewhere: settings, sign-ins, ratings.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn announce(&self, tenant: &TenantId, event: &Event) -> Result<(), RoutingError> {
        self.call("announce", tenant, &[&json(event)?]).await.map(|_announced| ())
    }

    /// Forgets commits that the records hold (up to `cursor`) and every duty has read, but keeps
    /// about the last `keep` for sockets that resume. A duty that has stood still for so long that
    /// more than `most` commits wait for it no longer holds the others' memory: the oldest go.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn trim_events(
        &self,
        tenant: &TenantId,
        cursor: &str,
        keep: u64,
        most: u64,
    ) -> Result<Trimmed, RoutingError> {
        let key = keys::events(tenant);
        let mut length = redis::cmd("XLEN");
        length.arg(&key);
        let length = count(&self.store().run("trim_events", &length).await?);
        if length <= keep {
            return Ok(Trimmed::Read(0));
        }
        if length > most {
            let mut trim = redis::cmd("XTRIM");
            trim.arg(&key).arg("MAXLEN").arg("~").arg(most).arg("LIMIT").arg(TRIMMED_AT_ONCE);
            let gone = count(&self.store().run("trim_events", &trim).await?);
            return Ok(if gone > 0 { Trimmed::Unread(gone) } else { Trimmed::Read(0) });
        }
        let mut get = redis::cmd("HVALS");
        get.arg(keys::key(tenant, "cursors"));
        let cursors = self.texts(&get, "trim_events").await?;
        let mut from = cursor;
        for other in &cursors {
            if crate::events::is_before(other, from) {
                from = other;
            }
        }
        // What is evicted is before the slowest reader's place, and never more than what is beyond
        // the number to keep.
        let most_gone = (length - keep).min(TRIMMED_AT_ONCE);
        let mut trim = redis::cmd("XTRIM");
        trim.arg(&key).arg("MINID").arg("~").arg(from).arg("LIMIT").arg(most_gone);
        Ok(Trimmed::Read(count(&self.store().run("trim_events", &trim).await?)))
    }
}

fn count(value: &redis::Value) -> u64 {
    match value {
        redis::Value::Int(count) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}
