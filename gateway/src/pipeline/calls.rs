//! Callbacks: who is to be rung, and by which line. The queue decides when and by whom; a line (a phone
//! channel's adapter, kept by one gateway) rings; what it tells comes back here and into the log. ADR 0013.

mod board;
mod code;
pub mod link;
mod refused;
pub mod request;
pub(super) mod telling;
mod words;

pub use board::Board;
pub use refused::refuse;
pub use request::{CallbackWish, NewCaller, NumberIs};

use crate::settings::DeskView;
use channels::phone::policy::CallbackPolicy;
use domain::{CallId, Channel, ChannelId, ChannelKind, ConversationId};

/// The phone channel that rings for those who come through a channel, and whom it rings; `None` where nobody is
/// called back.
pub fn line_of<'a>(
    view: &'a DeskView,
    channel: &ChannelId,
) -> Option<(&'a Channel, CallbackPolicy)> {
    let named = view.channel(channel)?.telephone()?;
    let line = view.channel(&named.parse().ok()?)?;
    if !line.enabled || line.kind != ChannelKind::Phone {
        return None;
    }
    // Settings were checked when they were set; a channel of a later release may not be readable.
    Some((line, CallbackPolicy::of(line).ok()?))
}

/// The conversation of a call: its id is made of it.
fn conversation_of(call: &CallId) -> Option<ConversationId> {
    let (conversation, _number) = call.as_str().strip_prefix("call_")?.rsplit_once('_')?;
    format!("conv_{conversation}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_leads_to_its_conversation() {
        let of = |call: &str| conversation_of(&call.parse().unwrap()).map(|id| id.to_string());
        assert_eq!(of("call_01abc_12").as_deref(), Some("conv_01abc"));
        assert_eq!(of("call_01_ab_1").as_deref(), Some("conv_01_ab"));
        assert_eq!(of("call_01abc"), None);
    }
}
