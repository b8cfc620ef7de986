//! A SIP line: calls over a trunk or an exchange (RFC 3261), by third-party call control (RFC 3725).
//!
//! What decided the shape:
//! * Media goes from telephone to telephone. The gateway signals, and has no ports for sound.
//! * No offer comes late: the agent is called with an offer in which nothing flows, the person with what
//!   the agent answered, then the agent is asked anew with what the person answered. Old exchanges
//!   understand this best.
//! * The stack (rsipstack) keeps transactions and transports; what a call is (tags, numbers, ways) is kept
//!   here as plain data, so that it can be told and another gateway can go on with it. The stack's own
//!   dialogs refuse challenges with `SHA-256` or a list of protections, and answer 501 to what is not
//!   looked at.
//! * A Call-ID is made of the call's id: the same order twice is the same call. Tags are random: whoever
//!   does not know them ends nothing.
//! * Each call is a task of its own that never waits for the desk and for a telephone at once.
//!
//! The stack writes whole messages into its log, at `info`. Whoever sets up logging must keep
//! `rsipstack` silent: numbers stand in them.

mod address;
mod call;
mod check;
mod config;
mod dialog;
mod digest;
mod guard;
mod incoming;
mod line;
mod names;
mod outcome;
pub mod reach;
mod registration;
mod run;
mod sdp;
mod trace;
mod ways;

pub use address::{NotAddress, NumberFormat, SipUri};
pub use config::{Listen, Register, SECRETS, SipConfig, SipLogin, Trunk};

use crate::adapter::{ChannelAdapter, Descriptor, Finding, Inlet};
use crate::error::{AdapterError, SettingsProblem};
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::phone::{self, telling};
use domain::Channel;
use reach::SipReach;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "sip";

/// One SIP line.
#[derive(Debug)]
pub struct Sip {
    descriptor: Descriptor,
    config: Arc<SipConfig>,
    reach: SipReach,
}

impl Sip {
    /// Opens the door of a configured channel. Nothing listens before it runs.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let config = Arc::new(SipConfig::parse(&channel.settings)?);
        let descriptor = phone::descriptor(channel, ADAPTER, phone::Called::Never);
        Ok(Self { descriptor, config, reach: means.sip.clone() })
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Sip {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn run(&self, inlet: Inlet, stop: CancellationToken) -> Result<(), AdapterError> {
        run::run(Arc::clone(&self.config), self.reach.clone(), inlet, &stop).await
    }

    async fn deliver(&self, _command: &Command) -> Outcome {
        telling::carries_no_text()
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(&self.config, &self.reach).await
    }
}
