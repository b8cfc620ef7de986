//! The contract of all doors: the same checks for every adapter, chosen by its capabilities.
//!
//! Web chat is the house's own. Beside it stand small reference doors, one for each shape that the
//! trade knows: a mailbox that is polled, a platform that calls us back, a socket that we open, a push
//! service, a telephone. They show that the trait can say what each needs, and that the checks find
//! what they look for.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bridge;
mod called_back;
mod delivering;
mod dingtalk;
mod doors;
mod email;
mod everyone;
mod feishu;
mod hosted;
mod inlet;
mod matrix;
mod phone;
mod push;
mod running;
mod slack;
mod telegram;
mod wecom;
