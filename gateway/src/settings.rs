//! Settings: each tenant's desk, held ready for reading. The truth is in the archive; this snapshot
//! is at most [`POLL_EVERY`] old, and fresh at once on the gateway where a change was made.

use crate::tasks::{OnEnd, Tasks};
use channels::app::AppSettings;
use channels::push::PushSettings;
use channels::web_chat::WebChatConfig;
use chrono_tz::Tz;
use domain::queue::{self, Request};
use domain::{
    Agent, AgentId, Calendar, Channel, ChannelId, ChannelKind, Desk, Entry, Queue, QueueId,
    TenantId, Webhook,
};
use records::Records;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often the archive is asked for a newer version.
pub const POLL_EVERY: Duration = Duration::from_secs(2);
/// Settings that could not be read for longer than this may be old: nobody is taken out by them.
const FRESH_FOR: Duration = Duration::from_secs(10);

/// Every tenant's desk. Cloning is cheap and shares the snapshots.
#[derive(Debug, Clone)]
pub struct Settings {
    inner: Arc<Inner>,
}

/// An app whose people are told who are away. Settings were checked when they were set; a channel of a
/// later release may not be readable.
fn pushing(channel: &Channel) -> Option<(ChannelId, PushSettings)> {
    let is_app = channel.enabled && channel.kind == ChannelKind::App;
    let push = AppSettings::of(channel).ok().filter(|_| is_app)?.push?;
    Some((channel.id.clone(), push))
}

#[derive(Debug)]
struct Inner {
    records: Records,
    views: RwLock<Arc<BTreeMap<TenantId, Arc<DeskView>>>>,
    changes: watch::Sender<u64>,
    last: Mutex<Last>,
}

/// How the archive was read last.
#[derive(Debug)]
struct Last {
    at: Instant,
    /// Tenants whose desks could not be read; what was known of them stays.
    failing: BTreeSet<TenantId>,
}

/// A desk with look-ups by id.
#[derive(Debug, Default)]
pub struct DeskView {
    /// The desk as it was set.
    pub desk: Desk,
    /// The settings version; grows with each change.
    pub version: u64,
    agents: HashMap<AgentId, usize>,
    queues: HashMap<QueueId, usize>,
    channels: HashMap<ChannelId, usize>,
    push: BTreeMap<ChannelId, PushSettings>,
}

impl DeskView {
    /// A view of a desk.
    pub fn new(desk: Desk, version: u64) -> Self {
        Self {
            agents: desk.agents.iter().enumerate().map(|(n, a)| (a.id.clone(), n)).collect(),
            queues: desk.queues.iter().enumerate().map(|(n, q)| (q.id.clone(), n)).collect(),
            channels: desk.channels.iter().enumerate().map(|(n, c)| (c.id.clone(), n)).collect(),
            push: desk.channels.iter().filter_map(pushing).collect(),
            desk,
            version,
        }
    }

    /// An agent, also a disabled one.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.get(id).and_then(|place| self.desk.agents.get(*place))
    }

    /// A queue.
    pub fn queue(&self, id: &QueueId) -> Option<&Queue> {
        self.queues.get(id).and_then(|place| self.desk.queues.get(*place))
    }

    /// A channel, also a disabled one.
    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.get(id).and_then(|place| self.desk.channels.get(*place))
    }

    /// A queue's calendar, if it has one.
    pub fn calendar_of(&self, queue: &Queue) -> Option<&Calendar> {
        let id = queue.calendar.as_ref()?;
        self.desk.calendars.iter().find(|calendar| calendar.id == *id)
    }

    /// The time zone of a queue's calendar; UTC without one.
    pub fn zone_of(&self, queue: &QueueId) -> Tz {
        let calendar = self.queue(queue).and_then(|queue| self.calendar_of(queue));
        calendar.map_or(Tz::UTC, |calendar| calendar.time_zone)
    }

    /// How a chat goes on by mail: its mailbox, and how long a word may stay unread, in milliseconds;
    /// `None` where it does not.
    pub fn by_mail(&self, chat: &ChannelId) -> Option<(&Channel, u64)> {
        let chat = self.channel(chat).filter(|channel| channel.mailbox().is_some())?;
        // Settings were checked when they were set; a channel of a later release may not be readable.
        let by_mail = WebChatConfig::parse(&chat.settings).ok()?.mail?;
        let after_ms = u64::try_from(by_mail.unread_after.as_millis()).unwrap_or(u64::MAX);
        let mailbox = self.channel(&by_mail.channel);
        let mailbox = mailbox.filter(|channel| channel.kind == ChannelKind::Email)?;
        Some((mailbox, after_ms))
    }

    /// How an app's people are told who are away; `None` where they are not.
    pub fn push(&self, app: &ChannelId) -> Option<&PushSettings> {
        self.push.get(app)
    }

    /// The apps whose people are told who are away.
    pub fn pushing(&self) -> impl Iterator<Item = &PushSettings> {
        self.push.values()
    }

    /// A webhook by its id.
    pub fn webhook(&self, id: &str) -> Option<&Webhook> {
        self.desk.webhooks.iter().find(|webhook| webhook.id.as_str() == id)
    }

    /// How a request waits in a queue; `None` when there is no such queue.
    pub fn entry(&self, queue: &QueueId, request: &Request<'_>) -> Option<Entry> {
        let queue = self.queue(queue)?;
        Some(queue::enter(queue, self.calendar_of(queue), request))
    }

    /// Does any queue ask agents by turns? The switchboard then keeps their turns.
    pub fn turns(&self) -> bool {
        self.desk.queues.iter().any(|queue| queue.rule == domain::AgentRule::RoundRobin)
    }
}

impl Settings {
    /// Loads every tenant's desk.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub async fn load(records: &Records) -> records::Result<Self> {
        let inner = Inner {
            records: records.clone(),
            views: RwLock::new(Arc::new(BTreeMap::new())),
            changes: watch::Sender::new(0),
            last: Mutex::new(Last { at: Instant::now(), failing: BTreeSet::new() }),
        };
        let settings = Self { inner: Arc::new(inner) };
        settings.reload().await?;
        Ok(settings)
    }

    /// The tenant's desk; an empty one for a tenant that does not exist.
    pub fn desk(&self, tenant: &TenantId) -> Arc<DeskView> {
        self.views().get(tenant).cloned().unwrap_or_default()
    }

    /// Every tenant, in order of name.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.views().keys().cloned().collect()
    }

    /// Does this tenant exist?
    pub fn has_tenant(&self, tenant: &TenantId) -> bool {
        self.views().contains_key(tenant)
    }

    /// The tenant whose enabled channel has this id. The archive lets only one have it; should there be
    /// several nevertheless, nobody can say whose visitors come, and it is nobody's.
    pub fn tenant_of_channel(&self, channel: &ChannelId) -> Option<TenantId> {
        let views = self.views();
        let mut having = views
            .iter()
            .filter(|(_, view)| view.channel(channel).is_some_and(|channel| channel.enabled));
        match (having.next(), having.next()) {
            (Some((tenant, _)), None) => Some(tenant.clone()),
            _ => None,
        }
    }

    /// Is what is known of the tenant's desk what the archive said a moment ago?
    pub fn is_fresh(&self, tenant: &TenantId) -> bool {
        let last = self.inner.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.at.elapsed() < FRESH_FOR && !last.failing.contains(tenant)
    }

    /// Counts changes of any desk, for tasks that follow them.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Reads whatever changed. True when something did. A desk that cannot be read stays as it was,
    /// and the others are read.
    ///
    /// # Errors
    /// When the archive cannot be read; the snapshots stay as they were.
    pub async fn reload(&self) -> records::Result<bool> {
        let began = Instant::now();
        let tenants = self.inner.records.tenants().list().await?;
        let old = self.views();
        let (mut new, mut failing) = (BTreeMap::new(), BTreeSet::new());
        let mut changed = tenants.len() != old.len();
        for tenant in tenants {
            let known = old.get(&tenant.id);
            match self.read_desk(&tenant.id, known).await {
                Ok(view) => {
                    changed |= known.is_none_or(|known| !Arc::ptr_eq(known, &view));
                    new.insert(tenant.id, view);
                }
                Err(error) if error.may_retry() => return Err(error),
                Err(error) => {
                    let error = crate::telemetry::chain(&error);
                    tracing::error!(tenant.id = %tenant.id, error, "a desk cannot be read; it stays as it was");
                    let known = known.map(Arc::clone).unwrap_or_default();
                    new.insert(tenant.id.clone(), known);
                    failing.insert(tenant.id);
                }
            }
        }
        {
            let mut last = self.inner.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Last { at: began, failing };
        }
        if changed {
            let mut views = self.inner.views.write().unwrap_or_else(PoisonError::into_inner);
            *views = Arc::new(new);
            drop(views);
            self.inner.changes.send_modify(|count| *count += 1);
        }
        Ok(changed)
    }

    async fn read_desk(
        &self,
        tenant: &TenantId,
        known: Option<&Arc<DeskView>>,
    ) -> records::Result<Arc<DeskView>> {
        let version = self.inner.records.settings().version(tenant).await?;
        if let Some(known) = known.filter(|view| view.version == version) {
            return Ok(Arc::clone(known));
        }
        let (desk, version) = self.inner.records.settings().desk(tenant).await?;
        Ok(Arc::new(DeskView::new(desk, version)))
    }

    /// Keeps the snapshots fresh.
    pub fn spawn_reloading(&self, tasks: &Tasks) {
        let settings = self.clone();
        tasks.spawn("settings", OnEnd::Restart, move |stop| {
            let settings = settings.clone();
            async move {
                while stop.run_until_cancelled(tokio::time::sleep(POLL_EVERY)).await.is_some() {
                    settings.reload().await?;
                }
                Ok(())
            }
        });
    }

    fn views(&self) -> Arc<BTreeMap<TenantId, Arc<DeskView>>> {
        Arc::clone(&self.inner.views.read().unwrap_or_else(PoisonError::into_inner))
    }
}
