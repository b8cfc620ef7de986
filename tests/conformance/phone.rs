//! Telephones, each line against what somebody else wrote.

mod asterisk;
mod board;
mod bridge;
mod freeswitch;
mod pbx;
mod running;
mod sip;
