//! Who is on the line: a visitor who left a mail address is not written to meanwhile, and a device whose app
//! is in the foreground is not woken. Others need not say so.

use super::Visitor;
use crate::api::error::{ApiError, Code};
use crate::clock::mint;
use domain::DeviceId;
use std::time::Duration;

/// A socket whose gateway died counts for so many pings.
const PINGS: u64 = 3;
/// Between two polls of an app so many milliseconds may go by.
const BETWEEN_POLLS_MS: u64 = 10_000;

/// What the switchboard knows of this socket.
pub(super) struct Attending {
    /// The socket's name.
    name: String,
    /// The device, of an app that named it.
    device: Option<DeviceId>,
    /// Is its app in the foreground?
    in_front: bool,
    /// The name by which it was told.
    told: Option<String>,
    /// For how long it is told each time, in milliseconds.
    for_ms: u64,
}

/// For how long a visitor is here when nothing more is heard.
pub(super) enum Stays {
    /// A socket, which is pinged so often, in milliseconds.
    OnSocket(u64),
    /// A request that waits so long.
    ForPoll(Duration),
}

impl Attending {
    pub(super) fn new(device: Option<DeviceId>, stays: &Stays) -> Self {
        let for_ms = match stays {
            Stays::OnSocket(ping_ms) => ping_ms.saturating_mul(PINGS),
            Stays::ForPoll(wait) => {
                u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(BETWEEN_POLLS_MS)
            }
        };
        Self { name: mint::name(), device, in_front: false, told: None, for_ms }
    }

    /// The name by which it is told now; a device in the foreground is named with it.
    fn tells_as(&self) -> String {
        match self.device.as_ref().filter(|_| self.in_front) {
            Some(device) => format!("{device}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Visitor {
    /// The app of this socket's device is in the foreground, or no longer.
    pub(super) async fn set_foreground(&mut self, in_front: bool) -> Result<(), ApiError> {
        if self.attending.device.is_none() {
            return Err(ApiError::new(Code::Invalid, "`hello` has named no device"));
        }
        self.may_act()?;
        if self.attending.in_front != in_front {
            self.leave().await;
            self.attending.in_front = in_front;
        }
        self.attend().await;
        Ok(())
    }

    /// Says that the visitor is here, where that matters; said again with each ping.
    pub(super) async fn attend(&mut self) {
        let matters = self.chat.as_ref().is_some_and(|chat| chat.left_address());
        if matters || self.attending.in_front {
            let name = self.attending.tells_as();
            self.say_attending(&name, self.attending.for_ms).await;
            self.attending.told = Some(name);
        }
    }

    /// Says that the visitor goes.
    pub(super) async fn leave(&mut self) {
        if let Some(name) = self.attending.told.take() {
            self.say_attending(&name, 0).await;
        }
    }

    /// Writes down that the device is on the line, for those who look at the contact.
    pub(super) async fn device_seen(&self) {
        let Some(device) = &self.attending.device else { return };
        let (tenant, channel) = (&self.identity.tenant, &self.identity.channel);
        let (contact, now) = (&self.identity.contact, self.app.clock.now());
        let seen = self.app.records.devices().seen(tenant, (channel, device), contact, now).await;
        if let Err(error) = seen {
            tracing::debug!(error = %error, "that a device was seen was not written down");
        }
    }

    async fn say_attending(&self, name: &str, for_ms: u64) {
        let (tenant, contact) = (&self.identity.tenant, &self.identity.contact);
        let said = self.app.router.attend(tenant, contact, name, for_ms).await;
        if let Err(error) = said {
            // It is said again with the next ping, or ends by itself.
            tracing::debug!(error = %error, "a visitor's presence was not told");
        }
    }
}
