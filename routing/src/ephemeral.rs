//! Signals that may be lost without harm: who is typing. They go through Redis pub/sub to every
//! gateway and are never stored; whatever must not be lost goes through a transition instead.

use crate::error::RoutingError;
use crate::router::Router;
use crate::store::{RedisConfig, Store, Topology};
use crate::{keys, library};
use domain::{AgentId, ContactId, ConversationId, TenantId};
use futures_util::StreamExt;
use redis::aio::PubSub;
use serde::{Deserialize, Serialize};

/// Somebody is typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who is to see it.
    pub to: Watcher,
    /// What is typed so far, if that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
}

/// Who is to see that somebody is typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watcher {
    /// The agent who holds the conversation; the contact is typing.
    Agent(AgentId),
    /// The contact whose conversation it is; an agent is typing.
    Contact(ContactId),
}

impl Router {
    /// Tells every gateway that somebody is typing.
    ///
    /// # Errors
    /// See [`RoutingError`]; a caller may ignore it.
    pub async fn signal_typing(
        &self,
        tenant: &TenantId,
        typing: &Typing,
    ) -> Result<(), RoutingError> {
        let payload = serde_json::to_string(typing)
            .map_err(|error| RoutingError::BadArgument(error.to_string()))?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel(tenant)).arg(payload);
        self.store().run("signal_typing", &publish).await.map(|_receivers| ())
    }
}

/// Hears the signals of all tenants, on a connection of its own.
pub struct SignalReader {
    pubsub: PubSub,
}

impl std::fmt::Debug for SignalReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignalReader")
    }
}

impl SignalReader {
    /// Connects and listens.
    ///
    /// # Errors
    /// [`RoutingError::Unavailable`].
    pub async fn open(store: &Store) -> Result<Self, RoutingError> {
        let failed =
            |source| RoutingError::Unavailable { function: "signals", source: Some(source) };
        let client = client(store.config()).await.map_err(failed)?;
        let mut pubsub = client.get_async_pubsub().await.map_err(failed)?;
        pubsub.psubscribe(format!("{{*}}:typing:{}", library::VERSION)).await.map_err(failed)?;
        Ok(Self { pubsub })
    }

    /// The next signal and its tenant; `None` when the connection is gone. Signals that cannot be
    /// read are passed over.
    ///
    /// Cancel safety: safe; at most one signal is lost.
    pub async fn next(&mut self) -> Option<(TenantId, Typing)> {
        let mut messages = self.pubsub.on_message();
        loop {
            let message = messages.next().await?;
            let tenant = message
                .get_channel_name()
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'))
                .and_then(|(tenant, _)| tenant.parse().ok());
            let typing = serde_json::from_slice(message.get_payload_bytes()).ok();
            if let (Some(tenant), Some(typing)) = (tenant, typing) {
                return Some((tenant, typing));
            }
        }
    }
}

fn channel(tenant: &TenantId) -> String {
    keys::key(tenant, &format!("typing:{}", library::VERSION))
}

/// A plain client: pub/sub reaches every node of a cluster from any of them.
async fn client(config: &RedisConfig) -> redis::RedisResult<redis::Client> {
    match config.topology {
        Topology::Single | Topology::Cluster => {
            redis::Client::open(config.urls.first().map_or("", String::as_str))
        }
        Topology::Sentinel => {
            let mut sentinel = redis::sentinel::SentinelClient::build(
                config.urls.clone(),
                config.sentinel_primary.clone(),
                None,
                redis::sentinel::SentinelServerType::Master,
            )?;
            sentinel.async_get_client().await
        }
    }
}
