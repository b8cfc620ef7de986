//! A SIP line between telephones that others wrote: baresip, SIPp, Kamailio.

mod connected;
mod credentials;
mod early;
mod forged;
mod held;
mod kit;
mod missed;
mod named;
mod refused;
mod taken_over;
mod within;
