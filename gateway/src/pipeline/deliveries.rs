//! Carries deliveries out, webhooks and letters: claim, carry, record. Every gateway does it; a claim is
//! renewed while its try runs, one whose owner died is free again after its lease, and the far end knows a
//! repetition by its `webhook-id` or `Message-ID`.
//!
//! Each delivery is under way by itself: a slow endpoint holds up its own box and nobody else's, and
//! a tenant with many slow ones holds only its own share of the places.

use super::chats;
use super::letters::{LetterError, send};
use super::pushes;
use super::webhooks::{keep_bounds, post::Post};
use crate::app::App;
use crate::doors::{Failed, Failing};
use crate::metrics;
use crate::tasks::{OnEnd, TaskResult};
use channels::push::PushSettings;
use domain::desk::{CHAT_BOX_PREFIX, FETCH_BOX_PREFIX, PUSH_BOX_PREFIX};
use domain::limits::DELIVERY_TRIES_MAX;
use domain::{ChannelId, DeliveryId, EndpointId, PushProvider, TenantId, Timestamp};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use routing::RoutingError;
use routing::command::{DeliveryOutcome, NewDelivery};
use routing::reply::ClaimedDelivery;
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The pause between two looks into the outbox.
const PAUSE: Duration = Duration::from_millis(500);
/// How many deliveries of one share are under way at once; one for each endpoint, which keeps its
/// order.
const AT_ONCE: u32 = 16;
/// How many of all tenants.
const ALL_AT_ONCE: usize = 256;
/// How often dead letters that are too old are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How long a claim holds unless it is renewed, in milliseconds: so long waits a box whose gateway died, and
/// so long may Redis be away under a try.
const LEASE_MS: i64 = 20_000;
/// How often the claim of a try that runs is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// The longest pause that holds up everything that goes through a service.
const PUSH_PAUSE_MAX: Duration = Duration::from_secs(120);
/// The first pause after a failure, what it is multiplied by each time, and the longest, in ms.
pub(super) const BACKOFF_MS: (u64, u64, u64) = (5_000, 6, 6 * 3_600_000);

pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("deliveries", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    let post = Post::new(&app.config.webhooks)?;
    let carrier = Carrier { app: Arc::clone(&app), post, pauses: Mutex::default() };
    let mut under_way = FuturesUnordered::new();
    let mut places: HashMap<Share, u32> = HashMap::new();
    let mut ask: BTreeSet<Share> = shares(&app);
    let (mut look_at, mut prune_at) = (Instant::now() + PAUSE, Instant::now() + PRUNE_EVERY);
    loop {
        if app.accepts_work() && !stop.is_cancelled() {
            for share in std::mem::take(&mut ask) {
                let taken = places.get(&share).copied().unwrap_or(0);
                let all = u32::try_from(ALL_AT_ONCE.saturating_sub(under_way.len())).unwrap_or(0);
                let room = AT_ONCE.saturating_sub(taken).min(all);
                for delivery in carrier.claim(&share, room).await {
                    *places.entry(share.clone()).or_default() += 1;
                    under_way.push(carrier.carry_out(share.clone(), delivery));
                }
            }
        }
        tokio::select! {
            () = stop.cancelled(), if under_way.is_empty() => return Ok(()),
            Some(share) = under_way.next() => {
                if let Some(taken) = places.get_mut(&share) {
                    *taken = taken.saturating_sub(1);
                }
                // The box has its next one.
                ask.insert(share);
            }
            () = app.outbox_filled.notified() => ask = shares(&app),
            () = tokio::time::sleep_until(look_at) => {
                look_at = Instant::now() + PAUSE;
                ask = shares(&app);
                if Instant::now() >= prune_at && app.accepts_work() {
                    prune_at = Instant::now() + PRUNE_EVERY;
                    forget_old(&app).await;
                }
            }
        }
    }
}

/// What is claimed together and has its own share of the places: a tenant's letters, words and webhooks, and
/// its notifications through each service.
type Share = (TenantId, Option<PushProvider>);

fn shares(app: &App) -> BTreeSet<Share> {
    let mut shares = BTreeSet::new();
    for tenant in app.settings.tenants() {
        let view = app.settings.desk(&tenant);
        let pushes = view.pushing().flat_map(PushSettings::providers);
        shares.extend(pushes.map(|provider| (tenant.clone(), Some(provider))));
        shares.insert((tenant, None));
    }
    shares
}

/// Dead letters and devices go when they are too old, also of tenants of whom nothing is told any more.
async fn forget_old(app: &App) {
    for tenant in &app.settings.tenants() {
        if let Err(error) = keep_bounds(app, tenant, None).await {
            tracing::debug!(tenant.id = %tenant, error = %error, "old dead letters stay for now");
        }
        if let Err(error) = pushes::forget_unseen(app, tenant).await {
            tracing::debug!(tenant.id = %tenant, error = %error, "old devices stay for now");
        }
    }
}

/// Something that is ready for the outbox.
#[derive(Debug)]
pub struct Parcel {
    /// Its id, the same whenever the same is composed.
    pub id: DeliveryId,
    /// Its box.
    pub endpoint: EndpointId,
    /// What the outbox keeps.
    pub payload: String,
}

impl Parcel {
    /// As the switchboard takes it.
    pub fn new_delivery(&self) -> NewDelivery<'_> {
        NewDelivery { id: &self.id, endpoint: &self.endpoint, payload: &self.payload }
    }
}

struct Carrier {
    app: Arc<App>,
    post: Post,
    /// Until when services asked to be left alone.
    pauses: Mutex<HashMap<(TenantId, PushProvider), Instant>>,
}

/// How a try ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// It arrived.
    Sent,
    /// Nobody wants it any more: it is dropped.
    Withdrawn,
    /// It arrived, and the far end knows it by these names.
    SentAs {
        /// Through which channel.
        channel: ChannelId,
        /// Its names there.
        names: Vec<String>,
    },
    /// It may be tried again.
    Failed {
        /// Why.
        reason: String,
        /// The far end asks for so long a pause.
        not_before_ms: u64,
    },
    /// It never will.
    Hopeless(String),
}

impl Tried {
    pub(super) fn failed(reason: &str) -> Self {
        Self::Failed { reason: reason.to_owned(), not_before_ms: 0 }
    }

    pub(super) fn hopeless(reason: &str) -> Self {
        Self::Hopeless(reason.to_owned())
    }
}

impl Carrier {
    /// Claims what is due, at most so many.
    async fn claim(&self, (tenant, provider): &Share, room: u32) -> Vec<ClaimedDelivery> {
        if room == 0 || provider.is_some_and(|provider| self.pauses(tenant, provider)) {
            return Vec::new();
        }
        let (router, node) = (&self.app.router, &self.app.node);
        let claimed = router.claim_deliveries(tenant, *provider, node, (LEASE_MS, room)).await;
        claimed.unwrap_or_else(|error| {
            tell(tenant, &error);
            Vec::new()
        })
    }

    /// Has a service asked for a pause that is not over?
    fn pauses(&self, tenant: &TenantId, provider: PushProvider) -> bool {
        let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.get(&(tenant.clone(), provider)).is_some_and(|until| *until > Instant::now())
    }

    /// A service asks for a pause: it counts for everything that would go through it.
    fn pause(&self, tenant: &TenantId, provider: PushProvider, pause_ms: u64) {
        let until = Instant::now() + Duration::from_millis(pause_ms).min(PUSH_PAUSE_MAX);
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert((tenant.clone(), provider), until);
    }

    /// Tries a delivery and records how that ended; whose it was.
    async fn carry_out(&self, share: Share, delivery: ClaimedDelivery) -> Share {
        let (tenant, provider) = &share;
        // The claim is free again after its lease.
        match self.try_once(tenant, *provider, &delivery).await {
            Ok(()) => {}
            Err(LetterError::Routing(error)) => tell(tenant, &error),
            Err(error) => {
                let error = crate::telemetry::chain(&error);
                tracing::error!(tenant.id = %tenant, delivery.id = %delivery.id, error, "a delivery's end was not told");
            }
        }
        share
    }

    async fn try_once(
        &self,
        tenant: &TenantId,
        provider: Option<PushProvider>,
        delivery: &ClaimedDelivery,
    ) -> Result<(), LetterError> {
        let tried = tokio::select! {
            tried = self.attempt(tenant, delivery) => tried,
            never = self.renew(tenant, delivery) => match never {},
        };
        // For Web Push each device names a server of its own, which speaks for itself alone.
        if let (Some(provider), Tried::Failed { not_before_ms: pause_ms @ 1.., .. }) =
            (provider, &tried)
            && provider != PushProvider::WebPush
        {
            self.pause(tenant, provider, *pause_ms);
        }
        let tries = delivery.tries.saturating_add(1);
        let now = self.app.clock.now();
        let (name, outcome) = match &tried {
            Tried::Sent => ("sent", DeliveryOutcome::Sent),
            Tried::Withdrawn => ("withdrawn", DeliveryOutcome::Sent),
            Tried::SentAs { channel, names } => {
                ("sent", DeliveryOutcome::SentAs { channel, names })
            }
            Tried::Hopeless(reason) => ("dead", DeliveryOutcome::Dead(reason)),
            Tried::Failed { reason, .. } if tries >= DELIVERY_TRIES_MAX => {
                ("dead", DeliveryOutcome::Dead(reason))
            }
            Tried::Failed { reason, not_before_ms } => {
                let pause_ms =
                    backoff_ms(delivery.tries, rand::random_range(0.8..=1.2)).max(*not_before_ms);
                ("retry", DeliveryOutcome::RetryAt(retry_at(now, pause_ms), reason))
            }
        };
        metrics::delivery_tried(name);
        self.note(tenant, delivery, &outcome);
        if name != "sent" {
            tracing::info!(
                delivery.id = %delivery.id, endpoint.id = %delivery.endpoint, tries, outcome = name,
                "a delivery did not arrive"
            );
        }
        // The agent first: recorded as dead, nobody would tell it any more.
        if let DeliveryOutcome::Dead(reason) = &outcome {
            match carried(delivery) {
                Carried::Letter => send::given_up(&self.app, tenant, delivery, reason).await?,
                Carried::Chat => chats::send::given_up(&self.app, tenant, delivery, reason).await?,
                Carried::File => {
                    chats::fetch::given_up(&self.app, tenant, delivery, reason).await?
                }
                Carried::Webhook | Carried::Notification => {}
            }
        }
        // A hint that reached nobody is no dead letter: the word stands in the log, and trying again later
        // would tell of something old.
        let is_hint = matches!(carried(delivery), Carried::Notification);
        let outcome = match outcome {
            DeliveryOutcome::Dead(_) if is_hint => DeliveryOutcome::Sent,
            outcome => outcome,
        };
        let _still_ours = self.app.router.record_delivery(tenant, delivery, &outcome).await?;
        Ok(())
    }

    /// Keeps a claim as long as this is awaited. When Redis is away, the next time may reach it; a claim that
    /// another gateway has by then is seen when the end of the try is recorded.
    async fn renew(&self, tenant: &TenantId, delivery: &ClaimedDelivery) -> Infallible {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            match self.app.router.renew_delivery(tenant, delivery, LEASE_MS).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(delivery.id = %delivery.id, "a delivery went to another gateway while it was tried");
                }
                Err(error) => tell(tenant, &error),
            }
        }
    }

    /// Whoever looks at the channel sees how its last try ended.
    fn note(&self, tenant: &TenantId, delivery: &ClaimedDelivery, outcome: &DeliveryOutcome<'_>) {
        let what = match carried(delivery) {
            Carried::Letter | Carried::Chat | Carried::Notification => Failing::Delivery,
            Carried::File => Failing::File,
            Carried::Webhook => return,
        };
        let Some(channel) = channel_of(delivery) else { return };
        let (now, doors) = (self.app.clock.now(), &self.app.doors);
        let (why, again_at) = match outcome {
            DeliveryOutcome::Sent | DeliveryOutcome::SentAs { .. } => {
                if what == Failing::Delivery {
                    doors.delivered(tenant, &channel, now);
                }
                return;
            }
            DeliveryOutcome::RetryAt(at, why) => (*why, Some(*at)),
            DeliveryOutcome::Dead(why) => (*why, None),
        };
        let failed = Failed { at: now, what, why: why.to_owned(), again_at };
        doors.failed(tenant, &channel, failed);
    }

    async fn attempt(&self, tenant: &TenantId, delivery: &ClaimedDelivery) -> Tried {
        match carried(delivery) {
            Carried::Letter => send::attempt(&self.app, tenant, delivery).await,
            Carried::Chat => chats::send::attempt(&self.app, tenant, delivery).await,
            Carried::File => chats::fetch::attempt(&self.app, tenant, delivery).await,
            Carried::Notification => pushes::attempt(&self.app, tenant, delivery).await,
            Carried::Webhook => self.post.attempt(&self.app, tenant, delivery).await,
        }
    }
}

/// What a delivery carries; the name of its box tells.
enum Carried {
    /// A letter, to its channel's mail server.
    Letter,
    /// A part of a word, to a messenger.
    Chat,
    /// A file, from a network to us.
    File,
    /// A hint, to a device.
    Notification,
    /// An event, to a webhook.
    Webhook,
}

/// Through which channel a letter, a part or a file goes: each sort of them says it in its own place.
fn channel_of(delivery: &ClaimedDelivery) -> Option<ChannelId> {
    #[derive(serde::Deserialize)]
    struct Way {
        channel: ChannelId,
    }
    #[derive(serde::Deserialize)]
    struct Packed {
        channel: Option<ChannelId>,
        way: Option<Way>,
    }
    let packed: Packed = serde_json::from_str(&delivery.payload).ok()?;
    packed.channel.or(packed.way.map(|way| way.channel))
}

fn carried(delivery: &ClaimedDelivery) -> Carried {
    let of = [
        (send::ENDPOINT_PREFIX, Carried::Letter),
        (CHAT_BOX_PREFIX, Carried::Chat),
        (FETCH_BOX_PREFIX, Carried::File),
        (PUSH_BOX_PREFIX, Carried::Notification),
    ];
    let name = delivery.endpoint.as_str();
    let found = of.into_iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map_or(Carried::Webhook, |(_, carried)| carried)
}

fn tell(tenant: &TenantId, error: &RoutingError) {
    if error.is_unavailable() {
        tracing::debug!(tenant.id = %tenant, error = %error, "deliveries wait for Redis");
    } else {
        let error = crate::telemetry::chain(error);
        tracing::error!(tenant.id = %tenant, error, "deliveries failed");
    }
}

/// 5 s, 30 s, 3 min, 18 min, 108 min, then 6 h each: ten tries in about 26 hours. `jitter` is 0.8 to
/// 1.2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most 7.2 hours in milliseconds"
)]
fn backoff_ms(tries: u32, jitter: f64) -> u64 {
    let (first, factor, most) = BACKOFF_MS;
    let pause = first.saturating_mul(factor.saturating_pow(tries)).min(most);
    (pause as f64 * jitter) as u64
}

fn retry_at(now: Timestamp, pause_ms: u64) -> Timestamp {
    now.plus_ms(i64::try_from(pause_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tries_span_a_day_and_never_burst() {
        let pauses: Vec<u64> =
            (0..DELIVERY_TRIES_MAX - 1).map(|tries| backoff_ms(tries, 1.0)).collect();
        assert_eq!(pauses.first(), Some(&5_000));
        assert_eq!(pauses.last(), Some(&(6 * 3_600_000)));
        assert!(pauses.iter().sum::<u64>() >= 24 * 3_600_000);
    }
}
