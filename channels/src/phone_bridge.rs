//! A phone bridge: any telephony, joined by a page of code of somebody else.
//!
//! Both directions are signed HTTP requests after Standard Webhooks (<https://www.standardwebhooks.com>), as
//! those of the messenger's bridge: we post what a call shall do to the bridge's address, it posts what
//! happens to the channel's callback address. `docs/channels/phone/phone-bridge.schema.json` says what stands in
//! them, and `docs/channels/phone/phone-bridge.md` what is answered. What decided something here:
//!
//! * What happens reaches any gateway, orders are carried out by the owner of the line alone. So the owner
//!   asks the bridge now and then how far a call is: an end that was told elsewhere is seen there.
//! * A call keeps its id at each try, and a bridge answers 409 for one that it knows: so a call whose try
//!   broke off is placed again, and rings once.
//! * What is told carries a `webhook-id` that is the same at each try: what was kept is not told twice.

mod callback;
mod check;
mod config;
mod line;
mod post;
#[cfg(test)]
mod tests;
mod wire;

pub use config::PhoneBridgeConfig;

use crate::adapter::{ChannelAdapter, Descriptor, Finding, Inlet, RawReply, RawRequest};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::phone::{self, telling};
use crate::registry::SecretSetting;
use domain::{CallId, Channel};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "phone_bridge";
/// The secrets of its settings. They are not sent, but whoever gets what they sign may send it on.
pub const SECRETS: &[SecretSetting] = &[("/secret", &["/url"]), ("/previous_secret", &["/url"])];

/// One phone bridge.
pub struct PhoneBridge {
    descriptor: Descriptor,
    config: PhoneBridgeConfig,
    means: Means,
    /// The calls that this gateway owns.
    watched: Mutex<HashMap<CallId, Watched>>,
}

/// A call that this gateway owns.
#[derive(Debug, Clone, Default)]
struct Watched {
    /// Rung when it was told to have ended here: nothing more is done for it.
    ended: CancellationToken,
    /// Rung when it shall end before the bridge has taken it: it is placed no longer.
    given_up: CancellationToken,
    /// Has the bridge taken it?
    is_placed: bool,
}

impl fmt::Debug for PhoneBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneBridge").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl PhoneBridge {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = PhoneBridgeConfig::parse(&channel.settings)?;
        let descriptor = phone::descriptor(channel, ADAPTER, phone::Called::Back);
        Ok(Self { descriptor, config, means: means.clone(), watched: Mutex::default() })
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<CallId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a call from here; `None` when it is watched already.
    fn watch(&self, call: &CallId) -> Option<Watched> {
        match self.watched().entry(call.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => Some(place.insert(Watched::default()).clone()),
        }
    }

    /// Watches it no longer.
    fn forget(&self, call: &CallId) {
        if let Some(call) = self.watched().remove(call) {
            call.ended.cancel();
        }
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for PhoneBridge {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn called_below(&self) -> &'static str {
        "/events"
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        if let Some(missing) = self.config.missing() {
            return Err(AdapterError::Unavailable(format!("{missing} is missing")));
        }
        // Whatever was watched before is given to this owner again.
        self.watched().clear();
        stop.run_until_cancelled(self.keep(inlet.calls.as_ref())).await;
        Ok(())
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        self.answer(request, inlet).await
    }

    async fn deliver(&self, _command: &Command) -> Outcome {
        telling::carries_no_text()
    }

    async fn check(&self) -> Vec<Finding> {
        self.try_settings().await
    }
}
