//! Duties: things that must have one owner among the gateways, with an epoch that only grows.

use super::Router;
use super::conversations::json;
use crate::command::NewDelivery;
use crate::error::RoutingError;
use crate::keys;
use crate::reply::Duty;
use domain::{Event, TenantId};

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

    /// Forgets commits that the records hold, up to `cursor`, but keeps about the last `keep` for
    /// sockets that resume.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn trim_events(
        &self,
        tenant: &TenantId,
        cursor: &str,
        keep: u64,
    ) -> Result<(), RoutingError> {
        let key = keys::events(tenant);
        let mut newest = redis::cmd("XREVRANGE");
        newest.arg(&key).arg(cursor).arg("-").arg("COUNT").arg(1);
        // MINID with the kept number cannot be said in one command: trim by length when that is the
        // milder of the two.
        let mut length = redis::cmd("XLEN");
        length.arg(&key);
        let length = match self.store().run("trim_events", &length).await? {
            redis::Value::Int(length) => u64::try_from(length).unwrap_or(0),
            _ => 0,
        };
        if length <= keep {
            return Ok(());
        }
        let mut boundary = redis::cmd("XREVRANGE");
        boundary.arg(&key).arg("+").arg("-").arg("COUNT").arg(keep.max(1));
        let kept_from =
            crate::events::oldest_id(&self.store().run("trim_events", &boundary).await?);
        let Some(kept_from) = kept_from else { return Ok(()) };
        let from = if crate::events::is_before(cursor, &kept_from) { cursor } else { &kept_from };
        let mut trim = redis::cmd("XTRIM");
        trim.arg(&key).arg("MINID").arg("~").arg(from);
        self.store().run("trim_events", &trim).await.map(|_trimmed| ())
    }
}
