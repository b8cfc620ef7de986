//! Keeps the connections of doors: takes each door's duty, runs its adapter while the duty is ours, and
//! opens it again with back-off when it could not go on.

use super::{Failed, Failing};
use crate::app::App;
use crate::metrics;
use crate::pipeline::calls::Board;
use crate::pipeline::inbound::Intake;
use crate::tasks::{OnEnd, TaskResult};
use channels::{AdapterError, Bookmarks, ChannelAdapter, Inlet, SettingsProblem, SinkError};
use domain::{Channel, ChannelId, TenantId, Timestamp};
use routing::RoutingError;
use routing::reply::Duty;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// For how long a door's duty is taken, in milliseconds.
const FOR_MS: i64 = 10_000;
/// After so long the owner renews, and whoever is not the owner asks again.
const RENEW_AFTER: Duration = Duration::from_secs(3);
/// How long an adapter may take to end when asked.
const END_WITHIN: Duration = Duration::from_secs(5);
/// The first and the longest pause before a door is opened again.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// A door that stood so long begins with the first pause again.
const GOOD_AFTER_MS: i64 = 120_000;
/// How often the settings are looked at for doors that came or went.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How far a door has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reading {
    /// So many were taken in since it began.
    pub taken: u64,
    /// At most so many are left.
    pub left: u64,
}

/// How a door stands on a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorState {
    /// This gateway keeps its connections since then.
    Open {
        /// Since when.
        since: Timestamp,
        /// How far it has come with what lay there; none when it has read everything.
        reading: Option<Reading>,
    },
    /// Another gateway does.
    Elsewhere,
    /// It could not go on, and is tried again.
    Failing {
        /// Since when.
        since: Timestamp,
        /// Why, in plain words without personal data.
        why: String,
    },
}

/// Starts keeping the doors.
pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("doors", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

type Place = (TenantId, ChannelId);

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let mut kept: HashMap<Place, (Channel, CancellationToken)> = HashMap::new();
    let mut under_way = JoinSet::new();
    let mut places: HashMap<task::Id, Place> = HashMap::new();
    loop {
        let wanted = if stop.is_cancelled() { HashMap::new() } else { wanted(&app) };
        // A door that goes stays in the list until it has ended: none is open twice.
        for (place, (channel, token)) in &kept {
            if wanted.get(place).is_none_or(|(now, _)| now != channel) {
                token.cancel();
            }
        }
        for (place, (channel, adapter)) in wanted {
            if !kept.contains_key(&place) {
                let token = stop.child_token();
                kept.insert(place.clone(), (channel, token.clone()));
                let door = Door { app: Arc::clone(&app), place: place.clone(), adapter };
                // A task of its own: whatever brings one door down leaves the others open.
                places.insert(under_way.spawn(door.keep(token)).id(), place);
            }
        }
        tokio::select! {
            () = stop.cancelled(), if under_way.is_empty() => return Ok(()),
            Some(ended) = under_way.join_next_with_id() => {
                let id = ended.as_ref().map_or_else(task::JoinError::id, |(id, ())| *id);
                let Some(place) = places.remove(&id) else { continue };
                kept.remove(&place);
                if let Err(broken) = ended {
                    tell_broken(&app, &place, broken.is_panic());
                }
                let gone = app.settings.desk(&place.0).channel(&place.1).is_none();
                if gone {
                    app.doors.forget(&place.0, &place.1);
                }
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Every enabled door that keeps connections.
fn wanted(app: &App) -> HashMap<Place, (Channel, Arc<dyn ChannelAdapter>)> {
    let mut wanted = HashMap::new();
    for tenant in app.settings.tenants() {
        let view = app.settings.desk(&tenant);
        for channel in view.desk.channels.iter().filter(|channel| channel.enabled) {
            let adapter = match app.doors.adapter(&tenant, channel) {
                Ok(adapter) => adapter,
                Err(problems) => {
                    tell_wrong_settings(app, (&tenant, &channel.id), &problems);
                    continue;
                }
            };
            if adapter.descriptor().capabilities.runs {
                let place = (tenant.clone(), channel.id.clone());
                wanted.insert(place, (channel.clone(), adapter));
            }
        }
    }
    wanted
}

/// It is opened again at the next look.
fn tell_broken(app: &App, (tenant, channel): &Place, panicked: bool) {
    tracing::error!(tenant.id = %tenant, channel.id = %channel, panicked, "a door broke: a defect");
    metrics::task_panicked("doors");
    let why = "a defect of this program".to_owned();
    let state = DoorState::Failing { since: app.clock.now(), why };
    app.doors.set_state(tenant, channel, state);
}

/// Settings that were right when they were stored may be wrong now.
fn tell_wrong_settings(
    app: &App,
    (tenant, channel): (&TenantId, &ChannelId),
    problems: &[SettingsProblem],
) {
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let why = said.join("; ");
    if let Some(DoorState::Failing { why: known, .. }) = app.doors.state(tenant, channel)
        && known == why
    {
        return;
    }
    tracing::error!(tenant.id = %tenant, channel.id = %channel, error = why, "a door's settings are wrong");
    let state = DoorState::Failing { since: app.clock.now(), why };
    app.doors.set_state(tenant, channel, state);
}

/// One door.
struct Door {
    app: Arc<App>,
    place: Place,
    adapter: Arc<dyn ChannelAdapter>,
}

impl Door {
    fn duty(&self) -> String {
        format!("door.{}", self.place.1)
    }

    /// Keeps it until stopped.
    async fn keep(self, stop: CancellationToken) {
        let mut pause = PAUSES.0;
        while !stop.is_cancelled() {
            let began = self.app.clock.now();
            let wait = match self.once(&stop).await {
                Kept::Elsewhere => RENEW_AFTER,
                Kept::Failed(why, reason) => {
                    let stood = self.app.clock.now().0 - began.0;
                    if stood > GOOD_AFTER_MS {
                        pause = PAUSES.0;
                    }
                    let wait = pause.mul_f64(rand::random_range(0.8..=1.2));
                    self.tell((&why, reason), wait);
                    pause = (pause * 2).min(PAUSES.1);
                    wait
                }
                Kept::Stopped => break,
            };
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        let (tenant, _) = &self.place;
        if let Err(error) = self.app.router.release_duty(tenant, &self.duty(), &self.app.node).await
        {
            tracing::debug!(tenant.id = %tenant, error = %error, "a door's duty was not let go");
        }
    }

    fn tell(&self, (why, reason): (&str, &'static str), wait: Duration) {
        let (tenant, channel) = &self.place;
        let adapter = self.adapter.descriptor().adapter;
        metrics::door_failed(adapter, reason);
        tracing::warn!(tenant.id = %tenant, channel.id = %channel, adapter, error = why, "a door could not go on and is opened again");
        let now = self.app.clock.now();
        let again_at = now.plus_ms(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let failed =
            Failed { at: now, what: Failing::Line, why: why.to_owned(), again_at: Some(again_at) };
        self.app.doors.failed(tenant, channel, failed);
        let since = match self.app.doors.state(tenant, channel) {
            Some(DoorState::Failing { since, .. }) => since,
            _ => now,
        };
        let state = DoorState::Failing { since, why: why.to_owned() };
        self.app.doors.set_state(tenant, channel, state);
    }

    /// Takes the duty and runs the adapter as long as it is ours.
    async fn once(&self, stop: &CancellationToken) -> Kept {
        let (tenant, channel) = &self.place;
        if !self.app.accepts_work() {
            return Kept::Elsewhere;
        }
        let epoch = match self.take().await {
            Ok(Some(epoch)) => epoch,
            Ok(None) => {
                self.app.doors.set_state(tenant, channel, DoorState::Elsewhere);
                return Kept::Elsewhere;
            }
            // Redis is away: that is told elsewhere.
            Err(_away) => return Kept::Elsewhere,
        };
        let adapter = self.adapter.descriptor().adapter;
        let since = self.app.clock.now();
        self.app.doors.set_state(tenant, channel, DoorState::Open { since, reading: None });
        metrics::door_open(adapter, 1.0);
        let kept = self.run_while_ours(epoch, stop).await;
        metrics::door_open(adapter, -1.0);
        kept
    }

    async fn run_while_ours(&self, epoch: u64, stop: &CancellationToken) -> Kept {
        let ends = stop.child_token();
        let running = self.adapter.run(self.inlet(epoch), ends.clone());
        tokio::pin!(running);
        let lost = tokio::select! {
            ended = &mut running => return of_end(ended, stop),
            () = self.renew_until_lost(epoch) => true,
            () = stop.cancelled() => false,
        };
        ends.cancel();
        // Whoever does not end in time is dropped: what the sink had not answered comes again.
        if tokio::time::timeout(END_WITHIN, running).await.is_err() {
            tracing::warn!(channel.id = %self.place.1, "a door did not end in time");
        }
        if lost { Kept::Elsewhere } else { Kept::Stopped }
    }

    /// Renews the duty, and returns when it is no longer certainly ours.
    async fn renew_until_lost(&self, epoch: u64) {
        let mut sure_until = tokio::time::Instant::now() + lease();
        loop {
            tokio::time::sleep(RENEW_AFTER).await;
            let asked = tokio::time::Instant::now();
            match self.take().await {
                Ok(Some(held)) if held == epoch => sure_until = asked + lease(),
                Ok(_other) => return,
                Err(_away) if asked >= sure_until => return,
                Err(_away) => {}
            }
        }
    }

    async fn take(&self) -> Result<Option<u64>, RoutingError> {
        let taken =
            self.app.router.take_duty(&self.place.0, &self.duty(), &self.app.node, FOR_MS).await?;
        Ok(match taken {
            Duty::Held { epoch } => Some(epoch),
            Duty::Elsewhere { .. } => None,
        })
    }

    fn inlet(&self, epoch: u64) -> Inlet {
        let (tenant, channel) = self.place.clone();
        let (app, duty) = (Arc::clone(&self.app), self.duty());
        Inlet {
            sink: Arc::new(Intake::new(&app, &tenant)),
            calls: Board::of_owner(&app, &tenant, &channel, epoch),
            bookmarks: Arc::new(DoorBookmarks { app, tenant, channel, duty, epoch }),
        }
    }
}

fn lease() -> Duration {
    Duration::from_millis(u64::try_from(FOR_MS).unwrap_or(0))
}

/// How keeping a door ended.
enum Kept {
    Stopped,
    Elsewhere,
    Failed(String, &'static str),
}

fn of_end(ended: Result<(), AdapterError>, stop: &CancellationToken) -> Kept {
    match ended {
        _ if stop.is_cancelled() => Kept::Stopped,
        Ok(()) => Kept::Failed("it ended by itself".to_owned(), "failed"),
        Err(error) => {
            let reason = match &error {
                AdapterError::Unavailable(_) | AdapterError::RateLimited(_) => "unavailable",
                AdapterError::Unauthorised => "unauthorised",
                AdapterError::NotTaken(_) => "not_taken",
                _ => "failed",
            };
            Kept::Failed(crate::telemetry::chain(&error), reason)
        }
    }
}

/// The bookmarks of a door that was called back. No duty fences them: two calls may come at once, and
/// what is read twice is known by its ids.
pub fn bookmarks(app: &Arc<App>, tenant: &TenantId, channel: &ChannelId) -> Arc<dyn Bookmarks> {
    let (app, tenant, channel) = (Arc::clone(app), tenant.clone(), channel.clone());
    Arc::new(CalledBookmarks { app, tenant, channel })
}

#[derive(Debug)]
struct CalledBookmarks {
    app: Arc<App>,
    tenant: TenantId,
    channel: ChannelId,
}

#[async_trait::async_trait]
impl Bookmarks for CalledBookmarks {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        let name = format!("{}/{name}", self.channel);
        let found = self.app.router.bookmark(&self.tenant, &name).await;
        found.map_err(|error| super::unsure(&error))
    }

    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError> {
        let name = format!("{}/{name}", self.channel);
        let laid = self.app.router.lay_bookmark_unfenced(&self.tenant, &name, place).await;
        laid.map_err(|error| super::unsure(&error))
    }
}

/// A door's bookmarks, in Redis, fenced by its duty's epoch.
#[derive(Debug)]
struct DoorBookmarks {
    app: Arc<App>,
    tenant: TenantId,
    channel: ChannelId,
    duty: String,
    epoch: u64,
}

impl DoorBookmarks {
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.channel)
    }
}

#[async_trait::async_trait]
impl Bookmarks for DoorBookmarks {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        let found = self.app.router.bookmark(&self.tenant, &self.name(name)).await;
        found.map_err(|error| super::unsure(&error))
    }

    async fn lay(&self, name: &str, place: &str) -> Result<(), SinkError> {
        let duty = (self.duty.as_str(), self.epoch);
        let laid = self.app.router.lay_bookmark(&self.tenant, duty, &self.name(name), place).await;
        match laid {
            Ok(true) => Ok(()),
            Ok(false) => Err(SinkError {
                reason: "another gateway keeps this door now".to_owned(),
                retry_after_ms: 1_000,
            }),
            Err(error) => Err(super::unsure(&error)),
        }
    }

    fn told(&self, taken: u64, left: u64) {
        self.app.doors.set_reading(&self.tenant, &self.channel, Reading { taken, left });
    }
}
