//! The pipeline: how a word becomes a place in the queue, and the tasks that keep the queue moving.
//!
//! `inbound` takes in what contacts say, `outbound` what agents say, `entries` computes how a
//! conversation waits when it moves. The tasks are reconcilers: idempotent, bounded, woken by a
//! timer and a nudge; what must have one owner among the gateways is a duty with an epoch.

mod acknowledgements;
mod archiver;
mod audit;
pub mod by_mail;
pub mod calls;
pub mod chats;
mod commits;
pub mod deliveries;
pub mod duty;
pub mod entries;
pub mod estimates;
mod failing;
pub mod inbound;
pub mod letters;
pub mod log;
pub mod outbound;
mod overflow;
mod persons;
mod pushes;
mod replan;
mod timers;
pub mod usual;
pub mod webhooks;

use crate::app::App;
use std::sync::Arc;

/// Starts every task of the pipeline.
pub fn spawn(app: &Arc<App>) {
    timers::spawn(app);
    acknowledgements::spawn(app);
    chats::telling::spawn(app);
    chats::places::spawn(app);
    chats::signs::spawn(app);
    archiver::spawn(app);
    by_mail::spawn(app);
    pushes::spawn(app);
    audit::spawn(app);
    overflow::spawn(app);
    replan::spawn(app);
    usual::spawn(app);
    webhooks::spawn(app);
    deliveries::spawn(app);
    estimates::spawn(app);
}
