//! The doors that are open here: each configured channel's adapter, built once for its settings, and
//! the connections that adapters keep.
//!
//! A door that keeps connections has one owner among the gateways: a duty with an epoch, by which
//! every bookmark is fenced. A dead owner is replaced when its duty runs out.

mod keeper;
mod means;
mod pulse;

use crate::app::App;
use channels::{ChannelAdapter, Means, SettingsProblem, SinkError, registry};
use domain::{Channel, ChannelId, TenantId};
use routing::RoutingError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use keeper::{DoorState, Reading, bookmarks};
pub use means::Workshop;
pub use pulse::{Failed, Failing, Pulse, pulse};

/// The adapters of configured channels.
#[derive(Debug)]
pub struct Doors {
    workshop: Workshop,
    open: Mutex<HashMap<(TenantId, ChannelId), Open>>,
    states: Mutex<HashMap<(TenantId, ChannelId), DoorState>>,
    pulses: pulse::Pulses,
}

/// Starts keeping the doors, and telling what was last heard of them.
pub fn spawn(app: &Arc<App>) {
    keeper::spawn(app);
    pulse::spawn(app);
}

#[derive(Debug)]
struct Open {
    /// With what the adapter was built.
    channel: Channel,
    adapter: Arc<dyn ChannelAdapter>,
}

/// Redis did not answer: what was asked for is unknown.
fn unsure(error: &RoutingError) -> SinkError {
    SinkError { reason: crate::telemetry::chain(error), retry_after_ms: 1_000 }
}

impl Doors {
    /// No door is open yet.
    pub fn new(workshop: Workshop) -> Self {
        Self {
            workshop,
            open: Mutex::default(),
            states: Mutex::default(),
            pulses: pulse::Pulses::default(),
        }
    }

    /// What a channel's adapter is given.
    pub fn means(&self, tenant: &TenantId, channel: &ChannelId) -> Means {
        self.workshop.means(tenant, channel)
    }

    /// The adapter of a channel, as its settings are now.
    ///
    /// # Errors
    /// Every problem of the settings.
    pub fn adapter(
        &self,
        tenant: &TenantId,
        channel: &Channel,
    ) -> Result<Arc<dyn ChannelAdapter>, Vec<SettingsProblem>> {
        let key = (tenant.clone(), channel.id.clone());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&key).filter(|known| known.channel == *channel) {
            return Ok(Arc::clone(&known.adapter));
        }
        let adapter = registry::build(channel, &self.workshop.means(tenant, &channel.id))?;
        open.insert(key, Open { channel: channel.clone(), adapter: Arc::clone(&adapter) });
        Ok(adapter)
    }

    /// How a door that keeps connections stands on this gateway; `None` when it was not tried here.
    pub fn state(&self, tenant: &TenantId, channel: &ChannelId) -> Option<DoorState> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(&(tenant.clone(), channel.clone())).cloned()
    }

    fn set_state(&self, tenant: &TenantId, channel: &ChannelId, state: DoorState) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert((tenant.clone(), channel.clone()), state);
    }

    /// Only an open door reads.
    fn set_reading(&self, tenant: &TenantId, channel: &ChannelId, now: Reading) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.get_mut(&(tenant.clone(), channel.clone()));
        if let Some(DoorState::Open { reading, .. }) = state {
            *reading = (now.left > 0).then_some(now);
        }
    }

    /// Forgets a channel that is no longer there.
    fn forget(&self, tenant: &TenantId, channel: &ChannelId) {
        let key = (tenant.clone(), channel.clone());
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        self.states.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}
