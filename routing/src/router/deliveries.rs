//! The outbox: at least once, in order per endpoint, visible when it fails for good.

use super::Router;
use crate::command::{DeliveryOutcome, OutboxBounds};
use crate::error::RoutingError;
use crate::keys;
use crate::reply::{ClaimedDelivery, DeadDelivery, Reply};
use domain::limits::DEDUPE_MS;
use domain::{DeliveryId, EndpointId, PushProvider, TenantId, Timestamp};

/// The most names that the far end may give to one delivery.
const NAMES_MAX: usize = 64;

impl Router {
    /// The first due delivery of each box (at most `limit`), for a lease: of the notifications that go
    /// through one provider, or of everything else.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn claim_deliveries(
        &self,
        tenant: &TenantId,
        provider: Option<PushProvider>,
        owner: &str,
        (lease_ms, limit): (i64, u32),
    ) -> Result<Vec<ClaimedDelivery>, RoutingError> {
        let (lease, limit) = (lease_ms.to_string(), limit.to_string());
        let args = [owner, &lease, &limit, provider.map_or("", PushProvider::name)];
        claimed(&self.call("claim_deliveries", tenant, &args).await?)
    }

    /// A claim holds for another lease from now; false when it is no longer this one.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn renew_delivery(
        &self,
        tenant: &TenantId,
        claimed: &ClaimedDelivery,
        lease_ms: i64,
    ) -> Result<bool, RoutingError> {
        let lease = lease_ms.to_string();
        let args = [claimed.id.as_str(), &claimed.token, &lease];
        Ok(self.call("renew_delivery", tenant, &args).await?.tag() == "renewed")
    }

    /// How a try ended; false when the claim is no longer this one.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn record_delivery(
        &self,
        tenant: &TenantId,
        claimed: &ClaimedDelivery,
        outcome: &DeliveryOutcome<'_>,
    ) -> Result<bool, RoutingError> {
        let (tag, at, reason) = match outcome {
            DeliveryOutcome::Sent | DeliveryOutcome::SentAs { .. } => ("sent", Timestamp(0), ""),
            DeliveryOutcome::RetryAt(at, reason) => ("retry", *at, *reason),
            DeliveryOutcome::Dead(reason) => ("dead", Timestamp(0), *reason),
        };
        let at = at.0.to_string();
        let names_ms = DEDUPE_MS.to_string();
        let mut args = vec![claimed.id.as_str(), &claimed.token, tag, &at, reason];
        if let DeliveryOutcome::SentAs { channel, names } = outcome {
            args.extend([channel.as_str(), &names_ms]);
            args.extend(names.iter().take(NAMES_MAX).map(String::as_str));
        }
        let reply = self.call("record_delivery", tenant, &args).await?;
        Ok(reply.tag() == "recorded")
    }

    /// Keeps an endpoint's box to `box_max` deliveries (the oldest beyond become dead letters), and the
    /// dead letters to `dead_ms` and `dead_max`; without an endpoint only the latter. Gives how many
    /// became dead and how many dead ones went, at most 64 of each.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn prune_deliveries(
        &self,
        tenant: &TenantId,
        endpoint: Option<&EndpointId>,
        bounds: &OutboxBounds,
    ) -> Result<(u64, u64), RoutingError> {
        let box_max = bounds.box_max.to_string();
        let (dead_ms, dead_max) = (bounds.dead_ms.to_string(), bounds.dead_max.to_string());
        let endpoint = endpoint.map_or("", EndpointId::as_str);
        let args = [endpoint, &box_max, &dead_ms, &dead_max];
        let reply = self.call("prune_deliveries", tenant, &args).await?;
        Ok((reply.parse(1)?, reply.parse(2)?))
    }

    /// Tries a dead letter again; false when it is not dead.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn retry_delivery(
        &self,
        tenant: &TenantId,
        id: &DeliveryId,
    ) -> Result<bool, RoutingError> {
        let reply = self.call("retry_delivery", tenant, &[id.as_str(), "retry"]).await?;
        Ok(reply.tag() == "done")
    }

    /// Lets go of a dead letter for good; false when it is not dead.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn drop_delivery(
        &self,
        tenant: &TenantId,
        id: &DeliveryId,
    ) -> Result<bool, RoutingError> {
        let reply = self.call("retry_delivery", tenant, &[id.as_str(), "drop"]).await?;
        Ok(reply.tag() == "done")
    }

    /// The dead letters, newest first, at most `limit`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn dead_deliveries(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<DeadDelivery>, RoutingError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(keys::key(tenant, "dead")).arg(0).arg(limit.saturating_sub(1)).arg("REV");
        range.arg("WITHSCORES");
        let mut dead = Vec::new();
        for (id, score) in self.scored(&range, "dead_deliveries").await? {
            let key = keys::key(tenant, &format!("delivery:{id}"));
            let mut get = redis::cmd("HMGET");
            get.arg(&key).arg("endpoint").arg("tries").arg("reason");
            let fields = self.texts(&get, "dead_deliveries").await?;
            let corrupt =
                || RoutingError::Corrupt { key: key.clone(), problem: "a dead letter".to_owned() };
            let [endpoint, tries, reason] = fields.as_slice() else { return Err(corrupt()) };
            dead.push(DeadDelivery {
                id: id.parse().map_err(|_bad| corrupt())?,
                endpoint: endpoint.parse().map_err(|_bad| corrupt())?,
                tries: tries.parse().map_err(|_bad| corrupt())?,
                reason: reason.clone(),
                at: score,
            });
        }
        Ok(dead)
    }
}

fn claimed(reply: &Reply) -> Result<Vec<ClaimedDelivery>, RoutingError> {
    let mut claimed = Vec::new();
    for place in (1..=reply.rest().len()).step_by(6) {
        claimed.push(ClaimedDelivery {
            id: reply.parse(place)?,
            endpoint: reply.parse(place + 1)?,
            token: reply.text(place + 2)?.to_owned(),
            tries: reply.parse(place + 3)?,
            payload: reply.text(place + 4)?.to_owned(),
            in_doubt: reply.text(place + 5)? == "1",
        });
    }
    Ok(claimed)
}
