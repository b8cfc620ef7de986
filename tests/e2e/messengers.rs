//! Messengers from end to end: people who write on a network, gateways, an agent who answers.
//!
//! A real homeserver and a real client for Matrix; for the clouds, stand-ins that the vendors' own kits
//! accept (`tests::networks`).

mod dingtalk;
mod matrix;
mod storm;
mod wecom;
