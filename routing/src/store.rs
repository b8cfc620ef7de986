//! The connection to Redis: a single server, one behind Sentinel, or a Cluster.
//!
//! One multiplexed connection carries every transition (concurrent calls pipeline by themselves);
//! blocking reads get connections of their own, since one of them would hold up everybody.

use crate::error::RoutingError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where Redis is and what it must promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://…`, `rediss://…` or `redis+unix:///path`; several for Cluster or Sentinel.
    pub urls: Vec<String>,
    /// How they are to be understood.
    pub topology: Topology,
    /// The primary's name, for Sentinel.
    pub sentinel_primary: String,
    /// What an acknowledged write must survive.
    pub durability: Durability,
    /// How long one call may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long to wait for a replica, in milliseconds (profile `ha`).
    pub replica_timeout_ms: u64,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            topology: Topology::Single,
            sentinel_primary: String::new(),
            durability: Durability::Strict,
            timeout_ms: 2_000,
            replica_timeout_ms: 500,
        }
    }
}

/// How the addresses are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// One server.
    Single,
    /// Addresses of sentinels.
    Sentinel,
    /// Addresses of some nodes of a cluster.
    Cluster,
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A power cut: `appendfsync always`, `noeviction`.
    Strict,
    /// Also the loss of the primary: `strict` on both, and a replica confirms each write.
    Ha,
    /// The end of a process; a power cut may lose up to a second: `appendfsync everysec`.
    Relaxed,
}

#[derive(Clone)]
enum Link {
    One(std::sync::Arc<OneLink>),
    Cluster(redis::cluster_async::ClusterConnection),
    Sentinel(std::sync::Arc<SentinelLink>),
}

/// A single server's connection. The manager reconnects by itself when the line breaks; a line that
/// only falls silent (a partition, a paused server behind a dead proxy) is given up after some
/// timeouts in a row, since nothing tells us that it will ever speak again.
struct OneLink {
    client: Client,
    config: RedisConfig,
    current: std::sync::Mutex<ConnectionManager>,
    silent: std::sync::atomic::AtomicU32,
}

/// Timeouts in a row after which a silent line is given up.
const SILENT_MAX: u32 = 2;

struct SentinelLink {
    client: tokio::sync::Mutex<redis::sentinel::SentinelClient>,
    current: tokio::sync::Mutex<Option<redis::aio::MultiplexedConnection>>,
    timeout: Duration,
}

/// Hears of each call: the function, how it ended (`ok`, `unavailable`, `refused`, `failed`), and how
/// many seconds it took; and of each event that could not be read (`read_event`, `skipped`).
pub type Observer = fn(&'static str, &'static str, f64);

/// The connection. Cloning is cheap and shares it.
#[derive(Clone)]
pub struct Store {
    link: Link,
    config: RedisConfig,
    observer: Option<Observer>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("topology", &self.config.topology).finish_non_exhaustive()
    }
}

impl Store {
    /// Prepares a connection; a single server need not be there yet, calls fail until it is.
    ///
    /// # Errors
    /// [`RoutingError::BadArgument`] for an address that is none; [`RoutingError::Unavailable`]
    /// when no sentinel or cluster node can be reached.
    pub async fn open(config: &RedisConfig) -> Result<Self, RoutingError> {
        let first = config
            .urls
            .first()
            .ok_or_else(|| RoutingError::BadArgument("redis.urls is empty".to_owned()))?;
        let bad = |error: RedisError| RoutingError::BadArgument(format!("redis.urls: {error}"));
        let link = match config.topology {
            Topology::Single => {
                let client = Client::open(first.as_str()).map_err(bad)?;
                let one =
                    OneLink::new(client, config).map_err(|error| unavailable("open", error))?;
                Link::One(std::sync::Arc::new(one))
            }
            Topology::Cluster => {
                let client = redis::cluster::ClusterClientBuilder::new(config.urls.clone())
                    .response_timeout(Duration::from_millis(config.timeout_ms))
                    .build()
                    .map_err(bad)?;
                let connection = client.get_async_connection().await;
                Link::Cluster(connection.map_err(|error| unavailable("open", error))?)
            }
            Topology::Sentinel => {
                let client = redis::sentinel::SentinelClient::build(
                    config.urls.clone(),
                    config.sentinel_primary.clone(),
                    None,
                    redis::sentinel::SentinelServerType::Master,
                )
                .map_err(bad)?;
                Link::Sentinel(std::sync::Arc::new(SentinelLink {
                    client: tokio::sync::Mutex::new(client),
                    current: tokio::sync::Mutex::new(None),
                    timeout: Duration::from_millis(config.timeout_ms),
                }))
            }
        };
        Ok(Self { link, config: config.clone(), observer: None })
    }

    /// The same connection, of which somebody hears.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Tells the observer what no call is.
    pub(crate) fn observe(&self, function: &'static str, outcome: &'static str) {
        if let Some(observer) = self.observer {
            observer(function, outcome, 0.0);
        }
    }

    /// How it was configured.
    pub fn config(&self) -> &RedisConfig {
        &self.config
    }

    /// Runs one command.
    ///
    /// # Errors
    /// See [`RoutingError`]; the outcome of an unavailable write is unknown.
    pub async fn run(&self, function: &'static str, command: &Cmd) -> Result<Value, RoutingError> {
        self.answer(function, self.send(command).boxed()).await
    }

    /// Waits for an answer, in time, and tells the observer.
    async fn answer<T>(
        &self,
        function: &'static str,
        // In a box: every call of the house has this one inside, and the compiler counts how deep.
        sent: BoxFuture<'_, Result<T, RedisError>>,
    ) -> Result<T, RoutingError> {
        let limit = Duration::from_millis(self.config.timeout_ms);
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(limit, sent).await;
        if let Link::One(one) = &self.link {
            one.note(match &answer {
                Ok(Ok(_)) => false,
                Ok(Err(error)) => error.is_timeout(),
                Err(_elapsed) => true,
            });
        }
        let answer = match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(classify(function, error)),
            Err(_elapsed) => Err(RoutingError::Unavailable { function, source: None }),
        };
        if let Some(observer) = self.observer {
            let outcome = match &answer {
                Ok(_) => "ok",
                Err(RoutingError::Unavailable { .. }) => "unavailable",
                Err(RoutingError::Refused { .. }) => "refused",
                Err(_) => "failed",
            };
            observer(function, outcome, began.elapsed().as_secs_f64());
        }
        answer
    }

    /// Runs one command that writes; under `ha`, waits until a replica has it.
    ///
    /// # Errors
    /// As [`Store::run`], and [`RoutingError::NotReplicated`].
    pub async fn write(
        &self,
        function: &'static str,
        command: &Cmd,
    ) -> Result<Value, RoutingError> {
        if self.config.durability != Durability::Ha {
            return self.run(function, command).await;
        }
        let mut wait = redis::cmd("WAIT");
        wait.arg(1).arg(self.config.replica_timeout_ms);
        let (value, acked) = match &self.link {
            // A cluster asks every primary and takes the fewest.
            Link::Cluster(_) => {
                (self.run(function, command).await?, self.run("wait", &wait).await?)
            }
            Link::One(_) | Link::Sentinel(_) => {
                self.answer(function, self.send_both(command, &wait).boxed()).await?
            }
        };
        match acked {
            Value::Int(acked) if acked >= 1 => Ok(value),
            Value::Int(acked) => Err(RoutingError::NotReplicated { function, acked, wanted: 1 }),
            _ => Err(RoutingError::NotReplicated { function, acked: 0, wanted: 1 }),
        }
    }

    /// Runs one command on every primary; gives the address and the answer of each.
    ///
    /// # Errors
    /// As [`Store::run`]; one primary's error is the error of all.
    pub async fn run_everywhere(
        &self,
        function: &'static str,
        command: &Cmd,
    ) -> Result<Vec<(String, Value)>, RoutingError> {
        use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
        let Link::Cluster(cluster) = &self.link else {
            return Ok(vec![(String::new(), self.run(function, command).await?)]);
        };
        let routing = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let mut cluster = cluster.clone();
        let sent = async { lifted(cluster.route_command(command.clone(), routing).await) };
        let Value::Map(answers) = self.answer(function, sent.boxed()).await? else {
            return Err(RoutingError::Unavailable { function, source: None });
        };
        let named = |(node, answer)| Some((crate::router::text(&node)?, answer));
        Ok(answers.into_iter().filter_map(named).collect())
    }

    /// Runs one command that names no key (SCAN) on the node that serves `key`.
    ///
    /// # Errors
    /// As [`Store::run`].
    pub async fn run_beside(
        &self,
        function: &'static str,
        key: &str,
        command: &Cmd,
    ) -> Result<Value, RoutingError> {
        use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
        let Link::Cluster(cluster) = &self.link else {
            return self.run(function, command).await;
        };
        let mut ask = redis::cmd("CLUSTER");
        ask.arg("KEYSLOT").arg(key);
        let Value::Int(slot) = self.run(function, &ask).await? else {
            return Err(RoutingError::Unavailable { function, source: None });
        };
        let route = Route::new(u16::try_from(slot).unwrap_or(0), SlotAddr::Master);
        let routing = RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route));
        let answer = lifted(cluster.clone().route_command(command.clone(), routing).await);
        answer.map_err(|error| classify(function, error))
    }

    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        match &self.link {
            Link::One(one) => one.send(command).await,
            Link::Cluster(cluster) => lifted(cluster.clone().req_packed_command(command).await),
            Link::Sentinel(sentinel) => sentinel.send(command).await,
        }
    }

    /// Sends two commands on one and the same connection: WAIT speaks of the writes of its own
    /// connection, so that on another one it would confirm what it knows nothing of.
    async fn send_both(&self, command: &Cmd, wait: &Cmd) -> Result<(Value, Value), RedisError> {
        let mut both = redis::pipe();
        both.add_command(command.clone()).add_command(wait.clone());
        let answers = match &self.link {
            Link::One(one) => {
                let mut manager = one.current().clone();
                manager.req_packed_commands(&both, 0, 2).await
            }
            Link::Sentinel(sentinel) => sentinel.send_all(&both).await,
            Link::Cluster(cluster) => cluster.clone().req_packed_commands(&both, 0, 2).await,
        };
        let mut answers = answers?.into_iter();
        let mut next = || lifted(Ok(answers.next().unwrap_or(Value::Nil)));
        Ok((next()?, next()?))
    }

    /// A connection of one's own, for blocking reads.
    ///
    /// # Errors
    /// [`RoutingError::Unavailable`].
    pub async fn own_connection(&self) -> Result<OwnConnection, RoutingError> {
        let failed = |error| unavailable("own_connection", error);
        match &self.link {
            Link::One(_) => {
                let first = self.config.urls.first().map_or("", String::as_str);
                let client = Client::open(first).map_err(failed)?;
                let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(OwnConnection::One(connection.await.map_err(failed)?))
            }
            Link::Sentinel(sentinel) => {
                let client = sentinel.client.lock().await.async_get_client().await;
                let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
                let client = client.map_err(failed)?;
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(OwnConnection::One(connection.await.map_err(failed)?))
            }
            Link::Cluster(_) => {
                let client = redis::cluster::ClusterClientBuilder::new(self.config.urls.clone())
                    .response_timeout(Duration::from_secs(60))
                    .build()
                    .map_err(failed)?;
                let connection = client.get_async_connection().await.map_err(failed)?;
                Ok(OwnConnection::Cluster(connection))
            }
        }
    }
}

impl OneLink {
    fn new(client: Client, config: &RedisConfig) -> Result<Self, RedisError> {
        let manager =
            ConnectionManager::new_lazy_with_config(client.clone(), manager_config(config))?;
        Ok(Self {
            client,
            config: config.clone(),
            current: std::sync::Mutex::new(manager),
            silent: std::sync::atomic::AtomicU32::new(0),
        })
    }

    fn current(&self) -> std::sync::MutexGuard<'_, ConnectionManager> {
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        let mut manager = self.current().clone();
        lifted(manager.req_packed_command(command).await)
    }

    /// Counts timeouts in a row, and takes a new line when they are too many.
    fn note(&self, timed_out: bool) {
        use std::sync::atomic::Ordering;
        if !timed_out {
            self.silent.store(0, Ordering::Relaxed);
            return;
        }
        if self.silent.fetch_add(1, Ordering::Relaxed) + 1 < SILENT_MAX {
            return;
        }
        self.silent.store(0, Ordering::Relaxed);
        let fresh = ConnectionManager::new_lazy_with_config(
            self.client.clone(),
            manager_config(&self.config),
        );
        // A lazy manager cannot fail on the network; a refused config would have failed in `new`.
        if let Ok(fresh) = fresh {
            *self.current() = fresh;
        }
    }
}

impl SentinelLink {
    /// Sends on the current primary's connection; after a failure the sentinels are asked again.
    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        let mut connection = self.connection().await?;
        let answer = lifted(connection.req_packed_command(command).await);
        if let Err(error) = &answer {
            self.note(error).await;
        }
        answer
    }

    /// Sends several commands together. An error of one of them is its answer.
    async fn send_all(&self, commands: &redis::Pipeline) -> Result<Vec<Value>, RedisError> {
        let mut connection = self.connection().await?;
        let answers = connection.req_packed_commands(commands, 0, commands.len()).await;
        match &answers {
            Err(error) => self.note(error).await,
            Ok(values) => {
                for value in values {
                    if let Value::ServerError(error) = value {
                        self.note(&error.clone().into()).await;
                    }
                }
            }
        }
        answers
    }

    async fn connection(&self) -> Result<redis::aio::MultiplexedConnection, RedisError> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref() {
            return Ok(connection.clone());
        }
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let mut client = self.client.lock().await;
        let fresh = client.get_async_connection_with_config(&config).await?;
        Ok(current.insert(fresh).clone())
    }

    async fn note(&self, error: &RedisError) {
        if error.is_unrecoverable_error() || error.code() == Some("READONLY") {
            *self.current.lock().await = None;
        }
    }
}

/// A connection of one's own.
pub enum OwnConnection {
    /// To one server.
    One(redis::aio::MultiplexedConnection),
    /// To a cluster.
    Cluster(redis::cluster_async::ClusterConnection),
}

impl std::fmt::Debug for OwnConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnConnection")
    }
}

impl OwnConnection {
    /// Runs one command, which may block.
    ///
    /// # Errors
    /// See [`RoutingError`].
    pub async fn run(
        &mut self,
        function: &'static str,
        command: &Cmd,
    ) -> Result<Value, RoutingError> {
        let answer = match self {
            Self::One(connection) => connection.req_packed_command(command).await,
            Self::Cluster(connection) => connection.req_packed_command(command).await,
        };
        lifted(answer).map_err(|error| classify(function, error))
    }
}

/// The client hands a server's error over as a value: it is one like any other.
fn lifted(answer: Result<Value, RedisError>) -> Result<Value, RedisError> {
    match answer {
        Ok(Value::ServerError(error)) => Err(error.into()),
        other => other,
    }
}

fn manager_config(config: &RedisConfig) -> ConnectionManagerConfig {
    let timeout = Duration::from_millis(config.timeout_ms);
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(timeout))
        .set_response_timeout(Some(timeout))
        .set_min_delay(Duration::from_millis(20))
        .set_max_delay(Duration::from_millis(200))
        .set_number_of_retries(2)
}

fn unavailable(function: &'static str, error: RedisError) -> RoutingError {
    RoutingError::Unavailable { function, source: Some(error) }
}

/// What a Redis error means for the caller.
fn classify(function: &'static str, error: RedisError) -> RoutingError {
    let detail = error.to_string();
    let refused = ["OOM", "MISCONF", "READONLY", "NOREPLICAS"];
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            RoutingError::Refused { function, source: error }
        }
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown,
        ) => unavailable(function, error),
        ErrorKind::Server(_) | ErrorKind::Extension => {
            if error.code().is_some_and(|code| refused.contains(&code))
                || refused.iter().any(|word| detail.contains(word))
            {
                RoutingError::Refused { function, source: error }
            } else if error.code() == Some("BUSY") || detail.contains("Function not found") {
                unavailable(function, error)
            } else {
                RoutingError::Script { function, place: crate::library::explain(&detail) }
            }
        }
        _ => unavailable(function, error),
    }
}
