//! A visitor who left a mail address is on the line: nothing goes by mail meanwhile. Others need not
//! say so.

use super::Visitor;
use crate::clock::mint;

/// A socket whose gateway died counts for so many pings.
const PINGS: u64 = 3;

/// What the switchboard knows of this socket.
pub(super) struct Attending {
    /// The socket's name.
    name: String,
    /// Was it told?
    is_told: bool,
}

impl Attending {
    pub(super) fn new() -> Self {
        Self { name: mint::name(), is_told: false }
    }
}

impl Visitor {
    /// Says that the visitor is here, where that matters; said again with each ping.
    pub(super) async fn attend(&mut self) {
        if self.chat.as_ref().is_some_and(|chat| chat.left_address()) {
            self.attending.is_told = true;
            let for_ms = self.app.config.presence.ping_ms.saturating_mul(PINGS);
            self.say_attending(for_ms).await;
        }
    }

    /// Says that the visitor goes.
    pub(super) async fn leave(&mut self) {
        if self.attending.is_told {
            self.say_attending(0).await;
        }
    }

    async fn say_attending(&self, for_ms: u64) {
        let (tenant, contact) = (&self.identity.tenant, &self.identity.contact);
        let said = self.app.router.attend(tenant, contact, &self.attending.name, for_ms).await;
        if let Err(error) = said {
            // It is said again with the next ping, or ends by itself.
            tracing::debug!(error = %error, "a visitor's presence was not told");
        }
    }
}
