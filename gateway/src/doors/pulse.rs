//! What was last heard of each channel: an event, a word that was delivered, an error and when what failed
//! is tried again. Whichever gateway learns of it lays it on the channel's shelf a moment later, so that
//! all of them can tell it. It is for people who look whether a channel works; losing it does no harm.

use crate::app::App;
use crate::tasks::{OnEnd, TaskResult};
use domain::{ChannelId, TenantId, Timestamp};
use routing::RoutingError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How often what is new is laid on the shelf.
const EVERY: Duration = Duration::from_secs(2);
/// How long it is known, in milliseconds (30 days).
const KNOWN_MS: u64 = 30 * 24 * 3_600_000;
/// Under these names it lies on the shelf.
const NAMES: [&str; 3] = ["pulse.event", "pulse.delivered", "pulse.failed"];
/// The longest reason, in characters.
const WHY_CHARS_MAX: usize = 300;

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Failing {
    /// A call of the network to us was not taken.
    Callback,
    /// A word of ours to the network.
    Delivery,
    /// A file, from the network to us.
    File,
    /// The connection that we keep.
    Line,
}

/// The last thing that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Failing,
    /// Why, without personal data and secrets, at most 300 characters.
    pub why: String,
    /// When it is tried again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Timestamp>,
}

/// What was last heard of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// When the network last told something that was taken in.
    pub event_at: Option<Timestamp>,
    /// When a word of ours was last delivered.
    pub delivered_at: Option<Timestamp>,
    /// What last failed.
    pub failed: Option<Failed>,
}

impl Pulse {
    /// With what somebody else knows: of each the newest.
    fn with(self, other: Self) -> Self {
        let at = |failed: &Option<Failed>| failed.as_ref().map(|failed| failed.at);
        let is_newer = at(&other.failed) >= at(&self.failed);
        Self {
            event_at: self.event_at.max(other.event_at),
            delivered_at: self.delivered_at.max(other.delivered_at),
            failed: if is_newer { other.failed } else { self.failed },
        }
    }

    fn of_shelf(lying: &[Option<String>]) -> Self {
        let text = |n: usize| lying.get(n).cloned().flatten();
        let at = |n: usize| text(n).and_then(|text| text.parse().ok()).map(Timestamp);
        let failed = text(2).and_then(|text| serde_json::from_str(&text).ok());
        Self { event_at: at(0), delivered_at: at(1), failed }
    }

    fn for_shelf(&self) -> [Option<String>; 3] {
        let at = |at: Option<Timestamp>| at.map(|at| at.0.to_string());
        let failed = self.failed.as_ref().and_then(|failed| serde_json::to_string(failed).ok());
        [at(self.event_at), at(self.delivered_at), failed]
    }
}

type Place = (TenantId, ChannelId);

/// What is new here and not yet on the shelf.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    fresh: Mutex<HashMap<Place, Pulse>>,
}

impl Pulses {
    fn add(&self, place: Place, pulse: Pulse) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let known = fresh.remove(&place).unwrap_or_default();
        fresh.insert(place, known.with(pulse));
    }

    fn take(&self) -> HashMap<Place, Pulse> {
        std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of(&self, place: &Place) -> Pulse {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.get(place).cloned().unwrap_or_default()
    }
}

impl super::Doors {
    /// The network told something, at this time.
    pub fn heard(&self, tenant: &TenantId, channel: &ChannelId, at: Timestamp) {
        let pulse = Pulse { event_at: Some(at), ..Pulse::default() };
        self.pulses.add((tenant.clone(), channel.clone()), pulse);
    }

    /// A word was delivered, at this time.
    pub fn delivered(&self, tenant: &TenantId, channel: &ChannelId, at: Timestamp) {
        let pulse = Pulse { delivered_at: Some(at), ..Pulse::default() };
        self.pulses.add((tenant.clone(), channel.clone()), pulse);
    }

    /// Something failed.
    pub fn failed(&self, tenant: &TenantId, channel: &ChannelId, failed: Failed) {
        let why = failed.why.chars().filter(|c| !c.is_control()).take(WHY_CHARS_MAX).collect();
        let pulse = Pulse { failed: Some(Failed { why, ..failed }), ..Pulse::default() };
        self.pulses.add((tenant.clone(), channel.clone()), pulse);
    }
}

/// What was last heard of a channel, on any gateway.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn pulse(
    app: &App,
    tenant: &TenantId,
    channel: &ChannelId,
) -> Result<Pulse, RoutingError> {
    let lying = app.router.find_all_on_shelf(tenant, channel, &NAMES).await?;
    Ok(Pulse::of_shelf(&lying).with(app.doors.pulses.of(&(tenant.clone(), channel.clone()))))
}

/// Starts laying what is new on the shelves.
pub(super) fn spawn(app: &Arc<App>) {
    let app_of_task = Arc::clone(app);
    app.tasks.spawn("pulses", OnEnd::Restart, move |stop| run(Arc::clone(&app_of_task), stop));
}

async fn run(app: Arc<App>, stop: CancellationToken) -> TaskResult {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if !app.accepts_work() {
            continue;
        }
        for ((tenant, channel), pulse) in app.doors.pulses.take() {
            // A channel that was removed has no shelf any more.
            if app.settings.desk(&tenant).channel(&channel).is_none() {
                continue;
            }
            if let Err(error) = lay(&app, (&tenant, &channel), &pulse).await {
                tracing::debug!(channel.id = %channel, error = %error, "what was heard of a channel waits");
                app.doors.pulses.add((tenant, channel), pulse);
            }
        }
    }
    Ok(())
}

async fn lay(
    app: &App,
    (tenant, channel): (&TenantId, &ChannelId),
    pulse: &Pulse,
) -> Result<(), RoutingError> {
    for (name, value) in NAMES.into_iter().zip(pulse.for_shelf()) {
        if let Some(value) = value {
            app.router.put_on_shelf(tenant, channel, (name, &value), KNOWN_MS).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(at: i64, why: &str) -> Failed {
        Failed { at: Timestamp(at), what: Failing::Line, why: why.to_owned(), again_at: None }
    }

    #[test]
    fn of_what_several_gateways_know_the_newest_counts() {
        let here = Pulse {
            event_at: Some(Timestamp(5)),
            delivered_at: None,
            failed: Some(failed(3, "old")),
        };
        let there = Pulse {
            event_at: Some(Timestamp(4)),
            delivered_at: Some(Timestamp(2)),
            failed: Some(failed(9, "new")),
        };
        let both = here.clone().with(there.clone());
        assert_eq!(both, there.with(here.clone()));
        assert_eq!((both.event_at, both.delivered_at), (Some(Timestamp(5)), Some(Timestamp(2))));
        assert_eq!(both.failed.as_ref().map(|failed| failed.why.as_str()), Some("new"));
        assert_eq!(here.clone().with(Pulse::default()), here, "nothing new forgets nothing");
        assert_eq!(Pulse::of_shelf(&both.for_shelf()), both);
        assert_eq!(
            Pulse::of_shelf(&[None, Some("x".to_owned()), Some("{".to_owned())]),
            Pulse::default()
        );
    }
}
