//! The hub: one reader per tenant follows the stream of commits and hands each fact to the sockets
//! of this gateway that it concerns. It is the only way by which anything reaches a socket unasked,
//! so sockets, webhooks and audit cannot disagree: all read the same stream.
//!
//! A socket registers first and reads its backlog afterwards; what comes meanwhile waits in its
//! outbox, and doubles are dropped by seq or cursor. The hub holds nothing that may not be lost.

pub mod fact;
pub mod outbox;
mod reader;
mod ring;
mod seats;
mod signals;

pub use fact::{Batch, Fact};
pub use outbox::{Close, Item, Outbox, Sign, Taken};
pub(crate) use seats::facts_for;
pub use seats::{AgentSeat, Resumed, VisitorSeat, WaitingVisitor};

use crate::app::App;
use crate::auth::Auth;
use crate::settings::DeskView;
use channels::web_chat::WebChat;
use domain::{AgentId, Channel, ChannelId, Event, TenantId};
use ring::Ring;
use seats::Seats;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// In how many steps a crowd of sockets is told to go.
const CLOSING_STEPS: usize = 100;
/// So many sockets are told at once anyway.
const CLOSED_AT_ONCE_MIN: usize = 10;
/// How long a socket waits for the history to be known, right after the start.
const FIRST_POSITION_WITHIN: Duration = Duration::from_secs(2);

/// Every tenant's sockets on this gateway. Cloning is cheap and shares them.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    desks: Arc<RwLock<BTreeMap<TenantId, Arc<DeskHub>>>>,
    /// Rings when a commit tells of a revocation.
    revocation: Arc<Notify>,
}

impl Hub {
    /// A hub without sockets.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tenant's part; made when it is first asked for. Only for tenants that exist.
    pub fn desk(&self, tenant: &TenantId) -> Arc<DeskHub> {
        let known = self.read().get(tenant).cloned();
        known.unwrap_or_else(|| {
            let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                desks
                    .entry(tenant.clone())
                    .or_insert_with(|| Arc::new(DeskHub::new(tenant, &self.revocation))),
            )
        })
    }

    /// Every tenant's part.
    pub fn desks(&self) -> Vec<Arc<DeskHub>> {
        self.read().values().cloned().collect()
    }

    /// Every socket's outbox, for telling all of them something.
    pub fn outboxes(&self) -> Vec<Arc<Outbox>> {
        self.desks().iter().flat_map(|desk| desk.lock().seats.outboxes()).collect()
    }

    /// Resolves when a commit told of a revocation; one that came before is not missed.
    pub async fn revocation_told(&self) {
        self.revocation.notified().await;
    }

    /// Closes the agents' sockets whose tokens no longer count.
    pub fn expel_revoked(&self, auth: &Auth) {
        for desk in self.desks() {
            desk.expel_revoked(auth);
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<TenantId, Arc<DeskHub>>> {
        self.desks.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One tenant's sockets on this gateway, and the last commits.
#[derive(Debug)]
pub struct DeskHub {
    tenant: TenantId,
    state: Mutex<State>,
    /// Grows when a fact changed how many are before somebody who waits.
    waiting_changes: AtomicU64,
    /// The cursor of the last commit: tasks that follow the stream wake by it.
    newest: watch::Sender<Arc<str>>,
    /// The web chat doors as the settings of a version say, shared by all their visitors.
    doors: Mutex<HashMap<ChannelId, (u64, Arc<WebChat>)>>,
    revocation: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    /// Names the history that is read; `None` until Redis answered for the first time.
    epoch: Option<Arc<str>>,
    ring: Ring,
    seats: Seats,
}

impl DeskHub {
    fn new(tenant: &TenantId, revocation: &Arc<Notify>) -> Self {
        let state = State { epoch: None, ring: Ring::new("0-0"), seats: Seats::default() };
        Self {
            tenant: tenant.clone(),
            state: Mutex::new(state),
            waiting_changes: AtomicU64::new(0),
            newest: watch::Sender::new("0-0".into()),
            doors: Mutex::default(),
            revocation: Arc::clone(revocation),
        }
    }

    /// Whose it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The epoch and the cursor of the last commit handed out; `None` until Redis answered.
    pub fn position(&self) -> Option<(Arc<str>, Arc<str>)> {
        let state = self.lock();
        state.epoch.clone().map(|epoch| (epoch, Arc::clone(state.ring.end())))
    }

    /// The position, waiting a moment for Redis's first answer after the start.
    pub async fn first_position(&self) -> Option<(Arc<str>, Arc<str>)> {
        let mut newest = self.newest.subscribe();
        let known = async {
            loop {
                if let Some(position) = self.position() {
                    return Some(position);
                }
                newest.changed().await.ok()?;
            }
        };
        tokio::time::timeout(FIRST_POSITION_WITHIN, known).await.ok().flatten()
    }

    /// At most `limit` commits after one that is still kept here, decoded once for everybody; `None`
    /// when it is not, and Redis has to be asked.
    pub(crate) fn commits_after(&self, cursor: &str, limit: usize) -> Option<Vec<Batch>> {
        let state = self.lock();
        let batches = state.ring.exactly_after(cursor)?;
        Some(batches.take(limit).cloned().collect())
    }

    /// Wakes at each commit.
    pub fn commits(&self) -> watch::Receiver<Arc<str>> {
        self.newest.subscribe()
    }

    /// Counts changes of how many are before somebody who waits.
    pub fn waiting_changes(&self) -> u64 {
        self.waiting_changes.load(Ordering::Relaxed)
    }

    /// Agents with a socket on this gateway.
    pub fn connected_agents(&self) -> Vec<AgentId> {
        self.lock().seats.agents()
    }

    /// Visitors of this gateway who wait.
    pub fn waiting_visitors(&self) -> Vec<WaitingVisitor> {
        self.lock().seats.waiting()
    }

    /// The web chat door of a channel, as the settings say now; `None` when they are not right.
    pub fn door(&self, view: &DeskView, channel: &Channel) -> Option<Arc<WebChat>> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, door)) = doors.get(&channel.id)
            && *version == view.version
        {
            return Some(Arc::clone(door));
        }
        let door = Arc::new(WebChat::open(channel).ok()?);
        doors.insert(channel.id.clone(), (view.version, Arc::clone(&door)));
        Some(door)
    }

    /// Hands the next commits out.
    fn publish(&self, commits: Vec<domain::Commit>) {
        let mut state = self.lock();
        for commit in commits {
            for event in &commit.events {
                crate::metrics::event_read(event.name());
            }
            let before = Arc::clone(state.ring.end());
            let batch = Batch::new(commit, &before);
            if batch.facts.iter().any(|fact| fact::changes_waiting(&fact.event)) {
                self.waiting_changes.fetch_add(1, Ordering::Relaxed);
            }
            if batch.facts.iter().any(|fact| matches!(fact.event, Event::SessionRevoked { .. })) {
                self.revocation.notify_one();
            }
            state.seats.deliver(&batch);
            state.ring.push(batch);
        }
        let newest = Arc::clone(state.ring.end());
        drop(state);
        self.newest.send_replace(newest);
    }

    /// Goes on with another history, or at a place that does not follow the last: every socket
    /// tells its client anew.
    fn start_over(&self, epoch: &str, cursor: &str) {
        let mut state = self.lock();
        let first = state.epoch.is_none();
        state.epoch = Some(epoch.into());
        state.ring = Ring::new(cursor);
        let outboxes = if first { Vec::new() } else { state.seats.outboxes() };
        drop(state);
        for outbox in outboxes {
            outbox.sign(Sign::Renew, Item::Renew);
        }
        self.newest.send_replace(cursor.into());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the readers of every tenant, now and later, the hearing of signals and the heartbeats.
pub fn spawn(app: &Arc<App>) {
    reader::spawn(app);
    signals::spawn(app);
    crate::socket::spawn_heartbeat(app);
}

/// Tells every socket to go and come back elsewhere, spread over a time so that they do not all come
/// at once; resolves when the last has been told.
pub async fn close_sockets(app: &App, spread: Duration) {
    let outboxes = app.hub.outboxes();
    let spread_ms = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX).max(1);
    // A few sockets never wait: the spread is for crowds.
    let steps = CLOSING_STEPS.min(outboxes.len() / CLOSED_AT_ONCE_MIN).max(1);
    let pause = spread / u32::try_from(steps).unwrap_or(1);
    for (n, part) in outboxes.chunks(outboxes.len().div_ceil(steps).max(1)).enumerate() {
        if n > 0 {
            tokio::time::sleep(pause).await;
        }
        for outbox in part {
            outbox.close(Close::GoingAway(rand::random_range(0..=spread_ms)));
        }
    }
}
