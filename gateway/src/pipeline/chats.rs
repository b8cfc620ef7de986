//! Messengers: the word comes in at once and its files follow; the answer goes where the word came from,
//! in parts that the network can carry. ADR 0010 has the reasons.

pub(in crate::pipeline) mod arrival;
pub(in crate::pipeline) mod changes;
pub(in crate::pipeline) mod deeds;
pub(in crate::pipeline) mod desk;
pub(in crate::pipeline) mod fetch;
pub mod links;
pub(in crate::pipeline) mod people;
mod place;
pub(in crate::pipeline) mod places;
pub mod send;
pub mod signs;
pub(in crate::pipeline) mod telling;
pub mod way;
mod words;

use crate::app::App;
use channels::ChannelAdapter;
use domain::{Channel, ChannelKind, TenantId};
use std::sync::Arc;

/// The door of a channel whose contacts are answered through the outbox, but not by letters: messengers.
/// `None` for the others, and while the settings are wrong.
pub fn door(app: &App, tenant: &TenantId, channel: &Channel) -> Option<Arc<dyn ChannelAdapter>> {
    if channel.kind == ChannelKind::Email {
        return None;
    }
    let adapter = app.doors.adapter(tenant, channel).ok()?;
    (!adapter.descriptor().capabilities.read_from_log).then_some(adapter)
}
