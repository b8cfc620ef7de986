//! The link to Redis: watched each second, prepared anew whenever it comes back, and not believed
//! when the server promises less than configured. The gateway lives on without it for as long as it
//! takes; whoever wants work done meanwhile is told to come back.

use super::App;
use crate::metrics;
use crate::tasks::{OnEnd, TaskResult};
use routing::durability::Report;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often Redis is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// While Redis is away it is asked more often, so that all is back soon.
const ASK_EVERY_WHILE_DOWN: Duration = Duration::from_millis(250);
/// So many asks between two checks of the durability (30 s).
const CHECK_EVERY_ASKS: u32 = 30;

/// Whether work can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Redis answers and is what was promised.
    Up,
    /// Redis does not answer.
    Down,
    /// Redis answers, but promises less than configured: no work is taken.
    Unsuitable,
}

impl LinkState {
    /// Can work be taken?
    pub fn is_up(self) -> bool {
        self == Self::Up
    }
}

/// What an operator sees of the link.
#[derive(Debug, Clone, Serialize)]
pub struct LinkReport {
    /// The state.
    pub state: LinkState,
    /// What the server said of itself, when it was last prepared.
    pub server: Option<Report>,
    /// Why the link is not up.
    pub problem: Option<String>,
}

/// The writing end of [`App::link`].
#[derive(Debug)]
pub(crate) struct Monitor {
    state: watch::Sender<LinkState>,
    last: Mutex<(Option<Report>, Option<String>)>,
}

impl Monitor {
    pub(super) fn new() -> (Self, watch::Receiver<LinkState>) {
        let (state, link) = watch::channel(LinkState::Down);
        (Self { state, last: Mutex::default() }, link)
    }

    /// What an operator sees.
    pub(crate) fn report(&self) -> LinkReport {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        LinkReport { state: *self.state.borrow(), server: last.0.clone(), problem: last.1.clone() }
    }

    fn set(&self, state: LinkState, server: Option<Report>, problem: Option<String>) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            last.0 = server.or(last.0.take());
            last.1.clone_from(&problem);
        }
        metrics::redis_up(state.is_up());
        let changed = self.state.send_if_modified(|present| {
            let changed = *present != state;
            *present = state;
            changed
        });
        match (changed, state) {
            (false, _) => {}
            (true, LinkState::Up) => tracing::info!("Redis is up: work is taken"),
            (true, _) => tracing::error!(problem, "no work is taken: {state:?}"),
        }
    }
}

impl App {
    /// Asks Redis once, prepares it when it is new, and says what came of it.
    pub(super) async fn look_at_redis(self: &Arc<Self>, check: bool) -> LinkState {
        let was_up = self.link.borrow().is_up();
        if let Err(error) = self.router.now().await {
            let problem = crate::telemetry::chain(&error);
            self.monitor.set(LinkState::Down, None, Some(problem));
            return LinkState::Down;
        }
        if was_up && !check {
            return LinkState::Up;
        }
        let prepared = async {
            let report = self.router.prepare().await?;
            self.router.may_serve(&self.settings.tenants()).await?;
            self.project_all().await.map(|()| report)
        };
        let prepared = prepared.await;
        let (state, server, problem) = match prepared {
            Ok(report) => (LinkState::Up, Some(report), None),
            Err(error @ routing::RoutingError::Unsuitable(_)) => {
                (LinkState::Unsuitable, None, Some(error.to_string()))
            }
            Err(error) => (LinkState::Down, None, Some(crate::telemetry::chain(&error))),
        };
        self.monitor.set(state, server, problem);
        state
    }

    pub(super) fn spawn_link_monitor(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        self.tasks.spawn("redis_link", OnEnd::Restart, move |stop| {
            let app = app.clone();
            async move {
                match app.upgrade() {
                    Some(app) => watch_link(app, stop).await,
                    None => Ok(()),
                }
            }
        });
    }
}

async fn watch_link(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut asks = 0u32;
    loop {
        asks = asks.wrapping_add(1);
        let state = app.look_at_redis(asks.is_multiple_of(CHECK_EVERY_ASKS)).await;
        let pause = if state.is_up() { ASK_EVERY } else { ASK_EVERY_WHILE_DOWN };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}
