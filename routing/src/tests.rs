//! Tests of the switchboard against a real Redis: each transition, and the twin.

mod by_mail;
mod calls;
mod chats;
mod check;
mod desk;
mod exclusion;
mod letters;
mod model;
mod ops;
mod order;
mod policy;
mod postal;
mod properties;
mod push;
mod seeded;
mod server;
mod stream;
mod topologies;
mod transitions;
