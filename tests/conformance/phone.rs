//! Telephones, each line against what somebody else wrote.

mod board;
mod bridge;
mod running;
mod sip;
