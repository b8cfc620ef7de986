//! The stores as a command sees them: the archive always, Redis when it is there. With an embedded
//! Redis and no gateway at work only the archive is written; the gateway projects at its start.

use super::Failure;
use crate::Config;
use crate::embedded::make_data_dir;
use domain::{Event, TenantId};
use records::Records;
use routing::Router;
use std::collections::BTreeSet;
use tokio::net::UnixStream;

/// Opened stores.
pub(super) struct Stores {
    pub(super) records: Records,
    router: Option<Router>,
}

impl Stores {
    /// Opens the archive, and Redis if it answers.
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        drop(rustls::crypto::ring::default_provider().install_default());
        make_data_dir(&config.data_dir)?;
        let records = Records::open(&config.records()).await?;
        Ok(Self { records, router: router(config).await? })
    }

    /// Redis, for a command that is nothing without it.
    pub(super) fn router(&self) -> Result<&Router, Failure> {
        self.router.as_ref().ok_or_else(|| "Redis does not answer; is a gateway running?".into())
    }

    /// The tenant, which must exist.
    pub(super) async fn check_tenant(&self, tenant: &TenantId) -> Result<(), Failure> {
        if self.records.tenants().list().await?.iter().any(|known| known.id == *tenant) {
            Ok(())
        } else {
            Err(format!("there is no tenant `{tenant}`; `hutong admin create-tenant` makes one")
                .into())
        }
    }

    /// Tells the switchboard and the gateways that settings changed. False when Redis is away; then
    /// the gateways find out by themselves.
    pub(super) async fn tell_settings(&self, tenant: &TenantId) -> Result<bool, Failure> {
        let Some(router) = &self.router else { return Ok(false) };
        let (desk, _) = self.records.settings().desk(tenant).await?;
        let turns = desk.queues.iter().any(|q| q.rule == domain::AgentRule::RoundRobin);
        let mut at_work = BTreeSet::new();
        for agent in desk.agents.iter().filter(|agent| agent.enabled) {
            router.set_agent(tenant, agent, turns).await?;
            at_work.insert(agent.id.clone());
        }
        for state in router.agent_states(tenant).await? {
            if !at_work.contains(&state.agent) {
                router.remove_agent(tenant, &state.agent).await?;
            }
        }
        self.announce(tenant, &Event::SettingsChanged { kind: "desk".to_owned() }).await
    }

    /// Tells every gateway a fact. False when Redis is away.
    pub(super) async fn announce(&self, tenant: &TenantId, event: &Event) -> Result<bool, Failure> {
        let Some(router) = &self.router else { return Ok(false) };
        router.announce(tenant, event).await?;
        Ok(true)
    }

    /// Finishes what is under way.
    pub(super) async fn close(self) {
        self.records.close().await;
    }
}

async fn router(config: &Config) -> Result<Option<Router>, Failure> {
    if config.embeds_redis() && UnixStream::connect(config.redis_socket()).await.is_err() {
        return Ok(None);
    }
    let router = Router::open(&config.routing()).await?;
    if router.now().await.is_err() {
        return Ok(None);
    }
    router.prepare().await?;
    Ok(Some(router))
}
