//! The Matrix door against a real homeserver (Synapse) and a person with a client of their own
//! (matrix-nio).

mod desk;
mod person;
mod rooms;
mod talk;
mod troubles;
