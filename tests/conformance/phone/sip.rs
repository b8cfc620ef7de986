//! A SIP line between telephones that others wrote: baresip, SIPp, Kamailio.

mod connected;
mod kit;
