//! Serving: the HTTP server with its raw upgrades, the tasks, and the order in which doors close.

use super::{App, LinkState};
use crate::{api, hub, pipeline, socket};
use actix_http::HttpService;
use actix_service::{fn_service, map_config};
use actix_web::dev::AppConfig;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long Redis may take to answer for the first time before the gateway opens its doors without.
const FIRST_LOOK_WITHIN: Duration = Duration::from_secs(15);
/// How long a request's head may take.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The most HTTP workers chosen by ourselves; they only pass work on.
const WORKERS_MAX: usize = 4;

/// Why a run ended otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Redis is there, and promises less than configured.
    #[error("{0}")]
    Unsuitable(String),
    /// The server could not be started or failed.
    #[error("the HTTP server failed")]
    Server(#[from] std::io::Error),
    /// A task without which nothing works ended.
    #[error("{0}")]
    Task(String),
    /// The deadline of the drain came before all had ended.
    #[error("the drain took too long; cut: {}", .0.join(", "))]
    Drain(Vec<String>),
}

impl App {
    /// Serves on the listener until `stop` is cancelled, then closes the doors in order. Port 0 has
    /// been resolved by whoever bound the listener.
    ///
    /// # Errors
    /// See [`RunError`].
    pub async fn run(
        self: &Arc<Self>,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), RunError> {
        let ended = self.serve(listener, &stop).await;
        if let Some(embedded) = &self.embedded {
            embedded.stop().await;
        }
        self.records.close().await;
        ended
    }

    async fn serve(
        self: &Arc<Self>,
        listener: TcpListener,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        self.first_look(stop).await?;
        self.spawn_tasks();
        let address = listener.local_addr()?;
        let closing = CancellationToken::new();
        let server = self.server(listener, &closing)?;
        let handle = server.handle();
        let serving = ServerTask::start(server);
        tracing::info!(%address, node = self.node, "serving");
        let end = tokio::select! {
            () = stop.cancelled() => Ok(()),
            reason = self.tasks.critical_failure() => Err(RunError::Task(reason)),
        };
        let drained = self.drain(&handle, serving, &closing).await;
        end.and(drained)
    }

    /// Waits for Redis a while. Without it the doors open nevertheless and the monitor goes on.
    async fn first_look(self: &Arc<Self>, stop: &CancellationToken) -> Result<(), RunError> {
        let deadline = Instant::now() + FIRST_LOOK_WITHIN;
        loop {
            match self.look_at_redis(true).await {
                LinkState::Up => return Ok(()),
                LinkState::Unsuitable => {
                    let problem = self.monitor.report().problem.unwrap_or_default();
                    return Err(RunError::Unsuitable(problem));
                }
                LinkState::Down if Instant::now() >= deadline => {
                    tracing::error!("Redis does not answer; serving without it until it does");
                    return Ok(());
                }
                LinkState::Down => {}
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(Duration::from_millis(100)))
                .await
                .is_none()
            {
                return Ok(());
            }
        }
    }

    fn spawn_tasks(self: &Arc<Self>) {
        self.spawn_link_monitor();
        self.spawn_projection();
        self.settings.spawn_reloading(&self.tasks);
        self.auth.spawn_refreshing(&self.tasks, &self.hub);
        self.files.spawn_pruning(self);
        self.files.spawn_syncing(&self.tasks);
        self.spawn_upkeep();
        hub::spawn(self);
        pipeline::spawn(self);
        crate::doors::spawn(self);
    }

    fn server(
        self: &Arc<Self>,
        listener: TcpListener,
        closing: &CancellationToken,
    ) -> std::io::Result<actix_server::Server> {
        let workers = match self.config.server.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX),
            workers => workers,
        };
        let (app, closing) = (Arc::clone(self), closing.clone());
        let factory = move || {
            let (for_http, for_sockets) = (Arc::clone(&app), Arc::clone(&app));
            let closing = closing.clone();
            let routes = api::app(for_http);
            let upgrades = fn_service(move |(request, framed)| {
                let upgrading = socket::upgrade(Arc::clone(&for_sockets), request, framed);
                async move { upgrading.await.map_err(actix_web::Error::from) }
            });
            HttpService::build()
                .client_request_timeout(HEAD_WITHIN)
                .keep_alive(KEEP_ALIVE)
                // Connections that are only kept for a next request end at once.
                .graceful_shutdown_signal(move || closing.clone().cancelled_owned())
                .upgrade(upgrades)
                .finish(map_config(routes, |()| AppConfig::default()))
                .tcp()
        };
        Ok(actix_server::Server::build()
            .workers(workers)
            .disable_signals()
            .shutdown_timeout(self.config.server.drain_ms.div_ceil(1000))
            .listen("hutong", listener, factory)?
            .run())
    }

    /// Closes the doors: not ready, sockets go, no new connections, requests finish, tasks end. One
    /// deadline for all of it. While the sockets go, whoever still comes (a load balancer has not
    /// looked at `/readyz` yet) is answered and told to connect elsewhere next time; a connection that
    /// is accepted by nobody would hang until the process ends.
    async fn drain(
        self: &Arc<Self>,
        handle: &actix_server::ServerHandle,
        serving: ServerTask,
        closing: &CancellationToken,
    ) -> Result<(), RunError> {
        let deadline = Instant::now() + Duration::from_millis(self.config.server.drain_ms);
        tracing::info!("1 of 5: not ready any more");
        self.closing.store(true, Ordering::SeqCst);
        tracing::info!("2 of 5: sockets are told to go");
        let spread = Duration::from_millis(self.config.server.drain_spread_ms);
        let grace = async {
            tokio::join!(hub::close_sockets(self, spread), tokio::time::sleep(spread));
        };
        if tokio::time::timeout_at(deadline, grace).await.is_err() {
            tracing::warn!("some sockets did not close in time");
        }
        tracing::info!("3 of 5: no new connections");
        // Not `pause`: a listener that is only paused lets them wait for ever in its queue. Stopping
        // closes it, and the requests under way finish.
        tracing::info!("4 of 5: requests finish");
        closing.cancel();
        let left = deadline.saturating_duration_since(Instant::now());
        let stopped = tokio::time::timeout(left / 2, handle.stop(true)).await;
        if stopped.is_err() {
            tracing::warn!("some requests did not finish in time");
            handle.stop(false).await;
        }
        tracing::info!("5 of 5: tasks end");
        let left = deadline.saturating_duration_since(Instant::now());
        let tasks = self.tasks.drain(left.max(Duration::from_millis(500))).await;
        serving.join().await?;
        match tasks {
            Ok(()) => {
                tracing::info!("closed");
                Ok(())
            }
            Err(left) => Err(RunError::Drain(left)),
        }
    }

    fn spawn_upkeep(self: &Arc<Self>) {
        let metrics = self.metrics.clone();
        self.tasks.spawn("metrics_upkeep", crate::tasks::OnEnd::Restart, move |stop| {
            let metrics = metrics.clone();
            async move {
                let pause = Duration::from_secs(5);
                while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
                    metrics.run_upkeep();
                }
                Ok(())
            }
        });
    }
}

/// The server's own future, which must be polled while the doors close.
struct ServerTask {
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl ServerTask {
    #[expect(clippy::disallowed_methods, reason = "it ends by its handle, after the tasks' order")]
    fn start(server: actix_server::Server) -> Self {
        Self { task: tokio::spawn(server) }
    }

    async fn join(self) -> Result<(), RunError> {
        match self.task.await {
            Ok(served) => Ok(served?),
            Err(error) => Err(RunError::Task(format!("the HTTP server: {error}"))),
        }
    }
}
