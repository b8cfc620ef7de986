//! Stand-ins for the clouds of messengers and of push services, which speak the documented protocols. What
//! they say is judged by kits that others wrote (`conformance`), so that whoever talks to them here talks as
//! with the vendor.

pub mod asterisk;
pub mod dingtalk;
mod far_end;
pub mod freeswitch;
pub mod push;
pub mod telephones;
pub mod wecom;

pub use far_end::{FarEnd, Held};

/// A secret that every door is configured with and none may show.
pub const SECRET: &str = "CANARY-secret-of-the-far-end";
