//! Transitions of agents.

use super::{Router, capacity_text};
use crate::error::RoutingError;
use crate::keys;
use crate::reply::PresenceSet;
use domain::{Agent, AgentId, Presence, TenantId};

impl Router {
    /// An agent takes work, or not. `lease_ms` is how long a signed-in agent may go without a
    /// heartbeat.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn set_presence(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        presence: Presence,
        reason: &'static str,
        lease_ms: i64,
    ) -> Result<PresenceSet, RoutingError> {
        let lease = lease_ms.to_string();
        let args = [agent.as_str(), presence.name(), reason, &lease];
        let reply = self.call("set_presence", tenant, &args).await?;
        match reply.tag() {
            "set" => Ok(PresenceSet::Set),
            "unchanged" => Ok(PresenceSet::Unchanged),
            "unknown" => Ok(PresenceSet::Unknown),
            _ => Err(reply.unexpected()),
        }
    }

    /// The sockets of these agents (at most 256) are alive. Returns those who count as offline and
    /// must say `ready` again.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn heartbeat(
        &self,
        tenant: &TenantId,
        agents: &[AgentId],
        lease_ms: i64,
    ) -> Result<Vec<AgentId>, RoutingError> {
        let lease = lease_ms.to_string();
        let mut args = vec![lease.as_str()];
        args.extend(agents.iter().map(AgentId::as_str));
        let reply = self.call("heartbeat", tenant, &args).await?;
        let lost: Result<Vec<AgentId>, _> = reply.rest().iter().map(|id| id.parse()).collect();
        lost.map_err(|_bad| reply.unexpected())
    }

    /// An agent's skills and capacity, new or changed. `turns` says whether any queue of the tenant
    /// chooses by `round_robin`.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn set_agent(
        &self,
        tenant: &TenantId,
        agent: &Agent,
        turns: bool,
    ) -> Result<(), RoutingError> {
        let profile = domain::need::profile(&agent.skills);
        let capacity = capacity_text(&agent.capacity);
        let args = [agent.id.as_str(), &profile, &capacity, if turns { "1" } else { "0" }];
        let reply = self.call("set_agent", tenant, &args).await?;
        if reply.tag() == "set" { Ok(()) } else { Err(reply.unexpected()) }
    }

    /// The agent leaves the desk; everything held goes back to the queue. False when unknown.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn remove_agent(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
    ) -> Result<bool, RoutingError> {
        let reply = self.call("remove_agent", tenant, &[agent.as_str()]).await?;
        Ok(reply.tag() == "removed")
    }

    /// The version of the settings whose agents were told last; 0 when none were.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn settings_version(&self, tenant: &TenantId) -> Result<u64, RoutingError> {
        let mut get = redis::cmd("HGET");
        get.arg(keys::key(tenant, "meta")).arg("settings");
        let value = self.store().run("settings_version", &get).await?;
        Ok(super::text(&value).and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Notes the version of the settings whose agents were told.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn set_settings_version(
        &self,
        tenant: &TenantId,
        version: u64,
    ) -> Result<(), RoutingError> {
        let mut set = redis::cmd("HSET");
        set.arg(keys::key(tenant, "meta")).arg("settings").arg(version);
        self.store().run("set_settings_version", &set).await.map(|_set| ())
    }
}
